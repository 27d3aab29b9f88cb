//! `qd track`: what every session of the project does, one line each, live. A terminal shows a table
//! that changes in place; a pipe gets a line whenever a session changes.

use std::collections::HashMap;
use std::fmt::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::model::SessionId;
use crate::protocol::{ProjectView, SessionView};

use super::table::fit;
use super::watching::Watching;
use super::{Context, Done, Output, Stop, Table, Tone, Where, words};

/// How often ages are counted anew on a terminal.
const AGE_EVERY: Duration = Duration::from_secs(1);

/// `qd track`.
#[derive(Debug, Args)]
pub struct Track {
    /// As JSON lines: a session whenever it changed
    #[arg(long)]
    json: bool,
    /// Only how it is now
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    place: Where,
}

impl Track {
    /// Does it until the person ends it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let (client, project) = context.at(&self.place).await?;
        let (mut watching, mut view) = Watching::begin(&client, project).await?;
        let output = context.output;
        let mut shown = Shown { output, json: self.json, known: HashMap::new(), drawn: Vec::new() };
        if self.once {
            shown.once(&view)?;
            return Ok(ExitCode::SUCCESS);
        }
        let in_place = output.is_terminal() && !self.json;
        loop {
            if in_place {
                shown.redraw(&view)?;
            } else {
                shown.changes(&view)?;
            }
            tokio::select! {
                next = watching.next() => view = next?,
                () = tokio::time::sleep(AGE_EVERY), if in_place => {}
            }
        }
    }
}

/// What was shown so far.
struct Shown {
    output: Output,
    json: bool,
    /// Every session as it was printed last.
    known: HashMap<SessionId, SessionView>,
    /// The lines on the terminal.
    drawn: Vec<String>,
}

impl Shown {
    fn once(&mut self, view: &ProjectView) -> Result<(), Stop> {
        if self.json { self.changes(view) } else { table(view).print(self.output, NOTHING) }
    }

    /// A line for every session that is not as it was.
    fn changes(&mut self, view: &ProjectView) -> Result<(), Stop> {
        for session in in_order(view) {
            if self.known.get(&session.id).is_some_and(|known| !differs(known, session)) {
                continue;
            }
            self.known.insert(session.id.clone(), session.clone());
            if self.json {
                self.output.json_line(session)?;
            } else {
                self.output.line(line(session, view))?;
            }
        }
        Ok(())
    }

    /// The table in the place of the one before.
    fn redraw(&mut self, view: &ProjectView) -> Result<(), Stop> {
        let (rows, cols) = terminal_size::terminal_size().map_or((24, 80), |(cols, rows)| (rows.0, cols.0));
        let mut lines = table(view).lines(Some(usize::from(cols)));
        if lines.len() <= 1 {
            lines = vec![fit(NOTHING, usize::from(cols))];
        }
        // what does not fit would scroll away and could not be replaced
        lines.truncate(usize::from(rows).saturating_sub(1).max(1));
        if lines == self.drawn {
            return Ok(());
        }
        let mut text = String::from("\x1b[?2026h");
        if !self.drawn.is_empty() {
            let _ = write!(text, "\x1b[{}A\r", self.drawn.len());
        }
        for (number, line) in lines.iter().enumerate() {
            let tone = if number == 0 { Tone::Faint } else { Tone::Plain };
            let _ = writeln!(text, "{}\x1b[K", self.output.paint(tone, line));
        }
        text.push_str("\x1b[J\x1b[?2026l");
        self.drawn = lines;
        self.output.write(text.as_bytes())
    }
}

/// What is said when there is nothing to track.
const NOTHING: &str = "no sessions yet; `qd task add \"…\"` starts one";

/// Whether a session does something else than before; the process table behind it does not matter.
fn differs(known: &SessionView, now: &SessionView) -> bool {
    (known.state, known.state_at, &known.evidence, known.parked, known.task, &known.exit)
        != (now.state, now.state_at, &now.evidence, now.parked, now.task, &now.exit)
}

/// Sessions by their seats, the oldest of a seat first.
fn in_order(view: &ProjectView) -> Vec<&SessionView> {
    let mut sessions: Vec<&SessionView> = view.sessions.iter().collect();
    sessions.sort_by(|one, other| (one.worker, &one.created_at).cmp(&(other.worker, &other.created_at)));
    sessions
}

/// One session on a line of its own, for a log.
fn line(session: &SessionView, view: &ProjectView) -> String {
    let task = session.task.map(|task| format!("  #{task}")).unwrap_or_default();
    format!(
        "{}  @{}{task}  {}  {}  {}",
        session.id.short(),
        session.worker,
        session.agent,
        session.state,
        note(session, view)
    )
}

fn table(view: &ProjectView) -> Table<7> {
    let mut table = Table::new(["WORKER", "TASK", "AGENT", "STATE", "SINCE", "SESSION", "NOTE"]);
    for session in in_order(view) {
        table.row([
            format!("@{}", session.worker),
            words::task_or_dash(session.task),
            session.agent.clone(),
            session.state.to_string(),
            words::age(session.state_at),
            session.id.short().to_owned(),
            note(session, view),
        ]);
    }
    table
}

/// What is worth knowing: what it needs, how it ended, else what its state was read from.
fn note(session: &SessionView, view: &ProjectView) -> String {
    let task = session.task.and_then(|id| view.tasks.iter().find(|task| task.id == id));
    match (task.and_then(|task| task.needs.as_ref()), &session.exit) {
        (Some(needs), None) => format!("needs you: {needs}"),
        (_, Some(exit)) => exit.clone(),
        (None, None) => session.evidence.clone(),
    }
}
