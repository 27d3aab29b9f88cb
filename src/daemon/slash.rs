//! The chat's slash commands (`config::slash` is their table); the same acts have keys and CLI commands.

use std::sync::Arc;

use crate::config::slash::{self, SLASH};
use crate::engine::{Command, State};
use crate::model::{
    Autonomy, BudgetScope, Kind, Plan, PlanId, PlanStatus, ProjectId, TaskId, WorkerNumber, one_line, truncate,
};
use crate::planning::{Spoken, StateQuestion};
use crate::protocol::MissionView;
use crate::protocol::control::{Failure, Response};

use super::core::now;
use super::said::{noted, status};
use super::usage as spending;
use super::{Daemon, missions, plans, questions, spoken, views};

/// Carries `/command …` out.
pub(super) async fn obey(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    asked: &str,
    command: &str,
) -> Result<Response, Failure> {
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = rest.trim();
    match name {
        "plan" if !rest.is_empty() => plan(daemon, project, (asked, rest)).await,
        "mission" => mission(daemon, project, asked, rest).await,
        "rules" | "decline" => hurry(daemon, project, asked, name).await,
        "status" | "tasks" => status(daemon, project, asked).await,
        "workers" | "queue" => {
            let wants_queue = name == "queue";
            let told = daemon
                .core
                .look(move |state, _| if wants_queue { queue(state, project) } else { workers(state, project) });
            noted(daemon, project, asked, told.await?).await
        }
        "agents" => {
            let installed = daemon.agents.installed().await;
            noted(daemon, project, asked, format!("Installed: {}.", installed.join(", "))).await
        }
        "approvals" => tell(daemon, project, asked, StateQuestion::Needs).await,
        "usage" => tell(daemon, project, asked, StateQuestion::Cost).await,
        "budget" => budget(daemon, project, asked, rest).await,
        "run" | "land" | "retry" | "cancel" => on_task(daemon, project, asked, (name, rest)).await,
        "stop" | "handoff" => on_worker(daemon, project, asked, (name, rest)).await,
        "autonomy" => autonomy(daemon, project, asked, rest).await,
        "help" => noted(daemon, project, asked, help()).await,
        _ => Err(usage(name)),
    }
}

/// A plan that waits for a yes, whatever the autonomy. Commands in it that look dangerous are asked about like those of any message.
async fn plan(daemon: &Arc<Daemon>, project: ProjectId, (asked, text): (&str, &str)) -> Result<Response, Failure> {
    if let Some(question) = plans::dangers(daemon, text) {
        daemon.asked.put(project, spoken::Held::Message(text.to_owned()));
        return noted(daemon, project, asked, question).await;
    }
    plans::plan(daemon, project, text, Some(Autonomy::Confirm)).await
}

/// All missions, or a plan for the team of one.
async fn mission(daemon: &Arc<Daemon>, project: ProjectId, asked: &str, rest: &str) -> Result<Response, Failure> {
    if rest.is_empty() {
        let known = missions::list(daemon).await?;
        let mut lines: Vec<String> = known.iter().map(mission_line).collect();
        lines.push("`/mission NAME TEXT` plans TEXT for that team.".to_owned());
        return noted(daemon, project, asked, lines.join("\n")).await;
    }
    let (name, text) = rest.split_once(char::is_whitespace).ok_or_else(|| usage("mission"))?;
    plans::within_pace(daemon, project).await?;
    let made = missions::start(daemon, project, (name, text.trim()), (None, true)).await?;
    Ok(Response::Said { text: missions::words(daemon, name, made.tasks.len(), made.plan).await, plan: made.plan })
}

fn mission_line(mission: &MissionView) -> String {
    let MissionView { name, agents, at_once, budget_usd, summary, .. } = mission;
    format!("{name}: {summary} {agents} agents, {at_once} at once, ${budget_usd:.2}.")
}

/// The plan that is being made: by the rules now, or not at all; `decline` also says no to one that waits.
async fn hurry(daemon: &Arc<Daemon>, project: ProjectId, asked: &str, name: &str) -> Result<Response, Failure> {
    let rules = name == "rules";
    let found = daemon.core.look(move |state, _| open_plan(state, project, !rules)).await?;
    let plan = found.ok_or_else(|| Failure {
        kind: Kind::Conflict,
        message: if rules { "no model is planning anything" } else { "no plan waits" }.to_owned(),
        hint: None,
    })?;
    let (command, said) = if rules {
        (Command::PlanByRules { plan }, "The rules plan it now.")
    } else {
        (Command::DeclinePlan { plan }, "Declined; nothing runs.")
    };
    daemon.core.command(command).await?;
    noted(daemon, project, asked, said.to_owned()).await
}

/// The latest plan of a project that a planner is at, or that waits for a yes.
fn open_plan(state: &State, project: ProjectId, or_waits: bool) -> Option<PlanId> {
    let is_open = |plan: &&Plan| {
        plan.project == project
            && (plan.status == PlanStatus::Planning || (or_waits && plan.status == PlanStatus::Proposed))
    };
    state.plans.values().rev().find(is_open).map(|plan| plan.id)
}

async fn tell(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    asked: &str,
    question: StateQuestion,
) -> Result<Response, Failure> {
    let told = questions::answer(daemon, project, question).await?;
    noted(daemon, project, asked, told).await
}

async fn on_task(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    asked: &str,
    (name, rest): (&str, &str),
) -> Result<Response, Failure> {
    let task: TaskId = rest.trim_start_matches('#').parse().map_err(|_| usage(name))?;
    spoken::belongs(daemon, project, task).await?;
    let command = match name {
        "land" => Command::Land { task },
        "retry" => Command::Retry { task },
        "cancel" => Command::Cancel { task },
        _ => Command::Run { task },
    };
    daemon.core.command(command).await?;
    noted(daemon, project, asked, format!("{name} #{task}")).await
}

/// What ends something asks first, as it does in plain words.
async fn on_worker(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    asked: &str,
    (name, rest): (&str, &str),
) -> Result<Response, Failure> {
    let worker: WorkerNumber = rest.trim_start_matches('@').parse().map_err(|_| usage(name))?;
    let command = if name == "stop" { Spoken::Stop(worker) } else { Spoken::Handoff(worker) };
    spoken::obey(daemon, project, asked, command).await
}

async fn autonomy(daemon: &Arc<Daemon>, project: ProjectId, asked: &str, rest: &str) -> Result<Response, Failure> {
    let known = [Autonomy::Manual, Autonomy::Confirm, Autonomy::Full];
    let autonomy = known.into_iter().find(|autonomy| autonomy.word() == rest).ok_or_else(|| usage("autonomy"))?;
    daemon.core.command(Command::SetAutonomy { project, autonomy }).await?;
    noted(daemon, project, asked, format!("autonomy is {} now", autonomy.word())).await
}

/// Budgets that have a limit, or a new limit for one of them.
async fn budget(daemon: &Arc<Daemon>, project: ProjectId, asked: &str, rest: &str) -> Result<Response, Failure> {
    if rest.is_empty() {
        let told = daemon.core.look(move |state, _| spending::budgets_told(state, project, now())).await?;
        return noted(daemon, project, asked, told).await;
    }
    let (scope, limit) = spending::wish(rest, project).ok_or_else(|| usage("budget"))?;
    if let BudgetScope::Task { task } = scope {
        spoken::belongs(daemon, project, task).await?;
    }
    daemon.core.command(Command::SetBudget { scope, limit }).await?;
    noted(daemon, project, asked, spending::set_told(scope, limit)).await
}

fn queue(state: &State, project: ProjectId) -> String {
    let queue = views::queue(state, Some(project));
    let mut lines = vec![format!("{} of {} sessions run", queue.running, queue.slots)];
    lines.extend(queue.waiting.iter().map(|entry| {
        let waits = entry.waits_for.as_ref().map(|what| format!(" – waits for {what}")).unwrap_or_default();
        format!("{}. #{} {}{waits}", entry.place, entry.task, truncate(&one_line(&entry.title), 60))
    }));
    lines.join("\n")
}

fn workers(state: &State, project: ProjectId) -> String {
    let seats = state.projects.get(&project).map(|project| &project.workers);
    let lines: Vec<String> = seats
        .into_iter()
        .flat_map(|seats| seats.values())
        .map(|seat| match seat.task.and_then(|id| state.task(id)) {
            Some(task) => format!("{} {}", seat.number, questions::line(state, task)),
            None if seat
                .session
                .as_ref()
                .and_then(|id| state.session(id))
                .is_some_and(crate::model::Session::is_live) =>
            {
                format!("{} an open pane", seat.number)
            }
            None => format!("{} free", seat.number),
        })
        .collect();
    lines.join("\n")
}

fn help() -> String {
    let mut lines = vec![
        "Type what you want done; several sentences become several tasks.".to_owned(),
        "@2 text: words for worker 2; @codex text: a task for codex.".to_owned(),
        "Ask how things stand: what is running? why is 3 waiting? what did worker 2 change?".to_owned(),
    ];
    lines.extend(SLASH.iter().map(|command| {
        let name = format!("/{} {}", command.name, command.arguments);
        format!("{:<31} {}", name.trim_end(), command.what)
    }));
    lines.join("\n")
}

fn usage(name: &str) -> Failure {
    let known = slash::find(name).or_else(|| slash::nearest(name));
    let hint = match known {
        Some(command) => {
            let correct = format!("/{} {}", command.name, command.arguments);
            format!("write `{}`; `/help` lists all", correct.trim_end())
        }
        None => "`/help` lists all".to_owned(),
    };
    Failure { kind: Kind::Invalid, message: "this command is not understood".to_owned(), hint: Some(hint) }
}
