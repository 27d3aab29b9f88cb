//! Usage and budgets as faces see them: sums over the ledger, made when somebody asks.

use std::collections::BTreeMap;

use crate::engine::State;
use crate::model::{Amount, BudgetScope, ProjectId, Session, SessionId, Timestamp, Usage, one_line, truncate};
use crate::protocol::{BudgetView, SessionUsageView, TodayView, UsageBy, UsageLine, UsageReport};

/// Rows that an answer in the chat has.
const MOST_ROWS: usize = 5;

/// Sums of everything, or of one project.
pub(super) fn report(state: &State, project: Option<ProjectId>, by: UsageBy, now: Timestamp) -> UsageReport {
    let mut sums: BTreeMap<String, Usage> = BTreeMap::new();
    let (mut total, mut today) = (Usage::default(), Usage::default());
    let day = state.rules.day(now);
    for (id, record) in &state.ledger.sessions {
        let Some(session) = state.session(id).filter(|it| project.is_none_or(|project| it.project == project)) else {
            continue;
        };
        for row in &record.rows {
            let name = match by {
                UsageBy::Day => date(row.day),
                UsageBy::Model => row.model.clone().unwrap_or_else(|| "unknown".to_owned()),
                _ => name(state, session, by),
            };
            sums.entry(name).or_default().add(&row.usage);
            total.add(&row.usage);
            if row.day == day {
                today.add(&row.usage);
            }
        }
    }
    let mut rows: Vec<UsageLine> = sums.into_iter().map(|(name, usage)| UsageLine { name, usage }).collect();
    match by {
        UsageBy::Day => rows.reverse(),
        _ => rows.sort_by_key(|row| std::cmp::Reverse((row.usage.cost_micros, row.usage.tokens.total()))),
    }
    let calls = state.ledger.calls;
    UsageReport { by, rows, total, today, planning_calls: calls.planning, supervision_calls: calls.supervision }
}

fn name(state: &State, session: &Session, by: UsageBy) -> String {
    match by {
        UsageBy::Agent => session.agent.clone(),
        UsageBy::Worker => format!("@{}", session.worker),
        UsageBy::Task => match session.task.and_then(|task| state.task(task)) {
            Some(task) => format!("#{} {}", task.id, task.title),
            None => "no task".to_owned(),
        },
        UsageBy::Project => {
            state.projects.get(&session.project).map_or_else(String::new, |project| project.name.clone())
        }
        UsageBy::Session | UsageBy::Day | UsageBy::Model => session.id.short().to_owned(),
    }
}

/// `2026-11-20`.
fn date(day: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(day.saturating_mul(86_400_000));
    at.map_or_else(|_| day.to_string(), |at| at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

/// Every budget that has a limit.
pub(super) fn budgets(state: &State, project: Option<ProjectId>, now: Timestamp) -> Vec<BudgetView> {
    let mut scopes = vec![BudgetScope::Day];
    for known in state.projects.values().filter(|known| project.is_none_or(|project| known.id == project)) {
        let id = known.id;
        scopes.push(BudgetScope::Project { project: id });
        scopes.extend(known.workers.keys().map(|worker| BudgetScope::Worker { project: id, worker: *worker }));
        let tasks = state.open().filter(|task| task.project == id);
        scopes.extend(tasks.map(|task| BudgetScope::Task { task: task.id }));
    }
    let standing = scopes.into_iter().map(|scope| state.budget(scope, now));
    standing
        .filter(|standing| !standing.limit.is_empty())
        .map(|standing| BudgetView {
            scope: standing.scope,
            name: standing.scope.to_string(),
            limit: standing.limit,
            used: standing.used,
            percent: standing.percent(),
            over: standing.is_over(),
        })
        .collect()
}

/// Budgets in words, for the chat.
pub(super) fn budgets_told(state: &State, project: ProjectId, now: Timestamp) -> String {
    let line = |budget: &BudgetView| {
        let left = if budget.over { "used up".to_owned() } else { format!("{} % used", budget.percent) };
        format!(
            "{}: {} ({}, {}, {left})",
            budget.name,
            budget.limit,
            budget.used.cost_words(),
            budget.used.tokens_words()
        )
    };
    let lines: Vec<String> = budgets(state, Some(project), now).iter().map(line).collect();
    if lines.is_empty() {
        return "No budget is set: `/budget 5usd day`, `/budget 2usd 7`, `/budget 200ktok @2`.".to_owned();
    }
    lines.join("\n")
}

/// A new limit in words.
pub(super) fn set_told(scope: BudgetScope, limit: Option<Amount>) -> String {
    match limit {
        Some(limit) => format!("the budget of {scope} is {limit}"),
        None => format!("the budget of {scope} follows the configuration"),
    }
}

/// `5usd`, `200ktok @2`, `2usd 7`, `default day`: a limit and what it is for.
pub(super) fn wish(text: &str, project: ProjectId) -> Option<(BudgetScope, Option<Amount>)> {
    let (amount, target) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let limit = if amount == "default" { None } else { Some(amount.parse().ok()?) };
    let scope = match target.trim() {
        "" => BudgetScope::Project { project },
        "day" => BudgetScope::Day,
        other => match other.strip_prefix('@') {
            Some(worker) => BudgetScope::Worker { project, worker: worker.parse().ok()? },
            None => BudgetScope::Task { task: other.trim_start_matches('#').parse().ok()? },
        },
    };
    Some((scope, limit))
}

/// What was used, for the chat: today, this project, and what used most of it.
pub(super) fn told(state: &State, project: ProjectId, now: Timestamp) -> String {
    let today = today(state, now);
    let of = if today.limit.is_empty() { String::new() } else { format!(" of {}", today.limit) };
    let tasks = report(state, Some(project), UsageBy::Task, now);
    let mut lines = vec![
        format!("Today, all projects: {}{of}, {}.", today.used.cost_words(), today.used.tokens_words()),
        format!("This project so far: {}, {}.", tasks.total.cost_words(), tasks.total.tokens_words()),
    ];
    let most = tasks.rows.iter().take(MOST_ROWS);
    lines.extend(most.map(|row| {
        let name = truncate(&one_line(&row.name), 60);
        format!("  {name}: {}, {}", row.usage.cost_words(), row.usage.tokens_words())
    }));
    if tasks.total.estimated_tokens > 0 || tasks.total.estimated_micros > 0 {
        lines.push("~ is estimated: the agent gave no figure of its own.".to_owned());
    }
    lines.join("\n")
}

/// What one session used.
pub(super) fn of_session(state: &State, session: &SessionId) -> Option<SessionUsageView> {
    let last = &state.ledger.sessions.get(session)?.last;
    Some(SessionUsageView { usage: last.usage, context: last.context })
}

/// What a task used, all attempts together.
pub(super) fn of_task(state: &State, task: crate::model::TaskId) -> Option<Usage> {
    state.ledger.sums.get(&BudgetScope::Task { task }.key()).copied().filter(|usage| !usage.is_nothing())
}

/// Today, all projects together.
pub(super) fn today(state: &State, now: Timestamp) -> TodayView {
    let standing = state.budget(BudgetScope::Day, now);
    TodayView { used: standing.used, limit: standing.limit }
}
