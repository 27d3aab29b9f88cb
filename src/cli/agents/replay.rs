//! `qd agents replay`: the states of a recorded session over time, by the code that judges live ones. So a wrong
//! state can be reported with its evidence, and becomes a test.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use crate::agents::Agent;
use crate::agents::replay::{Moment, Replay as States};
use crate::daemon::known_agents;
use crate::model::Kind;
use crate::session::observation;
use crate::term::{MOST_COLUMNS, MOST_ROWS, Terminal};

use super::super::{Context, Done, Stop, Table};

/// How often a busy screen is looked at: as a live session's.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A screen without output for so long is looked at once more.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// `qd agents replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// A recording: asciicast, version 2 or 3
    file: PathBuf,
    /// Whose screen it shows
    #[arg(long, value_name = "NAME")]
    agent: String,
    /// As JSON: an array of `{t, state, source, evidence}`
    #[arg(long)]
    json: bool,
}

impl Replay {
    /// Does it. No daemon is needed.
    pub(super) fn run(self, context: &Context) -> Done {
        let agents = known_agents(&context.paths);
        let agent = agents.get(&self.agent).ok_or_else(|| {
            Stop::new(Kind::NotFound, format!("there is no agent `{}`", self.agent))
                .hint(format!("agents: {}", agents.names().join(", ")))
        })?;
        let text = std::fs::read(&self.file)
            .map_err(|error| Stop::system(format!("`{}` cannot be read", self.file.display()), &error))?;
        let recording = Recording::parse(&String::from_utf8_lossy(&text)).map_err(|(line, why)| {
            Stop::new(Kind::Invalid, format!("`{}`, line {line}: {why}", self.file.display()))
                .hint("record with `asciinema rec FILE.cast`")
        })?;
        let moments = recording.states(agent);
        if self.json {
            context.output.json(&moments)?;
        } else {
            table(&moments).print(context.output, "the recording shows nothing that is known of this agent")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(moments: &[Moment]) -> Table<4> {
    let mut table = Table::new(["SECONDS", "STATE", "KNOWN BY", "EVIDENCE"]);
    for moment in moments {
        let source = serde_json::to_value(moment.source).ok();
        let source = source.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        table.row([format!("{:8.2}", moment.t), moment.state.to_string(), source, moment.evidence.clone()]);
    }
    table
}

#[derive(Deserialize)]
struct Header {
    version: u32,
    width: Option<u16>,
    height: Option<u16>,
    term: Option<Size>,
}

#[derive(Deserialize)]
struct Size {
    cols: u16,
    rows: u16,
}

enum Event {
    Output(String),
    Resize { rows: u16, cols: u16 },
}

/// A recording: its size and what happened when.
struct Recording {
    rows: u16,
    cols: u16,
    events: Vec<(Duration, Event)>,
}

impl Recording {
    /// Reads one; an error comes with its line.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut lines = text.lines().enumerate().map(|(place, line)| (place + 1, line));
        let (_, first) = lines.next().ok_or((1, "the file is empty".to_owned()))?;
        let header: Header =
            serde_json::from_str(first).map_err(|error| (1, format!("this is no asciicast header: {error}")))?;
        let size = header.term.map(|size| (size.rows, size.cols)).or(header.height.zip(header.width));
        let (Some((rows, cols)), 2 | 3) = (size, header.version) else {
            return Err((1, format!("asciicast version {} is not known here", header.version)));
        };
        let relative = header.version == 3;
        let (mut events, mut now) = (Vec::new(), 0.0_f64);
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
            let (at, code, data): (f64, String, Value) =
                serde_json::from_str(line).map_err(|error| (number, format!("this is no event: {error}")))?;
            now = if relative { now + at } else { at.max(now) };
            let time = Duration::try_from_secs_f64(now).map_err(|error| (number, error.to_string()))?;
            let data = data.as_str().unwrap_or_default();
            match code.as_str() {
                "o" => events.push((time, Event::Output(data.to_owned()))),
                "r" => events.extend(resized(data).map(|event| (time, event))),
                _ => {}
            }
        }
        Ok(Self { rows: rows.clamp(1, MOST_ROWS), cols: cols.clamp(1, MOST_COLUMNS), events })
    }

    /// Plays it.
    fn states(self, agent: &Agent) -> Vec<Moment> {
        let mut terminal = Terminal::new(self.rows, self.cols, 0);
        let mut states = States::new(agent);
        let (mut bytes, mut output_at, mut looked_at, mut settled) = (0, Duration::ZERO, None, true);
        let end = self.events.last().map_or(Duration::ZERO, |(at, _)| *at);
        for (at, event) in self.events {
            // the looks that fall between the last event and this one
            let next = looked_at.map_or(output_at, |looked: Duration| looked + LOOK_EVERY);
            if !settled && next < at {
                states.look(next, &observation(&terminal.frame(), bytes, next.saturating_sub(output_at)));
                looked_at = Some(next);
            }
            let rest = output_at + SETTLED_AFTER;
            if !settled && rest < at {
                states.look(rest, &observation(&terminal.frame(), bytes, SETTLED_AFTER));
                settled = true;
            }
            match event {
                Event::Output(data) => {
                    terminal.process(data.as_bytes());
                    bytes += u64::try_from(data.len()).unwrap_or(0);
                    terminal.take_answers();
                    terminal.take_news();
                    output_at = at;
                    settled = false;
                }
                Event::Resize { rows, cols } => terminal.resize(rows, cols),
            }
            if looked_at.is_none_or(|looked| at >= looked + LOOK_EVERY) {
                states.look(at, &observation(&terminal.frame(), bytes, Duration::ZERO));
                looked_at = Some(at);
            }
        }
        let last = end + SETTLED_AFTER;
        states.look(last, &observation(&terminal.frame(), bytes, SETTLED_AFTER));
        states.finish(last)
    }
}

/// `COLSxROWS`.
fn resized(data: &str) -> Option<Event> {
    let (cols, rows) = data.split_once('x')?;
    let (cols, rows): (u16, u16) = (cols.parse().ok()?, rows.parse().ok()?);
    Some(Event::Resize { rows: rows.clamp(1, MOST_ROWS), cols: cols.clamp(1, MOST_COLUMNS) })
}
