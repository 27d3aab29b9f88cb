//! The private git directory of a fenced task: what the agent commits there comes over, what it plants there
//! does nothing.

use std::fs;
use std::os::unix::fs::symlink;

use quarterdeck::git::Worktree;

use super::support::{Place, write};

/// Git as the agent runs it inside the fence, where the private directory is the worktree's.
fn inside(place: &Place, worktree: &Worktree, git: &std::path::Path, args: &[&str]) -> String {
    let all = [&["--git-dir", git.to_str().unwrap(), "--work-tree", worktree.path.to_str().unwrap()], args].concat();
    place.git_in(&worktree.path, &all)
}

#[test]
fn commits_and_staged_files_come_over_and_ours_go_back() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("a"), "feat/a", "main").unwrap();
    let git = repository.private_git(&worktree).unwrap().directory;
    assert_eq!(inside(&place, &worktree, &git, &["status", "--porcelain"]), "");
    write(&worktree.path.join("one.txt"), "1\n");
    inside(&place, &worktree, &git, &["add", "-A"]);
    inside(&place, &worktree, &git, &["commit", "-q", "-m", "One"]);
    write(&worktree.path.join("staged.txt"), "s\n");
    inside(&place, &worktree, &git, &["add", "-A"]);
    repository.collect(&worktree).unwrap();
    assert_eq!(place.git(&["log", "-1", "--format=%s", "feat/a"]), "One");
    repository.commit_leftovers(&worktree, "Left", &[]).unwrap().unwrap();
    repository.hand_back(&worktree, "main").unwrap();
    assert_eq!(place.git(&["show", "feat/a:staged.txt"]), "s");
    assert_eq!(inside(&place, &worktree, &git, &["log", "-1", "--format=%s"]), "Left");
    assert_eq!(inside(&place, &worktree, &git, &["status", "--porcelain"]), "");
    place.git(&["fsck", "--full", "--strict"]);
    repository.collect(&worktree).unwrap();
    assert_eq!(place.git(&["log", "-1", "--format=%s", "feat/a"]), "Left", "ours is not taken back");
}

#[test]
fn what_is_planted_does_nothing() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("a"), "feat/a", "main").unwrap();
    let git = repository.private_git(&worktree).unwrap().directory;
    let (script, trace) = place.trap("planted");
    let config =
        format!("[core]\n\tfsmonitor = {script}\n\thooksPath = {script}\n[uploadpack]\n\tpackObjectsHook = {script}\n");
    fs::write(git.join("config"), config).unwrap();
    fs::write(git.join("objects/info/alternates"), "/etc\n").unwrap();
    symlink("/etc/passwd", git.join("MERGE_HEAD")).unwrap();
    fs::remove_file(git.join("index")).unwrap();
    symlink(place.home.join(".gitconfig"), git.join("index")).unwrap();
    repository.collect(&worktree).unwrap();
    repository.hand_back(&worktree, "main").unwrap();
    assert!(!trace.exists());
    assert!(
        fs::read_to_string(place.home.join(".gitconfig")).unwrap().contains("Ada"),
        "nothing was written through a link"
    );
    // a ref to something that is not there moves nothing
    let before = place.tip("feat/a");
    fs::write(git.join("refs/heads/feat/a"), format!("{}\n", "1".repeat(40))).unwrap();
    repository.collect(&worktree).unwrap_err();
    assert_eq!(place.tip("feat/a"), before);
}
