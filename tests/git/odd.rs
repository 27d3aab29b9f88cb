//! Repositories in odd states: each a clear error with a next step, or handled.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quarterdeck::git::{GitError, Repository};
use quarterdeck::model::{Explain, Kind};

use super::support::{Place, label, write};

fn open_error(place: &Place) -> GitError {
    Repository::open_in(&place.root, place.environment()).unwrap_err()
}

#[test]
fn what_is_no_repository_to_work_in_says_so() {
    let place = Place::empty("nothing");
    let error = open_error(&place);
    assert!(matches!(error, GitError::NotARepository { .. }), "{error}");
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.hint().unwrap().contains("git init"));

    let place = Place::empty("bare.git");
    place.git(&["init", "-q", "--bare"]);
    assert!(matches!(open_error(&place), GitError::Bare { .. }));

    let place = Place::empty("unborn");
    place.git(&["init", "-q"]);
    let error = open_error(&place);
    assert!(matches!(error, GitError::NoCommits { .. }), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn a_detached_head_has_no_target() {
    let place = Place::new();
    assert_eq!(place.open().default_target().unwrap(), "main");
    place.git(&["checkout", "-q", "--detach"]);
    let repository = place.open();
    assert!(matches!(repository.default_target(), Err(GitError::Detached { .. })));
    assert_eq!(repository.head().unwrap().branch, None);
    place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
}

#[test]
fn any_directory_name_works() {
    for name in ["with space", "caf\u{e9} \u{1f980}", "new\nline", "-dash", "quo'te\"s"] {
        let place = Place::named(name);
        let repository = place.open();
        assert_eq!(repository.root(), place.root);
        let worktree = repository.add_worktree(&place.state(name), "feat/x", "main").unwrap();
        write(&worktree.path.join("a.txt"), "a\n");
        repository.commit_leftovers(&worktree, "Work", &[]).unwrap().unwrap();
        write(&worktree.path.join("b.txt"), "b\n");
        assert!(repository.remove_worktree(&worktree, &label("x")).unwrap().is_some(), "{name:?}");
        assert!(!worktree.path.exists());
    }
}

#[test]
fn every_way_in_leads_to_the_main_checkout() {
    let place = Place::new();
    let linked = place.state("linked");
    fs::create_dir_all(linked.parent().unwrap()).unwrap();
    place.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    for path in [place.root.join("src"), linked.clone(), place.root.join(".git")] {
        let repository = Repository::open_in(&path, place.environment()).unwrap();
        assert_eq!(repository.root(), place.root);
        assert_eq!(repository.common_dir(), place.root.join(".git"));
        assert_eq!(repository.default_target().unwrap(), "main");
    }
}

#[test]
fn dirt_is_listed_and_changes_nothing() {
    let place = Place::new();
    place.write("readme.txt", "changed\n");
    place.write("new dir/new.txt", "new\n");
    let mut dirty = place.open().dirty().unwrap();
    dirty.sort();
    assert_eq!(dirty, ["new dir/", "readme.txt"]);
}

#[test]
fn a_read_only_repository_is_refused_before_anything_is_made() {
    if nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: root may write everywhere, so a read-only repository cannot be shown");
        return;
    }
    let place = Place::new();
    let repository = place.open();
    let git = place.root.join(".git");
    fs::set_permissions(&git, PermissionsExt::from_mode(0o555)).unwrap();
    let result = repository.add_worktree(&place.state("t"), "feat/x", "main");
    fs::set_permissions(&git, PermissionsExt::from_mode(0o755)).unwrap();
    assert!(matches!(result, Err(GitError::ReadOnly { .. })));
    assert!(!place.state("t").exists());
}

#[test]
fn shallow_clones_and_submodules_work() {
    let origin = Place::new();
    let place = Place::empty("clone");
    let url = format!("file://{}", origin.root.display());
    place.git(&["clone", "-q", "--depth", "1", &url, "."]);
    place.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "inner"]);
    place.git(&["commit", "-q", "-m", "submodule"]);
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    let head = repository.head_of(&worktree).unwrap();
    assert!(place.git(&["ls-tree", &head]).contains("160000 commit"));
    assert_eq!(repository.changed_files("main", &head).unwrap(), [("a.txt".to_owned(), 1, 0)]);
    let inner = Repository::open_in(&place.root.join("inner"), place.environment()).unwrap();
    assert_eq!(inner.root(), place.root.join("inner"));
}

#[test]
fn a_repository_format_that_is_too_new_is_named() {
    let place = Place::new();
    place.git(&["config", "core.repositoryFormatVersion", "1"]);
    place.git(&["config", "extensions.partialClone", "origin"]);
    let error = open_error(&place);
    assert!(matches!(error, GitError::Unsupported { .. }), "{error:?}");
}

#[test]
fn an_index_that_is_broken_or_locked_loses_nothing() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    write(&worktree.path.join("a.txt"), "a\n");
    let lock = worktree.git_dir.join("index.lock");
    fs::write(&lock, "").unwrap();
    // a git that waits for a hook or an editor has the lock closed, and runs
    let mut git = Command::new("git")
        .args(["hash-object", "--stdin"])
        .current_dir(&worktree.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(matches!(repository.commit_leftovers(&worktree, "Work", &[]), Err(GitError::IndexLocked { .. })));
    repository.remove_stale_locks();
    assert!(lock.exists(), "the lock of a git that runs is left alone");
    drop(git.stdin.take());
    git.wait().unwrap();
    // a program of another kind that writes the index has it open
    let open = fs::File::open(&lock).unwrap();
    repository.remove_stale_locks();
    assert!(lock.exists(), "a lock that is open is left alone");
    drop(open);
    fs::write(worktree.git_dir.join("index"), "garbage").unwrap();
    let commit = repository.commit_leftovers(&worktree, "Work", &[]).unwrap().unwrap();
    assert_eq!(place.git(&["ls-tree", "-r", "--name-only", &commit]), ".gitignore\na.txt\nreadme.txt\nsrc/one.txt");
    assert_eq!(place.git_in(&worktree.path, &["status", "--porcelain"]), "");
}

#[test]
fn ten_thousand_files_are_quick() {
    let place = Place::new();
    for directory in 0..100 {
        for file in 0..100 {
            place.write(&format!("many/{directory}/{file}.txt"), "content\n");
        }
    }
    place.git(&["add", "-A"]);
    place.git(&["commit", "-q", "-m", "many"]);
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    write(&worktree.path.join("one more.txt"), "x\n");
    let started = Instant::now();
    repository.commit_leftovers(&worktree, "Work", &[]).unwrap().unwrap();
    assert!(repository.dirty().unwrap().is_empty());
    let took = started.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    eprintln!("leftovers and status over 10,000 files: {took:?}");
}
