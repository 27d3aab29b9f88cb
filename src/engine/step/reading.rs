//! What was read about a session: its state, and the question on its screen.

use crate::model::{
    AnswerKind, Dialog, DialogKind, Reading, Session, SessionId, SessionState, StateSource, Subject, Verdict,
};

use super::super::{ApprovalNews, EffectKind, SessionNews, asked};
use super::limits;
use super::turn::{Question, Turn};

pub(super) fn read(turn: &mut Turn, id: &SessionId, reading: &Reading) {
    let state = turn.state;
    let Some(session) = state.session(id).filter(|session| session.is_live() && !session.parked) else { return };
    if reading.state.is_over() {
        return; // only the process itself says that it is over
    }
    if is_news(turn, session, reading) {
        let verdict =
            Verdict { state: reading.state, source: reading.source, evidence: reading.evidence.clone(), at: turn.now };
        turn.session(session, SessionNews::Read { verdict });
    }
    limits::hit(turn, session, reading);
    match reading.state {
        SessionState::WaitingPermission => shown(turn, session, &dialog(reading)),
        SessionState::Working | SessionState::WaitingInput | SessionState::Idle | SessionState::Limited => {
            gone(turn, session);
        }
        _ => {}
    }
}

/// Only a change of state, source or sort of evidence is worth an event: counters and spinners are not. A stop
/// that is told while a text is on its way is one too, since it may be the end of the turn that the text began.
fn is_news(turn: &Turn, session: &Session, reading: &Reading) -> bool {
    let known = &session.verdict;
    let delivering = || {
        turn.state
            .pending(|kind| matches!(kind, EffectKind::DeliverPrompt { session: of, .. } if *of == session.id))
            .is_some()
    };
    known.state != reading.state
        || known.source != reading.source
        || class(&known.evidence) != class(&reading.evidence)
        || (reading.state == SessionState::WaitingInput && reading.source == StateSource::Hook && delivering())
}

/// The sort of a piece of evidence: the letters of its first words.
fn class(evidence: &str) -> String {
    let words = evidence.split_whitespace().map(|word| word.chars().filter(|c| c.is_alphabetic()).collect::<String>());
    words.filter(|word| !word.is_empty()).take(4).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The question of a reading; one that nobody can answer by keys is answered in the pane.
fn dialog(reading: &Reading) -> Dialog {
    reading.dialog.clone().unwrap_or_else(|| Dialog::told(DialogKind::Other, &reading.evidence))
}

/// A question is on the screen.
fn shown(turn: &mut Turn, session: &Session, dialog: &Dialog) {
    let state = turn.state;
    let same = |its: &Dialog| its.text == dialog.text && its.exact == dialog.exact;
    let answering = state.pending(|kind| matches!(kind, EffectKind::AnswerDialog { session: of, dialog: its, .. } if *of == session.id && same(its)));
    let ending = state.stops.contains_key(&session.id) || !state.is_wanted(session, turn.now);
    if answering.is_some() || ending {
        return;
    }
    if trusted(turn, session, dialog) {
        gone(turn, session);
        press(turn, &session.id, dialog, AnswerKind::Yes);
        return;
    }
    match state.dialog_of(&session.id) {
        Some(approval) if matches!(&approval.subject, Subject::Dialog { dialog: known, .. } if known == dialog) => {}
        Some(approval) => {
            turn.approval(approval, ApprovalNews::Withdrawn);
            ask(turn, session, dialog);
        }
        None => ask(turn, session, dialog),
    }
}

/// Whether the person's standing yes answers this: a trust dialog in one of our worktrees, each only once.
fn trusted(turn: &Turn, session: &Session, dialog: &Dialog) -> bool {
    let state = turn.state;
    dialog.kind == DialogKind::Trust
        && !dialog.yes.is_empty()
        && session.task.is_some()
        && state.projects.get(&session.project).is_some_and(|project| project.trusted_agents.contains(&session.agent))
        && !state.trust_given.get(&session.id).is_some_and(|given| given.contains(&dialog.text))
}

/// Asks the person what the screen asks.
pub(super) fn ask(turn: &mut Turn, session: &Session, dialog: &Dialog) {
    let title = match dialog.kind {
        DialogKind::Trust => format!("May {} trust this project's worktrees?", session.agent),
        _ if dialog.exact.is_some() => dialog.exact.as_ref().map(|exact| exact.title.clone()).unwrap_or_default(),
        DialogKind::Permission => asked::subject(&dialog.text)
            .unwrap_or_else(|| format!("Worker {} ({}) asks for permission", session.worker, session.agent)),
        DialogKind::Other => format!("Worker {} ({}) needs you in its pane", session.worker, session.agent),
    };
    turn.ask(Question {
        project: session.project,
        task: session.task,
        subject: Subject::Dialog { session: session.id.clone(), dialog: dialog.clone() },
        title,
        detail: detail(dialog),
    });
}

/// Everything that is needed to decide: what exactly is asked for, then what the screen shows of it.
fn detail(dialog: &Dialog) -> String {
    let asked = match &dialog.exact {
        Some(exact) if dialog.kind == DialogKind::Permission => {
            format!("{}\n\nOn its screen:\n{}", exact.text, dialog.text)
        }
        Some(exact) => exact.text.clone(),
        None => dialog.text.clone(),
    };
    let always = dialog.always.as_ref().map(|always| format!("\n\nAlways means: {}", always.scope));
    asked + &always.unwrap_or_default()
}

/// The screen asks nothing any more.
fn gone(turn: &mut Turn, session: &Session) {
    let state = turn.state;
    if let Some(approval) = state.dialog_of(&session.id) {
        turn.approval(approval, ApprovalNews::Withdrawn);
    }
}

/// Sends the keys that answer a dialog.
pub(super) fn press(turn: &mut Turn, session: &SessionId, dialog: &Dialog, kind: AnswerKind) {
    turn.request(EffectKind::AnswerDialog {
        session: session.clone(),
        dialog: dialog.clone(),
        yes: kind != AnswerKind::No,
        always: kind == AnswerKind::Always,
    });
}
