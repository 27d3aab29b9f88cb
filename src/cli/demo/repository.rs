//! The project that the demo works on: a small library of shell functions with tests, a check in
//! `.quarterdeck.toml` and a little history. It needs `sh` and `git` and nothing else.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::process::Program;

use super::DemoError;

/// As long as one git command may take.
const GIT_LIMIT: Duration = Duration::from_secs(30);

/// One commit: its message and the files that it adds.
type Commit = (&'static str, &'static [(&'static str, &'static str)]);

const HISTORY: &[Commit] = &[
    (
        "Begin: text in capitals and small letters",
        &[("README.md", include_str!("inkwell/README.md")), ("lib/text.sh", include_str!("inkwell/lib/text.sh"))],
    ),
    ("Trim white space", &[("lib/trim.sh", include_str!("inkwell/lib/trim.sh"))]),
    (
        "Test every function",
        &[
            ("test.sh", include_str!("inkwell/test.sh")),
            ("tests/expect.inc", include_str!("inkwell/tests/expect.inc")),
            ("tests/text.sh", include_str!("inkwell/tests/text.sh")),
            ("tests/trim.sh", include_str!("inkwell/tests/trim.sh")),
        ],
    ),
    ("Call functions from the command line", &[("bin/inkwell", include_str!("inkwell/bin/inkwell"))]),
    ("Say what must pass before a result lands", &[(".quarterdeck.toml", include_str!("inkwell/quarterdeck.toml"))]),
];

/// Makes the repository in a directory that does not exist yet.
pub(super) fn create(root: &Path) -> Result<(), DemoError> {
    fs::create_dir_all(root).map_err(|source| DemoError::Write { path: root.to_path_buf(), source })?;
    git(root, &["init", "--quiet", "--template=", "--initial-branch=main"])?;
    for (key, value) in [
        ("user.name", "Quarterdeck Demo"),
        ("user.email", "demo@quarterdeck.invalid"),
        ("commit.gpgSign", "false"),
        ("core.hooksPath", "/dev/null"),
        ("core.autocrlf", "false"),
        ("gc.auto", "0"),
    ] {
        git(root, &["config", key, value])?;
    }
    for (message, files) in HISTORY {
        for (name, text) in *files {
            write(&root.join(name), text)?;
        }
        git(root, &["add", "--all"])?;
        git(root, &["commit", "--quiet", "--message", message])?;
    }
    Ok(())
}

/// Whether a commit is part of a branch.
pub(super) fn contains(root: &Path, branch: &str, commit: &str) -> bool {
    git(root, &["merge-base", "--is-ancestor", commit, branch]).is_ok()
}

fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|source| DemoError::Write { path: path.to_path_buf(), source })
}

/// One git command in the repository, in no way touched by the environment of whoever tries the demo.
fn git(root: &Path, arguments: &[&str]) -> Result<(), DemoError> {
    let mut program = Program::new("git").args(arguments.iter().copied()).cwd(root).timeout(GIT_LIMIT);
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
        program = program.remove_env(variable);
    }
    let finished = program.run()?;
    if finished.code == Some(0) {
        return Ok(());
    }
    Err(DemoError::Git {
        command: arguments.first().copied().unwrap_or_default().to_owned(),
        detail: crate::model::one_line(&String::from_utf8_lossy(&finished.stderr)),
    })
}
