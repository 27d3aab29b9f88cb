//! How far a tool call is. An agent that asks first tells it before it happens, and it may never happen.

/// What a hook tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The agent wants it: it happens now, unless a question comes between.
    Begins,
    /// The person is asked whether it may.
    Asks,
    /// It happened. All that agents tell who tell a call once.
    Ran,
}

impl Step {
    /// What a hook of this name tells.
    pub fn of_hook(event: &str) -> Self {
        match event {
            "PreToolUse" => Self::Begins,
            "PermissionRequest" => Self::Asks,
            _ => Self::Ran,
        }
    }

    /// Whether a hook of this name tells that no call is under way any more.
    pub fn is_over(event: &str) -> bool {
        matches!(event, "UserPromptSubmit" | "Stop" | "StopFailure")
    }
}
