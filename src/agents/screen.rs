//! What an agent's title and screen say. Only text that the definition knows counts: from an unknown screen
//! nothing follows, least of all that the agent is idle. Output of the agent scrolls through the same rows, so only the
//! last ones are looked at, and a question needs all of its parts in their order.

use std::time::Duration;

use crate::config::{AgentDefinition, DialogDefinition};
use crate::model::{Always, Dialog, DialogKind, Reading, SessionState, StateSource, one_line, sanitize, truncate};
use crate::protocol::pane::Observation;

use super::composer::{ComposerReader, unframed};
use super::keys;
use super::pattern::{Pattern, any};

/// How long a question must have stood before keys answer it: Claude Code 2.1.329 ignores what comes sooner (nobody
/// reads that fast). Whoever answers should then see the question go, and otherwise answer again.
pub const DIALOG_SETTLE: Duration = Duration::from_millis(800);

/// Rows of a question that a person is shown at most.
const DIALOG_ROWS: usize = 24;

/// A definition's patterns, ready to match.
#[derive(Debug)]
pub(super) struct Reader {
    rows: usize,
    ready: Vec<Pattern>,
    working: Vec<Pattern>,
    waiting: Vec<Pattern>,
    done: Vec<Pattern>,
    limited: Vec<Pattern>,
    title_working: Vec<Pattern>,
    title_waiting: Vec<Pattern>,
    title_done: Vec<Pattern>,
    dialogs: Vec<DialogReader>,
    pub(super) composer: ComposerReader,
}

#[derive(Debug)]
struct DialogReader {
    kind: DialogKind,
    patterns: Vec<Pattern>,
    from: Option<Pattern>,
    last: bool,
    yes: Vec<String>,
    no: Vec<String>,
    always: Option<(Pattern, Vec<String>)>,
}

impl Reader {
    pub(super) fn new(definition: &AgentDefinition) -> Self {
        let (screen, titles, composer) = (&definition.screen, &definition.titles, &definition.composer);
        Self {
            rows: screen.rows,
            ready: Pattern::list(&screen.ready),
            working: Pattern::list(&screen.working),
            waiting: Pattern::list(&screen.waiting),
            done: Pattern::list(&screen.done),
            limited: Pattern::list(&screen.limited),
            title_working: Pattern::list(&titles.working),
            title_waiting: Pattern::list(&titles.waiting),
            title_done: Pattern::list(&titles.done),
            dialogs: definition.dialogs.iter().map(DialogReader::new).collect(),
            composer: ComposerReader::new(composer),
        }
    }

    /// The state that title and screen show. The order of the questions is the rule: a dialog stops everything; a
    /// limit looks like a finished turn; work is believed before rest; rest needs the composer.
    pub(super) fn read(&self, seen: &Observation) -> Option<Reading> {
        if let Some(dialog) = self.dialog(seen) {
            let evidence = truncate(&one_line(&dialog.text), 200);
            return Some(Reading {
                state: SessionState::WaitingPermission,
                source: StateSource::Screen,
                evidence,
                dialog: Some(dialog),
            });
        }
        let tail = self.tail(seen);
        let find = |patterns: &[Pattern]| tail.iter().rev().find(|row| any(patterns, row)).copied();
        if any(&self.title_waiting, &seen.title) {
            return Some(plain(SessionState::WaitingPermission, StateSource::Title, &seen.title));
        }
        if any(&self.title_working, &seen.title) {
            return Some(plain(SessionState::Working, StateSource::Title, &seen.title));
        }
        if let Some(row) = find(&self.working) {
            return Some(plain(SessionState::Working, StateSource::Screen, row));
        }
        if let Some(row) = find(&self.limited) {
            return Some(plain(SessionState::Limited, StateSource::Screen, row));
        }
        if let Some(row) = find(&self.waiting) {
            return Some(plain(SessionState::WaitingPermission, StateSource::Screen, row));
        }
        if any(&self.title_done, &seen.title) {
            return Some(plain(SessionState::WaitingInput, StateSource::Title, &seen.title));
        }
        let ready = find(&self.ready).filter(|_| self.has_composer(seen))?;
        match find(&self.done) {
            Some(row) => Some(plain(SessionState::WaitingInput, StateSource::Screen, row)),
            None => Some(plain(SessionState::Idle, StateSource::Screen, ready)),
        }
    }

    /// Whether a prompt can be pasted: the composer is there, no question is.
    pub(super) fn is_ready(&self, seen: &Observation) -> bool {
        seen.modes.bracketed_paste && self.dialog(seen).is_none() && self.has_composer(seen)
    }

    /// Whether title or screen show a turn under way.
    pub(super) fn is_working(&self, seen: &Observation) -> bool {
        any(&self.title_working, &seen.title) || self.tail(seen).iter().any(|row| any(&self.working, row))
    }

    /// The question on the screen, if there is one.
    pub(super) fn dialog(&self, seen: &Observation) -> Option<Dialog> {
        self.dialogs.iter().find_map(|dialog| dialog.find(seen))
    }

    /// Whether there is a place for a prompt.
    fn has_composer(&self, seen: &Observation) -> bool {
        self.tail(seen).iter().any(|row| any(&self.ready, row))
            && (!self.composer.is_known() || self.composer.find(seen).is_some())
    }

    /// The last rows that are not blank.
    pub(super) fn tail<'a>(&self, seen: &'a Observation) -> Vec<&'a str> {
        let mut rows: Vec<&str> =
            seen.screen.iter().rev().map(String::as_str).filter(|row| !row.trim().is_empty()).take(self.rows).collect();
        rows.reverse();
        rows
    }
}

impl DialogReader {
    fn new(definition: &DialogDefinition) -> Self {
        Self {
            kind: definition.kind,
            patterns: Pattern::list(&definition.patterns),
            from: definition.from.as_deref().map(Pattern::new),
            last: definition.last,
            yes: definition.yes.clone(),
            no: definition.no.clone(),
            always: definition.always.as_ref().map(|always| (Pattern::new(&always.row), always.keys.clone())),
        }
    }

    /// The lowest place where all patterns stand below each other; two may fit the same row.
    fn find(&self, seen: &Observation) -> Option<Dialog> {
        let rows = &seen.screen;
        let mut last = rows.len();
        let mut first = rows.len();
        for (turn, pattern) in self.patterns.iter().rev().enumerate() {
            let limit = if turn == 0 { rows.len() } else { (first + 1).min(rows.len()) };
            first = rows.iter().take(limit).rposition(|row| pattern.fits(row))?;
            if turn == 0 {
                last = first;
            }
        }
        // A question stands at the end of the screen; what is far above it is a quotation in old output.
        let below = rows.iter().skip(last + 1).filter(|row| !row.trim().is_empty()).count();
        if below > if self.last { 0 } else { 8 } {
            return None;
        }
        let start = match &self.from {
            Some(from) => rows.iter().take(first).rposition(|row| from.fits(row)).map_or(first, |place| place + 1),
            None => first,
        };
        let text = rows.get(start..=last).unwrap_or_default();
        let typed = |keys: &[String]| keys.iter().map(|key| keys::bytes(key, &seen.modes)).collect();
        let text = question(text);
        let always = self.always.as_ref().and_then(|(row, keys)| {
            // cut off by a low pane, it is not offered
            let below = question(rows.get(start..).unwrap_or_default());
            Some(Always { scope: scope(&below, row)?, keys: typed(keys) })
        });
        Some(Dialog { kind: self.kind, text, yes: typed(&self.yes), no: typed(&self.no), exact: None, always })
    }
}

/// The rows of a question without its drawing: each row is a piece of the screen's row, so it can be found again.
fn question(rows: &[String]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| sanitize(unframed(row)).trim().to_owned())
        .filter(|row| row.chars().any(char::is_alphanumeric))
        .collect();
    let skip = rows.len().saturating_sub(DIALOG_ROWS);
    rows.get(skip..).unwrap_or_default().join("\n")
}

/// What an answer is for, in the words of the option that offers it: its row, and those that it was wrapped into.
fn scope(text: &str, offered: &Pattern) -> Option<String> {
    let mut rows = text.lines().map(|row| row.trim_start_matches(MARKS)).skip_while(|row| !offered.fits(row));
    let first = rows.next()?;
    let wrapped = rows.take_while(|row| !is_option(row) && !row.starts_with("Esc ") && !row.starts_with("Press "));
    let words = std::iter::once(first).chain(wrapped).collect::<Vec<_>>().join(" ");
    let words = words
        .split_once(". ")
        .filter(|(number, _)| number.parse::<u8>().is_ok())
        .map_or(words.as_str(), |(_, words)| words);
    Some(one_line(words))
}

/// Whether a row begins an option: `2. No`.
pub(super) fn is_option(row: &str) -> bool {
    row.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok())
}

/// Marks of the chosen option.
pub(super) const MARKS: [char; 6] = ['❯', '›', '●', '▶', '>', ' '];

/// What must be on the screen for an answer to be sent: every row of the question, without the mark of the chosen
/// option, which moves. Two questions that differ in anything else have different guards.
pub fn guard(dialog: &Dialog) -> String {
    let rows = dialog.text.lines().map(|row| row.trim_start_matches(MARKS).trim_end());
    rows.filter(|row| !row.is_empty()).collect::<Vec<_>>().join("\n")
}

fn plain(state: SessionState, source: StateSource, evidence: &str) -> Reading {
    Reading { state, source, evidence: truncate(&one_line(evidence), 200), dialog: None }
}
