//! Removals that were cut short: the repeat finishes them and tells what the first one kept.

use std::fs;
use std::path::PathBuf;

use quarterdeck::git::{GitError, Repository, Worktree};

use super::support::{Place, label, write};

/// What there is of a worktree besides its files.
struct Books {
    git_dir: PathBuf,
    records: PathBuf,
    branch: String,
}

impl Books {
    /// A copy of the books of a worktree whose branch `main` has, to put back what a kill would have left.
    fn copy(place: &Place, worktree: &Worktree) -> Self {
        let copied = Self {
            git_dir: place.home.join("git_dir"),
            records: place.home.join("records"),
            branch: place.tip(&worktree.branch),
        };
        copy(&worktree.git_dir, &copied.git_dir);
        copy(&records(place), &copied.records);
        copied
    }
}

fn records(place: &Place) -> PathBuf {
    place.root.join(".git/quarterdeck/worktrees")
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A worktree on a branch that `main` has, with a file that nobody committed.
fn worktree(place: &Place, repository: &Repository) -> Worktree {
    let worktree = place.task(repository, "feat/x", &[("a.txt", "a\n")]);
    place.git(&["merge", "-q", "--no-ff", "feat/x"]);
    write(&worktree.path.join("left.txt"), "left\n");
    worktree
}

/// Puts a removal back to where it had noted what it does: what a kill before its end leaves.
fn cut_short(place: &Place, books: &Books, worktree: &Worktree) {
    copy(&books.records, &records(place));
    let record = fs::read_dir(&books.records).unwrap().flatten().next().unwrap().file_name();
    let undo = place.open().undos().unwrap().pop().unwrap();
    fs::write(records(place).join(record).with_extension("removal"), &undo.id).unwrap();
    place.git(&["branch", "-f", &worktree.branch, &books.branch]);
}

#[test]
fn a_removal_cut_short_is_finished_by_the_repeat() {
    for (with_git_dir, with_branch) in [(true, true), (false, true), (false, false)] {
        let place = Place::new();
        let repository = place.open();
        let worktree = worktree(&place, &repository);
        let books = Books::copy(&place, &worktree);
        let kept = repository.remove_worktree(&worktree, &label("clean up")).unwrap().unwrap();
        cut_short(&place, &books, &worktree);
        if with_git_dir {
            copy(&books.git_dir, &worktree.git_dir);
        }
        if !with_branch {
            place.git(&["branch", "-q", "-D", "feat/x"]);
        }
        let again = repository.remove_worktree_at(&worktree.path, &label("clean up")).unwrap();
        assert_eq!(again.as_deref(), Some(kept.as_str()), "what the first try kept");
        assert_eq!(place.git(&["show", &format!("{kept}:left.txt")]), "left");
        assert!(!worktree.git_dir.exists());
        assert_eq!(fs::read_dir(records(&place)).unwrap().count(), 0, "no record and no note is left");
        assert_eq!(place.git(&["branch", "--list", "feat/x"]), "");
        assert_eq!(repository.undos().unwrap().len(), 1, "one removal is one record");
        let after = repository.remove_worktree_at(&worktree.path, &label("clean up")).unwrap();
        assert_eq!(after, Some(kept), "killed before its answer was stored");
    }
}

#[test]
fn one_cut_short_before_the_files_went_begins_again() {
    let place = Place::new();
    let repository = place.open();
    let worktree = worktree(&place, &repository);
    let (books, files) = (Books::copy(&place, &worktree), place.home.join("files"));
    copy(&worktree.path, &files);
    repository.remove_worktree(&worktree, &label("clean up")).unwrap().unwrap();
    cut_short(&place, &books, &worktree);
    copy(&books.git_dir, &worktree.git_dir);
    copy(&files, &worktree.path);
    write(&worktree.path.join("later.txt"), "written after the kill\n");
    let kept = repository.remove_worktree_at(&worktree.path, &label("clean up")).unwrap().unwrap();
    assert_eq!(place.git(&["show", &format!("{kept}:later.txt")]), "written after the kill");
    assert_eq!(repository.undos().unwrap().len(), 1);
    assert!(!worktree.path.exists() && !worktree.git_dir.exists());
}

#[test]
fn a_new_worktree_at_the_same_place_is_not_the_old_one() {
    let place = Place::new();
    let repository = place.open();
    let old = worktree(&place, &repository);
    let books = Books::copy(&place, &old);
    repository.remove_worktree(&old, &label("clean up")).unwrap().unwrap();
    cut_short(&place, &books, &old);
    repository.remove_worktree_at(&old.path, &label("clean up")).unwrap();
    let new = repository.add_worktree(&old.path, "feat/x", "main").unwrap();
    write(&new.path.join("new.txt"), "new\n");
    let kept = repository.remove_worktree_at(&new.path, &label("clean up")).unwrap().unwrap();
    assert_eq!(place.git(&["show", &format!("{kept}:new.txt")]), "new");
    let theirs = place.state("theirs");
    write(&theirs.join("file"), "somebody's\n");
    assert!(matches!(repository.remove_worktree_at(&theirs, &label("x")), Err(GitError::NotOurs { .. })));
    assert_eq!(repository.remove_worktree_at(&place.state("never"), &label("x")).unwrap(), None);
}
