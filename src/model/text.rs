//! Text that came from outside, made safe and short. Agent output is hostile: whatever is shown
//! outside its own pane goes through `sanitize` first.

/// Removes what a terminal would act on: C0 and C1 controls, escape sequences, and the bidirectional
/// and invisible format characters that can disguise text. Newlines and tabs stay.
pub fn sanitize(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => clean.push('\n'),
            '\t' => clean.push_str("    "),
            '\u{1b}' => skip_escape(&mut chars),
            '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

/// Skips the rest of one escape sequence (ECMA-48): CSI to its final byte, strings to BEL or ST,
/// two-character escapes whole.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => {
            while let Some(&c) = chars.peek() {
                if c == '\n' || c == '\u{1b}' {
                    return;
                }
                chars.next();
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    return;
                }
            }
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || c == '\n' {
                    return;
                }
                if c == '\u{1b}' {
                    chars.next();
                    return;
                }
            }
        }
        Some('(' | ')' | '*' | '+' | '#') => {
            chars.next();
        }
        _ => {}
    }
}

/// The text on one line: sanitized, runs of white space collapsed to one space.
pub fn one_line(text: &str) -> String {
    sanitize(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `limit` characters, the last one `…` when something was cut off.
pub fn truncate(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A branch-safe slug: lowercase ASCII letters and digits, single dashes, at most 40 characters cut at
/// a word; `task` when nothing is left.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = word.to_ascii_lowercase();
        if slug.is_empty() {
            slug.push_str(word.get(..40).unwrap_or(&word));
        } else if slug.len() + 1 + word.len() <= 40 {
            slug.push('-');
            slug.push_str(&word);
        } else {
            break;
        }
    }
    if slug.is_empty() { "task".to_owned() } else { slug }
}
