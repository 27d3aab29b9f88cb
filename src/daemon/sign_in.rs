//! Whether somebody is signed in to an agent, as far as it can be told from outside: a key in the environment, or a file
//! that a sign-in leaves. Nothing is read, and whether the provider takes it is not asked.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::config::SignIn;

/// `None` where the definition names nothing to look for.
pub(super) fn known(sign_in: &SignIn) -> Option<bool> {
    told(sign_in, |name| std::env::var_os(name), |path| path.is_file())
}

fn told(
    sign_in: &SignIn,
    variable: impl Fn(&str) -> Option<OsString>,
    is_file: impl Fn(&PathBuf) -> bool,
) -> Option<bool> {
    if sign_in.variables.is_empty() && sign_in.files.is_empty() {
        return None;
    }
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let place = |notation: &str| {
        let (start, rest) = notation.split_once('/').unwrap_or((notation, ""));
        let root = match start.strip_prefix('$') {
            Some(name) => set(name)?,
            None if start == "~" => set("HOME")?,
            None => OsString::from(format!("{start}/")),
        };
        Some(PathBuf::from(root).join(rest))
    };
    let by_key = sign_in.variables.iter().any(|name| set(name).is_some());
    Some(by_key || sign_in.files.iter().filter_map(|file| place(file)).any(|path| is_file(&path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_a_file_is_enough() {
        let sign_in = SignIn {
            variables: vec!["KEY".to_owned()],
            files: vec!["$PLACE/auth.json".to_owned(), "~/.agent/auth.json".to_owned()],
            hint: None,
        };
        let told = |set: &[(&str, &str)], file: &str| {
            let variable =
                |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            told(&sign_in, variable, |path| path == &PathBuf::from(file))
        };
        assert_eq!(told(&[("HOME", "/h")], ""), Some(false));
        assert_eq!(told(&[("KEY", "")], ""), Some(false));
        assert_eq!(told(&[("KEY", "x")], ""), Some(true));
        assert_eq!(told(&[("HOME", "/h")], "/h/.agent/auth.json"), Some(true));
        assert_eq!(told(&[("PLACE", "/p")], "/p/auth.json"), Some(true));
        assert_eq!(told(&[], "/auth.json"), Some(false), "an unset variable is no root directory");
        assert_eq!(super::told(&SignIn::default(), |_| None, |_| true), None);
    }
}
