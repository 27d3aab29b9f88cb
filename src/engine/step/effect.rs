//! What came of an effect: it leaves the outbox, and the area that asked for it learns the result. A
//! result for something that moved on is settled without harm; a second one for the same effect is nothing.

use crate::model::EffectId;

use super::super::{EffectKind, EffectResult, Event};
use super::turn::Turn;
use super::{answer, ask, budget, handoff, landing, prompt, session, start, verify};

pub(super) fn ended(turn: &mut Turn, id: EffectId, result: EffectResult) {
    let state = turn.state;
    let Some(effect) = state.outbox.get(&id) else { return };
    let failure = match &result {
        EffectResult::Failed { detail, .. } => Some(detail.clone()),
        _ => None,
    };
    let (project, task) = (state.project_of(&effect.kind), state.task_of(&effect.kind));
    turn.emit(Event::EffectSettled { effect: id, project, task, failure });
    match &effect.kind {
        EffectKind::MakePlan { plan, rules } => ask::planned(turn, *plan, *rules, result),
        EffectKind::PrepareWorktree { task, .. } => start::prepared(turn, *task, result),
        EffectKind::StartSession { session, .. } => start::started(turn, session, result),
        EffectKind::DeliverPrompt { session, purpose, .. } => {
            prompt::delivered(turn, session, *purpose, effect.asked_at, result);
        }
        EffectKind::AnswerDialog { session, dialog, .. } => answer::dialog_answered(turn, session, dialog, &result),
        EffectKind::StopSession { session, now } => session::stopped(turn, session, *now, result),
        EffectKind::LockInput { session, locked } => handoff::locked(turn, session, *locked, result),
        EffectKind::PauseSession { session } => budget::paused(turn, session, result),
        EffectKind::CommitLeftovers { task } => verify::committed(turn, *task, result),
        EffectKind::RunChecks { task } => verify::checked(turn, *task, result),
        EffectKind::Land { task } => landing::landed(turn, *task, result),
        EffectKind::RemoveWorktree { task } => start::removed(turn, *task, result),
        EffectKind::ArchiveSession { session } => session::archived(turn, session),
        EffectKind::WriteBrief { handoff } => handoff::brief_written(turn, *handoff, result),
        EffectKind::CommitForHandoff { handoff } => handoff::committed(turn, *handoff, result),
        EffectKind::PushBranch { handoff } => handoff::pushed(turn, *handoff, result),
    }
}
