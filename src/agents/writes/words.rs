//! The words and operators of a shell command line (POSIX, 2.2 to 2.7, as far as commands of agents use it). What only a
//! running shell knows (an unset variable, the output of a command) makes its word unknown, and an unknown word names
//! no file.

use std::collections::HashMap;

/// Stands in a word for what is not known.
pub(super) const UNKNOWN: char = '\u{F8FF}';
/// An unquoted `*` of a word.
pub(super) const ANY: char = '\u{F8FE}';
/// An unquoted `?`.
pub(super) const ONE: char = '\u{F8FD}';
/// The longest word that the value of a variable becomes part of, in bytes.
const LONGEST: usize = 4096;

/// A part of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word. `quoted` when some of it was.
    Word { text: String, quoted: bool },
    /// What separates commands: `;`, `&`, `|`, `&&`, `||` or the line's end.
    Next,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// The next word is a file that is written.
    Into,
    /// The next word is none of the command's.
    From,
}

/// Reads one token after the other; variables count as they are set by then.
pub(super) struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    /// Ends of here-documents that begin after this line.
    documents: Vec<String>,
    /// The next word is such an end.
    awaits_end: bool,
    /// The commands inside `$(…)` and backticks so far.
    pub(super) inner: Vec<String>,
    /// Bytes of variables that it put into words so far.
    pub(super) expanded: usize,
    /// The most of them.
    most: usize,
}

impl<'a> Reader<'a> {
    /// Reads a text; beyond `most` bytes the values of variables are not known.
    pub(super) fn new(text: &'a str, most: usize) -> Self {
        let rest = text.chars().peekable();
        Self { rest, documents: Vec::new(), awaits_end: false, inner: Vec::new(), expanded: 0, most }
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self, variables: &HashMap<String, String>) -> Option<Token> {
        loop {
            let first = *self.rest.peek()?;
            match first {
                ' ' | '\t' | '\r' => drop(self.rest.next()),
                '#' => while self.rest.next_if(|letter| *letter != '\n').is_some() {},
                '\n' => {
                    self.rest.next();
                    self.skip_documents();
                    return Some(Token::Next);
                }
                ';' | '|' => {
                    while self.rest.next_if(|letter| matches!(letter, ';' | '|' | '&')).is_some() {}
                    return Some(Token::Next);
                }
                '&' => return Some(self.ampersand()),
                '(' => return self.rest.next().map(|_| Token::Open),
                ')' => return self.rest.next().map(|_| Token::Close),
                '>' => return Some(self.output()),
                '<' => {
                    if let Some(token) = self.input() {
                        return Some(token);
                    }
                }
                _ => match self.word(variables) {
                    // the number of a stream before its redirection
                    (text, false)
                        if text.chars().all(|letter| letter.is_ascii_digit())
                            && matches!(self.rest.peek(), Some('<' | '>')) => {}
                    (text, _) if std::mem::take(&mut self.awaits_end) => self.documents.push(text),
                    (text, quoted) => return Some(Token::Word { text, quoted }),
                },
            }
        }
    }

    fn ampersand(&mut self) -> Token {
        self.rest.next();
        if self.rest.next_if_eq(&'>').is_some() {
            self.rest.next_if_eq(&'>');
            return Token::Into;
        }
        self.rest.next_if_eq(&'&');
        Token::Next
    }

    fn output(&mut self) -> Token {
        self.rest.next();
        if self.rest.next_if_eq(&'&').is_some() {
            // `>&2` copies a stream, `>&file` writes one
            return if self.rest.peek().is_some_and(|next| next.is_ascii_digit() || *next == '-') {
                Token::From
            } else {
                Token::Into
            };
        }
        self.rest.next_if(|letter| matches!(letter, '>' | '|'));
        Token::Into
    }

    /// `None` when a here-document begins: the next word is where it ends.
    fn input(&mut self) -> Option<Token> {
        self.rest.next();
        match self.rest.peek() {
            Some('>') => {
                self.rest.next();
                Some(Token::Into)
            }
            Some('<') => {
                self.rest.next();
                if self.rest.next_if_eq(&'<').is_none() {
                    self.rest.next_if_eq(&'-');
                    self.awaits_end = true;
                    return None;
                }
                Some(Token::From)
            }
            Some('&') => {
                self.rest.next();
                Some(Token::From)
            }
            _ => Some(Token::From),
        }
    }

    /// Leaves out the here-documents that begin here.
    fn skip_documents(&mut self) {
        for end in std::mem::take(&mut self.documents) {
            loop {
                let mut line = String::new();
                let mut any = false;
                for letter in self.rest.by_ref() {
                    any = true;
                    if letter == '\n' {
                        break;
                    }
                    line.push(letter);
                }
                if !any || line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }

    fn word(&mut self, variables: &HashMap<String, String>) -> (String, bool) {
        let (mut text, mut quoted) = (String::new(), false);
        while let Some(letter) = self.rest.next_if(|letter| !" \t\r\n;|&()<>".contains(*letter)) {
            match letter {
                '\'' => {
                    quoted = true;
                    text.extend(self.rest.by_ref().take_while(|letter| *letter != '\''));
                }
                '"' => {
                    quoted = true;
                    self.double_quoted(&mut text, variables);
                }
                '\\' => match self.rest.next() {
                    Some('\n') | None => {}
                    Some(other) => text.push(other),
                },
                '$' | '`' => self.expansion(letter, &mut text, variables),
                '*' => text.push(ANY),
                '?' => text.push(ONE),
                '[' | '{' if !text.is_empty() || letter == '[' => {
                    text.push(if self.rest.peek().is_none_or(|next| next.is_whitespace()) { letter } else { UNKNOWN });
                }
                other => text.push(other),
            }
        }
        (text, quoted)
    }

    fn double_quoted(&mut self, text: &mut String, variables: &HashMap<String, String>) {
        while let Some(letter) = self.rest.next() {
            match letter {
                '"' => return,
                '\\' => match self.rest.next() {
                    Some(other @ ('"' | '\\' | '$' | '`')) => text.push(other),
                    Some('\n') | None => {}
                    Some(other) => text.extend(['\\', other]),
                },
                '$' | '`' => self.expansion(letter, text, variables),
                other => text.push(other),
            }
        }
    }

    fn expansion(&mut self, mark: char, text: &mut String, variables: &HashMap<String, String>) {
        if mark == '`' {
            let inner: String = self.rest.by_ref().take_while(|letter| *letter != '`').collect();
            self.inner.push(inner);
            return text.push(UNKNOWN);
        }
        match self.rest.peek() {
            Some('(') => {
                self.rest.next();
                let inner = self.until_closed();
                self.inner.push(inner);
                text.push(UNKNOWN);
            }
            Some('{') => {
                self.rest.next();
                let name: String = self.rest.by_ref().take_while(|letter| *letter != '}').collect();
                self.value(variables.get(&name), text);
            }
            Some(next) if next.is_ascii_alphabetic() || *next == '_' => {
                let mut name = String::new();
                while let Some(letter) = self.rest.next_if(|letter| letter.is_ascii_alphanumeric() || *letter == '_') {
                    name.push(letter);
                }
                self.value(variables.get(&name), text);
            }
            Some(next) if !next.is_whitespace() && *next != '"' => {
                self.rest.next();
                text.push(UNKNOWN);
            }
            _ => text.push('$'),
        }
    }

    fn value(&mut self, value: Option<&String>, text: &mut String) {
        match value.filter(|value| text.len() + value.len() <= LONGEST && self.expanded + value.len() <= self.most) {
            Some(value) => {
                self.expanded += value.len();
                text.push_str(value);
            }
            None => text.push(UNKNOWN),
        }
    }

    /// The text up to the `)` that closes it.
    fn until_closed(&mut self) -> String {
        let (mut text, mut open) = (String::new(), 1);
        for letter in self.rest.by_ref() {
            match letter {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
            text.push(letter);
        }
        text
    }
}
