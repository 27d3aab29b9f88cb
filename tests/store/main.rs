//! The store on real files: what was committed is there after any end, what was not is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use quarterdeck::model::{EffectId, ProjectId, SessionId, TaskId, Timestamp};
use quarterdeck::store::{Batch, Record, Store, StoreError};

fn record(task: u64, words: &str) -> Record {
    Record {
        project: Some(ProjectId(1)),
        task: Some(TaskId(task)),
        session: None,
        words: words.to_owned(),
        body: format!("{{\"task\":{task}}}"),
    }
}

fn batch(at: i64, records: Vec<Record>) -> Batch {
    Batch { at: Timestamp(at), records, ..Batch::default() }
}

#[test]
fn events_come_back_in_order_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("qd.sqlite3");
    let mut store = Store::open(&path).unwrap();
    store.commit(&batch(10, vec![record(1, "one"), record(2, "")])).unwrap();
    store.commit(&batch(20, vec![record(1, "three")])).unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    let loaded = store.load().unwrap();
    assert!(loaded.snapshot.is_none());
    let times: Vec<i64> = loaded.events.iter().map(|(at, _)| at.0).collect();
    assert_eq!(times, [10, 10, 20]);
    let words: Vec<String> = store.log(None, Some(TaskId(1)), 10).unwrap().into_iter().map(|line| line.words).collect();
    assert_eq!(words, ["one", "three"]);
    assert_eq!(store.log(Some(ProjectId(2)), None, 10).unwrap(), []);
}

#[test]
fn a_snapshot_replaces_the_events_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("qd.sqlite3");
    let mut store = Store::open(&path).unwrap();
    store.commit(&batch(10, vec![record(1, "one")])).unwrap();
    store.save_snapshot("{\"state\":1}").unwrap();
    store.commit(&batch(20, vec![record(2, "two")])).unwrap();
    drop(store);
    let loaded = Store::open(&path).unwrap().load().unwrap();
    assert_eq!(loaded.snapshot.as_deref(), Some("{\"state\":1}"));
    assert_eq!(loaded.events, [(Timestamp(20), "{\"task\":2}".to_owned())]);
}

#[test]
fn collected_numbers_only_grow() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&directory.path().join("qd.sqlite3")).unwrap();
    let session = SessionId::from_entropy([7; 16]);
    assert_eq!(store.collected(&session).unwrap(), 0);
    for number in [3, 2] {
        store.commit(&Batch { collected: Some((session.clone(), number)), ..Batch::default() }).unwrap();
    }
    assert_eq!(store.collected(&session).unwrap(), 3);
}

#[test]
fn a_crash_inside_a_transaction_leaves_nothing_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("qd.sqlite3");
    let mut store = Store::open(&path).unwrap();
    store.commit(&batch(10, vec![record(1, "kept")])).unwrap();
    drop(store);
    // another writer begins, writes and is gone without a commit, as a killed process would be
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("BEGIN; INSERT INTO events (at, words, body) VALUES (20, 'lost', '{}');").unwrap();
    drop(raw);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.load().unwrap().events.len(), 1);
}

#[test]
fn effects_are_asked_and_settled_with_their_events() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("qd.sqlite3");
    let mut store = Store::open(&path).unwrap();
    store.commit(&Batch { asked: vec![(EffectId(5), "{}".into())], ..batch(10, vec![record(1, "asked")]) }).unwrap();
    store.commit(&Batch { settled: vec![EffectId(5)], ..batch(20, vec![record(1, "settled")]) }).unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    let settled: i64 = raw.query_row("SELECT settled_at FROM outbox WHERE id = 5", [], |row| row.get(0)).unwrap();
    assert_eq!(settled, 20);
}

#[test]
fn a_newer_database_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("qd.sqlite3");
    drop(Store::open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 99, .. }), "{error}");
}
