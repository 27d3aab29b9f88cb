//! Worktrees: made, found, committed, removed; nothing in them is ever lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use quarterdeck::git::{GitError, Integration, Landing, Push};
use quarterdeck::model::Explain;

use super::support::{Place, label, write};

#[test]
fn making_one_twice_is_making_one() {
    let place = Place::new();
    let repository = place.open();
    let path = place.state("t7");
    let first = repository.add_worktree(&path, "feat/x", "main").unwrap();
    assert_eq!(repository.add_worktree(&path, "feat/x", "main").unwrap(), first);
    assert_eq!(repository.worktree_at(&path).unwrap(), first);
    assert_eq!((first.branch.as_str(), &first.base), ("feat/x", &place.tip("main")));
    assert!(first.git_dir.starts_with(place.root.join(".git/worktrees")));
    let second = repository.add_worktree(&place.state("t8"), "feat/x", "main").unwrap();
    assert_eq!(second.branch, "feat/x-2");
    assert_eq!(repository.add_worktree(&place.state("t8"), "feat/x", "main").unwrap(), second);
    assert!(matches!(repository.add_worktree(&path, "feat/y", "main"), Err(GitError::BadPlace { .. })));
    assert!(matches!(repository.worktree_at(&place.state("t9")), Err(GitError::NotOurs { .. })));
}

#[test]
fn one_whose_making_was_cut_short_is_made_again() {
    let place = Place::new();
    let repository = place.open();
    let path = place.state("t7");
    let made = repository.add_worktree(&path, "feat/x", "main").unwrap();
    fs::remove_dir_all(&path).unwrap();
    let again = repository.add_worktree(&path, "feat/x", "main").unwrap();
    assert_eq!(again.branch, made.branch);
    assert_eq!(fs::read_to_string(path.join("readme.txt")).unwrap(), "hello\n");
}

#[test]
fn bad_names_and_places_are_refused() {
    let place = Place::new();
    let repository = place.open();
    for name in ["", "-x", "a..b", "a b", "x.lock", "HEAD", "a~1"] {
        let error = repository.add_worktree(&place.state("t"), name, "main").unwrap_err();
        assert!(matches!(error, GitError::BadBranchName { .. }), "{name}: {error}");
    }
    write(&place.state("taken").join("file"), "somebody's\n");
    assert!(matches!(repository.add_worktree(&place.state("taken"), "feat/x", "main"), Err(GitError::BadPlace { .. })));
    assert!(matches!(repository.add_worktree(&place.root, "feat/x", "main"), Err(GitError::BadPlace { .. })));
    assert!(matches!(repository.add_worktree(&place.state("t"), "feat/x", "nowhere"), Err(GitError::NoCommit { .. })));
    assert!(place.try_git(&place.root, &["rev-parse", "--verify", "-q", "refs/heads/feat/x"]).code != Some(0));
}

#[test]
fn leftovers_are_everything_that_is_not_ignored() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    assert_eq!(repository.commit_leftovers(&worktree, "Nothing", &[]).unwrap(), None);
    let path = &worktree.path;
    write(&path.join("readme.txt"), "changed\n");
    write(&path.join("deep/er/new \u{e9}\n.txt"), "untracked\n");
    write(&path.join(".hidden"), "dot\n");
    write(&path.join("build/out"), "ignored\n");
    write(&path.join("run.sh"), "#!/bin/sh\n");
    fs::set_permissions(path.join("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("/etc/passwd", path.join("link")).unwrap();
    fs::remove_file(path.join("src/one.txt")).unwrap();
    let trailers = [("Quarterdeck-Task".to_owned(), "#7".to_owned())];
    let commit = repository.commit_leftovers(&worktree, "Finish\n\nthe work", &trailers).unwrap().unwrap();
    assert_eq!(repository.head_of(&worktree).unwrap(), commit);
    assert_eq!(place.tip("feat/x"), commit);
    assert_eq!(place.git_in(path, &["status", "--porcelain"]), "");
    let names = place.git(&["-c", "core.quotePath=true", "ls-tree", "-r", "--format=%(objectmode) %(path)", &commit]);
    for line in ["100644 .hidden", "120000 link", "100755 run.sh", "100644 \"deep/er/new \\303\\251\\n.txt\""] {
        assert!(names.lines().any(|name| name == line), "{line} in {names}");
    }
    assert!(!names.contains("build/out") && !names.contains("one.txt"));
    assert_eq!(
        place.git(&["log", "-1", "--format=%an <%ae>|%(trailers:key=Quarterdeck-Task,valueonly,separator=)", &commit]),
        "Ada <ada@example.org>|#7"
    );
    assert_eq!(repository.ahead("main", &commit).unwrap(), 1);
    assert_eq!(repository.commit_leftovers(&worktree, "Again", &[]).unwrap(), None);
}

#[test]
fn without_a_name_leftovers_are_still_committed() {
    let place = Place::new();
    fs::write(place.home.join(".gitconfig"), "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n").unwrap();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    assert_eq!(
        place.git_in(&worktree.path, &["log", "-1", "--format=%an <%ae>"]),
        "Quarterdeck <quarterdeck@localhost>"
    );
}

#[test]
fn a_merge_that_the_agent_resolved_is_finished_as_a_merge() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("readme.txt", "theirs\n")]);
    place.write("readme.txt", "mine\n");
    place.git(&["commit", "-q", "-am", "mine"]);
    assert!(!place.try_git(&worktree.path, &["merge", "main"]).success());
    let error = repository.commit_leftovers(&worktree, "Merge", &[]).unwrap_err();
    assert!(matches!(&error, GitError::Unresolved { files } if files == &["readme.txt"]), "{error}");
    assert!(error.hint().is_some());
    write(&worktree.path.join("readme.txt"), "both\n");
    let commit = repository.commit_leftovers(&worktree, "Merge", &[]).unwrap().unwrap();
    assert_eq!(place.git_in(&worktree.path, &["status", "--porcelain"]), "");
    let merged = repository.integrate(&place.state("integration"), "main", &commit, "m").unwrap();
    assert!(matches!(merged, Integration::Merged { .. }), "{merged:?}");
}

#[test]
fn work_off_the_branch_comes_back_to_it() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    place.git_in(&worktree.path, &["checkout", "-q", "--detach"]);
    write(&worktree.path.join("a.txt"), "a\n");
    place.git_in(&worktree.path, &["add", "-A"]);
    place.git_in(&worktree.path, &["commit", "-q", "-m", "detached"]);
    write(&worktree.path.join("b.txt"), "b\n");
    let commit = repository.commit_leftovers(&worktree, "Rest", &[]).unwrap().unwrap();
    assert_eq!(place.tip("feat/x"), commit);
    assert_eq!(place.git_in(&worktree.path, &["branch", "--show-current"]), "feat/x");
}

#[test]
fn another_repository_inside_is_kept_as_files() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    for name in ["unborn", "with-commit"] {
        let inner = worktree.path.join(name);
        write(&inner.join("sub/file.txt"), "inside\n");
        place.git_in(&inner, &["init", "-q"]);
    }
    let inner = worktree.path.join("with-commit");
    place.git_in(&inner, &["add", "-A"]);
    place.git_in(&inner, &["commit", "-q", "-m", "inner"]);
    let commit = repository.commit_leftovers(&worktree, "Work", &[]).unwrap().unwrap();
    for name in ["unborn", "with-commit"] {
        assert_eq!(place.git(&["show", &format!("{commit}:{name}/sub/file.txt")]), "inside");
    }
}

#[test]
fn removing_keeps_every_bit_and_restoring_brings_it_back() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("a.txt", "committed\n")]);
    let tip = repository.head_of(&worktree).unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    fs::write(worktree.path.join("binary"), &bytes).unwrap();
    write(&worktree.path.join("a.txt"), "changed, not committed\n");
    let index = fs::read(worktree.git_dir.join("index")).unwrap();
    let kept = repository.remove_worktree(&worktree, &label("clean up #7")).unwrap().unwrap();
    assert!(kept.starts_with("refs/quarterdeck/kept/7-"), "{kept}");
    assert!(!index.is_empty() && !worktree.path.exists() && !worktree.git_dir.exists());
    assert_eq!(place.tip("feat/x"), tip, "a branch with work of its own stays");
    assert!(place.git(&["worktree", "list"]).lines().count() == 1);
    assert_eq!(repository.remove_worktree(&worktree, &label("again")).unwrap(), Some(kept));
    let said = repository.undo(None).unwrap();
    assert!(said.contains("restored/feat/x"), "{said}");
    place.git(&["switch", "-q", "restored/feat/x"]);
    assert_eq!(fs::read(place.root.join("binary")).unwrap(), bytes);
    assert_eq!(place.read("a.txt"), "changed, not committed\n");
}

#[test]
fn a_landed_branch_goes_with_its_worktree_and_its_tip_is_kept() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    let head = repository.head_of(&worktree).unwrap();
    let Integration::Merged { commit, target_was, .. } =
        repository.integrate(&place.state("i"), "main", &head, "m").unwrap()
    else {
        panic!()
    };
    assert_eq!(repository.land("main", &target_was, &commit, &label("land")).unwrap(), Landing::Landed);
    let kept = repository.remove_worktree(&worktree, &label("clean up")).unwrap().unwrap();
    assert_eq!(place.git(&["rev-parse", &kept]), head);
    assert!(!place.try_git(&place.root, &["rev-parse", "--verify", "-q", "refs/heads/feat/x"]).success());
}

#[test]
fn only_ours_are_removed() {
    let place = Place::new();
    let repository = place.open();
    let theirs = place.state("theirs");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    place.git(&["worktree", "add", "-q", "-b", "their", theirs.to_str().unwrap()]);
    let mut worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    worktree.path.clone_from(&theirs);
    assert!(matches!(repository.remove_worktree(&worktree, &label("x")), Err(GitError::NotOurs { .. })));
    assert!(theirs.join("readme.txt").exists());
}

#[test]
fn reading_says_what_a_branch_changed() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("src/one.txt", "1\n2\n3\n4\n5\n6\n"), ("new.txt", "n\n")]);
    place.write("later.txt", "on main\n");
    place.git(&["add", "-A"]);
    place.git(&["commit", "-q", "-m", "later"]);
    let head = repository.head_of(&worktree).unwrap();
    assert_eq!(
        repository.changed_files("main", &head).unwrap(),
        [("new.txt".to_owned(), 1, 0), ("src/one.txt".to_owned(), 1, 0)]
    );
    let diff = repository.diff("main", &head).unwrap();
    assert!(diff.contains("+6\n") && diff.contains("new.txt") && !diff.contains("later.txt"), "{diff}");
    assert_eq!(repository.file_at(&head, "new.txt").unwrap().as_deref(), Some(b"n\n".as_slice()));
    assert_eq!(repository.file_at(&head, "src").unwrap(), None);
    assert_eq!(repository.files_at("main").unwrap(), [".gitignore", "later.txt", "readme.txt", "src"]);
    assert_eq!(repository.tree_of("main").unwrap(), place.git(&["rev-parse", "main^{tree}"]));
}

#[test]
fn a_branch_is_pushed_where_it_belongs() {
    let place = Place::new();
    let repository = place.open();
    place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    assert_eq!(repository.push("feat/x").unwrap(), Push::NoRemote);
    let remote = place.state("remote.git");
    place.git(&["init", "-q", "--bare", remote.to_str().unwrap()]);
    place.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    assert_eq!(place.open().push("feat/x").unwrap(), Push::Pushed { remote: "origin".to_owned() });
    assert_eq!(place.git_in(&remote, &["rev-parse", "feat/x"]), place.tip("feat/x"));
    assert!(matches!(repository.push("none"), Err(GitError::NoBranch { .. })));
}

#[test]
fn a_worktree_that_git_pruned_still_gives_up_its_work() {
    let place = Place::new();
    place.write("tracked.log", "tracked though ignored\n");
    place.write(".gitignore", "*.log\n");
    place.git(&["add", "-f", "tracked.log", ".gitignore"]);
    place.git(&["commit", "-q", "-m", "log"]);
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    write(&worktree.path.join("a.txt"), "a\n");
    fs::remove_file(worktree.path.join(".git")).unwrap();
    place.git(&["worktree", "prune"]);
    assert!(!worktree.git_dir.exists());
    assert!(repository.dirty_in(&worktree).unwrap().contains(&"a.txt".to_owned()));
    let kept = repository.remove_worktree(&worktree, &label("x")).unwrap().unwrap();
    assert_eq!(place.git(&["diff", "--name-status", "main", &kept]), "A\ta.txt");
}

#[test]
fn commits_aside_are_kept_even_when_the_files_are_gone() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    place.git_in(&worktree.path, &["checkout", "-q", "--detach"]);
    write(&worktree.path.join("a.txt"), "a\n");
    place.git_in(&worktree.path, &["add", "-A"]);
    place.git_in(&worktree.path, &["commit", "-q", "-m", "aside"]);
    let head = repository.head_of(&worktree).unwrap();
    fs::remove_dir_all(&worktree.path).unwrap();
    assert!(matches!(repository.commit_leftovers(&worktree, "x", &[]), Err(GitError::BadPlace { .. })));
    let kept = repository.remove_worktree(&worktree, &label("x")).unwrap().unwrap();
    assert_eq!(place.git(&["rev-parse", &kept]), head);
}

#[test]
fn a_lock_that_a_killed_daemon_left_on_a_branch_of_ours_is_removed_and_no_other() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    let heads = place.root.join(".git/refs/heads");
    let ours = [heads.join("feat/x.lock"), worktree.git_dir.join("index.lock"), worktree.git_dir.join("HEAD.lock")];
    let theirs = [heads.join("main.lock"), place.root.join(".git/index.lock")];
    for lock in ours.iter().chain(&theirs) {
        fs::write(lock, "").unwrap();
    }
    repository.remove_stale_locks();
    assert!(ours.iter().all(|lock| !lock.exists()), "{ours:?}");
    assert!(theirs.iter().all(|lock| lock.exists()), "the person's branches and checkout are left alone");
}
