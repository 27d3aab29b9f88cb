//! Text into a running agent: the person's words, and what came of any delivery.

use crate::model::{
    Answer, AnswerKind, DelegationStatus, ProjectId, Session, SessionId, SessionMode, SessionState, Speaker,
    StateSource, StatusReason, Subject, Task, TaskStatus, Timestamp, Verdict, WorkerNumber,
};

use super::super::{ApprovalNews, EffectKind, EffectResult, Purpose, Refusal, SessionNews, TaskNews};
use super::turn::Turn;
use super::{handoff, held, moves, project, session};

/// The person speaks to a worker's agent. It answers a question that waits, and brings a result that waits for review back to work.
pub(super) fn send(turn: &mut Turn, project: ProjectId, number: WorkerNumber, text: &str) -> Result<(), Refusal> {
    let state = turn.state;
    let known = state.projects.get(&project).ok_or(Refusal::NoProject(project))?;
    let worker = known.workers.get(&number).ok_or(Refusal::WorkerIdle(number))?;
    let session =
        worker.session.as_ref().and_then(|session| state.session(session)).filter(|session| session.is_live());
    let session = session.ok_or(Refusal::WorkerIdle(number))?;
    if text.trim().is_empty() {
        return Err(Refusal::EmptySubmission);
    }
    listens(turn, session)?;
    tell(turn, session, text);
    Ok(())
}

/// Refuses sessions that take no words.
pub(super) fn listens(turn: &Turn, session: &Session) -> Result<(), Refusal> {
    let with = if session.mode == SessionMode::Autonomous {
        "a headless run, which takes no messages"
    } else if turn.state.ledger.paused.contains(&session.id) && session.parked {
        "a pause: its budget is used up"
    } else if session.parked {
        "a handoff"
    } else if turn.state.stops.contains_key(&session.id) {
        "a session that is ending"
    } else {
        return Ok(());
    };
    Err(Refusal::WorkerBusy { worker: session.worker, with: with.to_owned() })
}

/// Hands the person's words to a session that listens.
pub(super) fn tell(turn: &mut Turn, session: &Session, text: &str) {
    let state = turn.state;
    let (mut text, mut purpose) = (text.to_owned(), Purpose::Message);
    if let Some(task) = session.task.and_then(|task| state.task(task)).filter(|_| state.is_current(session)) {
        answered(turn, task, &text);
        if task.status == TaskStatus::NeedsReview {
            moves::back_to_work(turn, task);
            // Its brief never arrived: the agent would not know what the words are about.
            if let Some(delegation) = state.delegation_of(task).filter(|_| !session.prompted) {
                text = format!("{}\n## The person adds\n\n{text}\n", delegation.context);
                purpose = Purpose::Brief;
            }
        }
    }
    turn.request(EffectKind::DeliverPrompt { session: session.id.clone(), text, purpose });
}

/// The words answer the question that waits.
fn answered(turn: &mut Turn, task: &Task, text: &str) {
    let state = turn.state;
    for approval in state.waiting_for(task.id).filter(|approval| matches!(approval.subject, Subject::Question { .. })) {
        if !turn.closed_now(approval.id) {
            let answer = Answer { kind: AnswerKind::Yes, text: Some(text.to_owned()), at: turn.now };
            turn.approval(approval, ApprovalNews::Answered { answer });
        }
    }
}

/// A text arrived, or not.
pub(super) fn delivered(turn: &mut Turn, id: &SessionId, purpose: Purpose, asked_at: Timestamp, result: EffectResult) {
    let Some(session) = turn.state.session(id).filter(|session| session.is_live()) else { return };
    held::over(turn, id);
    match result {
        EffectResult::Delivered => arrived(turn, session, asked_at),
        EffectResult::DeliveredAsFile { path } => {
            turn.session(session, SessionNews::GotFile { purpose, path });
            arrived(turn, session, asked_at);
        }
        other => missed(turn, session, purpose, other.detail()),
    }
}

/// The turn was seen to start, so a state that was read before the text was sent is out of date.
fn arrived(turn: &mut Turn, session: &Session, asked_at: Timestamp) {
    let state = turn.state;
    if session.verdict.at <= asked_at && !session.parked {
        let evidence = "took the text and began".to_owned();
        let verdict = Verdict { state: SessionState::Working, source: StateSource::Engine, evidence, at: turn.now };
        turn.session(session, SessionNews::Read { verdict });
    }
    if !session.prompted {
        turn.session(session, SessionNews::Prompted);
    }
    let task = session.task.and_then(|task| state.task(task));
    let Some(task) = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session)) else {
        return;
    };
    if state.delegation_of(task).is_some_and(|delegation| delegation.status == DelegationStatus::InjectingContext) {
        turn.task(task, TaskNews::DelegationMoved { status: DelegationStatus::Running });
    }
}

/// A text did not arrive: never silently.
fn missed(turn: &mut Turn, session: &Session, purpose: Purpose, detail: String) {
    let state = turn.state;
    turn.session(session, SessionNews::DeliveryFailed { purpose, detail: detail.clone() });
    if purpose == Purpose::Message {
        let text = format!("Your message to worker {} did not arrive: {detail}", session.worker);
        return project::chat(turn, session.project, Speaker::Lead, text);
    }
    let task = session.task.and_then(|task| state.task(task));
    let Some(task) = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session)) else {
        return;
    };
    match purpose {
        Purpose::Reminder => {
            moves::to_review(turn, task, StatusReason::LooksFinished);
            session::ask_finished(turn, task, session);
        }
        _ if handoff::start_failed(turn, session, &detail) => {}
        _ => moves::to_review(turn, task, StatusReason::AgentFailed { detail }),
    }
}
