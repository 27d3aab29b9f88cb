//! The end of sessions: asked for, by themselves, or lost; and what that means for their tasks.

use std::time::Duration;

use crate::model::{
    Exit, Handoff, ProjectId, Session, SessionId, SessionMode, SessionState, StatusReason, Subject, Task, TaskStatus,
    WorkerNumber, one_line,
};

use super::super::{ApprovalNews, EffectResult, Refusal, SessionNews, TaskNews};
use super::turn::{Question, Turn};
use super::{handoff, moves, start};

/// How long after force did not help it is tried again.
const STOP_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Stops what a worker runs.
pub(super) fn stop_worker(turn: &mut Turn, project: ProjectId, number: WorkerNumber) -> Result<(), Refusal> {
    let state = turn.state;
    let known = state.projects.get(&project).ok_or(Refusal::NoProject(project))?;
    let worker = known.workers.get(&number).ok_or(Refusal::WorkerIdle(number))?;
    let task = worker.task.and_then(|task| state.task(task)).filter(|task| task.status == TaskStatus::Executing);
    let sessions: Vec<&Session> =
        state.live().filter(|session| session.project == project && session.worker == number).collect();
    if sessions.is_empty() && task.is_none() {
        return Err(Refusal::WorkerIdle(number));
    }
    for session in sessions {
        turn.session(session, SessionNews::Dismissed { now: false });
    }
    if let Some(task) = task {
        moves::to_review(turn, task, StatusReason::ByPerson);
    }
    Ok(())
}

/// Ends one session now.
pub(super) fn kill(turn: &mut Turn, id: &SessionId) -> Result<(), Refusal> {
    let state = turn.state;
    let session = state.session(id).ok_or_else(|| Refusal::NoSession(id.clone()))?;
    if !session.is_live() {
        return Err(Refusal::WorkerIdle(session.worker));
    }
    turn.session(session, SessionNews::Dismissed { now: true });
    let task = session.task.and_then(|task| state.task(task));
    if let Some(task) = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session)) {
        moves::to_review(turn, task, StatusReason::ByPerson);
    }
    Ok(())
}

/// The agent told its own conversation id.
pub(super) fn named(turn: &mut Turn, id: &SessionId, conversation: String) {
    let Some(session) = turn.state.session(id) else { return };
    if session.conversation.as_ref() != Some(&conversation) {
        turn.session(session, SessionNews::ConversationNamed { conversation });
    }
}

/// What came of asking a session to end. A polite request that failed is followed by force, once.
pub(super) fn stopped(turn: &mut Turn, id: &SessionId, now: bool, result: EffectResult) {
    let Some(session) = turn.state.session(id).filter(|session| session.is_live()) else { return };
    match result {
        EffectResult::Done => close(turn, session, SessionState::Exited, "stopped as asked", None),
        _ if !now => turn.session(session, SessionNews::Dismissed { now: true }),
        other => {
            let until = turn.now.after(STOP_AGAIN_AFTER);
            turn.session(session, SessionNews::StopFailed { until, detail: other.detail() });
        }
    }
}

/// The agent's process is over.
pub(super) fn ended(turn: &mut Turn, id: &SessionId, exit: Option<Exit>) {
    let state = turn.state;
    let Some(session) = state.session(id) else { return };
    if !session.is_live() {
        if let Some(exit) = exit.filter(|_| session.exit.is_none()) {
            turn.session(session, SessionNews::ExitNoted { exit });
        }
        return;
    }
    let (how, evidence) = match &exit {
        None => (SessionState::Interrupted, "its host is gone without a record".to_owned()),
        Some(exit) if exit.succeeded() || state.stops.contains_key(id) => {
            (SessionState::Exited, format!("ended with {exit}"))
        }
        Some(exit) => (SessionState::Crashed, format!("ended with {exit}")),
    };
    close(turn, session, how, &evidence, exit.clone());
    let task = session.task.and_then(|task| state.task(task));
    if let Some(task) = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session)) {
        follow(turn, task, session, exit);
    }
}

/// A session is over; what its screen asked is void. Its agent's question stays with a task that waits for review.
fn close(turn: &mut Turn, session: &Session, how: SessionState, evidence: &str, exit: Option<Exit>) {
    let state = turn.state;
    turn.session(session, SessionNews::Over { state: how, evidence: evidence.to_owned(), exit });
    let executing =
        session.task.and_then(|task| state.task(task)).is_some_and(|task| task.status == TaskStatus::Executing);
    for approval in state.waiting() {
        let void = match &approval.subject {
            Subject::Dialog { session: of, .. } => *of == session.id,
            Subject::Question { session: of, .. } => *of == session.id && executing,
            _ => false,
        };
        if void {
            turn.approval(approval, ApprovalNews::Withdrawn);
        }
    }
}

/// The session of an executing task ended by itself.
fn follow(turn: &mut Turn, task: &Task, session: &Session, exit: Option<Exit>) {
    if fell_back(turn, task, session, exit.as_ref()) {
        return;
    }
    match (session.mode, exit) {
        (_, None) => interrupted(turn, task, session),
        (SessionMode::Autonomous, Some(exit)) if exit.succeeded() => succeeded(turn, task, &exit),
        (SessionMode::Autonomous, Some(exit)) => headless_failed(turn, task, &exit),
        (SessionMode::Interactive, Some(exit)) if exit.succeeded() => quit(turn, task, session),
        (SessionMode::Interactive, Some(exit)) => crashed(turn, task, session, &exit),
    }
}

/// The fresh session of a handoff ended before it had begun: the step failed, and the old one goes on.
fn fell_back(turn: &mut Turn, task: &Task, session: &Session, exit: Option<&Exit>) -> bool {
    let old_lives = |handoff: &Handoff| turn.state.session(&handoff.from).is_some_and(Session::is_live);
    if !turn.state.handoff_of(task.id).is_some_and(old_lives) {
        return false;
    }
    let why = exit
        .map_or_else(|| "the fresh session was lost".to_owned(), |exit| format!("the fresh session ended with {exit}"));
    handoff::start_failed(turn, session, &why)
}

/// Lost with its host or the machine: the agent's own resume, once; else the person decides.
fn interrupted(turn: &mut Turn, task: &Task, session: &Session) {
    if session.conversation.is_some() && may_restart(turn, task) {
        restart(turn, task, session);
    } else {
        moves::to_review(turn, task, StatusReason::Interrupted);
    }
}

/// A headless run that ended well is done.
fn succeeded(turn: &mut Turn, task: &Task, exit: &Exit) {
    let last = exit.tail.lines().rev().map(one_line).find(|line| !line.is_empty());
    if let Some(summary) = last.filter(|_| task.summary.is_none()) {
        turn.task(task, TaskNews::Summarized { summary });
    }
    moves::verify(turn, task);
}

/// A command that failed is shown; a model's run is tried once more.
fn headless_failed(turn: &mut Turn, task: &Task, exit: &Exit) {
    let detail = failure(if task.agent == "shell" { "the command" } else { "the agent" }, exit);
    turn.task(task, TaskNews::AttemptFailed { summary: detail.clone() });
    if task.agent != "shell" && task.attempts < turn.state.rules.max_attempts && may_restart(turn, task) {
        turn.task(task, TaskNews::Restarted);
        moves::again(turn, task);
    } else {
        moves::to_review(turn, task, StatusReason::AgentFailed { detail });
    }
}

/// The agent's own program was left without a report. Who leaves an open session is done with it.
fn quit(turn: &mut Turn, task: &Task, session: &Session) {
    if task.open_ended {
        return moves::verify(turn, task);
    }
    moves::to_review(turn, task, StatusReason::LooksFinished);
    ask_finished(turn, task, session);
}

/// A crash is resumed once in each attempt; an agent that refuses to run is shown.
fn crashed(turn: &mut Turn, task: &Task, session: &Session, exit: &Exit) {
    // Shells and runtimes that cannot pass a signal on report it as 128 + its number.
    let crash = exit.signal.is_some() || exit.code.is_none_or(|code| code > 128);
    if crash && task.attempts < turn.state.rules.max_attempts && may_restart(turn, task) {
        restart(turn, task, session);
    } else {
        moves::to_review(turn, task, StatusReason::AgentFailed { detail: failure("the agent", exit) });
    }
}

fn may_restart(turn: &Turn, task: &Task) -> bool {
    !turn.state.restarts.contains_key(&task.id)
}

/// A new session in the same attempt, resuming the conversation where there is one.
fn restart(turn: &mut Turn, task: &Task, session: &Session) {
    let state = turn.state;
    let Some(delegation) = state.delegation_of(task) else {
        return moves::to_review(turn, task, StatusReason::Interrupted);
    };
    moves::break_off_handoff(turn, task);
    turn.task(task, TaskNews::Restarted);
    start::launch(turn, task, delegation, session.conversation.clone());
}

fn failure(what: &str, exit: &Exit) -> String {
    let tail = one_line(&exit.tail);
    if tail.is_empty() { format!("{what} ended with {exit}") } else { format!("{what} ended with {exit}: {tail}") }
}

/// Whether a task is finished that looks it: the person is asked.
pub(super) fn ask_finished(turn: &mut Turn, task: &Task, session: &Session) {
    turn.ask(Question {
        project: task.project,
        task: Some(task.id),
        subject: Subject::Question { task: task.id, session: session.id.clone() },
        title: format!("Is #{} {} finished?", task.id, task.title),
        detail: "its agent stopped without a report".to_owned(),
    });
}
