//! What the tmux around us does with keys. It passes Shift+Enter, Ctrl+Enter and Ctrl+digits on only with
//! `extended-keys`: up to 3.4 as `CSI code ; modifiers u`, later as its `extended-keys-format` says; both are understood.

use std::time::Duration;

use crate::process::Program;

/// How long tmux may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether it passes modified keys on; `None` where it does not say.
pub(super) fn passes_keys() -> Option<bool> {
    let finished = Program::new("tmux").args(["show-options", "-sv", "extended-keys"]).timeout(PATIENCE).run().ok()?;
    let value = String::from_utf8_lossy(&finished.stdout).trim().to_owned();
    match (finished.code, value.as_str()) {
        (Some(0), "on" | "always") => Some(true),
        (Some(0), "off") => Some(false),
        // older than 3.2: it has no such option
        (Some(_), _) => Some(false),
        (None, _) => None,
    }
}
