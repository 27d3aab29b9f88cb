//! The end of sessions: asked for, by themselves, or lost; and what that means for their tasks.

use std::time::Duration;

use crate::model::{
    Autonomy, Exit, Handoff, HostIdentity, ProjectId, Session, SessionId, SessionMode, SessionState, StatusReason,
    Subject, Task, TaskStatus, WorkerNumber, one_line,
};

use super::super::{ApprovalNews, EffectKind, EffectResult, Refusal, SessionNews, TaskNews};
use super::turn::{Question, Turn};
use super::{handoff, limits, moves, resume};

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
        return Err(Refusal::NotNow { session: id.clone(), wanted: "ended", why: "it is over" });
    }
    turn.session(session, SessionNews::Dismissed { now: true });
    let task = session.task.and_then(|task| state.task(task));
    if let Some(task) = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session)) {
        moves::to_review(turn, task, StatusReason::ByPerson);
    }
    Ok(())
}

/// Its host was lost while its process lived on, and another host shows it.
pub(super) fn adopted(turn: &mut Turn, id: &SessionId, pid: u32, host: HostIdentity) {
    let Some(session) = turn.state.session(id).filter(|session| session.is_live()) else { return };
    if session.host != Some(host) {
        turn.session(session, SessionNews::Adopted { pid, host });
    }
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
        EffectResult::Done => {
            close(turn, session, SessionState::Exited, "stopped as asked", None);
            if turn.state.restarting.contains(id) {
                resume::after_end(turn, session);
            }
        }
        _ if !now => turn.session(session, SessionNews::Dismissed { now: true }),
        other => {
            let until = turn.now.after(STOP_AGAIN_AFTER);
            turn.session(session, SessionNews::StopFailed { until, detail: other.detail() });
        }
    }
}

/// What is kept of a session is written, or could not be; the log says which.
pub(super) fn archived(turn: &mut Turn, id: &SessionId) {
    if let Some(session) = turn.state.session(id) {
        turn.session(session, SessionNews::Archived);
    }
}

/// Sessions of which nothing more can come are archived.
pub(super) fn archive_due(turn: &mut Turn) {
    for session in turn.state.to_archive() {
        turn.request(EffectKind::ArchiveSession { session });
    }
}

/// Archives a session that is over, again.
pub(super) fn archive(turn: &mut Turn, id: &SessionId) -> Result<(), Refusal> {
    let session = turn.state.session(id).ok_or_else(|| Refusal::NoSession(id.clone()))?;
    if session.is_live() {
        return Err(Refusal::NotNow { session: id.clone(), wanted: "archived", why: "it still runs" });
    }
    turn.request_once(EffectKind::ArchiveSession { session: id.clone() });
    Ok(())
}

/// Its host went without a record while nobody watched: a reboot, or a daemon that died as well.
pub(super) fn lost(turn: &mut Turn, id: &SessionId) {
    over(turn, id, None, Loss::Unwatched);
}

/// The agent's process is over.
pub(super) fn ended(turn: &mut Turn, id: &SessionId, exit: Option<Exit>) {
    over(turn, id, exit, Loss::Watched);
}

/// Whether a loss was seen when it happened. One that was not is offered to the person, unless configured otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    Watched,
    Unwatched,
}

fn over(turn: &mut Turn, id: &SessionId, exit: Option<Exit>, loss: Loss) {
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
    if state.restarting.contains(id) {
        return resume::after_end(turn, session);
    }
    let task = session.task.and_then(|task| state.task(task));
    if let Some(task) = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session)) {
        follow(turn, task, session, exit, loss);
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
            Subject::Dialog { session: of, .. } | Subject::Held { session: of, .. } => *of == session.id,
            Subject::Question { session: of, .. } => *of == session.id && executing,
            _ => false,
        };
        if void {
            turn.approval(approval, ApprovalNews::Withdrawn);
        }
    }
}

/// The session of an executing task ended by itself.
fn follow(turn: &mut Turn, task: &Task, session: &Session, exit: Option<Exit>, loss: Loss) {
    if fell_back(turn, task, session, exit.as_ref()) {
        return;
    }
    if exit.as_ref().is_some_and(|exit| !exit.is_crash()) && resume::never_resumed(session) {
        return resume::without_conversation(turn, task, session);
    }
    match (session.mode, exit) {
        (_, None) => interrupted(turn, task, session, loss),
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

/// Lost with its host or the machine: the agent's own resume where that may happen by itself, else the person decides.
/// A command is never run again without a word, unless its task goes by itself in everything.
fn interrupted(turn: &mut Turn, task: &Task, session: &Session, loss: Loss) {
    let alone = turn.state.rules.resumes_alone;
    let may = resume::may_restart(turn, task);
    if may && session.conversation.is_some() && (alone || loss == Loss::Watched) {
        resume::plan(turn, task);
    } else if alone && task.attempts < turn.state.rules.max_attempts && may_begin_anew(task) {
        resume::from_the_start(turn, task, session);
    } else {
        moves::to_review(turn, task, StatusReason::Interrupted);
    }
}

fn may_begin_anew(task: &Task) -> bool {
    task.agent != "shell" || task.autonomy == Autonomy::Full
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
    if limits::ended(turn, task, exit) {
        return;
    }
    if task.agent != "shell" && task.attempts < turn.state.rules.max_attempts && resume::may_restart(turn, task) {
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

/// A crash is resumed, after a pause that grows, a few times in each attempt; an agent that refuses to run is shown.
fn crashed(turn: &mut Turn, task: &Task, session: &Session, exit: &Exit) {
    let again = exit.is_crash() && session.delegation.is_some();
    if again && task.attempts < turn.state.rules.max_attempts && resume::may_restart(turn, task) {
        if session.conversation.is_none() {
            resume::say_anew(turn, task, session, &failure("the agent", exit));
        }
        resume::plan(turn, task);
    } else {
        moves::to_review(turn, task, StatusReason::AgentFailed { detail: failure("the agent", exit) });
    }
}

fn failure(what: &str, exit: &Exit) -> String {
    // rules and frames say nothing
    let words = exit.tail.lines().filter(|line| line.chars().any(char::is_alphanumeric));
    let tail = one_line(&words.collect::<Vec<_>>().join("\n"));
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
