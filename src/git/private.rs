//! A git directory of its own for a task behind a fence. The agent commits there; the project's objects are
//! its read-only alternates; nothing of the project is writable for it. We bring its branch over (`collect`)
//! and tell it what we committed (`hand_back`).
//!
//! What lies there is hostile: it is reached through `careful`, objects are copied to a place of ours first
//! and then packed by libgit2, which checks every hash and runs no program; its configuration, hooks and
//! alternates are never looked at. Outside the fence the worktree's `.git` goes on naming the project's own
//! books, so a person's `git` there never reads what the agent wrote; inside, `link` lies over it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use git2::Oid;

use super::careful::Careful;
use super::error::{At, Doing, GitError};
use super::incoming;
use super::repository::branch_of_head;
use super::{Repository, Worktree};

/// A ref file or a HEAD is never longer.
pub(super) const LONGEST_REF: u64 = 4 * 1024;
/// Larger indexes are not taken over (a million files have about 100 MB).
pub(super) const LONGEST_INDEX: u64 = 512 << 20;
/// Settings of the repository that are its shape, not a program's name: the private one gets them too.
const COPIED: &[&str] =
    &["user.name", "user.email", "core.autocrlf", "core.eol", "core.filemode", "core.symlinks", "core.ignorecase"];

/// Where a fenced task's git is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateGit {
    /// The git directory: all that the agent may write of it.
    pub directory: PathBuf,
    /// A file that says so: lies over the worktree's `.git` inside the fence.
    pub link: PathBuf,
    /// Where git looks for more objects: a file that lies over the one in `directory` of that name, read-only.
    pub alternates: (PathBuf, PathBuf),
    /// Directories of objects that must be readable inside.
    pub objects: Vec<PathBuf>,
}

impl Repository {
    /// The private git directory of a worktree, made when it is not there.
    pub fn private_git(&self, worktree: &Worktree) -> Result<PrivateGit, GitError> {
        let place = self.private_place(worktree)?;
        if !place.join("git").is_dir() {
            self.make_private(worktree, &place)?;
        }
        let alternates = self.set_alternates(&place)?;
        let objects = self.common_dir().join("objects");
        let borrowed = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
        let borrowed = borrowed.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let objects: Vec<PathBuf> =
            std::iter::once(objects.clone()).chain(borrowed.map(|path| objects.join(path))).collect();
        Ok(PrivateGit { directory: place.join("git"), link: place.join("link"), alternates, objects })
    }

    /// The file that names the project's objects, beside what the agent can write, and the place that it is for inside.
    /// That one is made anew each time: a fence keeps the file from being written, not the directories that lead there
    /// from being moved.
    fn set_alternates(&self, place: &Path) -> Result<(PathBuf, PathBuf), GitError> {
        let (shown, directory) = (place.join("alternates"), place.join("git"));
        let text = format!("{}\n", self.common_dir().join("objects").display());
        if fs::read(&shown).ok().as_deref() != Some(text.as_bytes()) {
            fs::write(&shown, &text).at("writing", &shown)?;
        }
        let private = Careful::open(&directory).at("opening", &directory)?;
        let write = || {
            // a fence that stands keeps what it lies over: it goes when that is replaced
            if private.read("objects/info/alternates", LONGEST_REF)?.as_deref() == Some(text.as_bytes()) {
                return Ok(());
            }
            private.make_way("objects/info")?;
            private.write("objects/info/alternates", text.as_bytes())
        };
        write().at("writing", &directory)?;
        Ok((shown, directory.join("objects/info/alternates")))
    }

    /// Brings the branch, HEAD and index of the private git directory over, if there is one. The branch moves
    /// only when the agent moved it since it last knew ours.
    pub fn collect(&self, worktree: &Worktree) -> Result<(), GitError> {
        self.bring_back(worktree)?;
        let place = self.private_place(worktree)?;
        let directory = place.join("git");
        if !directory.is_dir() {
            return Ok(());
        }
        let private = Careful::open(&directory).at("opening", &directory)?;
        let name = format!("refs/heads/{}", worktree.branch);
        let tip = read_ref(&private, &name).at("reading", &directory)?;
        let head = read_head(&private).at("reading", &directory)?;
        let merging = merge_head(&private).at("reading", &directory)?;
        let index = private.read("index", LONGEST_INDEX).at("reading", &directory)?;
        let wanted: Vec<Oid> = tip.into_iter().chain(head.commit).chain(merging).collect();
        incoming::fetch(self, &private, &wanted, index.as_deref())?;
        let known = fs::read_to_string(place.join("known")).ok().and_then(|text| Oid::from_str(text.trim()).ok());
        if let Some(tip) = tip.filter(|tip| known != Some(*tip)) {
            self.follow(worktree, tip)?;
            write_known(&place, tip)?;
        } else if known.is_some() && known == tip && head.is_on(&worktree.branch) {
            // ours is what it was told, or newer: the next `hand_back` tells it
            return Self::take_index(worktree, index, merging);
        }
        let handle = self.admin_handle(worktree)?;
        match (head.is_on(&worktree.branch), head.commit) {
            (false, Some(commit)) => handle.set_head_detached(commit).doing("following the agent's HEAD")?,
            _ if branch_of_head(&worktree.git_dir).as_deref() != Some(worktree.branch.as_str()) => {
                handle.set_head(&name).doing("following the agent's HEAD")?;
            }
            _ => {}
        }
        Self::take_index(worktree, index, merging)
    }

    /// Tells the private git directory where its branch and the target are now, if there is one.
    pub fn hand_back(&self, worktree: &Worktree, target: &str) -> Result<(), GitError> {
        let place = self.private_place(worktree)?;
        let directory = place.join("git");
        if !directory.is_dir() {
            return Ok(());
        }
        let private = Careful::open(&directory).at("opening", &directory)?;
        if Self::has_moved(&private, &place, worktree).at("reading", &directory)? {
            // the agent works on: what it did meanwhile is collected first, the next time
            return Ok(());
        }
        let write = |name: &str, content: &[u8]| private.write(name, content).at("writing", &directory);
        for branch in [target, &worktree.branch] {
            if let Ok(tip) = self.branch_tip(branch) {
                write(&format!("refs/heads/{branch}"), format!("{tip}\n").as_bytes())?;
            }
        }
        let head = fs::read(worktree.git_dir.join("HEAD")).at("reading", &worktree.git_dir)?;
        write("HEAD", &head)?;
        if let Ok(index) = fs::read(worktree.git_dir.join("index")) {
            write("index", &index)?;
        }
        if !worktree.git_dir.join("MERGE_HEAD").is_file() {
            private.remove("MERGE_HEAD").at("writing", &directory)?;
        }
        match self.branch_tip(&worktree.branch) {
            Ok(tip) => write_known(&place, tip),
            Err(_) => Ok(()),
        }
    }

    /// Whether the agent's branch is not where it was collected, or its git is at work this moment.
    fn has_moved(private: &Careful, place: &Path, worktree: &Worktree) -> std::io::Result<bool> {
        let known = fs::read_to_string(place.join("known")).ok().and_then(|text| Oid::from_str(text.trim()).ok());
        let name = format!("refs/heads/{}", worktree.branch);
        for lock in ["index.lock", "HEAD.lock", &format!("{name}.lock")] {
            if private.read(lock, LONGEST_INDEX)?.is_some() {
                return Ok(true);
            }
        }
        Ok(read_ref(private, &name)? != known)
    }

    /// `<common>/quarterdeck/private/<name of the worktree's books>`.
    pub(super) fn private_place(&self, worktree: &Worktree) -> Result<PathBuf, GitError> {
        let name = worktree.git_dir.file_name().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| GitError::NotOurs { path: worktree.path.clone() })?;
        Ok(self.common_dir().join("quarterdeck").join("private").join(name))
    }

    /// Makes it aside and moves it into place, so that it is there whole or not at all.
    fn make_private(&self, worktree: &Worktree, place: &Path) -> Result<(), GitError> {
        let fresh = place.with_extension("new");
        if fresh.exists() {
            fs::remove_dir_all(&fresh).at("removing", &fresh)?;
        }
        let git = fresh.join("git");
        for directory in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info", "hooks"] {
            let directory = git.join(directory);
            fs::create_dir_all(&directory).at("making", &directory)?;
        }
        let tip = self.branch_tip(&worktree.branch)?;
        let write = |path: PathBuf, content: &[u8]| {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).at("making", parent)?;
            }
            fs::write(&path, content).at("writing", &path)
        };
        write(git.join("HEAD"), format!("ref: refs/heads/{}\n", worktree.branch).as_bytes())?;
        write(git.join("refs/heads").join(&worktree.branch), format!("{tip}\n").as_bytes())?;
        write(git.join("packed-refs"), self.packed_refs(&worktree.branch)?.as_bytes())?;
        write(git.join("config"), self.private_config()?.as_bytes())?;
        for (from, to) in [
            (self.common_dir().join("shallow"), git.join("shallow")),
            (self.common_dir().join("info/exclude"), git.join("info/exclude")),
            (worktree.git_dir.join("index"), git.join("index")),
        ] {
            if let Ok(content) = fs::read(from) {
                write(to, &content)?;
            }
        }
        write(fresh.join("link"), format!("gitdir: {}\n", place.join("git").display()).as_bytes())?;
        write_known(&fresh, tip)?;
        if place.exists() {
            fs::remove_dir_all(place).at("removing", place)?;
        }
        fs::rename(&fresh, place).at("making", place)
    }

    /// Every branch and tag of the project as it is now, but the task's own.
    fn packed_refs(&self, branch: &str) -> Result<String, GitError> {
        let own = format!("refs/heads/{branch}");
        let mut text = String::from("# pack-refs with: \n");
        for reference in self.inner.references().doing("reading the branches")?.flatten() {
            let (Ok(name), Some(target)) = (reference.name(), reference.target()) else { continue };
            let shown = ["refs/heads/", "refs/tags/", "refs/remotes/"].iter().any(|kind| name.starts_with(kind));
            if shown && name != own {
                let _ = writeln!(text, "{target} {name}");
            }
        }
        Ok(text)
    }

    /// The private configuration: the shape of the project's, its remotes, and no program.
    fn private_config(&self) -> Result<String, GitError> {
        let mut text = String::from("[core]\n\trepositoryformatversion = 0\n\tbare = false\n[gc]\n\tauto = 0\n");
        let config = self.inner.config().and_then(|mut config| config.snapshot()).doing("reading the configuration")?;
        for key in COPIED {
            if let (Ok(value), Some((section, name))) = (config.get_str(key), key.split_once('.')) {
                let _ = writeln!(text, "[{section}]\n\t{name} = {}", quoted(value));
            }
        }
        for remote in self.inner.remotes().doing("reading the remotes")?.iter().flatten().flatten() {
            let Ok(found) = self.inner.find_remote(remote) else { continue };
            let Ok(url) = found.url() else { continue };
            let fetch = format!("+refs/heads/*:refs/remotes/{remote}/*");
            let _ =
                writeln!(text, "[remote {}]\n\turl = {}\n\tfetch = {}", quoted(remote), quoted(url), quoted(&fetch));
        }
        Ok(text)
    }

    /// Points the task's branch at a commit that was brought over. Where another checkout is on the branch now, the
    /// commit is kept and the branch stays: moving it there would stage the reverse of the agent's work. A tip that
    /// the new one does not lead to (the agent amended or rebased) is kept too.
    fn follow(&self, worktree: &Worktree, tip: Oid) -> Result<(), GitError> {
        let (name, why) = (format!("refs/heads/{}", worktree.branch), "quarterdeck: what the agent committed");
        let Ok(was) = self.inner.refname_to_id(&name) else {
            return self.inner.reference(&name, tip, false, why).map(drop).doing("making the task's branch again");
        };
        if was == tip {
            return Ok(());
        }
        if self.is_held_elsewhere(worktree) {
            let kept = self.keep_stray(worktree, tip)?;
            return Err(GitError::StrayHead { branch: worktree.branch.clone(), head: tip.to_string(), kept });
        }
        if !self.contains(tip, was)? {
            self.keep_stray(worktree, was)?;
        }
        self.inner.reference_matching(&name, tip, true, was, why).map(drop).doing("moving the task's branch")
    }

    /// The agent's index and unfinished merge become those of our books, which then read like its own.
    fn take_index(worktree: &Worktree, index: Option<Vec<u8>>, merging: Option<Oid>) -> Result<(), GitError> {
        let replace = |name: &str, content: &[u8]| {
            let fresh = worktree.git_dir.join(format!("{name}.quarterdeck"));
            fs::write(&fresh, content).at("writing", &fresh)?;
            fs::rename(&fresh, worktree.git_dir.join(name)).at("writing", &fresh)
        };
        if let Some(index) = index {
            replace("index", &index)?;
        }
        match merging {
            Some(merging) => replace("MERGE_HEAD", format!("{merging}\n").as_bytes()),
            None => match fs::remove_file(worktree.git_dir.join("MERGE_HEAD")) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error).at("removing", &worktree.git_dir)
                }
                _ => Ok(()),
            },
        }
    }
}

/// What a HEAD says.
struct Head {
    branch: Option<String>,
    commit: Option<Oid>,
}

impl Head {
    fn is_on(&self, branch: &str) -> bool {
        self.branch.as_deref() == Some(branch)
    }
}

fn read_head(private: &Careful) -> std::io::Result<Head> {
    let text = private.read("HEAD", LONGEST_REF)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    let Some(name) = text.strip_prefix("ref:").map(str::trim) else {
        return Ok(Head { branch: None, commit: Oid::from_str(&text).ok() });
    };
    let branch = name.strip_prefix("refs/heads/").map(str::to_owned);
    let commit = if git2::Reference::is_valid_name(name) { read_ref(private, name)? } else { None };
    Ok(Head { branch, commit })
}

/// Where a ref is: its own file, or its line among the packed ones.
fn read_ref(private: &Careful, name: &str) -> std::io::Result<Option<Oid>> {
    if let Some(text) = private.read(name, LONGEST_REF)? {
        return Ok(Oid::from_str(String::from_utf8_lossy(&text).trim()).ok());
    }
    let packed = private.read("packed-refs", LONGEST_INDEX)?.unwrap_or_default();
    let packed = String::from_utf8_lossy(&packed);
    Ok(packed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find_map(|(id, of)| (of == name).then(|| Oid::from_str(id).ok()).flatten()))
}

fn merge_head(private: &Careful) -> std::io::Result<Option<Oid>> {
    let text = private.read("MERGE_HEAD", LONGEST_REF)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&text).lines().next().and_then(|line| Oid::from_str(line.trim()).ok()))
}

/// Notes which commit of the branch both sides know.
fn write_known(place: &Path, tip: Oid) -> Result<(), GitError> {
    let fresh = place.join("known.new");
    fs::write(&fresh, tip.to_string()).at("writing", &fresh)?;
    fs::rename(&fresh, place.join("known")).at("writing", &fresh)
}

/// A value as git's configuration takes it, whatever it holds.
fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}
