//! A text that does not go out because the person is in the way: a draft stands in the agent's input box. The person is told
//! where everything is told that waits for them; only they can move on, in the pane.

use crate::model::{EffectId, SessionId, Speaker, Subject};

use super::super::{ApprovalNews, EffectKind, Purpose};
use super::project;
use super::turn::{Question, Turn};

/// Rows of the text that are shown.
const ROWS: usize = 30;

/// A text is held back, or (`None`) is not any more.
pub(super) fn held(turn: &mut Turn, id: EffectId, why: Option<&str>, hint: &str) {
    let state = turn.state;
    let Some(effect) = state.outbox.get(&id) else { return };
    let EffectKind::DeliverPrompt { session, text, purpose } = &effect.kind else { return };
    let Some(session) = state.session(session).filter(|session| session.is_live()) else { return };
    let Some(why) = why else { return over(turn, &session.id) };
    if state.held_of(&session.id).is_some_and(|known| known.title == why) {
        return;
    }
    let again = state.held_of(&session.id).is_some();
    over(turn, &session.id);
    turn.ask(Question {
        project: session.project,
        task: session.task,
        subject: Subject::Held { session: session.id.clone(), effect: id },
        title: why.to_owned(),
        detail: format!("{why}: {hint}.\n\nWhat waits for worker {}:\n{}", session.worker, beginning(text)),
    });
    if *purpose == Purpose::Message && !again {
        let words = format!("Your message to worker {} waits: {why}. You can {hint}.", session.worker);
        project::chat(turn, session.project, Speaker::Lead, words);
    }
}

/// Nothing of this session is held back any more.
pub(super) fn over(turn: &mut Turn, session: &SessionId) {
    let state = turn.state;
    if let Some(approval) = state.held_of(session).filter(|approval| !turn.closed_now(approval.id)) {
        turn.approval(approval, ApprovalNews::Withdrawn);
    }
}

fn beginning(text: &str) -> String {
    let mut rows: Vec<&str> = text.lines().take(ROWS + 1).collect();
    if rows.len() > ROWS {
        rows.truncate(ROWS);
        rows.push("...");
    }
    rows.join("\n")
}
