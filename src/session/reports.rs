//! What the session's processes reported, numbered and on disk until the daemon has committed it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::append;
use super::launch::Directory;
use crate::protocol::pane::SessionReport;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Report { number: u64, report: SessionReport },
    Collected { up_to: u64 },
}

/// The reports that nobody collected yet.
#[derive(Debug)]
pub(super) struct Reports {
    file: File,
    waiting: Vec<(u64, SessionReport)>,
    last: u64,
}

impl Reports {
    /// Opens the file, with what an earlier life left.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (waiting, last) = read(path);
        let mut file = append(path)?;
        if file.metadata()?.len() > 0 {
            // ends a line that a crash may have torn
            file.write_all(b"\n")?;
        }
        Ok(Self { file, waiting, last })
    }

    /// Writes a report down; returns its number when it is on disk.
    pub(super) fn add(&mut self, report: SessionReport) -> io::Result<u64> {
        let number = self.last + 1;
        self.write(&Record::Report { number, report: report.clone() })?;
        self.last = number;
        self.waiting.push((number, report));
        Ok(number)
    }

    /// Forgets what was committed. The file starts over when nothing is left but keeps the count.
    pub(super) fn collected(&mut self, up_to: u64) -> io::Result<()> {
        let before = self.waiting.len();
        self.waiting.retain(|(number, _)| *number > up_to);
        if self.waiting.len() == before {
            return Ok(());
        }
        if self.waiting.is_empty() {
            self.file.set_len(0)?;
        }
        self.write(&Record::Collected { up_to: up_to.min(self.last) })
    }

    /// What waits, in order.
    pub(super) fn waiting(&self) -> &[(u64, SessionReport)] {
        &self.waiting
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }
}

fn read(path: &Path) -> (Vec<(u64, SessionReport)>, u64) {
    let mut waiting = Vec::new();
    let mut last = 0;
    for line in fs::read(path).unwrap_or_default().split(|byte| *byte == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Record::Report { number, report }) => {
                last = last.max(number);
                waiting.push((number, report));
            }
            Ok(Record::Collected { up_to }) => {
                last = last.max(up_to);
                waiting.retain(|(number, _)| *number > up_to);
            }
            Err(_) => {}
        }
    }
    (waiting, last)
}

/// The reports of a session whose host is gone, which nobody collected.
pub fn uncollected(directory: &Path) -> Vec<(u64, SessionReport)> {
    read(&Directory(directory).reports()).0
}
