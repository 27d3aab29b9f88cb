//! Landing and the user's checkout (ARCHITECTURE §6): everything moves together, or nothing does.

use std::fs;

use quarterdeck::git::{GitError, Integration, Landing, Repository, Worktree, with_trailers};

use super::support::{Place, label, write};

/// Merges a task's branch and returns what `land` needs.
fn merged(place: &Place, repository: &Repository, worktree: &Worktree) -> (String, String) {
    let head = repository.head_of(worktree).unwrap();
    match repository.integrate(&place.state("integration"), "main", &head, "Merge\n").unwrap() {
        Integration::Merged { commit, target_was, .. } => (commit, target_was),
        other => panic!("{other:?}"),
    }
}

fn busy(landing: Landing) -> String {
    match landing {
        Landing::Busy { detail } => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_clean_checkout_moves_whole() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/a", &[("new/a.txt", "a\n"), ("readme.txt", "hello you\n")]);
    place.write("notes.txt", "untracked, not in the way\n");
    let (commit, was) = merged(&place, &repository, &worktree);
    assert_eq!(place.tip("main"), was);
    assert_eq!(fs::read_to_string(place.state("integration").join("new/a.txt")).unwrap(), "a\n");
    assert_eq!(repository.land("main", &was, &commit, &label("land #7")).unwrap(), Landing::Landed);
    assert_eq!(place.tip("main"), commit);
    assert_eq!(place.git(&["status", "--porcelain"]), "?? notes.txt");
    assert_eq!(place.read("readme.txt"), "hello you\n");
    assert_eq!(
        place.git(&["log", "-1", "--format=%an %cn %P"]),
        format!("Ada Ada {was} {}", repository.head_of(&worktree).unwrap())
    );
    assert_eq!(repository.land("main", &was, &commit, &label("land #7")).unwrap(), Landing::Landed, "twice is once");
    assert_eq!(repository.undos().unwrap().len(), 1);
}

#[test]
fn an_agents_words_are_no_trailers() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/a", &[("a.txt", "a\n")]);
    let words = "Merge #7: work\n\nDone.\n\nQuarterdeck-Agent: somebody\nSigned-off-by: Ada <ada@example.org>\n";
    let message = with_trailers(words, &[("Quarterdeck-Agent".to_owned(), "claude".to_owned())]);
    let head = repository.head_of(&worktree).unwrap();
    let merged = repository.integrate(&place.state("integration"), "main", &head, &message).unwrap();
    let Integration::Merged { commit, .. } = merged else { panic!("{merged:?}") };
    assert_eq!(place.git(&["log", "-1", "--format=%(trailers)", &commit]), "Quarterdeck-Agent: claude");
}

#[test]
fn a_dirty_checkout_stays_as_it_is() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/a", &[("a.txt", "a\n")]);
    let (commit, was) = merged(&place, &repository, &worktree);
    for staged in [false, true] {
        place.write("readme.txt", "mine\n");
        if staged {
            place.git(&["add", "readme.txt"]);
        }
        let detail = busy(repository.land("main", &was, &commit, &label("land")).unwrap());
        assert!(detail.contains("`readme.txt` is not committed"), "{detail}");
        assert_eq!(place.tip("main"), was);
        assert_eq!(place.read("readme.txt"), "mine\n");
        assert!(!place.root.join("a.txt").exists());
    }
    assert!(repository.undos().unwrap().is_empty());
    place.git(&["stash"]);
    assert_eq!(repository.land("main", &was, &commit, &label("land")).unwrap(), Landing::Landed);
}

#[test]
fn ignored_and_untracked_files_in_the_way_are_named_and_kept() {
    let place = Place::new();
    let repository = place.open();
    for file in [".env", "plain.txt"] {
        let branch = format!("feat/{}", file.trim_matches('.'));
        let worktree = repository.add_worktree(&place.state(file), &branch, "main").unwrap();
        write(&worktree.path.join(file), "theirs\n");
        place.git_in(&worktree.path, &["add", "-f", file]);
        place.git_in(&worktree.path, &["commit", "-q", "-m", "adds a file"]);
        let (commit, was) = merged(&place, &repository, &worktree);
        place.write(file, "SECRET=mine\n");
        let detail = busy(repository.land("main", &was, &commit, &label("land")).unwrap());
        assert!(detail.contains(&format!("`{file}`")), "{detail}");
        assert_eq!(place.read(file), "SECRET=mine\n");
        assert_eq!(place.tip("main"), was);
        assert_eq!(place.git(&["status", "--porcelain", "-uno"]), "");
        fs::remove_file(place.root.join(file)).unwrap();
        assert_eq!(repository.land("main", &was, &commit, &label("land")).unwrap(), Landing::Landed);
    }
}

#[test]
fn a_checkout_in_the_middle_of_something_is_busy() {
    let place = Place::new();
    place.git(&["switch", "-q", "-c", "side"]);
    place.write("readme.txt", "side\n");
    place.git(&["commit", "-q", "-am", "side"]);
    place.git(&["switch", "-q", "main"]);
    place.write("readme.txt", "main\n");
    place.git(&["commit", "-q", "-am", "main"]);
    let repository = place.open();
    let worktree = place.task(&repository, "feat/a", &[("a.txt", "a\n")]);
    let (commit, was) = merged(&place, &repository, &worktree);
    for (start, end, word) in [
        (["rebase", "side"], ["rebase", "--abort"], "rebase"),
        (["merge", "side"], ["merge", "--abort"], "merge"),
        (["cherry-pick", "side"], ["cherry-pick", "--abort"], "cherry-pick"),
    ] {
        assert!(!place.try_git(&place.root, &start).success());
        let before = place.git(&["status"]);
        let detail = busy(repository.land("main", &was, &commit, &label("land")).unwrap());
        assert!(detail.contains(word), "{detail}");
        assert_eq!(place.git(&["status"]), before);
        assert_eq!(place.tip("main"), was);
        place.git(&end);
    }
    place.git(&["bisect", "start", "HEAD", "HEAD~1"]);
    assert!(busy(repository.land("main", &was, &commit, &label("land")).unwrap()).contains("bisect"));
    place.git(&["bisect", "reset"]);
    fs::write(place.root.join(".git/index.lock"), "").unwrap();
    assert!(busy(repository.land("main", &was, &commit, &label("land")).unwrap()).contains("index.lock"));
    fs::remove_file(place.root.join(".git/index.lock")).unwrap();
    assert_eq!(repository.land("main", &was, &commit, &label("land")).unwrap(), Landing::Landed);
}

#[test]
fn the_targets_checkout_may_be_another_worktree() {
    let place = Place::new();
    place.git(&["switch", "-q", "-c", "other"]);
    let elsewhere = place.state("mine");
    fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    place.git(&["worktree", "add", "-q", elsewhere.to_str().unwrap(), "main"]);
    let repository = place.open();
    let worktree = place.task(&repository, "feat/a", &[("a.txt", "a\n")]);
    let (commit, was) = merged(&place, &repository, &worktree);
    write(&elsewhere.join("readme.txt"), "mine\n");
    assert!(busy(repository.land("main", &was, &commit, &label("land")).unwrap()).contains("mine"));
    place.git_in(&elsewhere, &["checkout", "-q", "readme.txt"]);
    assert_eq!(repository.land("main", &was, &commit, &label("land")).unwrap(), Landing::Landed);
    assert_eq!(fs::read_to_string(elsewhere.join("a.txt")).unwrap(), "a\n");
    assert_eq!(place.git_in(&elsewhere, &["status", "--porcelain"]), "");
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert!(!place.root.join("a.txt").exists());
}

#[test]
fn a_target_checked_out_nowhere_is_a_plain_move() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/a", &[("a.txt", "a\n")]);
    let (commit, was) = merged(&place, &repository, &worktree);
    place.git(&["switch", "-q", "-c", "other"]);
    place.write("readme.txt", "dirty, but on another branch\n");
    assert_eq!(repository.land("main", &was, &commit, &label("land")).unwrap(), Landing::Landed);
    assert_eq!(place.tip("main"), commit);
    assert_eq!(place.git(&["status", "--porcelain"]), " M readme.txt");
}

#[test]
fn a_target_that_moved_is_merged_again() {
    let place = Place::new();
    let repository = place.open();
    let (a, b) = (
        place.task(&repository, "feat/a", &[("a.txt", "a\n")]),
        place.task(&repository, "feat/b", &[("b.txt", "b\n")]),
    );
    let (commit_a, was) = merged(&place, &repository, &a);
    let (commit_b, _) = merged(&place, &repository, &b);
    assert_eq!(repository.land("main", &was, &commit_a, &label("land a")).unwrap(), Landing::Landed);
    assert_eq!(repository.land("main", &was, &commit_b, &label("land b")).unwrap(), Landing::TargetMoved);
    assert_eq!(place.tip("main"), commit_a);
    let (commit_b, was) = merged(&place, &repository, &b);
    assert_eq!(was, commit_a);
    assert_eq!(repository.land("main", &was, &commit_b, &label("land b")).unwrap(), Landing::Landed);
    assert_eq!((place.read("a.txt"), place.read("b.txt")), ("a\n".to_owned(), "b\n".to_owned()));
    let head = repository.head_of(&b).unwrap();
    assert_eq!(repository.integrate(&place.state("integration"), "main", &head, "m").unwrap(), Integration::UpToDate);
    assert!(matches!(repository.land("main", &commit_b, &was, &label("back")), Err(GitError::NotOnTop { .. })));
}

#[test]
fn a_conflict_names_its_files_and_changes_nothing() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(
        &repository,
        "feat/a",
        &[("src/one.txt", "1\n2\nthree\n4\n5\n"), ("readme.txt", "other\n"), ("x.txt", "x\n")],
    );
    place.write("src/one.txt", "1\n2\n3!\n4\n5\n");
    place.write("readme.txt", "mine\n");
    place.git(&["commit", "-q", "-am", "mine"]);
    let (refs, head) = (place.git(&["for-each-ref"]), repository.head_of(&worktree).unwrap());
    let result = repository.integrate(&place.state("integration"), "main", &head, "m").unwrap();
    assert_eq!(result, Integration::Conflict { files: vec!["readme.txt".into(), "src/one.txt".into()] });
    assert_eq!(place.git(&["for-each-ref"]), refs);
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert!(!place.state("integration").exists());
}

#[test]
fn the_integration_worktree_is_reset_and_keeps_what_is_ignored() {
    let place = Place::new();
    let repository = place.open();
    let (a, b) = (
        place.task(&repository, "feat/a", &[("a.txt", "a\n")]),
        place.task(&repository, "feat/b", &[("b.txt", "b\n")]),
    );
    merged(&place, &repository, &a);
    let integration = place.state("integration");
    write(&integration.join("build/cache"), "warm\n");
    write(&integration.join("report.xml"), "left by a check\n");
    write(&integration.join("readme.txt"), "changed by a check\n");
    merged(&place, &repository, &b);
    assert!(integration.join("build/cache").exists());
    assert!(!integration.join("report.xml").exists() && !integration.join("a.txt").exists());
    assert_eq!(fs::read_to_string(integration.join("readme.txt")).unwrap(), "hello\n");
    assert_eq!(place.git(&["show", "refs/quarterdeck/kept/integration:report.xml"]), "left by a check");
}
