//! The table: one row for each figure, with the rival's, the ratio, and whether the target is met.

use crate::figures::Figures;

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub what: String,
    pub ours: String,
    pub rival: String,
    pub ratio: Option<f64>,
    pub target: String,
    /// `None` where there is nothing to hold it against.
    pub met: Option<bool>,
}

impl Row {
    /// A figure with a target of its own.
    pub fn absolute(what: &str, ours: String, target: &str, met: bool) -> Self {
        let (what, target) = (what.to_owned(), target.to_owned());
        Self { what, ours, rival: "–".to_owned(), ratio: None, target, met: Some(met) }
    }

    /// A figure beside a rival's, to be at most so many times it. Without the rival the target is open.
    pub fn against(what: &str, ours: &Figures, rival: &Figures, at_most: f64, decimals: usize) -> Self {
        let ratio = (!rival.is_empty()).then(|| ours.median() / rival.median());
        Self {
            what: what.to_owned(),
            ours: ours.spread(decimals),
            rival: rival.spread(decimals),
            ratio,
            target: format!("≤ {at_most} × tmux"),
            met: ratio.map(|ratio| ratio <= at_most),
        }
    }

    /// The rival's figure beside it.
    pub fn beside(mut self, rival: String, ratio: Option<f64>) -> Self {
        self.rival = rival;
        self.ratio = ratio;
        self
    }

    /// The row as a line of the table; `load` is the machine's.
    pub fn markdown(&self, load: &str) -> String {
        let ratio = self.ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        let met = match self.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "–",
        };
        format!("| {} | {} | {} | {ratio} | {} | {load} | {met} |", self.what, self.ours, self.rival, self.target)
    }
}

/// Above the rows.
pub const HEADING: &str = "| what | Quarterdeck | tmux | ratio | target | load | |\n|---|---|---|---|---|---|---|\n";

/// What a line of the table is about.
pub fn name(line: &str) -> &str {
    line.trim_start_matches("| ").split(" | ").next().unwrap_or_default()
}
