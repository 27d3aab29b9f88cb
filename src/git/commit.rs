//! Making commits: whose they are and what they say.

use git2::{Oid, Signature};

use super::Repository;
use super::error::{Doing, GitError};
use crate::model::one_line;

/// Who commits when the person has told git no name: work must not be lost over that.
const NOBODY: (&str, &str) = ("Quarterdeck", "quarterdeck@localhost");

impl Repository {
    /// The person, as their git configuration names them; Quarterdeck where it does not.
    pub(super) fn signature(&self) -> Result<Signature<'static>, GitError> {
        let (name, email) = self.git(self.git_dir(), self.root()).identity()?;
        let (name, email) = (name.unwrap_or_else(|| NOBODY.0.to_owned()), email.unwrap_or_else(|| NOBODY.1.to_owned()));
        Signature::now(&name, &email).or_else(|_| Signature::now(NOBODY.0, NOBODY.1)).doing("naming the author")
    }

    /// Writes a commit that no ref points to yet.
    pub(super) fn write_commit(&self, tree: Oid, parents: &[Oid], message: &str) -> Result<Oid, GitError> {
        let tree = self.inner.find_tree(tree).doing("writing a commit")?;
        let parents = parents.iter().map(|parent| self.inner.find_commit(*parent)).collect::<Result<Vec<_>, _>>();
        let parents = parents.doing("writing a commit")?;
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let person = self.signature()?;
        self.inner.commit(None, &person, &person, message, &tree, &parents).doing("writing a commit")
    }

    /// Points a new ref of ours at a commit; a taken name gets a number.
    pub(super) fn write_hidden_ref(&self, name: &str, commit: Oid, why: &str) -> Result<String, GitError> {
        let mut free = name.to_owned();
        for number in 2.. {
            match self.inner.reference(&free, commit, false, why) {
                Ok(_) => break,
                Err(error) if error.code() == git2::ErrorCode::Exists => free = format!("{name}-{number}"),
                Err(source) => return Err(GitError::Library { doing: "writing a hidden ref", source }),
            }
        }
        Ok(free)
    }
}

/// A message with trailers (`Key: value` lines of git-interpret-trailers(1)) as its last paragraph. Only that
/// paragraph counts for git, so what the message says, an agent's words for instance, adds none.
pub fn with_trailers(message: &str, trailers: &[(String, String)]) -> String {
    let mut whole = message.trim_end().to_owned();
    if !trailers.is_empty() {
        whole.push('\n');
    }
    for (key, value) in trailers {
        whole.push('\n');
        whole.extend(key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-'));
        whole.push_str(": ");
        whole.push_str(&one_line(value));
    }
    whole.push('\n');
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_a_paragraph_and_cannot_be_smuggled() {
        let trailers =
            [("Task".to_owned(), "#7\nSigned-off-by: someone".to_owned()), ("Agent".to_owned(), "claude".to_owned())];
        assert_eq!(with_trailers("Work\n", &trailers), "Work\n\nTask: #7 Signed-off-by: someone\nAgent: claude\n");
        assert_eq!(with_trailers("Work", &[]), "Work\n");
    }
}
