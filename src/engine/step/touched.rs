//! An agent that left its worktree: its session is stopped, its task waits for the person, who is asked about the files.

use crate::model::{SessionId, StatusReason, Subject, TaskStatus};

use super::super::{SessionNews, TaskNews};
use super::moves;
use super::turn::{Question, Turn};

/// How many files a question names.
const NAMED: usize = 20;

/// What was found.
pub(super) struct Change {
    pub(super) record: String,
    pub(super) files: Vec<String>,
    pub(super) evidence: String,
}

/// Stops the session and asks, once for each record.
pub(super) fn touched(turn: &mut Turn, id: &SessionId, change: Change) {
    let state = turn.state;
    let Some(session) = state.session(id) else { return };
    let Change { record, files, evidence } = change;
    let same = |subject: &Subject| matches!(subject, Subject::Touched { record: its, session, .. } if *its == record && session == id);
    if state.approvals.values().any(|approval| same(&approval.subject)) {
        return;
    }
    if session.is_live() {
        turn.session(session, SessionNews::Dismissed { now: false });
    }
    let task = session.task.and_then(|task| state.task(task)).filter(|task| !task.status.is_final());
    if let Some(task) = task {
        let reason = StatusReason::LeftWorktree { files: files.clone() };
        match task.status {
            TaskStatus::Executing | TaskStatus::Verifying | TaskStatus::Merging => moves::to_review(turn, task, reason),
            TaskStatus::NeedsReview => {
                turn.withdraw(task.id, |subject| matches!(subject, Subject::Landing { .. } | Subject::Review { .. }));
                turn.task(task, TaskNews::ReasonSet { reason });
            }
            _ => {}
        }
    }
    let mut list = files.iter().take(NAMED).map(|file| format!("  {file}")).collect::<Vec<_>>().join("\n");
    if files.len() > NAMED {
        list.push_str("\n  ...");
    }
    turn.ask(Question {
        project: session.project,
        task: task.map(|task| task.id),
        subject: Subject::Touched { session: id.clone(), record: record.clone(), files },
        title: format!("Worker {} changed files in your checkout: undo those?", session.worker),
        detail: format!(
            "{list}\n{evidence}\nThe session was stopped; its work is kept. Yes puts these files back as they were, if \
             nobody changed them since; no lets them be. Kept as `{record}` (`qd undo --list`)."
        ),
    });
}
