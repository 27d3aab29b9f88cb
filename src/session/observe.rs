//! What a host tells of its screen to whoever judges the state, from a terminal and its times.

use std::time::Duration;

use crate::protocol::pane::Observation;
use crate::term::Frame;

use super::convert;

/// One look at a screen: after so many bytes of output, the last of them so long ago.
pub fn observation(frame: &Frame, bytes: u64, quiet: Duration) -> Observation {
    Observation {
        title: frame.title.clone(),
        screen: frame.lines.iter().map(|line| line.text().trim_end().to_owned()).collect(),
        cursor: frame.position,
        modes: convert::modes(&frame.modes),
        bytes,
        quiet_ms: u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX),
        own_foreground: false,
    }
}
