//! Pushing a task's branch, with the person's own credentials and without a terminal to ask them anything.

use super::Repository;
use super::error::{Doing, GitError};

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// The remote has the branch.
    Pushed {
        /// The remote's name.
        remote: String,
    },
    /// There is no remote to push to.
    NoRemote,
}

impl Repository {
    /// Pushes a branch under its own name to the remote it belongs to: its `pushRemote`, `remote.pushDefault`,
    /// `origin`, or the only one there is. Never forced. Hooks (`pre-push`, and those of a remote on this
    /// machine) do not run. To the remote's address and not its name, so that no other setting of the remote counts.
    pub fn push(&self, branch: &str) -> Result<Push, GitError> {
        self.branch_tip(branch)?;
        let Some(name) = self.push_remote(branch)? else { return Ok(Push::NoRemote) };
        let remote = self.inner.find_remote(&name).doing("reading the remote")?;
        let url = remote.pushurl().ok().flatten().map(str::to_owned).or_else(|| remote.url().ok().map(str::to_owned));
        let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(Push::NoRemote) };
        let refspec = format!("refs/heads/{branch}:refs/heads/{branch}");
        let mut args = vec!["push", "--quiet", "--no-verify", "--no-signed", "--recurse-submodules=no"];
        if is_local(&url) {
            args.push("--receive-pack=git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand=true receive-pack");
        }
        args.extend(["--", url.as_str(), refspec.as_str()]);
        self.git(self.git_dir(), self.root()).run(&args)?;
        Ok(Push::Pushed { remote: name })
    }

    fn push_remote(&self, branch: &str) -> Result<Option<String>, GitError> {
        let remotes = self.inner.remotes().doing("reading the remotes")?;
        let names: Vec<String> = remotes.iter().flatten().flatten().map(str::to_owned).collect();
        let config = self.inner.config().doing("reading the configuration")?;
        let said = [format!("branch.{branch}.pushRemote"), "remote.pushDefault".to_owned()];
        let said = said.iter().filter_map(|key| config.get_string(key).ok()).chain(["origin".to_owned()]);
        let known = said.into_iter().find(|name| names.contains(name));
        Ok(known.or_else(|| names.first().filter(|_| names.len() == 1).cloned()))
    }
}

/// Whether an address is a path on this machine (git-clone(1), GIT URLS): then "the other side" runs here.
fn is_local(url: &str) -> bool {
    if url.starts_with("file://") {
        return true;
    }
    let before_slash = url.split('/').next().unwrap_or_default();
    !url.contains("://") && !before_slash.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_are_local() {
        for url in ["/srv/x.git", "../x", "file:///srv/x", "./a:b"] {
            assert!(is_local(url), "{url}");
        }
        for url in ["git@github.com:a/b.git", "https://x/y", "ssh://h/x", "host:path"] {
            assert!(!is_local(url), "{url}");
        }
    }
}
