//! What is said in a project's chat.

use serde::{Deserialize, Serialize};

use super::{PlanId, Timestamp};

/// Who said a chat line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person.
    You,
    /// The orchestrator.
    Lead,
}

/// One line of a project's chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatLine {
    /// Who.
    pub who: Speaker,
    /// What; may have several lines.
    pub text: String,
    /// The plan it presents.
    pub plan: Option<PlanId>,
    /// When.
    pub at: Timestamp,
}
