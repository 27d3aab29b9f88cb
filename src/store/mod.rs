//! `SQLite`: the append-only event log, the outbox, and a snapshot so that a start does not replay all of
//! history. The store knows rows, not meanings: what an event says is the engine's business.
//!
//! There is one writer, the daemon's loop thread, which owns the `Store`; a commit is one transaction with
//! `synchronous=FULL`, so what was committed survives the machine losing power. PTY output never comes here.

mod error;
mod schema;

pub use error::StoreError;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{EffectId, EventId, ProjectId, SessionId, TaskId, Timestamp};

/// One event as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose project.
    pub project: Option<ProjectId>,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// The session it is about.
    pub session: Option<SessionId>,
    /// In words, for the activity log; empty for events that people need not read.
    pub words: String,
    /// The event itself (JSON).
    pub body: String,
}

/// Everything that one turn of the loop writes, in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// When the turn happened.
    pub at: Timestamp,
    /// Its events, in order.
    pub records: Vec<Record>,
    /// Effects that were asked for: id and body (JSON).
    pub asked: Vec<(EffectId, String)>,
    /// Effects that ended.
    pub settled: Vec<EffectId>,
    /// A session's reports were taken up to this number: they are not taken again after a crash.
    pub collected: Option<(SessionId, u64)>,
}

/// A logged event, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its number.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// In words.
    pub words: String,
}

/// What a start loads.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The snapshot's body (JSON), if there is one.
    pub snapshot: Option<String>,
    /// The events after it: time and body.
    pub events: Vec<(Timestamp, String)>,
}

/// The open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens (and creates or migrates) the database.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|source| StoreError::open(path, source))?;
        schema::prepare(&connection, path)?;
        Ok(Self { connection })
    }

    /// The snapshot and the events after it.
    pub fn load(&self) -> Result<Loaded, StoreError> {
        let snapshot: Option<(i64, String)> = self
            .connection
            .query_row("SELECT event_id, body FROM snapshot WHERE id = 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (after, snapshot) = snapshot.map_or((0, None), |(after, body)| (after, Some(body)));
        let mut statement = self.connection.prepare("SELECT at, body FROM events WHERE id > ?1 ORDER BY id")?;
        let events = statement
            .query_map([after], |row| Ok((Timestamp(row.get(0)?), row.get(1)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Loaded { snapshot, events })
    }

    /// Writes one turn. All of it is on disk when this returns, or none of it.
    pub fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO events (at, project, task, session, words, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for record in &batch.records {
                insert.execute(params![
                    batch.at.0,
                    record.project.map(|id| signed(id.0)),
                    record.task.map(|id| signed(id.0)),
                    record.session.as_ref().map(SessionId::as_str),
                    record.words,
                    record.body,
                ])?;
            }
            let mut ask = transaction.prepare_cached(
                "INSERT OR REPLACE INTO outbox (id, asked_at, body, settled_at) VALUES (?1, ?2, ?3, NULL)",
            )?;
            for (id, body) in &batch.asked {
                ask.execute(params![signed(id.0), batch.at.0, body])?;
            }
            let mut settle = transaction.prepare_cached("UPDATE outbox SET settled_at = ?2 WHERE id = ?1")?;
            for id in &batch.settled {
                settle.execute(params![signed(id.0), batch.at.0])?;
            }
            if let Some((session, number)) = &batch.collected {
                transaction.execute(
                    "INSERT INTO collected (session, number) VALUES (?1, ?2)
                     ON CONFLICT (session) DO UPDATE SET number = max(number, excluded.number)",
                    params![session.as_str(), signed(*number)],
                )?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Replaces the snapshot by a state that includes every committed event.
    pub fn save_snapshot(&mut self, body: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO snapshot (id, event_id, body)
             VALUES (1, (SELECT coalesce(max(id), 0) FROM events), ?1)",
            [body],
        )?;
        Ok(())
    }

    /// Up to which number a session's reports were taken; 0 when none were.
    pub fn collected(&self, session: &SessionId) -> Result<u64, StoreError> {
        let number: Option<i64> = self
            .connection
            .query_row("SELECT number FROM collected WHERE session = ?1", [session.as_str()], |row| row.get(0))
            .optional()?;
        Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
    }

    /// The latest readable events, oldest first.
    pub fn log(&self, project: Option<ProjectId>, task: Option<TaskId>, limit: u32) -> Result<Vec<Logged>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, task, words FROM events
             WHERE words <> '' AND (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR task = ?2)
             ORDER BY id DESC LIMIT ?3",
        )?;
        let mut lines = statement
            .query_map(params![project.map(|id| signed(id.0)), task.map(|id| signed(id.0)), limit], |row| {
                Ok(Logged {
                    id: EventId(unsigned(row.get(0)?)),
                    at: Timestamp(row.get(1)?),
                    task: row.get::<_, Option<i64>>(2)?.map(|id| TaskId(unsigned(id))),
                    words: row.get(3)?,
                })
            })?
            .collect::<Result<Vec<_>, _>>()?;
        lines.reverse();
        Ok(lines)
    }
}

/// `SQLite` integers are signed; our ids count up from one and never come near the limit.
fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

/// The way back of `signed`.
fn unsigned(id: i64) -> u64 {
    u64::try_from(id).unwrap_or(0)
}
