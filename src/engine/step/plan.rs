//! Yes or no to a plan.

use crate::model::{Answer, AnswerKind, Approval, Plan, PlanId, PlanStatus, Subject, Task, TaskId, TaskStatus};

use super::super::{ApprovalNews, Event, PlanNews, Refusal};
use super::turn::Turn;
use super::{ask, moves};

/// Yes to a plan: all its proposed tasks, or those named; then the others are called off.
pub(super) fn confirm(turn: &mut Turn, id: PlanId, only: &[TaskId]) -> Result<(), Refusal> {
    let state = turn.state;
    let plan = open(turn, id)?;
    if let Some(stranger) = only.iter().find(|task| !plan.tasks.contains(task)) {
        return Err(Refusal::NoTask(*stranger));
    }
    for task in proposed(turn, plan) {
        if only.is_empty() || only.contains(&task.id) {
            moves::release(turn, task);
        } else {
            moves::call_off(turn, task);
        }
    }
    if let Some(approval) = state.waiting().find(|approval| is_about(approval, id)) {
        close(turn, approval, AnswerKind::Yes);
    }
    settle(turn, plan, PlanStatus::Confirmed);
    Ok(())
}

/// No to a plan: what is still proposed is called off; a planner that is at it is not waited for.
pub(super) fn decline(turn: &mut Turn, id: PlanId) -> Result<(), Refusal> {
    let state = turn.state;
    if let Some(plan) = state.plans.get(&id).filter(|plan| plan.status == PlanStatus::Planning) {
        ask::call_off(turn, plan);
        return Ok(());
    }
    let plan = open(turn, id)?;
    if let Some(approval) = state.waiting().find(|approval| is_about(approval, id)) {
        close(turn, approval, AnswerKind::No);
    }
    for task in proposed(turn, plan) {
        moves::call_off(turn, task);
    }
    settle(turn, plan, PlanStatus::Declined);
    Ok(())
}

/// A task of a plan was started or called off by itself: when it was the last proposed one, the plan is settled.
pub(super) fn left(turn: &mut Turn, task: &Task) {
    let state = turn.state;
    let Some(plan) = task.plan.and_then(|id| state.plans.get(&id)).filter(|plan| plan.status == PlanStatus::Proposed)
    else {
        return;
    };
    if proposed(turn, plan).iter().any(|other| other.id != task.id) {
        return;
    }
    let others_started = plan
        .tasks
        .iter()
        .filter_map(|id| state.task(*id))
        .any(|other| other.id != task.id && other.status != TaskStatus::Cancelled);
    let called_off = turn.events.iter().any(|event| {
        matches!(event, Event::Task { task: of, news: super::super::TaskNews::Moved { to: TaskStatus::Cancelled, .. }, .. } if *of == task.id)
    });
    let status = if called_off && !others_started { PlanStatus::Declined } else { PlanStatus::Confirmed };
    if let Some(approval) = state.waiting().find(|approval| is_about(approval, plan.id)) {
        if called_off {
            if !turn.closed_now(approval.id) {
                turn.approval(approval, ApprovalNews::Withdrawn);
            }
        } else {
            close(turn, approval, AnswerKind::Yes);
        }
    }
    settle(turn, plan, status);
}

fn open<'a>(turn: &Turn<'a>, id: PlanId) -> Result<&'a Plan, Refusal> {
    let plan = turn.state.plans.get(&id).ok_or(Refusal::NoPlan(id))?;
    if plan.status == PlanStatus::Proposed { Ok(plan) } else { Err(Refusal::PlanClosed(id)) }
}

fn proposed<'a>(turn: &Turn<'a>, plan: &Plan) -> Vec<&'a Task> {
    let state = turn.state;
    plan.tasks.iter().filter_map(|id| state.task(*id)).filter(|task| task.status == TaskStatus::Proposed).collect()
}

fn is_about(approval: &Approval, id: PlanId) -> bool {
    matches!(approval.subject, Subject::Plan { plan } if plan == id)
}

fn close(turn: &mut Turn, approval: &Approval, kind: AnswerKind) {
    if !turn.closed_now(approval.id) {
        let answer = Answer { kind, text: None, at: turn.now };
        turn.approval(approval, ApprovalNews::Answered { answer });
    }
}

fn settle(turn: &mut Turn, plan: &Plan, status: PlanStatus) {
    turn.emit(Event::Plan { project: plan.project, plan: plan.id, news: PlanNews::Settled { status } });
}
