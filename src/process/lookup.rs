//! Where programs are. A daemon started from a desktop or by a service manager has a bare `PATH`; the
//! person's agents are where their login shell finds them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use super::Program;

/// How long the login shell may take to start; its files are the person's and may do anything.
const SHELL_PATIENCE: Duration = Duration::from_secs(3);

/// Printed around the answer, since a shell's start files may print too.
const MARK: &[u8] = b"@quarterdeck-path@";

/// The current `PATH`, followed by what only the person's login shell has. Asked for once in the life of
/// the process; a shell that hangs costs 3 s and adds nothing.
pub fn login_path() -> OsString {
    static PATH: OnceLock<OsString> = OnceLock::new();
    PATH.get_or_init(|| {
        let current = env::var_os("PATH").unwrap_or_default();
        let shell = env::var_os("SHELL").filter(|shell| !shell.is_empty());
        match shell.and_then(|shell| ask(&shell, SHELL_PATIENCE)) {
            Some(login) => merge(&current, &login),
            None => current,
        }
    })
    .clone()
}

/// The `PATH` that a shell has after its login and interactive start files.
fn ask(shell: &OsStr, patience: Duration) -> Option<OsString> {
    // Works in sh, bash, zsh and fish alike: `printenv` says what the shell exports.
    let question = "printf @quarterdeck-path@; printenv PATH; printf @quarterdeck-path@";
    let finished = Program::new(shell)
        .args(["-l", "-i", "-c", question])
        .env("TERM", "dumb")
        .own_session()
        .timeout(patience)
        .output_limit(256 * 1024)
        .run()
        .ok()?;
    between_marks(&finished.stdout)
}

/// The text between the two marks, without the line's end.
fn between_marks(output: &[u8]) -> Option<OsString> {
    let starts = |from: usize| {
        output.get(from..).and_then(|rest| rest.windows(MARK.len()).position(|bytes| bytes == MARK)).map(|at| at + from)
    };
    let start = starts(0)? + MARK.len();
    let end = starts(start)?;
    let answer = output.get(start..end)?.trim_ascii();
    (!answer.is_empty()).then(|| OsString::from_vec(answer.to_vec()))
}

/// The first list, then what only the second has.
fn merge(current: &OsStr, more: &OsStr) -> OsString {
    let mut all: Vec<PathBuf> = env::split_paths(current).filter(|path| !path.as_os_str().is_empty()).collect();
    for path in env::split_paths(more) {
        if path.is_absolute() && !all.contains(&path) {
            all.push(path);
        }
    }
    env::join_paths(&all).unwrap_or_else(|_| OsStr::from_bytes(current.as_bytes()).to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_login_shell_adds_and_never_reorders() {
        assert_eq!(merge(OsStr::new("/b:/a"), OsStr::new("/a:relative:/c:/b")), "/b:/a:/c");
    }

    #[test]
    fn start_files_may_print_around_the_answer() {
        let output = b"welcome\n@quarterdeck-path@/usr/bin:/opt/x\n@quarterdeck-path@bye";
        assert_eq!(between_marks(output), Some(OsString::from("/usr/bin:/opt/x")));
        assert_eq!(between_marks(b"nothing"), None);
    }

    #[test]
    fn a_shell_that_hangs_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let shell = directory.path().join("shell");
        std::fs::write(&shell, "#!/bin/sh\nexec sleep 600\n").unwrap();
        std::fs::set_permissions(&shell, std::fs::Permissions::from_mode(0o755)).unwrap();
        let started = std::time::Instant::now();
        assert_eq!(ask(shell.as_os_str(), Duration::from_millis(100)), None);
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}
