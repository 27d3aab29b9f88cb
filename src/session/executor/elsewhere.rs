//! Processes of a session that are no children of its host.

use serde::{Deserialize, Serialize};

/// How they are found, shown and ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "in")]
pub enum Elsewhere {}
