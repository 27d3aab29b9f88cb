//! How a worker is: one glyph, one word, one role. The words are never left to colour alone.

use crate::config::theme::Role;
use crate::model::{SessionState, TaskStatus, Timestamp, WaitsFor, WorkerNumber};

use crate::protocol::SessionView;

use super::state::State;

/// How a worker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// One ASCII character.
    pub(crate) glyph: char,
    /// In words.
    pub(crate) word: String,
    /// For the theme.
    pub(crate) role: Role,
    /// Since when.
    pub(crate) at: Option<Timestamp>,
    /// The person is needed.
    pub(crate) needs_person: bool,
}

fn status(glyph: char, word: &str, role: Role, at: Option<Timestamp>) -> Status {
    Status { glyph, word: word.to_owned(), role, at, needs_person: glyph == '!' || glyph == '^' }
}

/// How a worker is, what blocks work first. While the daemon is away that is only how it was.
pub(crate) fn of_worker(state: &State, number: WorkerNumber) -> Status {
    let known = as_told(state, number);
    if state.stale_since().is_none() || (state.session(number).is_none() && !known.needs_person) {
        return known;
    }
    Status { glyph: '?', word: format!("was {}", known.word), role: Role::AgentUnknown, needs_person: false, ..known }
}

/// Why a session's input is locked.
pub(crate) fn locked(state: &State, session: &SessionView) -> &'static str {
    if session.over_budget {
        "paused: the budget is used up"
    } else if state.handoff(session.worker).is_some_and(|handoff| !handoff.ended) {
        "input is locked: a handoff is under way"
    } else {
        "input is locked"
    }
}

/// What the seats' colours are called; later ones go by their number.
pub(crate) fn colour_word(number: WorkerNumber) -> Option<&'static str> {
    let words = ["indigo", "emerald", "amber", "rose", "sky", "cyan"];
    words.get(usize::from(number.0.checked_sub(1)?)).copied()
}

fn as_told(state: &State, number: WorkerNumber) -> Status {
    let waiting = state.project.approvals.iter().find(|approval| state.asks_in(approval) == Some(number));
    if let Some(approval) = waiting {
        return if approval.kind == "landing" {
            status('^', "review", Role::AgentReview, Some(approval.asked_at))
        } else {
            status('!', "NEEDS YOU", Role::AgentWaiting, Some(approval.asked_at))
        };
    }
    let Some(seat) = state.seat(number) else { return status('o', "free", Role::AgentIdle, None) };
    let task = seat.task.and_then(|task| state.task(task));
    let session = state.session(number);
    let at = session.map(|session| session.state_at);
    if let Some(needs) = &seat.needs {
        let needs = crate::model::one_line(needs);
        return Status { word: format!("NEEDS YOU {needs}"), ..status('!', "", Role::AgentWaiting, at) };
    }
    if state.handoff(number).is_some_and(|handoff| !handoff.ended) {
        return status('*', "handing off", Role::AgentWorking, at);
    }
    if task.is_some_and(|task| task.waits_on == Some(WaitsFor::You)) {
        return status('=', "left by you", Role::AgentPaused, at);
    }
    match task.map(|task| task.status) {
        Some(TaskStatus::NeedsReview) => return status('^', "review", Role::AgentReview, at),
        Some(TaskStatus::Verifying) => return status('*', "checking", Role::AgentWorking, at),
        Some(TaskStatus::Merging) => return status('*', "landing", Role::AgentWorking, at),
        _ => {}
    }
    match session {
        Some(session) if never_ran(session) => status('x', "cannot start", Role::AgentFailed, at),
        Some(session) if session.back_at.is_some() => {
            let back = session.back_at.as_deref().unwrap_or_default();
            status('~', &format!("limited, back {back}"), Role::AgentLimited, at)
        }
        Some(session) => of_session(session.state, at, task.is_some_and(|task| task.status == TaskStatus::Completed)),
        None if task.is_some_and(|task| task.status == TaskStatus::Blocked) => {
            status('#', "blocked", Role::AgentBlocked, None)
        }
        None if task.is_some() => status('*', "starting", Role::AgentWorking, None),
        None => status('o', "free", Role::AgentIdle, None),
    }
}

/// Whether a session is over that was never there: its program could not be started.
pub(crate) fn never_ran(session: &SessionView) -> bool {
    session.state == SessionState::Crashed && session.started_at.is_none()
}

/// Why nothing takes keys where a session is over.
pub(crate) fn over_words(state: &State, number: WorkerNumber) -> String {
    match state.session(number).filter(|session| never_ran(session)) {
        Some(session) => format!("`{}` was never started", crate::model::one_line(&session.agent)),
        None => "the session is over".to_owned(),
    }
}

/// What can be done about an agent that was never started; nothing where one ran.
pub(crate) fn never_ran_hint(state: &State, number: WorkerNumber) -> Option<String> {
    let session = state.session(number).filter(|session| never_ran(session))?;
    let again = session.task.map_or_else(|| "start the pane again".to_owned(), |task| format!("try #{task} again"));
    Some(format!("{}: put right what its pane says, then {again}", over_words(state, number)))
}

/// A session's state in a word.
pub(crate) fn session_word(session: &SessionView) -> &'static str {
    if never_ran(session) { "not started" } else { session.state.word() }
}

fn of_session(state: SessionState, at: Option<Timestamp>, done: bool) -> Status {
    match state {
        SessionState::Starting => status('*', "starting", Role::AgentWorking, at),
        SessionState::Working => status('*', "working", Role::AgentWorking, at),
        SessionState::WaitingPermission => status('!', "asks permission", Role::AgentWaiting, at),
        SessionState::WaitingInput => status('!', "waits for you", Role::AgentWaiting, at),
        SessionState::Idle => status('o', "idle", Role::AgentIdle, at),
        SessionState::Limited => status('~', "limited", Role::AgentLimited, at),
        SessionState::Paused => status('=', "paused", Role::AgentPaused, at),
        SessionState::Unreachable => status('?', "unreachable", Role::AgentUnknown, at),
        SessionState::Interrupted => status('x', "interrupted", Role::AgentFailed, at),
        SessionState::Exited if done => status('+', "done", Role::AgentDone, at),
        SessionState::Exited => status('+', "ended", Role::AgentIdle, at),
        SessionState::Crashed => status('x', "crashed", Role::AgentFailed, at),
        SessionState::Unknown => status('?', "unknown", Role::AgentUnknown, at),
    }
}

/// How a task is: glyph and role; its word is its status.
pub(crate) fn of_task(task: TaskStatus, needs_person: bool) -> (char, Role) {
    match task {
        TaskStatus::NeedsReview => ('^', Role::AgentReview),
        TaskStatus::Proposed => ('!', Role::AgentWaiting),
        _ if needs_person => ('!', Role::AgentWaiting),
        TaskStatus::Executing | TaskStatus::Verifying | TaskStatus::Merging | TaskStatus::Planning => {
            ('*', Role::AgentWorking)
        }
        TaskStatus::Blocked => ('#', Role::AgentBlocked),
        TaskStatus::Queued | TaskStatus::Ready => ('o', Role::AgentIdle),
        TaskStatus::Completed => ('+', Role::AgentDone),
        TaskStatus::Failed => ('x', Role::AgentFailed),
        TaskStatus::Cancelled => ('-', Role::AgentIdle),
    }
}
