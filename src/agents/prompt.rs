//! A prompt on its way into an agent. Agents take some first characters as commands of their own, and a
//! terminal takes control characters as anything: a prompt must only ever be text.

/// The text as it is sent:
///
/// - line ends become `\n`, tabs stay, ESC and every other C0 or C1 control character is removed (so a prompt can
///   neither end the paste by `ESC [ 201 ~` nor press a key);
/// - the invisible direction marks that can make text look like other text are removed;
/// - white space at both ends is removed (a trailing newline would stand in the composer);
/// - a first character that means a command (`/`, `!`, `#`, `@`, `&`, `?`, `-`) gets a word in front of it: the agent
///   then reads a sentence. (A space is not enough: composers trim.)
pub fn safe(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    clean.push('\n');
                }
            }
            '\n' | '\t' => clean.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    let clean = clean.trim();
    if clean.starts_with(['/', '!', '#', '@', '&', '?', '-']) { format!("Task: {clean}") } else { clean.to_owned() }
}

/// The text as it is pasted. Behind a last word like `@file`, composers offer completions, and Enter would take one (Codex
/// changes the text by it) instead of sending. A space ends that; agents trim it.
pub(super) fn closed(text: &str) -> String {
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let offers = last.contains(['@', '/', '#', '$', '!', ':', '\\']);
    if offers { format!("{text} ") } else { text.to_owned() }
}

/// Whether two texts are the same but for what agents and screens do to white space, accents and what is no letter.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let (plain, other_plain) = (plain(one), plain(other));
    skeleton(one) == skeleton(other) || (plain.len() >= PLAIN && plain == other_plain)
}

/// So many ASCII letters and digits are enough to know a text by.
pub(super) const PLAIN: usize = 8;

/// The ASCII letters and digits: screens join, reorder and drop what is beyond (combining marks, joined emoji, writing
/// from right to left), these stay what they are. A letter that a combining mark follows is left out: the two may become one.
pub(super) fn plain(text: &str) -> String {
    let mut kept = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            kept.push(c);
        } else if matches!(c, '\u{300}'..='\u{36f}') {
            kept.pop();
        }
    }
    kept
}

/// The text with everything removed that wrapping in a composer changes: white space and box borders.
pub(super) fn skeleton(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '│' | '┃' | '┆' | '╎' | '|')).collect()
}

#[cfg(test)]
mod tests {
    use super::{closed, is_same, safe};

    #[test]
    fn no_completion_stands_open() {
        assert_eq!(closed("look at @README.md"), "look at @README.md ");
        assert_eq!(closed("@file first"), "@file first");
    }

    #[test]
    fn what_agents_do_to_a_text_leaves_it_the_same() {
        assert!(is_same("a  b\nc", "a b c"));
        assert!(is_same("the letter e\u{301} here", "the letter é here"));
        assert!(!is_same("日本", "日本語"));
        assert!(!is_same("go on with it", "go on with this"));
    }

    #[test]
    fn only_text_is_left() {
        assert_eq!(safe("a\u{1b}[201~b\u{3}c\r\nd\re\n"), "a[201~bc\nd\ne");
        assert_eq!(safe("\u{9b}31mred\u{202e}x"), "31mredx");
    }

    #[test]
    fn commands_of_the_agent_become_sentences() {
        for text in ["/exit", "!rm -rf x", "#note", "@file do", "--help", " /clear"] {
            assert!(safe(text).starts_with("Task: "), "{text}");
            assert!(safe(text).ends_with(text.trim()), "{text}");
        }
        assert_eq!(safe("fix a/b"), "fix a/b");
    }
}
