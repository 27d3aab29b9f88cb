//! Addresses in what a program prints: which of them may be passed on, and where plain ones stand in a text.
//! Hostile text: nothing here opens anything.

/// An address longer than this is none.
const LONGEST: usize = 2_083;

/// Ways to begin that are passed on.
const SCHEMES: [&str; 3] = ["https://", "http://", "file://"];

/// Ways to begin that are looked for in plain text.
const PLAIN: [&str; 2] = ["https://", "http://"];

/// An address of the web or of a local file, in characters that cannot mean anything else to a terminal; `None` for
/// all others. What is not ASCII is percent-encoded, so that look-alikes are seen.
pub fn safe(uri: &str) -> Option<String> {
    let uri = uri.trim();
    let scheme = SCHEMES.iter().find(|scheme| {
        uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) && uri.len() > scheme.len()
    })?;
    if uri.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let mut clean = (*scheme).to_owned();
    for byte in uri.get(scheme.len()..)?.bytes() {
        match byte {
            b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`' | 0x7f.. => clean.push_str(&format!("%{byte:02X}")),
            _ => clean.push(char::from(byte)),
        }
    }
    let elsewhere = *scheme == "file://" && !clean.starts_with("file:///") && !clean.starts_with("file://localhost/");
    (!elsewhere && clean.len() <= LONGEST).then_some(clean)
}

/// Whether it is one that a browser may be given: not a file, of which a program could have said anything.
pub fn is_web(uri: &str) -> bool {
    PLAIN.iter().any(|scheme| uri.starts_with(scheme))
}

/// The addresses in a text: where each begins and ends, in bytes.
pub fn find(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let Some(at) = PLAIN.iter().filter_map(|scheme| rest.find(scheme)).min() else { break };
        let start = from + at;
        let end = start + length(text.get(start..).unwrap_or_default());
        if safe(text.get(start..end).unwrap_or_default()).is_some() {
            found.push((start, end));
        }
        from = end.max(start + 1);
    }
    found
}

/// How far an address at the beginning of a text goes: what closes a sentence or a bracket around it is no part of it.
fn length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '`' | '│' | '|' | '\\');
    let mut address = text.find(ends).and_then(|end| text.get(..end)).unwrap_or(text);
    loop {
        let count = |c: char| address.chars().filter(|one| *one == c).count();
        let last = address.chars().next_back();
        let drop = match last {
            Some('.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '…') => true,
            Some(')') => count(')') > count('('),
            Some(']') => count(']') > count('['),
            Some('}') => count('}') > count('{'),
            _ => false,
        };
        let Some(last) = last.filter(|_| drop) else { return address.len() };
        address = address.get(..address.len() - last.len_utf8()).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_and_local_files_are_passed_on() {
        assert_eq!(safe("https://a.example/x?y=1#z").as_deref(), Some("https://a.example/x?y=1#z"));
        assert_eq!(safe("HTTP://A.example/").as_deref(), Some("http://A.example/"));
        assert_eq!(safe("file:///home/me/a.rs").as_deref(), Some("file:///home/me/a.rs"));
        assert_eq!(safe("https://exämple.org/").as_deref(), Some("https://ex%C3%A4mple.org/"));
        assert_eq!(safe("https://a/'\"<>\\`").as_deref(), Some("https://a/%27%22%3C%3E%5C%60"));
        let long = format!("https://a/{}", "x".repeat(3_000));
        for bad in [
            "javascript:alert(1)",
            "file://elsewhere/share",
            "ssh://host",
            "https://",
            "https://a\x1b]52;c;eA==\x07",
            "https://a b",
            "x-man-page://ls",
            "",
            &long,
        ] {
            assert_eq!(safe(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn plain_addresses_end_where_people_think() {
        let found = |text: &str| -> Vec<String> {
            find(text).into_iter().map(|(start, end)| text[start..end].to_owned()).collect()
        };
        assert_eq!(
            found("see https://a.example/x, or (http://b.example/y_(z))."),
            ["https://a.example/x", "http://b.example/y_(z)"]
        );
        assert_eq!(found("**https://a.example/**"), ["https://a.example/"]);
        assert_eq!(found("│ https://a.example/x│ üö https://b"), ["https://a.example/x", "https://b"]);
        assert_eq!(found("nothing https:// here"), Vec::<String>::new());
    }
}
