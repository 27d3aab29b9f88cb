//! Objects from a private git directory into the project: copied to a place of ours, so that they do not
//! change under us, then packed by libgit2, which reads each of them and checks its hash.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{Index, Oid, Repository as Handle};

use super::Repository;
use super::careful::Careful;
use super::error::{At, Doing, GitError};

/// All that is copied from one private git directory at a time, in bytes.
const MOST: u64 = 8 << 30;

const DOING: &str = "bringing the agent's commits over";

/// A directory that is gone when we are done with it.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        // what cannot be removed harms nobody: it is below our own directory
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Brings over what leads to `wanted`, and the files that an index names.
pub(super) fn fetch(
    repository: &Repository,
    private: &Careful,
    wanted: &[Oid],
    index: Option<&[u8]>,
) -> Result<(), GitError> {
    let aside = Aside(free_place(repository)?);
    let staged = staged(&aside.0, index)?;
    let missing = |id: &Oid| !has(&repository.inner, *id);
    let wanted: Vec<Oid> = wanted.iter().copied().filter(missing).collect();
    let staged: Vec<Oid> = staged.into_iter().filter(missing).collect();
    if wanted.is_empty() && staged.is_empty() {
        return Ok(());
    }
    copy_objects(repository, private, &aside.0)?;
    let handle = Handle::open(repository.common_dir()).doing(DOING)?;
    let place = aside.0.to_str().ok_or_else(|| GitError::BadPlace {
        path: aside.0.clone(),
        why: "its path is not UTF-8, which bringing commits over needs",
    })?;
    handle.odb().and_then(|odb| odb.add_disk_alternate(place)).doing(DOING)?;
    pack(repository, &handle, &wanted, &staged)?;
    repository.inner.odb().and_then(|odb| odb.refresh()).doing(DOING)?;
    for id in wanted {
        repository.inner.find_commit(id).and_then(|commit| commit.tree()).doing(DOING)?;
    }
    Ok(())
}

/// Writes one pack with what the project lacks.
fn pack(repository: &Repository, handle: &Handle, wanted: &[Oid], staged: &[Oid]) -> Result<(), GitError> {
    let mut walk = handle.revwalk().doing(DOING)?;
    for id in wanted {
        walk.push(*id).doing(DOING)?;
    }
    walk.hide_glob("refs/heads/*").doing(DOING)?;
    let mut builder = handle.packbuilder().doing(DOING)?;
    builder.insert_walk(&mut walk).doing(DOING)?;
    for id in staged {
        // an index may name what nobody ever wrote: it is then read from the file
        if handle.odb().is_ok_and(|odb| odb.exists(*id)) {
            builder.insert_object(*id, None).doing(DOING)?;
        }
    }
    if builder.object_count() == 0 {
        return Ok(());
    }
    let packs = repository.common_dir().join("objects").join("pack");
    fs::create_dir_all(&packs).at("making", &packs)?;
    builder.write(&packs, 0o444).doing(DOING)
}

/// The files that an index of the agent's names.
fn staged(aside: &Path, index: Option<&[u8]>) -> Result<Vec<Oid>, GitError> {
    let Some(index) = index else { return Ok(Vec::new()) };
    let copy = aside.join("index");
    fs::write(&copy, index).at("writing", &copy)?;
    // one that cannot be read is not used later either: a fresh one is made from the commit
    let Ok(index) = Index::open(&copy) else { return Ok(Vec::new()) };
    let link = u32::from(git2::FileMode::Commit);
    Ok(index.iter().filter(|entry| entry.mode != link).map(|entry| entry.id).collect())
}

/// Copies loose objects that the project lacks, and all packs.
fn copy_objects(repository: &Repository, private: &Careful, to: &Path) -> Result<(), GitError> {
    let Some(objects) = private.below("objects").at("reading", to)? else { return Ok(()) };
    let mut left = MOST;
    for directory in objects.names().at("reading", to)? {
        let is_loose = directory.len() == 2 && directory.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_loose && directory != "pack" {
            continue;
        }
        let Some(from) = objects.below(&directory).at("reading", to)? else { continue };
        let place = to.join(&directory);
        fs::create_dir_all(&place).at("making", &place)?;
        for name in from.names().at("reading", to)? {
            let wanted = if is_loose {
                Oid::from_str(&format!("{directory}{name}")).is_ok_and(|id| !has(&repository.inner, id))
            } else {
                name.starts_with("pack-") && Path::new(&name).extension().is_some_and(|it| it == "pack" || it == "idx")
            };
            if wanted {
                let size = from.copy(&name, &place.join(&name), left).at("copying objects to", &place)?;
                left = left.saturating_sub(size.unwrap_or(0));
            }
        }
    }
    Ok(())
}

/// A directory for one fetch.
fn free_place(repository: &Repository) -> Result<PathBuf, GitError> {
    let parent = repository.common_dir().join("quarterdeck").join("incoming");
    fs::create_dir_all(&parent).at("making", &parent)?;
    for number in 0..u32::MAX {
        let place = parent.join(format!("{}-{number}", std::process::id()));
        match fs::create_dir(&place) {
            Ok(()) => return Ok(place),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).at("making", &place),
        }
    }
    Err(GitError::BadPlace { path: parent, why: "it is full" })
}

/// Whether an object is there without looking anywhere else than in the project.
fn has(handle: &Handle, id: Oid) -> bool {
    handle.odb().is_ok_and(|odb| odb.exists(id))
}
