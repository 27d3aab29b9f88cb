//! The private git directory of a fenced task: what the agent commits there comes over, what it plants there
//! does nothing.

use std::fs;
use std::os::unix::fs::symlink;

use quarterdeck::git::{GitError, Worktree};

use super::support::{Place, label, write};

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
fn the_objects_that_are_borrowed_are_named_by_a_file_of_ours() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("a"), "feat/a", "main").unwrap();
    let git = repository.private_git(&worktree).unwrap();
    let (shown, inside) = git.alternates;
    assert!(!shown.starts_with(&git.directory) && inside.starts_with(&git.directory));
    // moved out of the way by the agent, and a link in its place
    let (info, secret) = (git.directory.join("objects/info"), place.state("secret"));
    fs::rename(&info, git.directory.join("objects/moved")).unwrap();
    fs::create_dir_all(&secret).unwrap();
    symlink(&secret, &info).unwrap();
    assert_eq!(repository.private_git(&worktree).unwrap().alternates, (shown.clone(), inside.clone()));
    assert!(fs::symlink_metadata(&info).unwrap().is_dir(), "no link leads away from there");
    assert_eq!(fs::read(&shown).unwrap(), fs::read(&inside).unwrap());
    assert_eq!(fs::read_dir(&secret).unwrap().count(), 0);
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

#[test]
fn stashes_other_branches_and_amended_commits_are_kept_when_the_directory_goes() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("a"), "feat/a", "main").unwrap();
    let git = repository.private_git(&worktree).unwrap().directory;
    let run = |args: &[&str]| inside(&place, &worktree, &git, args);
    let commit = |file: &str| {
        write(&worktree.path.join(file), "1\n");
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", file]);
        run(&["rev-parse", "HEAD"])
    };
    run(&["switch", "-q", "-c", "aside"]);
    let aside = commit("aside.txt");
    run(&["switch", "-q", "feat/a"]);
    write(&worktree.path.join("stashed.txt"), "s\n");
    run(&["stash", "push", "-q", "-u"]);
    let stash = run(&["rev-parse", "stash"]);
    let first = commit("first.txt");
    run(&["commit", "-q", "--amend", "-m", "amended"]);
    repository.collect(&worktree).unwrap();
    let kept = repository.remove_worktree(&worktree, &label("done")).unwrap();
    assert!(!git.exists() && kept.is_some());
    let refs = place.git(&["for-each-ref", "--format=%(objectname)", "refs/quarterdeck/kept"]);
    let kept: Vec<&str> = refs.lines().collect();
    for lost in [&aside, &stash, &first] {
        let holds = |tip: &&str| place.git(&["rev-list", tip]).lines().any(|line| line == lost);
        assert!(kept.iter().any(holds), "{lost} is kept");
    }
    place.git(&["fsck", "--full", "--strict"]);
}

#[test]
fn a_branch_that_the_person_has_checked_out_does_not_move_under_them() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("a"), "feat/a", "main").unwrap();
    let git = repository.private_git(&worktree).unwrap().directory;
    inside(&place, &worktree, &git, &["switch", "-q", "--detach"]);
    repository.collect(&worktree).unwrap();
    place.git(&["switch", "-q", "feat/a"]);
    let before = place.tip("feat/a");
    inside(&place, &worktree, &git, &["switch", "-q", "feat/a"]);
    write(&worktree.path.join("one.txt"), "1\n");
    inside(&place, &worktree, &git, &["add", "-A"]);
    inside(&place, &worktree, &git, &["commit", "-q", "-m", "One"]);
    let Err(GitError::StrayHead { kept, .. }) = repository.collect(&worktree) else { panic!("it moved") };
    assert_eq!(place.tip("feat/a"), before);
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert_eq!(place.git(&["log", "-1", "--format=%s", &kept]), "One");
}

#[test]
fn what_the_agent_commits_while_ours_goes_back_is_not_overwritten() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("a"), "feat/a", "main").unwrap();
    let git = repository.private_git(&worktree).unwrap().directory;
    repository.collect(&worktree).unwrap();
    write(&worktree.path.join("late.txt"), "1\n");
    inside(&place, &worktree, &git, &["add", "-A"]);
    inside(&place, &worktree, &git, &["commit", "-q", "-m", "Late"]);
    repository.hand_back(&worktree, "main").unwrap();
    assert_eq!(inside(&place, &worktree, &git, &["log", "-1", "--format=%s"]), "Late");
    repository.collect(&worktree).unwrap();
    assert_eq!(place.git(&["log", "-1", "--format=%s", "feat/a"]), "Late");
}
