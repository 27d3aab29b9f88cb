//! Budgets: what agents used is taken in, the person is warned, and what is used up holds agents back. An agent that is
//! paused keeps what it knows: its turn ends, its input is locked, and it goes on when there is room again – after a
//! raise, or on the next day. A plain pane is the person's own and is never paused.

use crate::model::{
    Amount, BudgetScope, OnBudget, ProjectId, Session, SessionId, SessionMode, SessionUse, StatusReason, Subject, Task,
    TaskStatus, money, token_count,
};

use super::super::{
    ApprovalNews, BudgetNews, EffectKind, EffectResult, Event, Purpose, Refusal, SessionNews, Standing, State,
};
use super::turn::{Question, Turn};
use super::{handoff, moves, resume, task as tasks};

/// What an agent is told when it may go on.
const GO_ON: &str = "There is budget again. Go on where you stopped.";

/// New figures of a session. Those that are known already are no news.
pub(super) fn used(turn: &mut Turn, id: &SessionId, now: SessionUse) {
    let state = turn.state;
    let Some(session) = state.session(id) else { return };
    let known = state.ledger.sessions.get(id).map(|record| &record.last);
    let same = known.is_some_and(|last| {
        last.usage == now.usage
            && (now.model.is_none() || last.model == now.model)
            && (now.context.is_none() || last.context == now.context)
    });
    let is_news = known.is_some() || !now.usage.is_nothing();
    if is_news && !same {
        turn.session(session, SessionNews::Used { now: Box::new(now) });
    }
}

/// The person sets a budget.
pub(super) fn set(turn: &mut Turn, scope: BudgetScope, limit: Option<Amount>) -> Result<(), Refusal> {
    let project = match scope {
        BudgetScope::Task { task } => Some(tasks::find(turn, task)?.project),
        BudgetScope::Worker { project, .. } | BudgetScope::Project { project } => {
            Some(turn.state.projects.get(&project).ok_or(Refusal::NoProject(project))?.id)
        }
        BudgetScope::Day => None,
    };
    let limit = limit.filter(|limit| !limit.is_empty());
    turn.emit(Event::Budget { project, scope, news: BudgetNews::Set { limit } });
    Ok(())
}

/// The person says yes to more.
pub(super) fn raise(turn: &mut Turn, project: ProjectId, scope: BudgetScope) {
    let Standing { limit, used, .. } = turn.state.budget(scope, turn.now);
    if !limit.is_empty() {
        let news = BudgetNews::Raised { limit: limit.raised(&used) };
        turn.emit(Event::Budget { project: Some(project), scope, news });
    }
}

/// The person says no: the agents that wait for it end, their work is kept.
pub(super) fn stop(turn: &mut Turn, scope: BudgetScope) {
    let state = turn.state;
    for session in state.live().filter(|session| counts(state, session)) {
        if state.scopes_of(session).contains(&scope) && !state.stops.contains_key(&session.id) {
            turn.session(session, SessionNews::Dismissed { now: false });
            if let Some(task) = session.task.and_then(|task| state.task(task)) {
                moves::to_review(turn, task, StatusReason::ByPerson);
            }
        }
    }
}

/// What is due: warnings, the end of a budget, and sessions that must wait for one.
pub(super) fn watch(turn: &mut Turn) {
    if !turn.state.has_budgets() {
        return;
    }
    for (project, scope) in scopes(turn) {
        let standing = turn.state.budget(scope, turn.now);
        thresholds(turn, project, &standing);
    }
    outdated(turn);
    if turn.state.rules.budget.on_budget != OnBudget::Ask {
        hold(turn);
    }
    go_on(turn);
}

/// Every budget that something counts against now, with the project whose person is asked.
fn scopes(turn: &Turn) -> Vec<(ProjectId, BudgetScope)> {
    let state = turn.state;
    let mut found: Vec<(ProjectId, BudgetScope)> = Vec::new();
    for task in state.open() {
        found.push((task.project, BudgetScope::Task { task: task.id }));
    }
    for project in state.projects.values() {
        let workers = project.workers.keys().map(|worker| BudgetScope::Worker { project: project.id, worker: *worker });
        found.extend(workers.map(|scope| (project.id, scope)));
        found.push((project.id, BudgetScope::Project { project: project.id }));
    }
    // a day's is asked where somebody works, else in the first project
    let busy = state.live().find(|session| session.task.is_some()).map(|session| session.project);
    if let Some(project) = busy.or_else(|| state.projects.keys().next().copied()) {
        found.push((project, BudgetScope::Day));
    }
    found
}

fn thresholds(turn: &mut Turn, project: ProjectId, standing: &Standing) {
    let (scope, limit) = (standing.scope, standing.limit);
    if limit.is_empty() || standing.reached {
        return;
    }
    let percent = standing.percent();
    let warn = turn.state.rules.budget.warn_percent;
    let news = if percent >= 100 {
        BudgetNews::Reached { limit }
    } else if percent >= warn && warn > 0 && !standing.warned {
        BudgetNews::Warned { limit, percent }
    } else {
        return;
    };
    turn.emit(Event::Budget { project: Some(project), scope, news });
    ask(turn, project, standing);
}

fn ask(turn: &mut Turn, project: ProjectId, standing: &Standing) {
    let Standing { scope, limit, used, .. } = *standing;
    let reached = standing.is_over();
    withdraw(turn, scope);
    let more = limit.raised(&used);
    let what = if reached { "is used up".to_owned() } else { format!("is used to {} %", standing.percent()) };
    let then = match (reached, turn.state.rules.budget.on_budget) {
        (false, _) => "A no leaves it as it is.",
        (true, OnBudget::Pause) => "Its agents wait with all they know. A no ends them; their work is kept.",
        (true, OnBudget::Stop) => "Its agents were ended; their work is kept.",
        (true, OnBudget::Ask) => "Its agents go on until you answer. A no ends them; their work is kept.",
    };
    turn.ask(Question {
        project,
        task: match scope {
            BudgetScope::Task { task } => Some(task),
            _ => None,
        },
        subject: Subject::Budget { scope, limit, reached },
        title: format!("The budget of {scope} {what} ({limit}): raise it to {more}?"),
        detail: format!(
            "Used: {} and {} tok.\n{then}\n`qd budget set` sets another limit.",
            money(used.cost_micros),
            token_count(used.tokens.total())
        ),
    });
}

/// Whether the person is being asked about a budget, since now or before.
fn is_asked(turn: &Turn, scope: BudgetScope) -> bool {
    let about = |subject: &Subject| matches!(subject, Subject::Budget { scope: of, .. } if *of == scope);
    let now = turn.events.iter().any(|event| {
        matches!(event, Event::Approval { news: ApprovalNews::Asked { question }, .. } if about(&question.subject))
    });
    now || turn.state.waiting().any(|approval| about(&approval.subject) && !turn.closed_now(approval.id))
}

/// Takes back the questions about a budget.
fn withdraw(turn: &mut Turn, scope: BudgetScope) {
    let state = turn.state;
    for approval in state.waiting() {
        let about = matches!(&approval.subject, Subject::Budget { scope: of, .. } if *of == scope);
        if about && !turn.closed_now(approval.id) {
            turn.approval(approval, ApprovalNews::Withdrawn);
        }
    }
}

/// Questions about a limit that is not the limit any more.
fn outdated(turn: &mut Turn) {
    let state = turn.state;
    for approval in state.waiting() {
        let Subject::Budget { scope, limit, reached } = &approval.subject else { continue };
        let standing = state.budget(*scope, turn.now);
        let over =
            matches!(scope, BudgetScope::Task { task } if state.task(*task).is_none_or(|task| task.status.is_final()));
        let stale = standing.limit != *limit || (*reached && !standing.is_over()) || over;
        if stale && !turn.closed_now(approval.id) {
            turn.approval(approval, ApprovalNews::Withdrawn);
        }
    }
}

/// Whether a session is one that budgets hold back: an agent at work on a task.
fn counts(state: &State, session: &Session) -> bool {
    let executing = |task: &Task| task.status == TaskStatus::Executing;
    session.agent != "shell" && session.task.and_then(|task| state.task(task)).is_some_and(executing)
}

/// Whether a session is to wait for its budget: nothing more is asked of its agent then.
pub(super) fn waits(turn: &Turn, session: &Session) -> bool {
    let state = turn.state;
    let asks = state.rules.budget.on_budget == OnBudget::Ask;
    !asks && counts(state, session) && state.over_budget(session, turn.now).is_some()
}

/// Agents whose budget is used up.
fn hold(turn: &mut Turn) {
    let state = turn.state;
    let stops = state.rules.budget.on_budget == OnBudget::Stop;
    for session in state.live().filter(|session| counts(state, session)) {
        let Some(standing) = state.over_budget(session, turn.now) else { continue };
        if !state.stops.contains_key(&session.id) && !is_asked(turn, standing.scope) {
            // an earlier no was about what ran then
            ask(turn, session.project, &standing);
        }
        let held = session.parked || state.stops.contains_key(&session.id) || !state.is_current(session);
        let under_way = state.pending(|kind| kind.session() == Some(&session.id)).is_some();
        if held || under_way || !session.prompted && session.mode == SessionMode::Interactive {
            continue;
        }
        if stops || session.mode == SessionMode::Autonomous {
            end(turn, session, &standing);
        } else {
            turn.request(EffectKind::PauseSession { session: session.id.clone() });
        }
    }
}

/// Ends a session whose budget is used up. Its conversation is kept: a yes goes on in it.
fn end(turn: &mut Turn, session: &Session, standing: &Standing) {
    turn.session(session, SessionNews::Dismissed { now: false });
    if let Some(task) = session.task.and_then(|task| turn.state.task(task)) {
        let detail = format!("the budget of {} is used up ({})", standing.scope, standing.limit);
        moves::to_review(turn, task, StatusReason::OverBudget { detail });
    }
}

/// Tasks whose agent a budget ended, and that may go on: in its conversation, where there is one.
fn go_on(turn: &mut Turn) {
    let state = turn.state;
    for task in state.open().filter(|task| task.status == TaskStatus::NeedsReview) {
        let ended = matches!(task.reason, Some(StatusReason::OverBudget { .. })) && !state.has_live_session(task.id);
        let Some(session) = state.session_of(task).filter(|_| ended && !state.dismissed.contains(&task.id)) else {
            continue;
        };
        if state.over_budget(session, turn.now).is_none() {
            resume::task(turn, task, session);
        }
    }
}

/// A session was paused, or could not be: then it is tried again.
pub(super) fn paused(turn: &mut Turn, id: &SessionId, result: EffectResult) {
    handoff::locked(turn, id, true, result);
}

/// Whether a budget still holds a session that it paused.
pub(super) fn holds(turn: &Turn, session: &Session) -> bool {
    turn.state.ledger.paused.contains(&session.id) && turn.state.over_budget(session, turn.now).is_some()
}

/// A session was unlocked: one that a budget had paused is told to go on. One that waits for the person's answer goes on
/// with that and not without it.
pub(super) fn unlocked(turn: &mut Turn, session: &Session) {
    let state = turn.state;
    let asks =
        session.task.is_some_and(|task| state.question_of(task).is_some()) || state.dialog_of(&session.id).is_some();
    let is_told =
        state.pending(|kind| matches!(kind, EffectKind::DeliverPrompt { session: of, .. } if *of == session.id));
    if asks || is_told.is_some() {
        return;
    }
    if state.ledger.paused.contains(&session.id) && counts(state, session) && state.is_current(session) {
        let text = GO_ON.to_owned();
        turn.request(EffectKind::DeliverPrompt { session: session.id.clone(), text, purpose: Purpose::GoOn });
    }
}
