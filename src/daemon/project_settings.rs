//! A repository's own settings and the commands that they lead to. They are read from a commit (the
//! target), never from an agent's worktree, and commands from them run only after the person agreed
//! to exactly these: their hash is kept with the project.

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::config::{ProjectSettings, SettingsError};
use crate::git::{self, GitError, Repository};
use crate::model::{Check, Explain, Kind, Project};

/// The file's name in a repository's root.
const FILE: &str = ".quarterdeck.toml";

/// Why a repository's settings cannot be read.
#[derive(Debug, Error)]
pub(super) enum Unreadable {
    /// The file says something that is not understood.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The commit cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Explain for Unreadable {
    fn kind(&self) -> Kind {
        match self {
            Unreadable::Settings(error) => error.kind(),
            Unreadable::Git(error) => error.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Unreadable::Settings(error) => error.hint(),
            Unreadable::Git(error) => error.hint(),
        }
    }
}

/// The settings at a commit (`HEAD` when none is named); the defaults only when there is no such file.
pub(super) fn read(repository: &Repository, revision: Option<&str>) -> Result<ProjectSettings, Unreadable> {
    match repository.file_at(revision.unwrap_or("HEAD"), FILE)? {
        Some(text) => Ok(ProjectSettings::parse(&String::from_utf8_lossy(&text), FILE)?),
        None => Ok(ProjectSettings::default()),
    }
}

/// What will run for a project, and whether it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Commands {
    /// May run: configured and agreed to, or found by the kind of project (then they are ours). Maybe none.
    Agreed(Vec<Check>),
    /// The person has not agreed to these.
    NotAgreed {
        /// SHA-256 (hex) of the list.
        hash: String,
        /// As they would run.
        commands: Vec<String>,
    },
}

/// The checks of a project as its target has them.
pub(super) fn checks(
    repository: &Repository,
    project: &Project,
    settings: &ProjectSettings,
) -> Result<Commands, GitError> {
    let configured: Vec<String> = settings.checks.iter().flatten().chain(settings.setup.iter()).cloned().collect();
    if configured.is_empty() && settings.checks.is_none() {
        let entries = repository.files_at(&project.target)?;
        let read = |path: &str| repository.file_at(&project.target, path).ok().flatten();
        return Ok(Commands::Agreed(git::detect_checks(&entries, read)));
    }
    let hash = hash(&configured);
    if !configured.is_empty() && !project.trusted_commands.contains(&hash) {
        return Ok(Commands::NotAgreed { hash, commands: configured });
    }
    Ok(Commands::Agreed(settings.checks.iter().flatten().map(|line| check(line)).collect()))
}

/// Characters that mean something to a shell. A line without any of them is split and run as it is.
const SHELL: &[char] = &['|', '&', ';', '<', '>', '(', ')', '$', '`', '*', '?', '[', '~', '#', '{', '!', '\n'];

/// A configured command line as an argument vector. What only a shell understands goes to `sh -c` whole,
/// as the person read and agreed to it: nothing is ever put into it.
pub(super) fn check(line: &str) -> Check {
    let assigns = line.split_whitespace().next().is_some_and(|word| word.contains('='));
    let argv = if assigns || line.contains(SHELL) {
        vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()]
    } else {
        words(line)
    };
    Check { name: line.to_owned(), argv }
}

/// SHA-256 (hex) of a list of commands.
fn hash(commands: &[String]) -> String {
    let mut digest = Sha256::new();
    for command in commands {
        digest.update(command.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Splits a command line into words: blanks separate, single and double quotes join, a backslash takes
/// the next character as it is. Nothing is expanded.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(characters.next()),
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_quotes_and_expand_nothing() {
        assert_eq!(words("cargo test -p api"), ["cargo", "test", "-p", "api"]);
        assert_eq!(check("true && false").argv, ["sh", "-c", "true && false"]);
        assert_eq!(check("A=1 make").argv, ["sh", "-c", "A=1 make"]);
        assert_eq!(check("make 'a b'").argv, ["make", "a b"]);
        assert_eq!(words("sh -c 'echo \"a b\"; exit 1'"), ["sh", "-c", "echo \"a b\"; exit 1"]);
        assert_eq!(words(r#"grep "a\"b" $HOME\ x"#), ["grep", "a\"b", "$HOME x"]);
        assert_eq!(words("printf ''"), ["printf", ""]);
    }

    #[test]
    fn the_hash_tells_lists_apart() {
        assert_ne!(hash(&["ab".into(), "c".into()]), hash(&["a".into(), "bc".into()]));
    }
}
