//! Undo: what landed goes back, with the same care for checkouts, and each undo is a record too.

use std::fs;

use quarterdeck::git::{GitError, Integration, Label, Landing, Repository, UndoAction};

use super::support::{Place, label, write};

/// Lands a change of one file; returns the target before and after.
fn land(place: &Place, repository: &Repository, name: &str) -> (String, String) {
    let worktree = place.task(repository, &format!("feat/{name}"), &[(name, "landed\n")]);
    let head = repository.head_of(&worktree).unwrap();
    match repository.integrate(&place.state("integration"), "main", &head, "Merge\n").unwrap() {
        Integration::Merged { commit, target_was, .. } => {
            assert_eq!(
                repository.land("main", &target_was, &commit, &label(&format!("land {name}"))).unwrap(),
                Landing::Landed
            );
            (target_was, commit)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn landings_go_back_one_by_one() {
    let place = Place::new();
    let repository = place.open();
    let (start, middle) = land(&place, &repository, "a.txt");
    land(&place, &repository, "b.txt");
    let said = repository.undo(None).unwrap();
    assert!(said.contains("land b.txt"), "{said}");
    assert_eq!(place.tip("main"), middle);
    assert!(place.root.join("a.txt").exists() && !place.root.join("b.txt").exists());
    repository.undo(None).unwrap();
    assert_eq!(place.tip("main"), start);
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert_eq!(place.git(&["branch", "--show-current"]), "main");
    assert!(matches!(repository.undo(None), Err(GitError::NothingToUndo)));
    let all = repository.undos().unwrap();
    assert_eq!(all.len(), 4);
    let of_a = all.iter().find(|undo| undo.what == "take back: land a.txt").unwrap();
    repository.undo(Some(&of_a.id)).unwrap();
    assert_eq!(place.tip("main"), middle, "an undo is taken back by its own id");
    assert!(matches!(repository.undo(Some(&of_a.id)), Err(GitError::AlreadyUndone { .. })));
    assert!(matches!(repository.undo(Some("none")), Err(GitError::NoUndo { .. })));
}

#[test]
fn the_clean_up_after_a_landing_is_not_the_latest_thing() {
    let place = Place::new();
    let repository = place.open();
    let (start, _) = land(&place, &repository, "a.txt");
    let worktree = repository.worktree_at(&place.state("feat-a.txt")).unwrap();
    repository.remove_worktree(&worktree, &label("clean up")).unwrap().unwrap();
    assert!(repository.undo(None).unwrap().contains("land a.txt"));
    assert_eq!(place.tip("main"), start);
    let removal = repository.undos().unwrap().into_iter().find(|undo| undo.what == "clean up").unwrap();
    assert!(repository.undo(Some(&removal.id)).unwrap().contains("restored/feat/a.txt"));
    assert_eq!(place.git(&["show", "restored/feat/a.txt:a.txt"]), "landed");
}

#[test]
fn a_landing_comes_before_the_files_that_its_clean_up_kept() {
    let place = Place::new();
    let repository = place.open();
    let (start, _) = land(&place, &repository, "a.txt");
    let worktree = repository.worktree_at(&place.state("feat-a.txt")).unwrap();
    write(&worktree.path.join("left.txt"), "left\n");
    let kept = repository.remove_worktree(&worktree, &label("clean up")).unwrap().unwrap();
    let said = repository.undo(None).unwrap();
    assert!(said.contains("land a.txt") && said.contains(&format!("`{kept}`")), "{said}");
    assert_eq!(place.tip("main"), start);
    let said = repository.undo(None).unwrap();
    assert!(said.contains("restored/feat/a.txt"), "{said}");
    assert_eq!(place.git(&["show", "restored/feat/a.txt:left.txt"]), "left");
}

#[test]
fn files_kept_for_another_task_are_the_latest_thing() {
    let place = Place::new();
    let repository = place.open();
    let (_, landed) = land(&place, &repository, "a.txt");
    let worktree = repository.add_worktree(&place.state("t8"), "feat/b", "main").unwrap();
    write(&worktree.path.join("left.txt"), "left\n");
    let other = Label { task: Some(8), ..label("clean up") };
    repository.remove_worktree(&worktree, &other).unwrap().unwrap();
    assert!(repository.undo(None).unwrap().contains("restored/feat/b"));
    assert_eq!(place.tip("main"), landed);
}

#[test]
fn a_landing_that_never_happened_is_in_nobodys_way() {
    let place = Place::new();
    let repository = place.open();
    let (start, landed) = land(&place, &repository, "a.txt");
    let (_, lost) = land(&place, &repository, "b.txt");
    // As a kill between record and move leaves it, with work of the person on top of what did land.
    place.git(&["reset", "-q", "--hard", &landed]);
    let said = repository.undo(None).unwrap();
    assert!(said.contains("land a.txt"), "{said}");
    assert_eq!(place.tip("main"), start);
    assert!(matches!(repository.undo(None), Err(GitError::NothingToUndo)));
    let undo = repository.undos().unwrap().into_iter().find(|undo| undo.what == "land b.txt").unwrap();
    let error = repository.undo(Some(&undo.id)).unwrap_err();
    assert!(matches!(&error, GitError::NotThere { commit, .. } if *commit == lost), "{error}");
}

#[test]
fn an_undo_that_was_cut_short_takes_nothing_back() {
    let place = Place::new();
    let repository = place.open();
    let (start, landed) = land(&place, &repository, "a.txt");
    repository.undo(None).unwrap();
    assert!(repository.undos().unwrap().iter().any(|undo| undo.taken_back));
    place.git(&["reset", "-q", "--hard", &landed]);
    assert!(!repository.undos().unwrap().iter().any(|undo| undo.taken_back));
    repository.undo(None).unwrap();
    assert_eq!(place.tip("main"), start);
}

#[test]
fn the_checkout_is_as_safe_as_in_landing() {
    let place = Place::new();
    let repository = place.open();
    let (_, landed) = land(&place, &repository, "a.txt");
    place.write("readme.txt", "mine\n");
    assert!(matches!(repository.undo(None), Err(GitError::CheckoutBusy { .. })));
    assert_eq!((place.tip("main"), place.read("readme.txt")), (landed.clone(), "mine\n".to_owned()));
    place.git(&["commit", "-q", "-am", "mine"]);
    let error = repository.undo(None).unwrap_err();
    assert!(matches!(&error, GitError::MovedOn { commit, .. } if *commit == landed), "{error}");
    assert_eq!(repository.undos().unwrap().len(), 1, "what did not happen is not recorded");
}

#[test]
fn an_ignored_file_is_not_overwritten_on_the_way_back() {
    let place = Place::new();
    let repository = place.open();
    place.write(".env", "old, tracked\n");
    place.git(&["add", "-f", ".env"]);
    place.git(&["commit", "-q", "-m", "tracks .env"]);
    let worktree = repository.add_worktree(&place.state("t"), "feat/x", "main").unwrap();
    fs::remove_file(worktree.path.join(".env")).unwrap();
    let head = repository.commit_leftovers(&worktree, "No more .env", &[]).unwrap().unwrap();
    let Integration::Merged { commit, target_was, .. } =
        repository.integrate(&place.state("i"), "main", &head, "m").unwrap()
    else {
        panic!()
    };
    assert_eq!(repository.land("main", &target_was, &commit, &label("land")).unwrap(), Landing::Landed);
    place.write(".env", "SECRET=mine\n");
    let error = repository.undo(None).unwrap_err();
    assert!(error.to_string().contains("`.env`"), "{error}");
    assert_eq!((place.read(".env"), place.tip("main")), ("SECRET=mine\n".to_owned(), commit));
}

#[test]
fn records_keep_their_commits_alive() {
    let place = Place::new();
    let repository = place.open();
    let (old, new) = land(&place, &repository, "a.txt");
    let undo = repository.undos().unwrap().remove(0);
    assert_eq!(undo.action, UndoAction::Moved { target: "main".to_owned(), old: old.clone(), new: new.clone() });
    assert_eq!((undo.task, undo.at), (Some(7), label("").at));
    let parents = place.git(&["log", "-1", "--format=%P", &format!("refs/quarterdeck/undo/{}", undo.id)]);
    assert_eq!(parents, format!("{old} {new}"));
}

#[test]
fn records_read_well_in_a_log_and_old_ones_are_still_read() {
    let place = Place::new();
    let repository = place.open();
    land(&place, &repository, "a.txt");
    let record = format!("refs/quarterdeck/undo/{}", repository.undos().unwrap().remove(0).id);
    assert_eq!(place.git(&["log", "-1", "--format=%s", &record]), "quarterdeck undo record: land a.txt");
    let before = repository.undos().unwrap();
    let json = place.git(&["log", "-1", "--format=%b", &record]);
    let tree = place.git(&["rev-parse", &format!("{record}^{{tree}}")]);
    let old = place.git(&["commit-tree", &tree, "-m", &json]);
    place.git(&["update-ref", &record, &old]);
    assert_eq!(repository.undos().unwrap(), before);
}

#[test]
fn a_broken_record_is_named_and_hides_no_other() {
    let place = Place::new();
    let repository = place.open();
    land(&place, &repository, "a.txt");
    let good = repository.undos().unwrap().remove(0);
    let tree = place.git(&["rev-parse", "HEAD^{tree}"]);
    let garbage = place.git(&["commit-tree", &tree, "-m", "quarterdeck undo record: ?\n\nno json"]);
    place.git(&["update-ref", "refs/quarterdeck/undo/20000101-000000", &garbage]);
    place.git(&["update-ref", "refs/quarterdeck/undo/20000101-000001", &tree]);
    assert_eq!(repository.undos().unwrap(), std::slice::from_ref(&good), "the others are listed");
    let broken: Vec<String> = repository.broken_undos().unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(broken, ["20000101-000000", "20000101-000001"]);
    let named = repository.undo(Some("20000101-000000")).unwrap_err();
    assert!(named.to_string().contains("`20000101-000000`"), "{named}");

    let later = "refs/quarterdeck/undo/99990101-000000";
    place.git(&["update-ref", later, &garbage]);
    let refused = repository.undo(None).unwrap_err();
    assert!(refused.to_string().contains("99990101"), "it could be the latest: {refused}");
    repository.undo(Some(&good.id)).unwrap();
    place.git(&["update-ref", "-d", later]);
    assert!(matches!(repository.undo(None), Err(GitError::BadRecord { .. } | GitError::NothingToUndo)));
}
