//! Tables and their migrations: each step is applied once, in a transaction, counted by `user_version`.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// One step each; never edited once released, only added to.
const STEPS: [&str; 1] = ["
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        project INTEGER,
        task INTEGER,
        session TEXT,
        words TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_task ON events (task) WHERE task IS NOT NULL;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        asked_at INTEGER NOT NULL,
        settled_at INTEGER,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE snapshot (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        event_id INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE collected (
        session TEXT PRIMARY KEY,
        number INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
"];

/// Sets the connection up and brings the schema to our version.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let open = |source| StoreError::open(path, source);
    connection.pragma_update(None, "journal_mode", "WAL").map_err(open)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(open)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(open)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(open)?;
    if found > known {
        return Err(StoreError::TooNew { path: path.to_path_buf(), found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (index, step) in STEPS.iter().enumerate().skip(done) {
        connection
            .execute_batch(&format!("BEGIN IMMEDIATE; {step} PRAGMA user_version = {}; COMMIT;", index + 1))
            .map_err(open)?;
    }
    Ok(())
}
