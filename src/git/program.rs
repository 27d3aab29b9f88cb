//! The `git` program, started nowhere else. What it is told on every call makes sure that nothing runs
//! which only the repository (and so, possibly, an agent) asks for:
//!
//! - the git directory and the work tree are given; a `.git` file in the worktree is never read;
//! - `GIT_*` variables of this process are dropped, prompts, editors, pagers and hooks are off, submodules
//!   are left alone, nothing is fetched lazily, only ordinary transports are allowed;
//! - every setting that names a program and comes from the repository's own configuration (or what that
//!   includes) is replaced by the person's value for it, or by one that does nothing. The list of settings
//!   comes from git itself, so that includes and conditions mean the same to it and to us.
//!
//! An agent that rewrites the configuration between that list and the call wins a race of milliseconds;
//! only a fence around the agent closes that.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use super::error::GitError;
use super::{Environment, Repository};
use crate::model::{one_line, truncate};
use crate::process::{Finished, Program, Ssh, find_program, login_path};

/// A checkout of 50,000 files takes seconds; this only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(600);

/// Listings of large repositories must come whole.
const OUTPUT_LIMIT: usize = 64 << 20;

/// Variables of this process that say whose configuration counts, not which repository: kept.
const KEPT: &[&str] =
    &["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH", "GIT_SSH", "GIT_SSH_COMMAND"];

/// Settings that hold whatever any configuration says.
const ALWAYS: &[(&str, &str)] = &[
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("diff.external", ""),
    ("commit.gpgSign", "false"),
    ("push.gpgSign", "false"),
    ("merge.verifySignatures", "false"),
    ("merge.autoStash", "false"),
    ("submodule.recurse", "false"),
    ("worktree.useRelativePaths", "false"),
    ("gc.auto", "0"),
    ("fetch.fsckObjects", "true"),
    ("maintenance.auto", "false"),
    ("protocol.allow", "never"),
    ("protocol.file.allow", "always"),
    ("protocol.git.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("protocol.http.allow", "always"),
    ("protocol.https.allow", "always"),
];

/// One entry of the configuration.
struct Setting {
    trusted: bool,
    key: String,
    value: OsString,
}

/// One call of the program on one checkout.
pub(super) struct Git<'a> {
    environment: &'a Environment,
    directory: &'a Path,
    work_tree: &'a Path,
    attributes: Option<String>,
    reflog: Option<String>,
    ssh: Option<String>,
}

impl Repository {
    /// The program, aimed at a checkout by its recorded places.
    pub(super) fn git<'a>(&'a self, git_dir: &'a Path, work_tree: &'a Path) -> Git<'a> {
        Git {
            environment: self.environment(),
            directory: git_dir,
            work_tree,
            attributes: None,
            reflog: None,
            ssh: None,
        }
    }
}

impl Git<'_> {
    /// Reads attributes from this commit and not from the work tree (git 2.41 or newer; older ones ignore it).
    pub fn attributes_from(mut self, commit: git2::Oid) -> Self {
        self.attributes = Some(commit.to_string());
        self
    }

    /// What the reflog says about refs that move.
    pub fn reflog(mut self, why: &str) -> Self {
        self.reflog = Some(one_line(why));
        self
    }

    /// Reaches another machine as we do.
    pub fn over(mut self, ssh: &Ssh) -> Self {
        self.ssh = Some(ssh.for_git());
        self
    }

    /// Runs a subcommand. Failing exits are left to the caller.
    pub fn try_run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Finished, GitError> {
        let overrides = overrides(&self.settings()?);
        let mut program = self.bare(args).cwd(self.work_tree);
        let always = ALWAYS.iter().map(|(key, value)| ((*key).to_owned(), OsString::from(value)));
        let all: Vec<_> = always.chain(overrides).collect();
        program = program.env("GIT_CONFIG_COUNT", all.len().to_string());
        for (at, (key, value)) in all.into_iter().enumerate() {
            program = program.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        if let Some(commit) = &self.attributes {
            program = program.env("GIT_ATTR_SOURCE", commit);
        }
        if let Some(ssh) = &self.ssh {
            program = program.env("GIT_SSH_COMMAND", ssh).env("GIT_SSH_VARIANT", "ssh");
        }
        if let Some(why) = &self.reflog {
            program = program.env("GIT_REFLOG_ACTION", why);
        }
        finish(program, args)
    }

    /// Runs a subcommand that has to succeed; returns what it printed.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>, GitError> {
        let finished = self.try_run(args)?;
        if finished.success() { Ok(finished.stdout) } else { Err(failure(args, &finished)) }
    }

    /// The person's name and address for commits, as the configuration has them for this repository.
    pub fn identity(&self) -> Result<(Option<String>, Option<String>), GitError> {
        let settings = self.settings()?;
        let last = |key: &str| {
            let value =
                settings.iter().rev().find(|setting| setting.key == key).map(|setting| setting.value.to_string_lossy());
            value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        Ok((last("user.name"), last("user.email")))
    }

    /// The configuration as git itself reads it. Reading it runs nothing.
    fn settings(&self) -> Result<Vec<Setting>, GitError> {
        let args = ["config", "--list", "-z", "--show-scope", "--includes"];
        let finished = finish(self.bare(&args).cwd(self.work_tree), &args)?;
        if !finished.success() {
            return Err(failure(&args, &finished));
        }
        Ok(parse_settings(&finished.stdout))
    }

    /// The program with its places and a clean environment, but the configuration as it stands.
    fn bare<S: AsRef<OsStr>>(&self, args: &[S]) -> Program {
        let mut program = Program::new(git_program()).timeout(PATIENCE).output_limit(OUTPUT_LIMIT);
        for (key, _) in std::env::vars_os() {
            if key.to_str().is_some_and(|key| key.starts_with("GIT_") && !KEPT.contains(&key)) {
                program = program.remove_env(key);
            }
        }
        for (key, value) in self.environment.replaced() {
            program = program.env(key, value);
        }
        let mut places = [OsString::from("--git-dir="), OsString::from("--work-tree=")];
        for (place, path) in places.iter_mut().zip([self.directory, self.work_tree]) {
            place.push(path);
        }
        program
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", "true")
            .env("GIT_SEQUENCE_EDITOR", "true")
            .env("GIT_PAGER", "cat")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .args(places)
            .args(["--literal-pathspecs", "--no-replace-objects"])
            .args(args.iter().map(AsRef::as_ref))
    }
}

/// The program in a place of ours on this machine, which no `Repository` describes: a bare one. Hooks are off.
pub(super) fn try_plain(place: &Path, args: &[&str]) -> Result<Finished, GitError> {
    let mut program = Program::new(git_program()).cwd(place).timeout(PATIENCE).output_limit(OUTPUT_LIMIT);
    for (key, _) in std::env::vars_os() {
        if key.to_str().is_some_and(|key| key.starts_with("GIT_")) {
            program = program.remove_env(key);
        }
    }
    for setting in ["core.hooksPath=/dev/null", "core.fsmonitor=false", "commit.gpgSign=false", "gc.auto=0"] {
        program = program.args(["-c", setting]);
    }
    finish(program.env("LC_ALL", "C").env("GIT_EDITOR", "true").args(args.iter().copied()), args)
}

/// The same, and it has to succeed.
pub(super) fn plain(place: &Path, args: &[&str]) -> Result<Vec<u8>, GitError> {
    let finished = try_plain(place, args)?;
    if finished.success() { Ok(finished.stdout) } else { Err(failure(args, &finished)) }
}

/// Where `git` is: in our own `PATH`, else in that of the login shell.
fn git_program() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        find_program("git", &path)
            .or_else(|| find_program("git", &login_path()))
            .unwrap_or_else(|| PathBuf::from("git"))
    })
}

fn finish<S: AsRef<OsStr>>(program: Program, args: &[S]) -> Result<Finished, GitError> {
    let finished = program.run().map_err(GitError::Process)?;
    if finished.timed_out {
        return Err(GitError::TimedOut { command: subcommand(args), seconds: finished.duration.as_secs() });
    }
    Ok(finished)
}

/// The error for a failing exit: the end of what the program said.
pub(super) fn failure<S: AsRef<OsStr>>(args: &[S], finished: &Finished) -> GitError {
    let said = String::from_utf8_lossy(&finished.stderr);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("hint:")).collect();
    let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ");
    let detail = if last.is_empty() {
        format!("it ended with {:?}", finished.code.or(finished.signal))
    } else {
        truncate(&one_line(&last), 400)
    };
    GitError::Program { command: subcommand(args), detail }
}

fn subcommand<S: AsRef<OsStr>>(args: &[S]) -> String {
    args.first().map(|arg| arg.as_ref().to_string_lossy().into_owned()).unwrap_or_default()
}

/// `scope NUL key LF value NUL …`; a key without a value has no LF.
fn parse_settings(listing: &[u8]) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut fields = listing.split(|byte| *byte == 0);
    while let (Some(scope), Some(entry)) = (fields.next(), fields.next()) {
        let mut parts = entry.splitn(2, |byte| *byte == b'\n');
        let key = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        let value = OsString::from_vec(parts.next().unwrap_or(b"true").to_vec());
        settings.push(Setting { trusted: matches!(scope, b"system" | b"global"), key, value });
    }
    settings
}

/// What replaces the repository's own word on which programs run.
fn overrides(settings: &[Setting]) -> Vec<(String, OsString)> {
    let mut replaced = BTreeMap::new();
    let mut helpers_reset = false;
    for setting in settings.iter().filter(|setting| !setting.trusted) {
        let Some(neutral) = neutral(&setting.key) else { continue };
        helpers_reset |= is_helper(&setting.key);
        let own = settings.iter().rev().find(|other| other.trusted && other.key == setting.key);
        replaced.insert(setting.key.clone(), own.map_or_else(|| OsString::from(neutral), |own| own.value.clone()));
    }
    if !helpers_reset {
        return replaced.into_iter().collect();
    }
    // Credential helpers add up: an empty one forgets all before it, then the person's own come again.
    let mut all: Vec<_> = replaced.into_iter().filter(|(key, _)| !is_helper(key)).collect();
    all.push(("credential.helper".to_owned(), OsString::new()));
    all.extend(
        settings
            .iter()
            .filter(|setting| setting.trusted && is_helper(&setting.key))
            .map(|own| (own.key.clone(), own.value.clone())),
    );
    all
}

fn is_helper(key: &str) -> bool {
    key.starts_with("credential.") && key.ends_with(".helper")
}

/// For settings that make git run a program (or choose which one): the value that runs nothing of the
/// repository's. `None` for all others. Sections and names come in lower case from git.
fn neutral(key: &str) -> Option<&'static str> {
    let (section, rest) = key.split_once('.')?;
    let name = rest.rsplit_once('.').map_or(rest, |(_, name)| name);
    match (section, name) {
        ("core", "sshcommand") => Some("ssh -oBatchMode=yes"),
        ("core", "attributesfile") => Some("/dev/null"),
        ("core", "gitproxy") => Some("none"),
        ("core", "alternaterefscommand" | "editor" | "askpass")
        | ("sequence", "editor")
        | ("hook" | "trailer", "command" | "cmd") => Some("true"),
        ("filter", "required")
        | ("hook", "enabled")
        | ("merge", "driver")
        | ("gpg", "program" | "defaultkeycommand") => Some("false"),
        ("filter", "clean" | "smudge" | "process")
        | ("diff", "command" | "textconv" | "external")
        | ("credential", "helper")
        | ("branch", "mergeoptions") => Some(""),
        ("pager", _) | ("interactive", "difffilter") => Some("cat"),
        ("remote", "receivepack") => Some("git-receive-pack"),
        ("remote", "uploadpack") => Some("git-upload-pack"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(listing: &[u8]) -> Vec<(String, OsString)> {
        overrides(&parse_settings(listing))
    }

    #[test]
    fn the_repository_names_no_programs() {
        let found = of(b"local\0filter.a=b.smudge\nevil\0worktree\0core.sshcommand\nevil\0local\0user.name\nAda\0");
        assert_eq!(
            found,
            [
                ("core.sshcommand".to_owned(), "ssh -oBatchMode=yes".into()),
                ("filter.a=b.smudge".to_owned(), OsString::new())
            ]
        );
    }

    #[test]
    fn the_person_does() {
        let found = of(b"global\0filter.lfs.smudge\ngit-lfs smudge\0local\0filter.lfs.smudge\nevil\0");
        assert_eq!(found, [("filter.lfs.smudge".to_owned(), "git-lfs smudge".into())]);
        assert!(of(b"global\0filter.lfs.smudge\ngit-lfs smudge\0").is_empty());
    }

    #[test]
    fn credential_helpers_of_the_repository_are_forgotten() {
        let found = of(b"global\0credential.helper\nstore\0local\0credential.https://x.y.helper\n!evil\0");
        assert_eq!(
            found,
            [("credential.helper".to_owned(), OsString::new()), ("credential.helper".to_owned(), "store".into())]
        );
    }
}
