//! Names with wildcards.

/// Whether a name fits a pattern in which `any` stands for any text, none included, and `one` for any letter. Takes at
/// most as many steps as one length times the other: patterns come from agents too.
pub fn fits_wildcard(pattern: &str, name: &str, any: char, one: Option<char>) -> bool {
    let (mut wanted, mut found) = (pattern.chars(), name.chars());
    // what follows the last `any`, and the first letter that it has not been tried at
    let mut again = None;
    loop {
        match wanted.next() {
            Some(letter) if letter == any => {
                again = Some((wanted.clone(), found.clone()));
                continue;
            }
            Some(letter) => {
                let here = found.next();
                if here.is_some_and(|here| here == letter || one == Some(letter)) {
                    continue;
                }
                if here.is_none() {
                    // another try leaves no more of the name than this one
                    return false;
                }
            }
            None if found.as_str().is_empty() => return true,
            None => {}
        }
        let Some((after, from)) = again.as_mut() else { return false };
        if from.next().is_none() {
            return false;
        }
        (wanted, found) = (after.clone(), from.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_any_text_or_one_letter() {
        for (pattern, name) in [
            ("", ""),
            ("*", ""),
            ("a*", "a"),
            ("a*b*", "a-b-c"),
            ("*a*b", "xaayab"),
            ("?\u{e9}*", "\u{fc}\u{e9}"),
            ("***a***", "a"),
            ("a*?", "abc"),
        ] {
            assert!(fits_wildcard(pattern, name, '*', Some('?')), "{pattern} {name}");
        }
        for (pattern, name) in [("", "a"), ("a", ""), ("a*b", "ac"), ("a?", "a"), ("*a", "ab"), ("a*a", "a"), ("?", "")]
        {
            assert!(!fits_wildcard(pattern, name, '*', Some('?')), "{pattern} {name}");
        }
        assert!(!fits_wildcard("?", "a", '*', None) && fits_wildcard("?", "?", '*', None));
    }

    #[test]
    fn many_wildcards_cost_little() {
        let (stars, name) = ("*a".repeat(10_000), "a".repeat(255));
        assert!(!fits_wildcard(&format!("{}b", "*".repeat(100_000)), &name, '*', None));
        assert!(!fits_wildcard(&stars, &name, '*', None));
    }
}
