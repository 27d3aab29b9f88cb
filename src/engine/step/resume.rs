//! Sessions that go on after they were lost: by themselves after a pause, on the person's word, or at once when the
//! person wants one started again. A conversation is resumed where there is one; nothing is begun anew in silence.

use std::time::Duration;

use crate::model::{
    ProjectId, Session, SessionId, SessionMode, SessionState, Speaker, StatusReason, Subject, Task, TaskStatus,
};

use super::super::wake::{self, RESTART};
use super::super::{ApprovalNews, Refusal, SessionNews, TaskNews};
use super::launch::{self, Opening};
use super::turn::{Question, Turn};
use super::{moves, pane, project, queue, task as tasks};

/// Whether the engine may start the session of this attempt once more by itself.
pub(super) fn may_restart(turn: &Turn, task: &Task) -> bool {
    turn.state.restarts.get(&task.id).copied().unwrap_or(0) < turn.state.rules.restarts
}

/// Starts the session of an attempt again after a pause that doubles each time.
pub(super) fn plan(turn: &mut Turn, task: &Task) {
    let before = turn.state.restarts.get(&task.id).copied().unwrap_or(0);
    let pause = Duration::from_millis(turn.state.rules.restart_after_ms).saturating_mul(1 << before.min(16));
    moves::break_off_handoff(turn, task);
    let until = turn.now.after(pause.min(RESTART));
    turn.task(task, TaskNews::RestartPlanned { until });
}

/// Restarts whose pause is over. A worker that has failed too often gets none.
pub(super) fn due(turn: &mut Turn) {
    let state = turn.state;
    for (id, at) in &state.restart_after {
        let Some(task) = state.task(*id).filter(|_| wake::is_due(*at, turn.now, RESTART)) else { continue };
        let Some((delegation, session)) = state.delegation_of(task).zip(state.session_of(task)) else { continue };
        if state.worker(task.project, delegation.worker).is_some_and(|worker| state.has_failed(worker)) {
            let detail = format!("{}; worker {} failed too often", session.verdict.evidence, delegation.worker);
            moves::to_review(turn, task, StatusReason::AgentFailed { detail });
        } else if !session.is_live() {
            turn.task(task, TaskNews::Restarted);
            launch::launch(turn, task, delegation, Opening::after(session));
        }
    }
}

/// An agent that cannot resume starts again with its request and what is known of the attempt, and that is said.
pub(super) fn from_the_start(turn: &mut Turn, task: &Task, session: &Session) {
    say_anew(turn, task, session, "the session was lost");
    moves::again(turn, task);
}

/// Tells the person, and the agent's next brief, that there is no conversation to go on with.
pub(super) fn say_anew(turn: &mut Turn, task: &Task, session: &Session, what: &str) {
    let told = format!("{what} and {} has no conversation to go on with", session.agent);
    let words = format!("#{}: {told}. It starts again from its request, in the same worktree.", task.id);
    project::chat(turn, task.project, Speaker::Lead, words);
    let summary = format!("{told}; what it had done until then is in the worktree");
    turn.task(task, TaskNews::AttemptFailed { summary });
}

/// Puts a task whose session is over back to work: in its conversation, where there is one.
pub(super) fn task(turn: &mut Turn, task: &Task, session: &Session) {
    moves::break_off_handoff(turn, task);
    turn.withdraw(task.id, |_| true);
    match session.conversation.clone() {
        Some(conversation) => turn.task(task, TaskNews::ResumePlanned { conversation, after_loss: true }),
        None if session.is_interrupted() => {
            let summary = "the session was lost; what it had done until then is in the worktree".to_owned();
            turn.task(task, TaskNews::AttemptFailed { summary });
        }
        None => moves::remember(turn, task),
    }
    moves::release(turn, task);
}

/// Whether a session is one that can be resumed and that nobody resumed yet.
fn is_offered(turn: &Turn, session: &Session) -> bool {
    session.is_interrupted() && turn.state.can_resume(session)
}

/// Resumes those of these sessions that can be.
pub(super) fn all(turn: &mut Turn, sessions: &[SessionId]) {
    let state = turn.state;
    for session in sessions.iter().filter_map(|id| state.session(id)) {
        if is_offered(turn, session) {
            match session.task.and_then(|id| state.task(id)) {
                Some(of) => task(turn, of, session),
                // its seat may have been taken since: then it stays as it is
                None => drop(pane::again(turn, session)),
            }
        }
    }
}

/// All sessions that are interrupted.
pub(super) fn interrupted(turn: &mut Turn, of: Option<ProjectId>) -> Result<(), Refusal> {
    let state = turn.state;
    let sessions: Vec<SessionId> = state
        .interrupted()
        .filter(|session| of.is_none_or(|project| session.project == project))
        .map(|session| session.id.clone())
        .collect();
    if sessions.is_empty() {
        return Err(Refusal::NothingInterrupted);
    }
    for approval in state.waiting() {
        if matches!(&approval.subject, Subject::Resume { sessions: asked } if asked.iter().any(|id| sessions.contains(id)))
        {
            turn.approval(approval, ApprovalNews::Withdrawn);
        }
    }
    all(turn, &sessions);
    Ok(())
}

/// Several tasks lost their sessions together: one question for all of them, besides each task's own.
pub(super) fn offer(turn: &mut Turn) {
    let state = turn.state;
    for project in state.projects.keys().copied() {
        let lost = |session: &&Session| {
            session.project == project && session.task.is_some_and(|task| !state.dismissed.contains(&task))
        };
        let wanted: Vec<SessionId> = state.interrupted().filter(lost).map(|session| session.id.clone()).collect();
        let asked = state
            .waiting()
            .find(|approval| approval.project == project && matches!(approval.subject, Subject::Resume { .. }));
        let same = asked
            .is_some_and(|approval| matches!(&approval.subject, Subject::Resume { sessions } if *sessions == wanted));
        if same {
            continue;
        }
        if let Some(approval) = asked {
            turn.approval(approval, ApprovalNews::Withdrawn);
        }
        if wanted.len() > 1 {
            ask(turn, project, wanted);
        }
    }
}

fn ask(turn: &mut Turn, project: ProjectId, sessions: Vec<SessionId>) {
    let state = turn.state;
    let line = |session: &Session| {
        let task = session.task.and_then(|id| state.task(id));
        let how = match &session.conversation {
            Some(_) => "in its conversation",
            None if session.agent == "shell" => "its command again from the start, in the worktree as it is",
            None => "from its request, it cannot resume",
        };
        let title = task.map(|task| format!("#{} {}", task.id, task.title)).unwrap_or_default();
        format!("{title} ({}): {how}", session.agent)
    };
    let detail: Vec<String> = sessions.iter().filter_map(|id| state.session(id)).map(line).collect();
    turn.ask(Question {
        project,
        task: None,
        title: format!("Resume all {} interrupted sessions?", sessions.len()),
        detail: detail.join("\n"),
        subject: Subject::Resume { sessions },
    });
}

/// Starts a session again with the same worker, agent, worktree and conversation.
pub(super) fn restart(turn: &mut Turn, id: &SessionId) -> Result<(), Refusal> {
    let state = turn.state;
    let session = state.session(id).ok_or_else(|| Refusal::NoSession(id.clone()))?;
    let no = |why| Err(Refusal::NotNow { session: id.clone(), wanted: "restarted", why });
    let of = session.task.and_then(|task| state.task(task));
    if of.is_some_and(|task| state.handoff_of(task.id).is_some()) || session.parked {
        return no("a handoff is under way");
    }
    if of.is_some() && !state.is_current(session) {
        return no("its task has a newer session");
    }
    if session.is_live() {
        if of.is_some_and(|task| !matches!(task.status, TaskStatus::Executing | TaskStatus::NeedsReview)) {
            return no("its result is being looked at");
        }
        turn.session(session, SessionNews::RestartAsked);
        if !state.stops.contains_key(id) {
            turn.session(session, SessionNews::Dismissed { now: false });
        }
        return Ok(());
    }
    match of {
        None if state.live().any(|other| other.project == session.project && other.worker == session.worker) => {
            no("its worker has another session")
        }
        None => pane::again(turn, session),
        Some(of) if of.status == TaskStatus::Executing && state.restart_after.contains_key(&of.id) => {
            turn.task(of, TaskNews::RestartPlanned { until: turn.now });
            Ok(())
        }
        Some(of) if matches!(of.status, TaskStatus::NeedsReview | TaskStatus::Failed | TaskStatus::Cancelled) => {
            let request = queue::request(turn, of)?;
            task(turn, of, session);
            if request {
                turn.task(of, TaskNews::Requested);
            }
            Ok(())
        }
        Some(of) => Err(tasks::wrong(of, "restarted")),
    }
}

/// A session that was to be started again is over.
pub(super) fn after_end(turn: &mut Turn, session: &Session) {
    let state = turn.state;
    let Some(of) = session.task.and_then(|id| state.task(id)) else {
        // its seat is still its own
        return drop(pane::again(turn, session));
    };
    if !state.is_current(session) {
        return;
    }
    match (of.status, state.delegation_of(of)) {
        (TaskStatus::Executing, Some(delegation)) => {
            launch::launch(turn, of, delegation, Opening::after(session));
        }
        (TaskStatus::NeedsReview, _) => task(turn, of, session),
        _ => {}
    }
}

/// Sessions that have had nothing to do for the configured time are asked to end; what they were in is kept.
pub(super) fn rest(turn: &mut Turn) {
    let state = turn.state;
    let patience = Duration::from_millis(state.rules.idle_ms);
    if patience.is_zero() {
        return;
    }
    for session in state.live().filter(|session| state.is_resting(session)) {
        if !wake::is_due(session.verdict.at.after(patience), turn.now, patience) {
            continue;
        }
        turn.session(session, SessionNews::Dismissed { now: false });
        let of = session.task.and_then(|task| state.task(task));
        if let Some(of) = of.filter(|task| task.status == TaskStatus::Executing) {
            moves::to_review(turn, of, StatusReason::Rested);
        }
    }
}

/// Whether a resumed session never got as far as being spoken to: its conversation is not there.
pub(super) fn never_resumed(session: &Session) -> bool {
    session.resumed && !session.prompted && session.mode == SessionMode::Interactive
        || session.resumed && session.mode == SessionMode::Autonomous && session.verdict.state == SessionState::Starting
}

/// The conversation could not be resumed: the attempt begins in a new one, and that is said.
pub(super) fn without_conversation(turn: &mut Turn, task: &Task, session: &Session) {
    let Some(delegation) = turn.state.delegation_of(task) else {
        return moves::to_review(turn, task, StatusReason::Interrupted);
    };
    let words = format!("#{}: {} could not resume its conversation and begins a new one.", task.id, session.agent);
    project::chat(turn, task.project, Speaker::Lead, words);
    moves::break_off_handoff(turn, task);
    launch::launch(turn, task, delegation, Opening::Fresh);
}
