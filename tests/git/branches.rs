//! The task's branch: an agent's work ends up on it wherever the agent committed, and what is shown is what it is.

use quarterdeck::git::GitError;
use quarterdeck::model::Explain;

use super::support::{Place, write};

#[test]
fn what_was_committed_on_another_branch_is_on_the_tasks_branch() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    place.git_in(&worktree.path, &["switch", "-q", "-c", "other"]);
    write(&worktree.path.join("a.txt"), "a\n");
    place.git_in(&worktree.path, &["add", "-A"]);
    place.git_in(&worktree.path, &["commit", "-q", "-m", "on another branch"]);
    let work = place.tip("other");
    assert_eq!(repository.commit_leftovers(&worktree, "Nothing", &[]).unwrap(), None);
    assert_eq!((place.tip("feat/x"), repository.tip_of(&worktree).unwrap()), (work.clone(), work.clone()));
    assert_eq!(place.git_in(&worktree.path, &["branch", "--show-current"]), "feat/x");
    assert_eq!(place.git_in(&worktree.path, &["status", "--porcelain"]), "");
    place.git_in(&worktree.path, &["branch", "-m", "feat/x", "renamed"]);
    assert_eq!(repository.commit_leftovers(&worktree, "Nothing", &[]).unwrap(), None);
    assert_eq!((place.tip("feat/x"), place.tip("other")), (work.clone(), work));
}

#[test]
fn work_that_is_not_on_top_of_the_tasks_branch_is_kept_and_told() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    let tip = place.tip("feat/x");
    place.git_in(&worktree.path, &["switch", "-q", "-c", "other", "main"]);
    for file in ["committed.txt", "left.txt"] {
        write(&worktree.path.join(file), "b\n");
        if file == "committed.txt" {
            place.git_in(&worktree.path, &["add", "-A"]);
            place.git_in(&worktree.path, &["commit", "-q", "-m", "aside"]);
        }
        for _twice in 0..2 {
            let error = repository.commit_leftovers(&worktree, "Rest", &[]).unwrap_err();
            assert!(error.hint().is_some_and(|hint| hint.contains("git switch feat/x")), "{error}");
            let GitError::StrayHead { branch, head, kept } = error else { panic!("{error}") };
            assert_eq!((branch.as_str(), &head), ("feat/x", &repository.head_of(&worktree).unwrap()));
            assert_eq!(place.git(&["rev-parse", &kept]), head);
            assert_eq!(place.git(&["show", &format!("{kept}:{file}")]), "b");
        }
        assert_eq!(place.tip("feat/x"), tip, "the task's branch stays");
        assert_eq!(place.git(&["log", "-1", "--format=%s", "other"]), "aside", "so does the agent's");
    }
    assert_eq!(place.git(&["for-each-ref", "refs/quarterdeck/kept/stray"]).lines().count(), 2);
    place.git_in(&worktree.path, &["switch", "-q", "-c", "held", "feat/x"]);
    write(&worktree.path.join("c.txt"), "c\n");
    place.git(&["switch", "-q", "feat/x"]);
    assert!(matches!(repository.commit_leftovers(&worktree, "Rest", &[]), Err(GitError::StrayHead { .. })));
    assert_eq!(place.git(&["status", "--porcelain"]), "", "a checkout of the branch elsewhere does not move");
}

#[test]
fn clean_is_exactly_the_commit_that_was_shown() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    let (path, shown) = (&worktree.path, place.tip("feat/x"));
    let clean = || repository.is_clean_at(&worktree, &shown).unwrap();
    write(&path.join("build/out"), "ignored\n");
    assert!(clean());
    for (file, content) in [("new/file.txt", "untracked\n"), ("a.txt", "changed\n")] {
        write(&path.join(file), content);
        assert!(!clean(), "{file}");
        place.git_in(path, &["add", "-A"]);
        assert!(!clean(), "{file} staged");
        place.git_in(path, &["reset", "-q", "--hard"]);
        assert!(clean());
    }
    place.git_in(path, &["commit", "-q", "--allow-empty", "-m", "later"]);
    assert!(!clean(), "a commit more");
    place.git_in(path, &["checkout", "-q", "--detach", &shown]);
    assert!(!clean(), "HEAD is there, the branch is not");
    place.git_in(path, &["branch", "-q", "-f", "feat/x", &shown]);
    assert!(clean());
    place.git_in(path, &["checkout", "-q", "--detach", "main"]);
    assert!(!clean(), "the branch is there, HEAD is not");
}
