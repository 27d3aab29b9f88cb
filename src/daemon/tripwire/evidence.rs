//! Whether a session is known to have written a file of the checkout. That it names the file, or reads it, is no evidence:
//! the person may be editing it at that moment.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::agents::writes::Call;
use crate::model::Session;
use crate::process;

/// Letters that the new lines of a file must have together before they prove anything.
const ENOUGH: usize = 12;

/// One session that may have done it, and what it is known to have done.
pub(super) struct Suspect {
    pub(super) session: Session,
    /// Where it works.
    pub(super) directory: PathBuf,
    /// Its tool calls since its turn began, and the command that it was started with.
    pub(super) calls: Vec<Call>,
}

/// What speaks against a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    /// A tool call or command of it writes the file.
    Writes,
    /// A command of it names the file and has its new lines in it.
    Content,
    /// A process of it has the file open for writing.
    Open,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::Writes => "its own calls write them",
            Evidence::Content => "its own commands name them and hold their new lines",
            Evidence::Open => "a process of it has them open for writing",
        })
    }
}

impl Suspect {
    /// What speaks for it that this session changed a file. `new_lines` are those that the file has now and had not before.
    pub(super) fn evidence(
        &self,
        root: &Path,
        file: &str,
        new_lines: impl FnOnce() -> Vec<String>,
    ) -> Option<Evidence> {
        let home = std::env::home_dir();
        let path = root.join(file);
        let writes = |call: &Call| call.targets(&self.directory, home.as_deref()).has(root, &path);
        if self.calls.iter().any(writes) {
            return Some(Evidence::Writes);
        }
        let commands = self.calls.iter().flat_map(Call::commands);
        let mut naming = commands.filter(|command| names(command, root, file)).peekable();
        if naming.peek().is_some() {
            let new_lines = new_lines();
            if naming.any(|command| holds(command, &new_lines)) {
                return Some(Evidence::Content);
            }
        }
        let host = self.session.host.filter(|host| process::is_alive(*host))?;
        let writing = process::descendants(host.pid).into_iter().any(|pid| process::is_writing(pid, &path));
        writing.then_some(Evidence::Open)
    }
}

/// Whether a command names the checkout and the file.
fn names(command: &str, root: &Path, file: &str) -> bool {
    names_path(command, &root.to_string_lossy()) && command.contains(file)
}

/// Whether a command holds all that is new in a file: a script that writes it.
fn holds(command: &str, new_lines: &[String]) -> bool {
    let letters: usize =
        new_lines.iter().map(|line| line.chars().filter(|letter| !letter.is_whitespace()).count()).sum();
    letters >= ENOUGH && new_lines.iter().all(|line| command.contains(line.as_str()))
}

/// Whether a text names a path or something below it, and not only one that begins alike.
fn names_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, found)| {
        let next = text.get(at + found.len()..).and_then(|rest| rest.chars().next());
        next.is_none_or(|next| !next.is_alphanumeric() && !matches!(next, '-' | '_' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_whole() {
        for text in ["cd /home/me/shop && make", "{\"file_path\":\"/home/me/shop/a.rs\"}", "cat x >/home/me/shop"] {
            assert!(names_path(text, "/home/me/shop"), "{text}");
        }
        for text in ["/home/me/shop-2/a", "/home/me/shopping", "/home/me"] {
            assert!(!names_path(text, "/home/me/shop"), "{text}");
        }
    }

    #[test]
    fn a_script_that_holds_the_new_lines_wrote_them() {
        let root = Path::new("/home/me/shop");
        let script = "python3 - <<'E'\nopen('/home/me/shop/a.py','w').write('import os\\nprint(os.name)\\n')\nE";
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert!(names(script, root, "a.py") && !names(script, root, "b.py"));
        assert!(holds(script, &lines("import os\nprint(os.name)")));
        assert!(!holds(script, &lines("import os\nprint(os.name)\nmine = True")), "the person wrote on");
        assert!(!holds("cat /home/me/shop/a.py", &lines("")), "nothing new proves nothing");
        assert!(!holds("grep os /home/me/shop/a.py", &lines("os")), "too little");
    }
}
