//! What sessions used, added up; budgets; the limits and the pace of providers.

use crate::model::{BudgetScope, Session, SessionId, SessionState, SessionUse, TaskId, Timestamp, Usage};

use super::super::ledger::{Budget, Limit, MINUTE, Mark, UsageRow};
use super::super::{BudgetNews, SessionNews, State};

/// News of a session, as far as the ledger is concerned.
pub(super) fn session(state: &mut State, id: &SessionId, news: &SessionNews, at: Timestamp) {
    match news {
        SessionNews::Used { now } => used(state, id, now, at),
        SessionNews::LimitHit { until, told } => {
            state.ledger.limits.insert(id.clone(), Limit { since: at, until: *until, told: *told });
        }
        SessionNews::LimitOver => {
            state.ledger.limits.remove(id);
        }
        SessionNews::Read { verdict } if verdict.state == SessionState::Working => {
            state.ledger.limits.remove(id);
        }
        SessionNews::Over { .. } => {
            state.ledger.limits.remove(id);
            state.ledger.paused.remove(id);
        }
        SessionNews::Parked { parked: false } => {
            state.ledger.paused.remove(id);
        }
        SessionNews::Created { made, .. } => {
            if let Some(task) = made.task {
                state.ledger.held.remove(&task);
            }
        }
        _ => {}
    }
}

/// A task waits for its provider.
pub(super) fn held(state: &mut State, task: TaskId, until: Timestamp, told: bool, at: Timestamp) {
    state.ledger.held.insert(task, Limit { since: at, until, told });
}

/// An attempt began.
pub(super) fn started(state: &mut State, agent: &str, at: Timestamp) {
    let Some((name, _)) = state.rules.provider(agent) else { return };
    let name = name.clone();
    let pace = state.ledger.paces.entry(name).or_default();
    pace.starts.retain(|start| start.after(MINUTE) > at);
    pace.starts.push(at);
}

/// What is new counts today, for the model that is told now. Sums change by the difference, so that a figure that is
/// told again, or corrected, counts once.
fn used(state: &mut State, id: &SessionId, now: &SessionUse, at: Timestamp) {
    let Some(session) = state.sessions.get(id).cloned() else { return };
    let today = state.rules.day(at);
    let ledger = &mut state.ledger;
    let record = ledger.sessions.entry(id.clone()).or_default();
    let before = record.last.usage;
    let model = now.model.clone().or_else(|| record.last.model.clone());
    let context = now.context.or(record.last.context);
    if let Some(row) = record.rows.iter_mut().find(|row| row.day == today && row.model == model) {
        row.usage.replace(&before, &now.usage);
    } else {
        let usage = less(now.usage, &before);
        record.rows.push(UsageRow { day: today, model: model.clone(), usage });
    }
    record.last = SessionUse { usage: now.usage, model, context };
    for key in keys(&session) {
        ledger.sums.entry(key).or_default().replace(&before, &now.usage);
    }
    ledger.days.entry(today).or_default().replace(&before, &now.usage);
    let fresh = now.usage.tokens.total().saturating_sub(before.tokens.total());
    if let Some((name, _)) = state.rules.provider(&session.agent).filter(|_| fresh > 0) {
        let pace = state.ledger.paces.entry(name.clone()).or_default();
        pace.tokens.retain(|(then, _)| then.after(MINUTE) > at);
        pace.tokens.push((at, fresh));
    }
}

fn less(mut usage: Usage, before: &Usage) -> Usage {
    usage.replace(before, &Usage::default());
    usage
}

/// The sums that a session counts for, without the day's.
fn keys(session: &Session) -> impl Iterator<Item = String> {
    let (project, worker) = (session.project, session.worker);
    let task = session.task.map(|task| BudgetScope::Task { task });
    let rest = [BudgetScope::Worker { project, worker }, BudgetScope::Project { project }];
    task.into_iter().chain(rest).map(BudgetScope::key)
}

/// News of a budget.
pub(super) fn budget(state: &mut State, scope: BudgetScope, news: &BudgetNews, at: Timestamp) {
    let day = state.rules.day(at);
    let fresh = || Budget { scope, set: None, raised: None, warned: None, reached: None };
    let budget = state.ledger.budgets.entry(scope.key()).or_insert_with(fresh);
    match news {
        BudgetNews::Set { limit } => {
            budget.set = *limit;
            budget.raised = None;
        }
        BudgetNews::Raised { limit } => budget.raised = Some(Mark { limit: *limit, day }),
        BudgetNews::Warned { limit, .. } => budget.warned = Some(Mark { limit: *limit, day }),
        BudgetNews::Reached { limit } => budget.reached = Some(Mark { limit: *limit, day }),
    }
}
