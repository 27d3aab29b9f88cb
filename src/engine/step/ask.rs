//! A message that a model is to plan: kept at once, planned when the answer is there. Whatever happens to the model or
//! the daemon, the words stay and become tasks: the rules planner is the last resort, and only its failure ends a plan
//! without tasks.

use crate::model::{ChatLine, EffectId, Plan, PlanId, PlanStatus, ProjectId, Speaker, one_line};

use super::super::{Asking, EffectKind, EffectResult, Event, PlanNews, ProjectNews, Refusal};
use super::submit;
use super::turn::Turn;

/// Keeps the message and asks for its plan.
pub(super) fn ask(turn: &mut Turn, asking: Asking) -> Result<(), Refusal> {
    let Asking { project, text, by, from_chat, wishes } = asking;
    turn.state.projects.get(&project).ok_or(Refusal::NoProject(project))?;
    if !text.chars().any(char::is_alphanumeric) {
        return Err(Refusal::EmptySubmission);
    }
    if let Some(unknown) = wishes.depends.iter().find(|task| turn.state.task(**task).is_none()) {
        return Err(Refusal::UnknownDependency(format!("#{unknown}")));
    }
    let id = PlanId(turn.next_id());
    let (words, who) = (text.clone(), one_line(&by));
    let (status, made_at) = (PlanStatus::Planning, turn.now);
    let plan = Plan {
        id,
        project,
        text,
        tasks: Vec::new(),
        status,
        made_at,
        by,
        note: None,
        at_once: None,
        from_chat,
        wishes,
    };
    turn.emit(Event::Plan { project, plan: id, news: PlanNews::Made { plan } });
    if from_chat {
        let you = ChatLine { who: Speaker::You, text: words, plan: None, at: turn.now };
        turn.project(project, ProjectNews::ChatSaid { line: you });
        say(turn, project, id, format!("Planning with {who}… (`/rules` does without it)"));
    }
    turn.request_for(Some(project), None, EffectKind::MakePlan { plan: id, rules: false });
    Ok(())
}

/// Nobody waits for the model any more. Whoever answers first has planned it.
pub(super) fn by_rules(turn: &mut Turn, id: PlanId) -> Result<(), Refusal> {
    let plan = turn.state.plans.get(&id).ok_or(Refusal::NoPlan(id))?;
    if plan.status != PlanStatus::Planning {
        return Err(Refusal::PlanClosed(id));
    }
    turn.request_once(EffectKind::MakePlan { plan: id, rules: true });
    Ok(())
}

/// The planning was called off: the words stay in the chat and in the plan.
pub(super) fn call_off(turn: &mut Turn, plan: &Plan) {
    forget(turn, plan.id);
    if plan.from_chat {
        say(turn, plan.project, plan.id, "Called off; nothing was planned.".to_owned());
    }
    let news = PlanNews::Settled { status: PlanStatus::Declined };
    turn.emit(Event::Plan { project: plan.project, plan: plan.id, news });
}

/// What a planner made of it.
pub(super) fn planned(turn: &mut Turn, id: PlanId, rules: bool, result: EffectResult) {
    let state = turn.state;
    let Some(plan) = state.plans.get(&id).filter(|plan| plan.status == PlanStatus::Planning) else { return };
    let failure = match result {
        EffectResult::Planned { drafts, by, note } => submit::fill(turn, plan, &drafts, &by, note.as_deref()).err(),
        other => return failed(turn, plan, rules, &other.detail()),
    };
    match failure {
        None => forget(turn, id),
        Some(refusal) => failed(turn, plan, rules, &refusal.to_string()),
    }
}

/// The rules plan what another planner could not; when they cannot either, the person hears why.
fn failed(turn: &mut Turn, plan: &Plan, rules: bool, detail: &str) {
    if !rules {
        let who = one_line(&plan.by);
        let text = format!("{who} could not plan it: {}. The rules do it.", one_line(detail));
        if plan.from_chat {
            say(turn, plan.project, plan.id, text);
        }
        return turn.request_once(EffectKind::MakePlan { plan: plan.id, rules: true });
    }
    forget(turn, plan.id);
    if plan.from_chat {
        say(turn, plan.project, plan.id, format!("There is no plan: {}.", one_line(detail)));
    }
    let news = PlanNews::Settled { status: PlanStatus::Declined };
    turn.emit(Event::Plan { project: plan.project, plan: plan.id, news });
}

/// Nothing is expected of planners of this plan any more; an answer that still comes is to nothing.
fn forget(turn: &mut Turn, id: PlanId) {
    let state = turn.state;
    let gone: Vec<EffectId> = state
        .outbox
        .values()
        .filter(|effect| matches!(effect.kind, EffectKind::MakePlan { plan, .. } if plan == id))
        .map(|effect| effect.id)
        .collect();
    for effect in gone {
        let settled = |event: &Event| matches!(event, Event::EffectSettled { effect: of, .. } if *of == effect);
        if !turn.events.iter().any(settled) {
            let project = state.plans.get(&id).map(|plan| plan.project);
            turn.emit(Event::EffectSettled { effect, project, task: None, failure: None });
        }
    }
}

fn say(turn: &mut Turn, project: ProjectId, plan: PlanId, text: String) {
    let line = ChatLine { who: Speaker::Lead, text, plan: Some(plan), at: turn.now };
    turn.project(project, ProjectNews::ChatSaid { line });
}

/// A model is about to be called: counted before, so that a killed daemon forgets none.
pub(super) fn model_asked(turn: &mut Turn, project: ProjectId, by: String) {
    if turn.state.projects.contains_key(&project) {
        turn.project(project, ProjectNews::ModelAsked { by });
    }
}

/// A model call ended.
pub(super) fn model_answered(turn: &mut Turn, project: ProjectId, by: String, well: bool) {
    if turn.state.projects.contains_key(&project) {
        turn.project(project, ProjectNews::ModelAnswered { by, well });
    }
}
