//! Figures: medians with what was fastest and slowest, and percentiles.

use std::time::Duration;

/// Measurements of one thing, in one unit.
#[derive(Debug, Clone, Default)]
pub struct Figures(Vec<f64>);

impl Figures {
    pub fn push(&mut self, value: f64) {
        let at = self.0.partition_point(|other| *other < value);
        self.0.insert(at, value);
    }

    pub fn push_ms(&mut self, time: Duration) {
        self.push(time.as_secs_f64() * 1000.0);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value below which this share of all lies.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let at = (self.0.len() as f64 * share) as usize;
        self.0.get(at.min(last)).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Median, fastest and slowest with so many decimals.
    pub fn spread(&self, decimals: usize) -> String {
        match (self.0.first(), self.0.last()) {
            (Some(least), Some(most)) => {
                format!("{:.decimals$} ({least:.decimals$}–{most:.decimals$})", self.median())
            }
            _ => "–".to_owned(),
        }
    }
}

impl FromIterator<f64> for Figures {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut figures = Self::default();
        values.into_iter().for_each(|value| figures.push(value));
        figures
    }
}
