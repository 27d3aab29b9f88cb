//! The person's answers to what was asked.

use crate::model::{
    Answer, AnswerKind, Approval, ApprovalId, Dialog, DialogKind, Session, SessionId, SessionMode, SessionState,
    Speaker, StatusReason, Subject, Task, TaskId, TaskStatus,
};

use super::super::{ApprovalNews, EffectKind, EffectResult, ProjectNews, Refusal, TaskNews, brief};
use super::turn::Turn;
use super::{budget, landing, launch, moves, plan, project, prompt, reading, resume, task, workers};

/// A given answer.
struct Given<'t> {
    kind: AnswerKind,
    text: Option<&'t str>,
}

pub(super) fn answer(turn: &mut Turn, id: ApprovalId, kind: AnswerKind, text: Option<&str>) -> Result<(), Refusal> {
    let state = turn.state;
    let approval = state.approvals.get(&id).ok_or(Refusal::NoApproval(id))?;
    if !approval.is_open() {
        return Err(Refusal::ApprovalClosed(id));
    }
    if kind == AnswerKind::Always && approval.subject.dialog().is_none() {
        return Err(Refusal::NotAlways(id));
    }
    let given = Given { kind, text: text.map(str::trim).filter(|text| !text.is_empty()) };
    match &approval.subject {
        Subject::Plan { plan } => match kind {
            AnswerKind::Yes | AnswerKind::Always => plan::confirm(turn, *plan, &[]),
            AnswerKind::No => plan::decline(turn, *plan),
        },
        Subject::Landing { task } => to_landing(turn, approval, *task, &given),
        Subject::Dialog { session, dialog } => to_dialog(turn, approval, session, dialog, &given),
        Subject::Held { .. } => Err(Refusal::OnlyInPane(id)),
        Subject::Question { task, session } => to_question(turn, approval, *task, session, &given),
        Subject::Review { task } => to_review(turn, approval, *task, &given),
        Subject::Commands { hash, .. } => {
            to_commands(turn, approval, hash, &given);
            Ok(())
        }
        Subject::Resume { sessions } => {
            close(turn, approval, &given);
            if kind == AnswerKind::Yes {
                resume::all(turn, sessions);
            }
            Ok(())
        }
        Subject::Budget { scope, reached, .. } => {
            close(turn, approval, &given);
            match kind {
                AnswerKind::Yes | AnswerKind::Always => budget::raise(turn, approval.project, *scope),
                AnswerKind::No if *reached => budget::stop(turn, *scope),
                AnswerKind::No => {}
            }
            Ok(())
        }
        // putting files back was the daemon's part, before this
        Subject::Touched { .. } => {
            close(turn, approval, &given);
            Ok(())
        }
        Subject::Offline { worker } => {
            close(turn, approval, &given);
            if kind == AnswerKind::Yes { workers::reset(turn, approval.project, *worker) } else { Ok(()) }
        }
    }
}

fn close(turn: &mut Turn, approval: &Approval, given: &Given) {
    let answer = Answer { kind: given.kind, text: given.text.map(str::to_owned), at: turn.now };
    turn.approval(approval, ApprovalNews::Answered { answer });
}

/// Yes lands. No with words goes back to the agent; a plain no leaves it to the person.
fn to_landing(turn: &mut Turn, approval: &Approval, id: TaskId, given: &Given) -> Result<(), Refusal> {
    let state = turn.state;
    let task = task::find(turn, id)?;
    if task.status != TaskStatus::NeedsReview {
        return Err(task::wrong(task, "landed"));
    }
    match (given.kind, given.text) {
        (AnswerKind::Yes | AnswerKind::Always, _) => {
            close(turn, approval, given);
            landing::queue(turn, task);
        }
        (AnswerKind::No, Some(text)) => {
            close(turn, approval, given);
            let session = state.live_session_of(task).filter(|session| prompt::listens(turn, session).is_ok());
            match session {
                Some(session) => prompt::tell(turn, session, text),
                None => anew(turn, task, text),
            }
        }
        (AnswerKind::No, None) => {
            close(turn, approval, given);
            turn.task(task, TaskNews::ReasonSet { reason: StatusReason::ByPerson });
        }
    }
    Ok(())
}

/// Yes tries again, and with words the next attempt knows them. No leaves the task as it is.
fn to_review(turn: &mut Turn, approval: &Approval, id: TaskId, given: &Given) -> Result<(), Refusal> {
    let task = task::find(turn, id)?;
    close(turn, approval, given);
    if given.kind == AnswerKind::No {
        return Ok(());
    }
    if let Some(text) = given.text {
        turn.task(task, TaskNews::AttemptFailed { summary: format!("the person says: {text}") });
    }
    let kept =
        matches!(task.reason, Some(StatusReason::Interrupted | StatusReason::Rested | StatusReason::OverBudget { .. }));
    match turn.state.session_of(task).filter(|session| kept && !session.is_live()) {
        Some(session) => {
            resume::task(turn, task, session);
            Ok(())
        }
        None => task::retry(turn, id),
    }
}

/// A new attempt that knows the person's words.
fn anew(turn: &mut Turn, task: &Task, text: &str) {
    turn.task(task, TaskNews::AttemptFailed { summary: format!("the person says: {text}") });
    moves::again(turn, task);
}

fn to_dialog(
    turn: &mut Turn,
    approval: &Approval,
    session: &SessionId,
    dialog: &Dialog,
    given: &Given,
) -> Result<(), Refusal> {
    if dialog.keys(given.kind).is_none() {
        let other = given.kind == AnswerKind::Always && !dialog.yes.is_empty();
        return Err(if other { Refusal::NotAlways(approval.id) } else { Refusal::OnlyInPane(approval.id) });
    }
    close(turn, approval, given);
    reading::press(turn, session, dialog, given.kind);
    if dialog.kind == DialogKind::Trust && given.kind == AnswerKind::Yes {
        trust(turn, approval, session);
    }
    Ok(())
}

/// Trust is asked once: the yes is remembered, and answers the other sessions that wait for it too.
fn trust(turn: &mut Turn, approval: &Approval, session: &SessionId) {
    let state = turn.state;
    let Some(agent) =
        state.session(session).filter(|session| session.task.is_some()).map(|session| session.agent.clone())
    else {
        return;
    };
    turn.project(approval.project, ProjectNews::AgentTrusted { agent: agent.clone() });
    for other in state.waiting().filter(|other| other.id != approval.id && other.project == approval.project) {
        let Subject::Dialog { session, dialog } = &other.subject else { continue };
        let same = state.session(session).is_some_and(|session| session.agent == agent && session.task.is_some());
        if same && dialog.kind == DialogKind::Trust && !dialog.yes.is_empty() {
            close(turn, other, &Given { kind: AnswerKind::Yes, text: None });
            reading::press(turn, session, dialog, AnswerKind::Yes);
        }
    }
}

/// Words go to the agent. Without words: yes, it is finished; no, it is not.
fn to_question(
    turn: &mut Turn,
    approval: &Approval,
    id: TaskId,
    session: &SessionId,
    given: &Given,
) -> Result<(), Refusal> {
    let state = turn.state;
    let task = task::find(turn, id)?;
    let finished = task.status == TaskStatus::NeedsReview && task.reason == Some(StatusReason::LooksFinished);
    let session = state.session(session).filter(|session| session.is_live());
    let text = match (given.kind, given.text) {
        (AnswerKind::Yes, None) if finished => {
            close(turn, approval, given);
            moves::verify(turn, task);
            return Ok(());
        }
        (_, Some(text)) => text,
        (AnswerKind::No, None) if finished => brief::NOT_FINISHED,
        (AnswerKind::Yes | AnswerKind::Always, None) => "Yes.",
        (AnswerKind::No, None) => "No.",
    };
    match session {
        Some(session) if session.mode == SessionMode::Autonomous => {
            close(turn, approval, given);
            keep_for_later(turn, task, text);
        }
        Some(session) => {
            prompt::listens(turn, session)?;
            close(turn, approval, given);
            prompt::tell(turn, session, text);
        }
        None if task.status == TaskStatus::NeedsReview => {
            close(turn, approval, given);
            anew(turn, task, text);
        }
        None => return Err(Refusal::WorkerIdle(task.worker.unwrap_or(crate::model::WorkerNumber(0)))),
    }
    Ok(())
}

/// A headless run takes no messages: what it asked is answered to the attempt after it, and that is said.
fn keep_for_later(turn: &mut Turn, task: &Task, text: &str) {
    let words = format!("#{}: a headless run takes no messages; its next attempt is told your answer.", task.id);
    project::chat(turn, task.project, Speaker::Lead, words);
    turn.task(task, TaskNews::AttemptFailed { summary: format!("the person answers: {text}") });
}

/// Yes is for exactly these commands, wherever they wait; what was held goes on.
fn to_commands(turn: &mut Turn, approval: &Approval, hash: &str, given: &Given) {
    let state = turn.state;
    let same = |other: &&Approval| {
        other.project == approval.project
            && matches!(&other.subject, Subject::Commands { hash: its, .. } if its == hash)
    };
    if given.kind == AnswerKind::Yes {
        turn.project(approval.project, ProjectNews::CommandsTrusted { hash: hash.to_owned() });
    }
    for other in state.waiting().filter(same) {
        if given.kind == AnswerKind::No && other.id != approval.id {
            continue;
        }
        close(turn, other, given);
        let Some(task) = other.task.and_then(|task| state.task(task)) else { continue };
        match (given.kind, task.status) {
            (AnswerKind::Yes, TaskStatus::Verifying) => turn.request_once(EffectKind::RunChecks { task: task.id }),
            (AnswerKind::Yes, TaskStatus::Executing) if launch::awaiting(turn, task).is_some() => {
                launch::prepare(turn, task);
            }
            (AnswerKind::No, TaskStatus::Executing | TaskStatus::Verifying | TaskStatus::Merging) => {
                refuse_commands(turn, task);
            }
            _ => {}
        }
    }
}

fn refuse_commands(turn: &mut Turn, task: &Task) {
    moves::break_off_handoff(turn, task);
    turn.move_task(task, TaskStatus::NeedsReview, Some(StatusReason::ByPerson));
}

/// What came of the keys. A dialog that is still there and could not be answered is asked again.
pub(super) fn dialog_answered(turn: &mut Turn, id: &SessionId, dialog: &Dialog, result: &EffectResult) {
    let state = turn.state;
    let Some(session) = state.session(id) else { return };
    let still_there = |session: &Session| {
        session.is_live()
            && session.verdict.state == SessionState::WaitingPermission
            && state.is_wanted(session, turn.now)
    };
    if matches!(result, EffectResult::Answered | EffectResult::DialogGone) || !still_there(session) {
        return;
    }
    if state.dialog_of(id).is_none() {
        reading::ask(turn, session, dialog);
    }
}
