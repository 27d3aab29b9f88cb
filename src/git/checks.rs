//! Which checks a project has when nobody configured any: what its files say it is built and tested with.

use crate::model::Check;

/// The text that `npm init` puts where a test would be.
const NO_TEST: &str = "no test specified";

/// The checks of a project by the names in its root directory; `read` gives the content of one of them.
/// Empty when nothing is recognised.
pub fn detect_checks(root_entries: &[String], read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<Check> {
    let has = |name: &str| root_entries.iter().any(|entry| entry == name);
    let text = |name: &str| {
        if has(name) { read(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) } else { None }
    };
    let mut checks = Vec::new();
    if has("Cargo.toml") {
        let workspace =
            text("Cargo.toml").is_some_and(|manifest| manifest.lines().any(|line| line.trim() == "[workspace]"));
        checks.push(check(if workspace { &["cargo", "test", "--workspace"] } else { &["cargo", "test"] }));
    }
    if text("package.json").is_some_and(|manifest| has_test_script(&manifest)) {
        checks.push(check(&["npm", "test"]));
    }
    if is_pytest(&has, &text) {
        checks.push(check(&["pytest"]));
    }
    if has("go.mod") {
        checks.push(check(&["go", "test", "./..."]));
    }
    // A Makefile beside another build tool mostly wraps it.
    if checks.is_empty() {
        let makefile = ["GNUmakefile", "makefile", "Makefile"].iter().find_map(|name| text(name));
        let target =
            makefile.and_then(|makefile| ["test", "check"].into_iter().find(|target| has_target(&makefile, target)));
        checks.extend(target.map(|target| check(&["make", target])));
    }
    checks
}

fn check(argv: &[&str]) -> Check {
    Check { name: argv.join(" "), argv: argv.iter().map(|&arg| arg.to_owned()).collect() }
}

/// Whether `package.json` has a test script that is not the placeholder.
fn has_test_script(manifest: &str) -> bool {
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap_or_default();
    let script = manifest.pointer("/scripts/test").and_then(serde_json::Value::as_str).unwrap_or_default();
    !script.trim().is_empty() && !script.contains(NO_TEST)
}

/// Whether the project is set up for pytest: its own files say so, or there are tests in Python's usual places.
fn is_pytest(has: &impl Fn(&str) -> bool, text: &impl Fn(&str) -> Option<String>) -> bool {
    let mentions = |name: &str, word: &str| text(name).is_some_and(|content| content.contains(word));
    let configured = has("pytest.ini")
        || has("conftest.py")
        || mentions("pyproject.toml", "pytest")
        || mentions("setup.cfg", "[tool:pytest]")
        || mentions("tox.ini", "pytest");
    let python = has("pyproject.toml") || has("setup.py") || has("setup.cfg") || has("requirements.txt");
    configured || (python && (has("tests") || has("test")))
}

/// Whether a makefile has a rule for the target.
fn has_target(makefile: &str, target: &str) -> bool {
    makefile.lines().any(|line| {
        let Some((targets, rest)) = line.split_once(':') else { return false };
        !rest.starts_with('=')
            && !line.starts_with(['\t', '#', ' '])
            && targets.split_whitespace().any(|word| word == target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(files: &[(&str, &str)]) -> Vec<String> {
        let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        let read = |name: &str| files.iter().find(|(file, _)| *file == name).map(|(_, text)| text.as_bytes().to_vec());
        detect_checks(&names, read).into_iter().map(|check| check.argv.join(" ")).collect()
    }

    #[test]
    fn each_kind_of_project() {
        assert_eq!(detected(&[("Cargo.toml", "[package]\n")]), ["cargo test"]);
        assert_eq!(detected(&[("Cargo.toml", "[workspace]\n")]), ["cargo test --workspace"]);
        assert_eq!(detected(&[("package.json", r#"{"scripts":{"test":"vitest run"}}"#)]), ["npm test"]);
        assert_eq!(detected(&[("pyproject.toml", "[tool.pytest.ini_options]\n")]), ["pytest"]);
        assert_eq!(detected(&[("requirements.txt", "x\n"), ("tests", "")]), ["pytest"]);
        assert_eq!(detected(&[("go.mod", "module x\n")]), ["go test ./..."]);
        assert_eq!(detected(&[("Makefile", "all: x\ncheck: all\n\ttrue\n")]), ["make check"]);
    }

    #[test]
    fn what_only_looks_like_a_test_is_none() {
        assert!(
            detected(&[("package.json", r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#)])
                .is_empty()
        );
        assert!(detected(&[("package.json", "not json")]).is_empty());
        assert!(detected(&[("Makefile", "test := x\n# test: y\n\ttest: z\n")]).is_empty());
        assert!(detected(&[("README.md", "")]).is_empty());
    }

    #[test]
    fn several_languages_have_several_checks() {
        assert_eq!(
            detected(&[("Cargo.toml", ""), ("go.mod", ""), ("Makefile", "test:\n")]),
            ["cargo test", "go test ./..."]
        );
    }
}
