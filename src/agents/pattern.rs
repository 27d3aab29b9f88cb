//! Patterns of agent definitions: plain text within one row, with `^`, `$` and `**` (see `config::AgentDefinition`).
//! Not regular expressions: these are read and written by people who look at a screen.

/// One pattern, ready to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    at_start: bool,
    at_end: bool,
    parts: Vec<String>,
}

impl Pattern {
    pub(super) fn new(notation: &str) -> Self {
        let (at_start, rest) = notation.strip_prefix('^').map_or((false, notation), |rest| (true, rest));
        let (at_end, rest) = rest.strip_suffix('$').map_or((false, rest), |rest| (true, rest));
        Self { at_start, at_end, parts: rest.split("**").map(str::to_owned).collect() }
    }

    pub(super) fn list(notations: &[String]) -> Vec<Self> {
        notations.iter().map(|notation| Self::new(notation)).collect()
    }

    /// Whether it fits somewhere in this row.
    pub(super) fn fits(&self, row: &str) -> bool {
        let row = row.trim();
        let mut rest = row;
        for (place, part) in self.parts.iter().enumerate() {
            let anchored = place == 0 && self.at_start;
            let last = place + 1 == self.parts.len();
            let found = if anchored && last && self.at_end {
                return rest == part;
            } else if anchored {
                rest.strip_prefix(part.as_str())
            } else if last && self.at_end {
                return rest.ends_with(part.as_str());
            } else {
                rest.find(part.as_str()).and_then(|at| rest.get(at + part.len()..))
            };
            match found {
                Some(after) => rest = after,
                None => return false,
            }
        }
        true
    }
}

/// Whether any of them fits.
pub(super) fn any(patterns: &[Pattern], row: &str) -> bool {
    patterns.iter().any(|pattern| pattern.fits(row))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn anchors_and_wildcards() {
        assert!(Pattern::new("esc to interrupt").fits("  mode on · esc to interrupt · ← for agents"));
        assert!(Pattern::new("^❯").fits(" ❯ 1. Yes"));
        assert!(!Pattern::new("^❯").fits("text ❯"));
        assert!(Pattern::new("You've hit your**limit").fits("You've hit your weekly limit ∙ resets 7pm"));
        assert!(!Pattern::new("You've hit your**limit").fits("limit: You've hit your"));
        assert!(Pattern::new("^a**z$").fits("a and z"));
        assert!(!Pattern::new("^a$").fits("a and z"));
        assert!(Pattern::new("^* working").fits("* working on it"));
    }
}
