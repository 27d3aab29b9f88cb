//! What the session's processes reported, numbered and on disk until the daemon has committed it. While no
//! daemon collects, only so much is kept: hooks fill their share, and leave room for what `qd report` says;
//! that the work is done is kept when nothing else is any more.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::append;
use super::launch::Directory;
use crate::model::Report;
use crate::protocol::pane::SessionReport;

/// Reports that wait, and their bytes, beyond which a hook or a stream's line is refused.
const MOST: (usize, usize) = (10_000, 32 * 1024 * 1024);
/// As many more, and as many bytes more, for `qd report`.
const FOR_SAID: (usize, usize) = (1_000, 8 * 1024 * 1024);
/// And beyond these for `qd report done`.
const FOR_DONE: (usize, usize) = (100, 8 * 1024 * 1024);
/// The longest payload of a hook, or line of a stream, in bytes; `qd report hook` passes on no longer one.
const LONGEST: usize = 4 * 1024 * 1024;
/// The longest text of `qd report`, in bytes; the rest is cut off, and the text says so.
const LONGEST_SAID: usize = 64 * 1024;
/// What a text ends with that was cut.
const CUT: &str = "\n(cut off here: a report holds 64 KiB)";

/// Why a report is not kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotKept {
    /// It is too long.
    #[error("it has {bytes} bytes, and at most {LONGEST} are kept")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Too many wait.
    #[error("{waiting} reports wait for the daemon already, which does not run; report again when it does")]
    TooMany {
        /// How many.
        waiting: usize,
    },
    /// It cannot be written down.
    #[error(transparent)]
    File {
        /// Why.
        #[from]
        source: io::Error,
    },
}

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
    /// What waits, in bytes.
    bytes: usize,
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
        Ok(Self { file, bytes: bytes(&waiting), waiting, last })
    }

    /// Writes a report down; returns it as it was kept, with its number, when it is on disk.
    pub(super) fn add(&mut self, report: SessionReport) -> Result<(u64, SessionReport), NotKept> {
        let report = shortened(report)?;
        let (most, most_bytes) = room(&report);
        if self.waiting.len() >= most || self.bytes + length(&report) > most_bytes {
            return Err(NotKept::TooMany { waiting: self.waiting.len() });
        }
        let number = self.last + 1;
        self.write(&Record::Report { number, report: report.clone() })?;
        self.last = number;
        self.bytes += length(&report);
        self.waiting.push((number, report.clone()));
        Ok((number, report))
    }

    /// Forgets what was committed. The file starts over when nothing is left but keeps the count.
    pub(super) fn collected(&mut self, up_to: u64) -> io::Result<()> {
        let before = self.waiting.len();
        self.waiting.retain(|(number, _)| *number > up_to);
        if self.waiting.len() == before {
            return Ok(());
        }
        self.bytes = bytes(&self.waiting);
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

/// How many reports, and bytes of them, may wait with this one.
fn room(report: &SessionReport) -> (usize, usize) {
    let said = (MOST.0 + FOR_SAID.0, MOST.1 + FOR_SAID.1);
    match report {
        SessionReport::Hook { .. } | SessionReport::Stream { .. } => MOST,
        SessionReport::Said(Report::Progress { .. } | Report::Ask { .. }) => said,
        SessionReport::Said(Report::Done { .. }) => (said.0 + FOR_DONE.0, said.1 + FOR_DONE.1),
    }
}

/// The length of a report, in bytes.
pub(super) fn length(report: &SessionReport) -> usize {
    match report {
        SessionReport::Said(
            Report::Done { summary: text } | Report::Progress { text } | Report::Ask { question: text },
        )
        | SessionReport::Stream { line: text } => text.len(),
        SessionReport::Hook { event, payload } => event.len() + payload.len(),
    }
}

fn bytes(reports: &[(u64, SessionReport)]) -> usize {
    reports.iter().map(|(_, report)| length(report)).sum()
}

/// What people and agents write is cut, what programs read is refused: half of it means nothing.
fn shortened(mut report: SessionReport) -> Result<SessionReport, NotKept> {
    match &mut report {
        SessionReport::Said(
            Report::Done { summary: text } | Report::Progress { text } | Report::Ask { question: text },
        ) => cut(text),
        other => {
            let bytes = length(other);
            if bytes > LONGEST {
                return Err(NotKept::TooLong { bytes });
            }
        }
    }
    Ok(report)
}

fn cut(text: &mut String) {
    if text.len() > LONGEST_SAID {
        let room = LONGEST_SAID - CUT.len();
        let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str(CUT);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(bytes: usize) -> SessionReport {
        SessionReport::Hook { event: String::new(), payload: "x".repeat(bytes) }
    }

    fn done(summary: &str) -> SessionReport {
        SessionReport::Said(Report::Done { summary: summary.to_owned() })
    }

    #[test]
    fn what_fills_the_room_leaves_some_for_what_matters_more() {
        let directory = tempfile::tempdir().unwrap();
        let mut reports = Reports::open(&directory.path().join("reports.jsonl")).unwrap();
        assert!(matches!(reports.add(hook(LONGEST + 1)), Err(NotKept::TooLong { .. })));
        while reports.add(hook(LONGEST)).is_ok() {}
        assert_eq!(reports.waiting().len(), 8);
        let line = "y".repeat(LONGEST_SAID);
        while reports.add(SessionReport::Said(Report::Progress { text: line.clone() })).is_ok() {}
        assert_eq!(reports.waiting().len(), 8 + 128);
        assert!(matches!(reports.add(hook(1)), Err(NotKept::TooMany { .. })));
        let (last, _) = reports.add(done("all of it")).unwrap();
        reports.collected(last).unwrap();
        assert_eq!(reports.add(hook(1)).unwrap().0, last + 1, "there is room again");
    }

    #[test]
    fn a_long_summary_is_cut_and_says_so() {
        let SessionReport::Said(Report::Done { summary }) = shortened(done(&"ä".repeat(LONGEST_SAID))).unwrap() else {
            unreachable!()
        };
        assert!(summary.len() <= LONGEST_SAID && summary.ends_with(CUT), "{}", summary.len());
    }
}
