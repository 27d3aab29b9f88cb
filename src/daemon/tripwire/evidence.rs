//! Whether a session is known to have written a file of the checkout. That it names the file, or reads it, is no evidence:
//! the person may be editing it at that moment.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::agents::writes::{Call, Targets};
use crate::model::Session;
use crate::process;

/// Letters that the new lines of a file must have together before they prove anything.
const ENOUGH: usize = 12;
/// Steps that are taken for one session at most, about a second: landings wait meanwhile. Files beyond are nobody's.
const MOST_STEPS: usize = 300_000_000;
/// Steps for a file.
const A_FILE: usize = 1_000;
/// Steps for reading what a file was and is.
const A_READING: usize = 50_000;
/// Letters that a search passes in one step.
const FAST: usize = 8;

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

/// All that may speak against one session, gathered once for however many files.
pub(super) struct Case<'a> {
    targets: Targets,
    /// Its commands that name the checkout.
    commands: Vec<&'a str>,
    /// Letters of them.
    letters: usize,
    /// What its processes have open for writing.
    open: BTreeSet<PathBuf>,
    /// Steps that the rest may take.
    left: usize,
}

impl Suspect {
    pub(super) fn case(&self, root: &Path) -> Case<'_> {
        let home = std::env::home_dir();
        let mut targets = Targets::default();
        self.calls.iter().for_each(|call| call.add_targets(&mut targets, &self.directory, home.as_deref()));
        targets.follow_links();
        let whole = root.to_string_lossy();
        let commands = self.calls.iter().flat_map(Call::commands).map(String::as_str);
        let commands: Vec<&str> = commands.filter(|command| names_path(command, &whole)).collect();
        let host = self.session.host.filter(|host| process::is_alive(*host));
        let processes = host.map(|host| process::descendants(host.pid)).unwrap_or_default();
        Case {
            targets,
            letters: commands.iter().map(|command| command.len()).sum(),
            commands,
            open: processes.into_iter().flat_map(process::being_written).collect(),
            left: MOST_STEPS,
        }
    }
}

impl Case<'_> {
    /// What speaks for it that the session changed a file. `new_lines` are those that the file has now and had not
    /// before. Nothing does once it was too much work.
    pub(super) fn evidence(
        &mut self,
        root: &Path,
        file: &str,
        new_lines: impl FnOnce() -> Vec<String>,
    ) -> Option<Evidence> {
        self.spend(A_FILE + self.targets.letters_of_patterns() * file.len() + self.letters / FAST)?;
        let path = root.join(file);
        if self.targets.has(root, &path) {
            return Some(Evidence::Writes);
        }
        let naming: Vec<&str> = self.commands.iter().filter(|command| command.contains(file)).copied().collect();
        if !naming.is_empty() {
            self.spend(A_READING)?;
            let new_lines = new_lines();
            let letters: usize = naming.iter().map(|command| command.len()).sum();
            self.spend(new_lines.len() * letters / FAST)?;
            if naming.iter().any(|command| holds(command, &new_lines)) {
                return Some(Evidence::Content);
            }
        }
        self.open.contains(&path).then_some(Evidence::Open)
    }

    fn spend(&mut self, steps: usize) -> Option<()> {
        self.left = self.left.checked_sub(steps)?;
        Some(())
    }
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
        let script = "python3 - <<'E'\nopen('/home/me/shop/a.py','w').write('import os\\nprint(os.name)\\n')\nE";
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert!(holds(script, &lines("import os\nprint(os.name)")));
        assert!(!holds(script, &lines("import os\nprint(os.name)\nmine = True")), "the person wrote on");
        assert!(!holds("cat /home/me/shop/a.py", &lines("")), "nothing new proves nothing");
        assert!(!holds("grep os /home/me/shop/a.py", &lines("os")), "too little");
    }

    #[test]
    fn a_thousand_files_are_judged_and_too_much_work_is_left() {
        let root = Path::new("/home/me/shop");
        let mut case = Case {
            targets: Targets::default(),
            commands: vec!["touch /home/me/shop/of_a_script.txt"],
            letters: 35,
            open: BTreeSet::from([root.join("open.txt")]),
            left: MOST_STEPS,
        };
        let call = Call::of_command("cd /home/me/shop && rm 1*.txt");
        call.add_targets(&mut case.targets, Path::new("/"), None);
        let of = |case: &mut Case<'_>, file: &str| case.evidence(root, file, Vec::new);
        let known = (0..5_000).filter(|n| of(&mut case, &format!("{n}.txt")).is_some()).count();
        assert_eq!(known, 1 + 10 + 100 + 1_000);
        assert_eq!(of(&mut case, "open.txt"), Some(Evidence::Open));
        assert_eq!(of(&mut case, "of_a_script.txt"), None, "it is named, and nothing is new");
        case.left = 10;
        assert_eq!(of(&mut case, "1.txt"), None);
    }
}
