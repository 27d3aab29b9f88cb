//! Two looks at the person's checkout: what changed in between, what it costs, and putting files back.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, SystemTime};

use quarterdeck::git::{CheckoutState, GitError, Repository};

use super::support::{Place, label};

fn look(repository: &Repository, last: Option<&CheckoutState>) -> CheckoutState {
    repository.checkout_state(last).unwrap()
}

fn keep(repository: &Repository, before: &CheckoutState, after: &CheckoutState) -> String {
    let files = repository.touched(before, after).unwrap();
    repository.keep_touched((before, after), files, &BTreeSet::new(), &label("touched"), true).unwrap().record
}

/// Loose objects of a repository.
fn objects(place: &Place) -> usize {
    let told = place.git(&["count-objects"]);
    told.split_whitespace().next().unwrap().parse().unwrap()
}

/// Files that have not been changed for a while, so that their times can be trusted.
fn settle(place: &Place, names: &[&str]) {
    for name in names {
        let file = fs::File::options().write(true).open(place.root.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    }
    // the time of the last change of a file's facts cannot be set
    std::thread::sleep(Duration::from_millis(150));
}

#[test]
fn every_kind_of_change_is_seen_and_put_back() {
    let place = Place::new();
    let repository = place.open();
    place.write("notes.txt", "of the person\n");
    place.write("readme.txt", "changed by the person\n");
    place.write("staged.txt", "staged\n");
    place.git(&["add", "staged.txt"]);
    symlink("readme.txt", place.root.join("link")).unwrap();
    let before = look(&repository, None);
    assert_eq!(repository.touched(&before, &look(&repository, Some(&before))).unwrap(), Vec::<String>::new());
    place.write("notes.txt", "by an agent\n");
    fs::remove_file(place.root.join("src/one.txt")).unwrap();
    place.write("src/one.txt/now.txt", "a directory\n");
    place.write("staged.txt", "other\n");
    fs::remove_file(place.root.join("link")).unwrap();
    symlink("src", place.root.join("link")).unwrap();
    fs::set_permissions(place.root.join("readme.txt"), fs::Permissions::from_mode(0o755)).unwrap();
    place.write("build/ignored.txt", "x");
    let after = look(&repository, Some(&before));
    let touched = repository.touched(&before, &after).unwrap();
    assert_eq!(touched, ["link", "notes.txt", "readme.txt", "src/one.txt", "src/one.txt/now.txt", "staged.txt"]);
    assert_eq!(repository.new_lines(&before, &after, "notes.txt"), ["by an agent"]);
    let record = keep(&repository, &before, &after);
    let said = repository.undo(Some(&record)).unwrap();
    assert!(said.contains("6 of 6"), "{said}");
    assert_eq!(place.read("notes.txt"), "of the person\n");
    assert_eq!(place.read("src/one.txt"), "1\n2\n3\n4\n5\n");
    assert_eq!(place.read("staged.txt"), "staged\n");
    assert_eq!(fs::read_link(place.root.join("link")).unwrap().to_str(), Some("readme.txt"));
    assert_eq!(repository.touched(&before, &look(&repository, None)).unwrap(), Vec::<String>::new());
    assert!(matches!(repository.undo(Some(&record)), Err(GitError::AlreadyUndone { .. })));
}

/// Bytes that this thread has read so far.
fn bytes_read() -> Option<u64> {
    let told = fs::read_to_string("/proc/thread-self/io").ok()?;
    told.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

#[test]
fn a_second_look_reads_nothing_again() {
    let place = Place::new();
    let repository = place.open();
    let names: Vec<String> = (0..8).map(|n| format!("data/{n}.txt")).collect();
    for name in &names {
        place.write(name, &format!("{name}\n").repeat(100_000));
    }
    settle(&place, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let Some(start) = bytes_read() else {
        return eprintln!("\n*** SKIPPED: what a thread reads is not counted here; this story was not told ***\n");
    };
    let before = look(&repository, None);
    let first = bytes_read().unwrap() - start;
    place.write("data/7.txt", "changed\n");
    let after = look(&repository, Some(&before));
    let second = bytes_read().unwrap() - start - first;
    assert_eq!(repository.touched(&before, &after).unwrap(), ["data/7.txt"]);
    assert!(first > 8_000_000 && second < 500_000, "{first} bytes, then {second}");
}

#[test]
fn large_files_are_noticed_and_never_stored() {
    let place = Place::new();
    let repository = place.open();
    let large = place.root.join("large.bin");
    fs::File::create(&large).unwrap().set_len(64 << 20).unwrap();
    place.write("small.txt", "small\n");
    let before = look(&repository, None);
    let size: u64 =
        place.git(&["count-objects", "-v"]).lines().find_map(|line| line.strip_prefix("size: ")?.parse().ok()).unwrap();
    assert!(size < 1_000, "{size} KiB");
    fs::File::create(&large).unwrap().set_len(65 << 20).unwrap();
    place.write("small.txt", "other\n");
    let after = look(&repository, Some(&before));
    assert_eq!(repository.touched(&before, &after).unwrap(), ["large.bin", "small.txt"]);
    let record = keep(&repository, &before, &after);
    let said = repository.undo(Some(&record)).unwrap();
    assert!(said.contains("1 of 2") && said.contains("large.bin"), "{said}");
    assert_eq!(place.read("small.txt"), "small\n");
    assert_eq!(fs::metadata(&large).unwrap().len(), 65 << 20);
    // nothing else to put back
    let before = after;
    fs::File::create(&large).unwrap().set_len(66 << 20).unwrap();
    place.write("small.txt", "other\n");
    let after = look(&repository, Some(&before));
    let record = keep(&repository, &before, &after);
    let error = repository.undo(Some(&record)).unwrap_err();
    assert!(matches!(error, GitError::NotKept { .. }), "{error}");
}

#[test]
fn very_many_files_cost_a_bounded_number_of_reads() {
    let place = Place::new();
    let repository = place.open();
    for n in 0..2_500 {
        place.write(&format!("many/{n}.txt"), &format!("{n}\n"));
    }
    place.write("readme.txt", "tracked ones come first\n");
    let before = look(&repository, None);
    assert_eq!(before.len(), 2_501);
    assert!(objects(&place) < 2_100, "{}", objects(&place));
    place.write("many/1.txt", "changed\n");
    place.write("many/2499.txt", "changed too\n");
    place.write("readme.txt", "again\n");
    let after = look(&repository, Some(&before));
    assert_eq!(repository.touched(&before, &after).unwrap(), ["many/1.txt", "many/2499.txt", "readme.txt"]);
}

#[test]
fn what_changed_while_it_was_looked_at_is_known_by_its_time() {
    let place = Place::new();
    let repository = place.open();
    place.write("early.txt", "x\n");
    settle(&place, &["early.txt"]);
    let at = SystemTime::now() - Duration::from_millis(50);
    place.write("late.txt", "x\n");
    let state = look(&repository, None);
    assert_eq!(state.changed_since(at), ["late.txt"]);
    assert!(state.changed_since(SystemTime::now() + Duration::from_secs(60)).is_empty());
    let late = BTreeSet::from(["late.txt".to_owned()]);
    let kept =
        repository.keep_touched((&state, &state), vec!["late.txt".to_owned()], &late, &label("t"), true).unwrap();
    assert!(matches!(repository.undo(Some(&kept.record)), Err(GitError::NotKept { .. })), "what it was is not known");
    assert!(place.root.join("late.txt").exists());
}

#[test]
fn a_file_that_went_away_while_it_was_looked_at_is_known_by_its_directory() {
    let place = Place::new();
    let repository = place.open();
    place.write("a/early.txt", "x\n");
    place.write("b/deep/late.txt", "x\n");
    place.git(&["add", "-A"]);
    place.git(&["commit", "-qm", "two files"]);
    fs::remove_file(place.root.join("a/early.txt")).unwrap();
    fs::write(place.root.join("a/other.txt"), "x\n").unwrap();
    settle(&place, &["a/other.txt"]);
    let at = SystemTime::now() - Duration::from_millis(50);
    fs::remove_dir_all(place.root.join("b")).unwrap();
    let state = look(&repository, None);
    assert_eq!(state.changed_since(at), ["b/deep/late.txt"]);
}

#[test]
fn a_repository_inside_is_left_alone() {
    let place = Place::new();
    let repository = place.open();
    place.write("inner/file.txt", "x\n");
    place.git_in(&place.root.join("inner"), &["init", "-q"]);
    let before = look(&repository, None);
    place.write("inner/file.txt", "y\n");
    assert_eq!(repository.touched(&before, &look(&repository, Some(&before))).unwrap(), Vec::<String>::new());
}

#[test]
fn a_take_back_that_fails_is_not_told_as_done() {
    let place = Place::new();
    let repository = place.open();
    let before = look(&repository, None);
    place.write("readme.txt", "by an agent\n");
    place.write("src/one.txt", "by an agent\n");
    let record = keep(&repository, &before, &look(&repository, Some(&before)));
    // what the file was cannot be read
    let blob = place.git(&["rev-parse", "HEAD:src/one.txt"]);
    let object = place.root.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let aside = place.home.join("aside");
    fs::rename(&object, &aside).unwrap();
    for _ in 0..2 {
        let error = repository.undo(Some(&record)).unwrap_err();
        assert!(!matches!(error, GitError::AlreadyUndone { .. }), "it is not done: {error}");
    }
    assert!(repository.undos().unwrap().iter().all(|undo| !undo.taken_back));
    fs::rename(&aside, &object).unwrap();
    let said = repository.undo(Some(&record)).unwrap();
    assert!(said.contains("put back"), "{said}");
    assert_eq!((place.read("readme.txt").as_str(), place.read("src/one.txt").as_str()), ("hello\n", "1\n2\n3\n4\n5\n"));
    assert!(matches!(repository.undo(Some(&record)), Err(GitError::AlreadyUndone { .. })));
}

#[test]
fn a_take_back_that_a_crash_cut_short_is_not_told_as_done() {
    let place = Place::new();
    let repository = place.open();
    let before = look(&repository, None);
    place.write("readme.txt", "by an agent\n");
    let record = keep(&repository, &before, &look(&repository, Some(&before)));
    repository.undo(Some(&record)).unwrap();
    assert!(repository.undos().unwrap().iter().any(|undo| undo.taken_back));
    // as a kill between record and files leaves it
    place.write("readme.txt", "by an agent\n");
    assert!(repository.undos().unwrap().iter().all(|undo| !undo.taken_back));
    repository.undo(Some(&record)).unwrap();
    assert_eq!(place.read("readme.txt"), "hello\n");
    // what the person does afterwards is not undone work
    place.write("readme.txt", "by the person\n");
    assert!(matches!(repository.undo(Some(&record)), Err(GitError::AlreadyUndone { .. })));
}
