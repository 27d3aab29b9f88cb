//! Times as the rest of the program passes them around. Nobody below L2 reads a clock: a `Moment`
//! carries the time (and the randomness) of one turn of the loop.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch (wall clock, UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// How long ago `earlier` was; zero when the clock jumped back.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This time plus a duration.
    #[must_use]
    pub fn after(self, wait: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// RFC 3339 in UTC with milliseconds, as every `--json` output has it.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| self.0.to_string(), |at| format!("{at:.3}"))
    }

    /// `YYYYMMDD-HHMMSS` in UTC, for file names that sort.
    pub fn file_name(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(
            |_| self.0.to_string(),
            |at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%d-%H%M%S").to_string(),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// What one turn of the loop may use besides the state: the time, and 128 random bits for new ids.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When the turn happens.
    pub now: Timestamp,
    /// Fresh for every turn.
    pub entropy: [u8; 16],
}

/// An age as people read it: `0:41`, `2:10`, `14m`, `1h56`.
pub fn spoken(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..=599 => format!("{}:{:02}", seconds / 60, seconds % 60),
        600..=3599 => format!("{}m", seconds / 60),
        3600..=86_399 => format!("{}h{:02}", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}
