//! What is remembered of a cockpit between two starts. Text in, text out: reading and writing is for
//! the runtime. A file that cannot be read is the same as none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::WorkerNumber;

/// What was shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// The active worker.
    pub worker: Option<WorkerNumber>,
    /// Grid instead of one pane.
    pub grid: bool,
    /// Minimised panes.
    pub minimised: BTreeSet<WorkerNumber>,
}

impl Layout {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The file's text.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
