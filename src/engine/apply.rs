//! The only thing that changes a `State`: one committed event at a time. Total: an event that does not
//! fit (it names something unknown) changes nothing. Indexes (`open_tasks`, `live_sessions`, `open_approvals`,
//! …) are kept here and nowhere else, so that they cannot differ from what they index.

mod handoff;
mod project;
mod session;
mod task;
mod usage;

use crate::model::{Answer, AnswerKind, Approval, ApprovalId, DialogKind, EffectId, Plan, PlanId, Subject, Timestamp};

use super::{ApprovalNews, Effect, EffectKind, Event, PlanNews, State, Stop};

/// Adds one event to the state. `at` is the event's own time, so that a replay gives the same state.
pub fn apply(state: &mut State, event: &Event, at: Timestamp) {
    state.ledger.clock = at;
    match event {
        Event::RulesSet { rules } => state.rules = rules.clone(),
        Event::Project { project, news } => project::apply(state, *project, news, at),
        Event::Plan { plan, news, .. } => plan_news(state, *plan, news),
        Event::Task { task, news, .. } => task::apply(state, *task, news, at),
        Event::Session { session, news, .. } => session::apply(state, session, news, at),
        Event::Approval { approval, news, .. } => approval_news(state, *approval, news),
        Event::Handoff { handoff, news, .. } => handoff::apply(state, *handoff, news, at),
        Event::Budget { scope, news, .. } => usage::budget(state, *scope, news, at),
        Event::EffectRequested { effect, .. } => requested(state, effect),
        Event::EffectSettled { effect, .. } => settled(state, *effect),
    }
}

fn plan_news(state: &mut State, id: PlanId, news: &PlanNews) {
    match news {
        PlanNews::Made { plan } => made(state, plan),
        PlanNews::Filled { tasks, status, by, note } => {
            if let Some(plan) = state.plans.get_mut(&id) {
                plan.tasks.clone_from(tasks);
                plan.status = *status;
                plan.by.clone_from(by);
                plan.note.clone_from(note);
            }
        }
        PlanNews::Settled { status } => {
            if let Some(plan) = state.plans.get_mut(&id) {
                plan.status = *status;
            }
        }
    }
}

fn made(state: &mut State, plan: &Plan) {
    state.last_id = state.last_id.max(plan.id.0);
    state.plans.insert(plan.id, plan.clone());
}

fn approval_news(state: &mut State, id: ApprovalId, news: &ApprovalNews) {
    match news {
        ApprovalNews::Asked { question } => asked(state, question),
        ApprovalNews::Answered { answer } => answered(state, id, answer),
        ApprovalNews::Withdrawn => close(state, id, |approval| approval.withdrawn = true),
    }
}

fn asked(state: &mut State, question: &Approval) {
    state.last_id = state.last_id.max(question.id.0);
    if question.is_open() {
        state.open_approvals.insert(question.id);
    }
    state.approvals.insert(question.id, question.clone());
}

/// A no to landing, or to another try, leaves the task as it is; where it is moved instead, the move says so.
fn answered(state: &mut State, id: ApprovalId, answer: &Answer) {
    let about = state.approvals.get(&id).filter(|approval| approval.is_open()).map(|approval| &approval.subject);
    if let (AnswerKind::No, Some(Subject::Review { task } | Subject::Landing { task })) = (answer.kind, about) {
        state.dismissed.insert(*task);
    }
    if let (AnswerKind::No, Some(Subject::Resume { sessions })) = (answer.kind, about) {
        let tasks = sessions.iter().filter_map(|session| state.sessions.get(session)?.task);
        state.dismissed.extend(tasks.collect::<Vec<_>>());
    }
    close(state, id, |approval| approval.answer = Some(answer.clone()));
}

fn close(state: &mut State, id: ApprovalId, how: impl FnOnce(&mut Approval)) {
    let Some(approval) = state.approvals.get_mut(&id).filter(|approval| approval.is_open()) else { return };
    how(approval);
    state.open_approvals.remove(&id);
}

fn requested(state: &mut State, effect: &Effect) {
    state.last_id = state.last_id.max(effect.id.0);
    match &effect.kind {
        EffectKind::StopSession { session, .. } if state.live_sessions.contains(session) => {
            state.stops.insert(session.clone(), Stop::Asked);
        }
        EffectKind::AnswerDialog { session, dialog, yes: true, .. } if dialog.kind == DialogKind::Trust => {
            state.trust_given.entry(session.clone()).or_default().insert(dialog.text.clone());
        }
        EffectKind::PauseSession { session } => {
            state.ledger.paused.insert(session.clone());
        }
        EffectKind::Land { task } => {
            state.landing_after.remove(task);
        }
        _ => {}
    }
    state.outbox.insert(effect.id, effect.clone());
}

fn settled(state: &mut State, effect: EffectId) {
    state.outbox.remove(&effect);
}
