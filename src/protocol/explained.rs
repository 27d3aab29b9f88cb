//! An explanation in words, the same for the command line and the cockpit.

use std::time::Duration;

use serde_json::Value;

use crate::model::StateSource;

use super::ExplanationView;

impl ExplanationView {
    /// What rows of the screen begin with in `lines`.
    pub const ROW: &'static str = "  | ";

    /// The verdict, what it rests on, and the last rows of the screen.
    pub fn lines(&self) -> Vec<String> {
        let age = Duration::from_millis(self.age_ms).as_secs();
        let seen = self.screen_says.as_ref();
        let seen = seen.map(|seen| format!("{} ({}: {})", seen.state, word(seen.source), seen.evidence));
        let pending = self.pending.as_ref().map(|reading| format!("{} ({})", reading.state, reading.evidence));
        let facts = [
            ("known by", word(self.source)),
            ("confidence", self.confidence.clone()),
            ("evidence", self.evidence.clone()),
            ("held back", self.held.clone().unwrap_or_default()),
            ("title", self.title.clone()),
            ("screen says", seen.unwrap_or_else(|| "nothing that is known".to_owned())),
            ("not yet", pending.unwrap_or_default()),
        ];
        let told = facts.into_iter().filter(|(_, value)| !value.is_empty());
        let head = format!("@{} {} is {} for {age} s", self.worker, self.agent, self.state);
        std::iter::once(head)
            .chain(told.map(|(name, value)| format!("{name:<12} {value}")))
            .chain(self.screen.iter().map(|row| format!("{}{row}", Self::ROW)))
            .collect()
    }
}

fn word(source: StateSource) -> String {
    serde_json::to_value(source).ok().as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}
