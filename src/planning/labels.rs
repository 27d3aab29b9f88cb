//! Labels in a text or beside it: `agent:codex`, `model:opus`, `complexity:simple`. They stand over what planners and the
//! router say.

use crate::model::Complexity;

/// What labels say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// `agent:codex`.
    pub agent: Option<String>,
    /// `model:opus`.
    pub model: Option<String>,
    /// `complexity:simple`.
    pub complexity: Option<Complexity>,
}

impl Labels {
    /// These, and the others where these say nothing.
    #[must_use]
    pub fn or(self, other: Labels) -> Labels {
        Labels {
            agent: self.agent.or(other.agent),
            model: self.model.or(other.model),
            complexity: self.complexity.or(other.complexity),
        }
    }
}

/// The labels of a text, outside quotes and code; the first of each kind counts.
pub fn labels(text: &str) -> Labels {
    let mut found = Labels::default();
    for range in super::mention::words_of(text) {
        let Some((kind, value)) = text.get(range).and_then(label) else { continue };
        match kind {
            "agent" if found.agent.is_none() => found.agent = Some(value.to_owned()),
            "model" if found.model.is_none() => found.model = Some(value.to_owned()),
            "complexity" if found.complexity.is_none() => found.complexity = complexity(value),
            _ => {}
        }
    }
    found
}

/// A text without its labels, for titles.
pub(super) fn without(text: &str) -> String {
    let ranges: Vec<_> = super::mention::words_of(text);
    let is_label = |range: &std::ops::Range<usize>| text.get(range.clone()).and_then(label).is_some();
    if !ranges.iter().any(is_label) {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut at = 0;
    for range in ranges.into_iter().filter(is_label) {
        kept.push_str(text.get(at..range.start).unwrap_or_default().trim_end());
        at = range.end;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    kept.trim().to_owned()
}

/// Kind and value of a word that is a label; marks around it do not count.
fn label(word: &str) -> Option<(&str, &str)> {
    let word = word.trim_start_matches(['(', '[', '#']).trim_end_matches([',', ';', '.', '!', '?', ')', ']']);
    let (kind, value) = word.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/');
    let is_value = value.starts_with(|c: char| c.is_ascii_alphanumeric()) && value.chars().all(plain);
    let is_known = matches!(kind, "agent" | "model") || (kind == "complexity" && complexity(value).is_some());
    (is_value && is_known).then_some((kind, value))
}

fn complexity(word: &str) -> Option<Complexity> {
    match word {
        "simple" => Some(Complexity::Simple),
        "medium" => Some(Complexity::Medium),
        "complex" => Some(Complexity::Complex),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_among_words() {
        let found = labels("Fix it (agent:codex), complexity:simple complexity:complex model:gpt-5.2.");
        let codex =
            Labels { agent: Some("codex".into()), model: Some("gpt-5.2".into()), complexity: Some(Complexity::Simple) };
        assert_eq!(found, codex);
        for none in ["the agent: claude; my:label complexity:huge", "rename `agent:codex` to x", "use model::task", ""]
        {
            assert_eq!(labels(none), Labels::default(), "{none}");
        }
    }

    #[test]
    fn titles_do_without_them() {
        assert_eq!(without("Fix the login agent:codex complexity:simple"), "Fix the login");
        assert_eq!(without("agent:codex Fix the login"), "Fix the login");
        assert_eq!(without("Fix (agent:codex) the login"), "Fix the login");
        assert_eq!(without("Fix  the login"), "Fix  the login");
    }
}
