//! Whether the time of day was set. Waits within the daemon do not follow it (`core::steady`), and moments on record bear
//! it (`engine::wake`); that it happened is told in the log, since every time in there is off by it.

use crate::model::{Timestamp, spoken};

use super::core::steady;

/// What clocks differ by without anybody having set them, in milliseconds.
const SLACK: i64 = 60_000;

/// How far the time of day is ahead of what passed in this process.
#[derive(Debug, Default)]
pub(super) struct Drift(i64);

impl Drift {
    /// Tells a jump, once.
    pub(super) fn look(&mut self, now: Timestamp) {
        if let Some(jump) = self.jump(now.0.saturating_sub(steady().0)) {
            let by = spoken(std::time::Duration::from_millis(jump.unsigned_abs()));
            let side = if jump > 0 { "ahead" } else { "behind" };
            tracing::warn!("the clock is {side} by {by} of what it was: it was set, or the machine slept");
        }
    }

    fn jump(&mut self, drift: i64) -> Option<i64> {
        let jump = drift.saturating_sub(self.0);
        (jump.abs() > SLACK).then(|| {
            self.0 = drift;
            jump
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_told_once_and_so_is_the_way_back() {
        let mut drift = Drift::default();
        assert_eq!([drift.jump(0), drift.jump(900), drift.jump(-1_500)], [None; 3]);
        assert_eq!([drift.jump(3_600_000), drift.jump(3_600_500)], [Some(3_600_000), None]);
        assert_eq!([drift.jump(-100), drift.jump(0)], [Some(-3_600_100), None]);
    }
}
