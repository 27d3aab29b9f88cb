//! Writes that must not happen twice. `journal.jsonl` gets `begun` (synced) before the bytes go to the PTY
//! and `done` after; a `begun` without `done` from an earlier life is `unknown`. `void` takes a `begun` back.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::append;

/// What the journal knows about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// The bytes may have gone.
    Begun,
    /// The bytes went.
    Done,
    /// It was begun and refused before a byte went: as if it had never been asked for.
    Void,
}

#[derive(Serialize, Deserialize)]
struct Record {
    key: String,
    stage: Stage,
}

/// The journal of one session.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    stages: HashMap<String, Stage>,
}

impl Journal {
    /// Opens the journal, with what an earlier life left. A torn last line counts as not written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let text = fs::read(path).unwrap_or_default();
        let stages = text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Record>(line).ok())
            .map(|record| (record.key, record.stage))
            .collect();
        let mut file = append(path)?;
        if text.last().is_some_and(|last| *last != b'\n') {
            file.write_all(b"\n")?;
        }
        Ok(Self { file, stages })
    }

    /// What is known of a key.
    pub(super) fn stage(&self, key: &str) -> Option<Stage> {
        self.stages.get(key).copied()
    }

    /// Writes a stage down; returns when it is on disk.
    pub(super) fn record(&mut self, key: &str, stage: Stage) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Record { key: key.to_owned(), stage })?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.stages.insert(key.to_owned(), stage);
        Ok(())
    }

    /// Takes a `begun` back: nothing was written. When that cannot be kept, a later life knows less, this one does not.
    pub(super) fn free(&mut self, key: &str) -> io::Result<()> {
        self.stages.remove(key);
        self.record(key, Stage::Void)
    }
}
