//! What an agent says through `qd report`.

use crate::model::{
    Report, Session, SessionId, SessionState, StateSource, StatusReason, Subject, Task, TaskStatus, Verdict, one_line,
    sanitize, truncate,
};

use super::super::{SessionNews, TaskNews};
use super::turn::{Question, Turn};
use super::{moves, restate};

/// The longest report that is kept, in characters.
const LONGEST: usize = 8_000;

pub(super) fn reported(turn: &mut Turn, id: &SessionId, report: Report) {
    let state = turn.state;
    let Some(session) = state.session(id) else { return };
    let Some(task) = session.task.and_then(|task| state.task(task)) else { return };
    match report {
        Report::Progress { text } => {
            turn.task(task, TaskNews::Progressed { text: truncate(&one_line(&text), LONGEST) });
            restate::heard(turn, session, &text);
        }
        Report::Done { summary } if state.is_current(session) => done(turn, task, session, &summary),
        Report::Ask { question } if state.is_current(session) => ask(turn, task, session, &question),
        Report::Done { .. } | Report::Ask { .. } => {}
    }
}

/// Done, unless it is being looked at already. An agent that goes on after the person had to look may report too.
fn done(turn: &mut Turn, task: &Task, session: &Session, summary: &str) {
    let listens = match task.status {
        TaskStatus::Executing => true,
        TaskStatus::NeedsReview => {
            !matches!(task.reason, Some(StatusReason::ReadyToLand { .. }))
                && task.worktree.is_some()
                && session.is_live()
        }
        _ => false,
    };
    if !listens {
        return;
    }
    heard(turn, session, SessionState::Idle, "reported done");
    turn.task(task, TaskNews::Summarized { summary: truncate(&sanitize(summary), LONGEST) });
    moves::verify(turn, task);
}

/// A question to the person. The task goes on executing; its agent waits.
fn ask(turn: &mut Turn, task: &Task, session: &Session, question: &str) {
    if !session.is_live() || !matches!(task.status, TaskStatus::Executing | TaskStatus::NeedsReview) {
        return;
    }
    let question = truncate(&sanitize(question), LONGEST);
    heard(turn, session, SessionState::WaitingInput, &question);
    put(turn, task, session, &question);
}

/// Puts an agent's question to the person, instead of an earlier one.
pub(super) fn put(turn: &mut Turn, task: &Task, session: &Session, question: &str) {
    turn.withdraw(task.id, |subject| matches!(subject, Subject::Question { .. }));
    turn.ask(Question {
        project: task.project,
        task: Some(task.id),
        subject: Subject::Question { task: task.id, session: session.id.clone() },
        title: format!("#{} {} asks", task.id, task.title),
        detail: question.to_owned(),
    });
}

fn heard(turn: &mut Turn, session: &Session, state: SessionState, evidence: &str) {
    if session.is_live() && !session.parked {
        let verdict = Verdict { state, source: StateSource::Report, evidence: one_line(evidence), at: turn.now };
        turn.session(session, SessionNews::Read { verdict });
    }
}
