//! Another machine by OpenSSH: questions to the `qd` there, a stream to it, and what `git` needs to go the same
//! way. A remote command line is a shell's; it is made in one place (`shell_line`) and holds fixed words only, the
//! data goes through standard input.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::files::resolve;
use super::{ProcessError, Program};
use crate::model::{Explain, Kind, one_line, truncate};

/// Before an answer, so that what a login script prints is not taken for one.
const MARK: &str = "qd-answer ";
/// A question may take this long: a large worktree is made in it.
const LIMIT: Duration = Duration::from_secs(300);
/// Answers hold a session's reports at most.
const LONGEST_ANSWER: usize = 64 << 20;
/// `ssh` ends with this when it is ssh that failed (ssh(1), EXIT STATUS).
const NOT_CONNECTED: i32 = 255;
/// A shell ends with this for a program that it does not find.
const NOT_FOUND: i32 = 127;

/// How a machine is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ssh {
    /// `ssh` and its options.
    pub line: Vec<String>,
    /// `user@host`, or a name from the person's own configuration.
    pub host: String,
    /// Our program there.
    pub qd: String,
}

/// Why a machine did not do what it was asked for.
#[derive(Debug, Error)]
pub enum SshError {
    /// `ssh` did not run.
    #[error("`ssh` cannot be used")]
    Program(#[source] ProcessError),
    /// It could not be reached: nothing is known of what runs there.
    #[error("`{host}` cannot be reached: {detail}")]
    Unreachable {
        /// Which machine.
        host: String,
        /// What `ssh` said.
        detail: String,
    },
    /// Our program is not there.
    #[error("`{host}` has no `{qd}`")]
    NoProgram {
        /// Which machine.
        host: String,
        /// What was looked for.
        qd: String,
    },
    /// Our program there does not understand the question, or something else answered.
    #[error("`{host}` gave no answer that this version understands: {detail}")]
    Garbled {
        /// Which machine.
        host: String,
        /// What it said.
        detail: String,
    },
    /// It was asked, and could not.
    #[error("`{host}`: {detail}")]
    Refused {
        /// Which machine.
        host: String,
        /// Its words.
        detail: String,
    },
}

impl SshError {
    /// Whether nothing is known of what runs there.
    pub fn is_silence(&self) -> bool {
        !matches!(self, SshError::Refused { .. } | SshError::NoProgram { .. })
    }
}

impl Explain for SshError {
    fn kind(&self) -> Kind {
        Kind::Unavailable
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            SshError::Program(source) => return source.hint(),
            SshError::Unreachable { host, .. } => {
                format!("see that `ssh -o BatchMode=yes {host} true` works without a question (key, known host)")
            }
            SshError::NoProgram { .. } => {
                "install Quarterdeck there, or say where it is with `qd` in `[executor.ssh]`".to_owned()
            }
            SshError::Garbled { .. } => "install the same version of Quarterdeck on both machines".to_owned(),
            SshError::Refused { .. } => return None,
        })
    }
}

impl Ssh {
    /// Asks the `qd` there: `words` are its arguments, the question goes to its standard input.
    pub fn ask<Q: Serialize, A: DeserializeOwned>(&self, words: &[&str], question: &Q) -> Result<A, SshError> {
        let question = serde_json::to_vec(question).map_err(|error| self.garbled(&error.to_string()))?;
        let line = self.command(words);
        let (name, arguments) = line.split_first().map_or(("ssh", [].as_slice()), |(name, rest)| (name.as_str(), rest));
        let program = Program::new(name).args(arguments).stdin(question).output_limit(LONGEST_ANSWER).timeout(LIMIT);
        let ended = program.own_session().run().map_err(SshError::Program)?;
        let said = String::from_utf8_lossy(&ended.stdout);
        if let Some(answer) = said.lines().rev().find_map(|line| line.strip_prefix(MARK)) {
            let answer: Result<A, String> =
                serde_json::from_str(answer).map_err(|error| self.garbled(&error.to_string()))?;
            return answer.map_err(|detail| SshError::Refused { host: self.host.clone(), detail: one_line(&detail) });
        }
        let errors = String::from_utf8_lossy(&ended.stderr);
        let last = errors.lines().map(one_line).rfind(|line| !line.is_empty());
        let detail = truncate(&last.unwrap_or_else(|| "no answer".to_owned()), 300);
        Err(match ended.code {
            Some(NOT_FOUND) => SshError::NoProgram { host: self.host.clone(), qd: self.qd.clone() },
            Some(NOT_CONNECTED) | None => SshError::Unreachable { host: self.host.clone(), detail },
            Some(_) => self.garbled(&detail),
        })
    }

    /// A stream to the `qd` there: standard input and output of the child.
    pub fn connect(&self, words: &[&str]) -> Result<Child, ProcessError> {
        let line = self.command(words);
        let (name, arguments) = line.split_first().map_or(("ssh", [].as_slice()), |(name, rest)| (name.as_str(), rest));
        let failed = |source| ProcessError::Start { program: name.to_owned(), source };
        let file = resolve(name.as_ref(), std::env::var_os("PATH").as_deref())?;
        let mut command = Command::new(file);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map_err(failed)
    }

    /// The whole command line.
    fn command(&self, words: &[&str]) -> Vec<String> {
        let there = self.qd.strip_prefix("~/").map_or_else(|| self.qd.clone(), |rest| format!("./{rest}"));
        let there: Vec<&str> = std::iter::once(there.as_str()).chain(words.iter().copied()).collect();
        let mut line = self.line.clone();
        line.extend(["-T".to_owned(), "--".to_owned(), self.host.clone(), shell_line(&there)]);
        line
    }

    /// What `git` uses instead of its own `ssh` (`GIT_SSH_COMMAND`, which is a shell's line too).
    pub fn for_git(&self) -> String {
        shell_line(&self.line.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A repository there, as `git` takes it (git-clone(1), the scp-like form).
    pub fn address(&self, repository: &Path) -> String {
        format!("{}:{}", self.host, repository.display())
    }

    fn garbled(&self, detail: &str) -> SshError {
        SshError::Garbled { host: self.host.clone(), detail: one_line(detail) }
    }
}

/// The other end of `ask`: one question from standard input, one answer to standard output.
pub fn answer<Q: DeserializeOwned, A: Serialize>(work: impl FnOnce(Q) -> Result<A, String>) -> std::io::Result<()> {
    use std::io::Write as _;
    let question = serde_json::from_reader(std::io::stdin().lock());
    let answer = question.map_err(|error| error.to_string()).and_then(work);
    let text = serde_json::to_string(&answer).map_err(std::io::Error::other)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{MARK}{text}")?;
    out.flush()
}

/// Words as a POSIX shell reads them back (also `fish`): each in single quotes, those inside written `'\''`.
pub fn shell_line(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''")));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_hostile_words_back_as_they_were() {
        let hostile =
            ["a b", "$(touch /tmp/evil)", "`id`", "'; rm -rf x; '", "\\", "", "*", "-rf", "a\nb", "!!", "\"", "~", "ä"];
        let line = format!("printf '%s\\0' {}", shell_line(&hostile));
        let ended = Program::new("sh").args(["-c", line.as_str()]).run().unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(said.split_terminator('\0').collect::<Vec<_>>(), hostile);
    }

    #[test]
    fn a_host_is_never_an_option_and_the_program_is_one_word() {
        let ssh =
            Ssh { line: vec!["ssh".to_owned()], host: "-oProxyCommand=evil".to_owned(), qd: "~/a b/qd".to_owned() };
        let line = ssh.command(&["elsewhere", "bridge"]);
        assert_eq!(line, ["ssh", "-T", "--", "-oProxyCommand=evil", "'./a b/qd' 'elsewhere' 'bridge'"]);
    }
}
