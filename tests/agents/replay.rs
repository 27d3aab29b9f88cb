//! Recordings (asciicast v2) played through a vt100 screen, as a host would see them.

use quarterdeck::protocol::pane::{Modes, Observation};
use serde_json::Value;

use super::fixture;

#[derive(Default)]
struct Title(String);

impl vt100::Callbacks for Title {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.0 = String::from_utf8_lossy(title).into_owned();
    }
}

/// A recording that is being played.
pub(super) struct Replay {
    events: Vec<(f64, String)>,
    next: usize,
    parser: vt100::Parser<Title>,
    last_output: f64,
    bytes: u64,
}

impl Replay {
    pub(super) fn new(name: &str) -> Self {
        let text = fixture(&format!("recordings/{name}.cast"));
        let mut lines = text.lines();
        let header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        let size = |key: &str| u16::try_from(header[key].as_u64().unwrap()).unwrap();
        let events = lines
            .map(|line| serde_json::from_str::<(f64, String, String)>(line).unwrap())
            .filter(|(_, kind, _)| kind == "o")
            .map(|(at, _, data)| (at, data))
            .collect();
        let parser = vt100::Parser::new_with_callbacks(
            size("height").try_into().unwrap(),
            size("width").try_into().unwrap(),
            0,
            Title::default(),
        );
        Self { events, next: 0, parser, last_output: 0.0, bytes: 0 }
    }

    /// Plays on to a time, in seconds of the recording, and looks at the screen.
    pub(super) fn at(&mut self, seconds: f64) -> Observation {
        while let Some((at, data)) = self.events.get(self.next).filter(|(at, _)| *at <= seconds) {
            self.parser.process(data.as_bytes());
            self.bytes += data.len() as u64;
            self.last_output = *at;
            self.next += 1;
        }
        let screen = self.parser.screen();
        Observation {
            title: self.parser.callbacks().0.clone(),
            screen: screen.rows(0, screen.size().1.into()).map(|row| row.trim_end().to_owned()).collect(),
            cursor: screen.cursor_position(),
            modes: Modes {
                bracketed_paste: screen.bracketed_paste(),
                application_cursor: screen.application_cursor(),
                ..Modes::default()
            },
            bytes: self.bytes,
            quiet_ms: ((seconds - self.last_output) * 1000.0) as u64,
            own_foreground: false,
        }
    }
}
