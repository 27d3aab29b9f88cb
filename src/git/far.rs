//! A task's worktree on another machine. Its branch is pushed into a bare repository of ours there, and comes
//! back by fetching: what the agent left uncommitted is committed there first. What comes from there is hostile:
//! every object is checked as it arrives (`fetch.fsckObjects`), only one ref of ours is fetched, no tags, no
//! submodules, and the worktree here follows only where nothing in it is lost (`reset --keep`).

use std::fs;
use std::path::PathBuf;

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};

use super::error::{At, Doing, GitError};
use super::far_end::{Far, Gathered, Question, Ready};
use super::{Repository, Worktree};
use crate::model::slug;
use crate::process::Ssh;

/// What the other machine's `qd` is called with.
const WORDS: [&str; 2] = ["elsewhere", "task"];

/// Where worktrees of another machine go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarPlace {
    /// How the machine is reached.
    pub ssh: Ssh,
    /// The directory for all that is ours there.
    pub directory: String,
    /// The project's name.
    pub project: String,
    /// The message of commits with what an agent left.
    pub message: String,
}

/// What is known here of a worktree there.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    ssh: Ssh,
    far: Far,
    message: String,
    /// The commit that both sides knew last.
    known: String,
}

impl Repository {
    /// Brings the worktree's branch to the other machine and makes (or moves) the worktree there; what was done
    /// there before is brought back first. Returns where it is there.
    pub fn send_away(&self, worktree: &Worktree, place: &FarPlace) -> Result<PathBuf, GitError> {
        self.bring_back(worktree)?;
        let far = Far {
            directory: place.directory.clone(),
            project: format!("{}-{}", slug(&place.project), self.origin_mark()?),
            key: slug(&books(worktree)?),
            branch: worktree.branch.clone(),
        };
        let (name, email) = self.git(self.git_dir(), self.root()).identity()?;
        let ready: Ready = place.ssh.ask(&WORDS, &Question::Prepare { far: far.clone(), name, email })?;
        let tip = self.branch_tip(&worktree.branch)?.to_string();
        let mut record = Record { ssh: place.ssh.clone(), far, message: place.message.clone(), known: String::new() };
        let address = record.ssh.address(&ready.repository);
        let refspec = format!("+{tip}:{}", record.far.going());
        let args =
            ["push", "--quiet", "--no-verify", "--no-signed", "--recurse-submodules=no", "--", &address, &refspec];
        self.git(self.git_dir(), self.root()).over(&record.ssh).run(&args)?;
        // from here on something is there that has to be brought back and removed
        record.known.clone_from(&tip);
        self.write_far(worktree, &record)?;
        let _: Ready = record.ssh.ask(&WORDS, &Question::Place { far: record.far.clone(), commit: tip })?;
        Ok(ready.worktree)
    }

    /// Commits what the agent left there, fetches its branch, and lets the worktree here follow.
    pub(super) fn bring_back(&self, worktree: &Worktree) -> Result<(), GitError> {
        let Some(mut record) = self.far(worktree)? else { return Ok(()) };
        let question = Question::Gather { far: record.far.clone(), message: record.message.clone() };
        let gathered: Gathered = record.ssh.ask(&WORDS, &question)?;
        if gathered.tip == record.known {
            return Ok(());
        }
        let arrived = format!("refs/quarterdeck/far/{}", record.far.key);
        let address = record.ssh.address(&gathered.repository);
        let refspec = format!("+{}:{arrived}", record.far.coming());
        let quiet =
            ["--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--no-auto-maintenance"];
        let args = [&["fetch"][..], &quiet, &["--", &address, &refspec]].concat();
        self.git(self.git_dir(), self.root()).over(&record.ssh).run(&args)?;
        self.inner.odb().and_then(|odb| odb.refresh()).doing("bringing the agent's commits over")?;
        let tip = self.inner.find_reference(&arrived).and_then(|found| found.peel_to_commit());
        let tip = tip.doing("bringing the agent's commits over")?.id();
        self.catch_up(worktree, &record, tip)?;
        record.known = tip.to_string();
        self.write_far(worktree, &record)
    }

    /// Moves branch and worktree here to what came.
    fn catch_up(&self, worktree: &Worktree, record: &Record, tip: Oid) -> Result<(), GitError> {
        let own = self.branch_tip(&worktree.branch)?;
        if self.contains(own, tip)? {
            return Ok(());
        }
        // an agent may rewrite its own commits; ours that it never saw are not thrown away
        if !self.contains(tip, own)? && own.to_string() != record.known {
            return Err(GitError::Apart { branch: worktree.branch.clone(), host: record.ssh.host.clone() });
        }
        // puts right first what the git directory says about itself
        self.handle(worktree)?;
        let tip = tip.to_string();
        self.git(&worktree.git_dir, &worktree.path).run(&["reset", "--quiet", "--keep", &tip]).map(drop)
    }

    /// Takes the worktree there away; what it held was brought back before.
    pub(super) fn forget_far(&self, worktree: &Worktree) -> Result<(), GitError> {
        let Some(record) = self.far(worktree)? else { return Ok(()) };
        let _: Ready = record.ssh.ask(&WORDS, &Question::Forget { far: record.far.clone() })?;
        let path = self.far_file(worktree)?;
        if let Ok(mut arrived) = self.inner.find_reference(&format!("refs/quarterdeck/far/{}", record.far.key)) {
            arrived.delete().doing("removing what was fetched")?;
        }
        fs::remove_file(&path).at("removing", &path)
    }

    fn far(&self, worktree: &Worktree) -> Result<Option<Record>, GitError> {
        let path = self.far_file(worktree)?;
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).at("reading", &path),
        };
        serde_json::from_slice(&text).map(Some).map_err(std::io::Error::from).at("reading", &path)
    }

    fn write_far(&self, worktree: &Worktree, record: &Record) -> Result<(), GitError> {
        let path = self.far_file(worktree)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).at("making", parent)?;
        }
        let aside = path.with_extension("new");
        let text = serde_json::to_vec(record).map_err(std::io::Error::from).at("writing", &path)?;
        fs::write(&aside, text).at("writing", &aside)?;
        fs::rename(&aside, &path).at("writing", &path)
    }

    /// `<common>/quarterdeck/far/<name of the worktree's books>.json`.
    fn far_file(&self, worktree: &Worktree) -> Result<PathBuf, GitError> {
        Ok(self.common_dir().join("quarterdeck").join("far").join(books(worktree)? + ".json"))
    }

    /// Tells this repository from others of its name, also from those of other machines that use the same one.
    fn origin_mark(&self) -> Result<String, GitError> {
        let mut origin = fs::read("/etc/machine-id").unwrap_or_default();
        origin.extend(self.common_dir().as_os_str().as_encoded_bytes());
        let id = Oid::hash_object(ObjectType::Blob, &origin).doing("naming the repository")?;
        Ok(id.to_string().chars().take(8).collect())
    }
}

fn books(worktree: &Worktree) -> Result<String, GitError> {
    let name = worktree.git_dir.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| GitError::NotOurs { path: worktree.path.clone() })
}
