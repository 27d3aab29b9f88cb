//! From a text to tasks: who plans it, the drafts, what is decided about them, and the submission.

use std::sync::Arc;

use crate::config::RouterBackend;
use crate::engine::{Asking, Command, Event, PlanNews, State, Submission};
use crate::model::{
    Autonomy, Kind, PlanId, PlanStatus, Project, ProjectId, TaskDraft, Timestamp, Wishes, one_line, truncate,
};
use crate::planning::rules::{self, PlanContext};
use crate::planning::screening;
use crate::protocol::TaskView;
use crate::protocol::control::{AddOptions, Failure, Response};

use super::blocking::fault;
use super::core::now;
use super::planner::{self, Origin, Planner};
use super::{Daemon, executors, views};

/// The longest request, in bytes: more is a file, not a message.
const LONGEST_TEXT: usize = 2 * 1024 * 1024;

/// What a submission made.
pub(super) struct Made {
    /// The new tasks.
    pub(super) tasks: Vec<TaskView>,
    /// The plan that holds them.
    pub(super) plan: Option<crate::model::PlanId>,
}

/// Plans a text and submits the drafts.
pub(super) async fn submit(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    text: String,
    options: AddOptions,
) -> Result<Made, Failure> {
    if text.trim().is_empty() {
        return Err(Failure::of(&crate::engine::Refusal::EmptySubmission));
    }
    if text.len() > LONGEST_TEXT {
        return Err(too_long(text.len()));
    }
    if let Some((by, only_routed)) = model_for(daemon, &options).await {
        let wishes = Wishes { only_routed, ..planner::wishes(&options) };
        let asking = Asking { project, text, by, from_chat: options.from_chat, wishes };
        return ask(daemon, asking).await;
    }
    let known = daemon.project(project).await?;
    let drafted = by_rules(daemon, &known, &text, &options).await?;
    let about = About { by: "rules".to_owned(), note: drafted.note, at_once: None };
    keep(daemon, project, (text, drafted.drafts), (options.from_chat, about)).await
}

/// What is said of a plan.
pub(super) struct About {
    /// Who made it.
    pub(super) by: String,
    /// What the person should know of it.
    pub(super) note: Option<String>,
    /// How many of its agents run at once.
    pub(super) at_once: Option<u16>,
}

/// Drafts become tasks.
pub(super) async fn keep(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    (text, drafts): (String, Vec<TaskDraft>),
    (from_chat, about): (bool, About),
) -> Result<Made, Failure> {
    let About { by, note, at_once } = about;
    let submission = Submission { project, text, drafts, from_chat, by, note, at_once };
    let events = daemon.core.command(Command::Submit(submission)).await?;
    let plan = plan_made(&events);
    let tasks = daemon.core.look(move |state, _| tasks_of(state, plan)).await?;
    Ok(Made { tasks, plan })
}

fn tasks_of(state: &State, plan: Option<PlanId>) -> Vec<TaskView> {
    let ids = plan.and_then(|plan| state.plans.get(&plan)).map(|plan| plan.tasks.clone()).unwrap_or_default();
    ids.iter().filter_map(|id| state.tasks.get(id)).map(|task| views::task(state, task)).collect()
}

/// The model that a message is to be planned by, or that only says who gets it: its name, or `None` for the rules alone. A
/// command is never planned.
async fn model_for(daemon: &Arc<Daemon>, options: &AddOptions) -> Option<(String, bool)> {
    let is_command = options.run.is_some() || options.agent.as_deref() == Some("shell");
    if is_command || options.open_ended {
        return None;
    }
    if options.by_model || (options.from_chat && options.split) {
        match planner::choose(daemon).await {
            Planner::Model(model) => return Some((model.name(), false)),
            // said with the plan
            Planner::Instead(_) => return Some(("the configured planner".to_owned(), false)),
            Planner::Rules => {}
        }
    }
    if daemon.settings.router.backend != RouterBackend::Llm || options.agent.is_some() {
        return None;
    }
    match planner::router(daemon).await {
        Planner::Model(model) => Some((model.name(), true)),
        Planner::Instead(_) | Planner::Rules => None,
    }
}

/// Keeps the text and has a model plan it. The chat goes on at once; others wait for the tasks.
async fn ask(daemon: &Arc<Daemon>, asking: Asking) -> Result<Made, Failure> {
    let from_chat = asking.from_chat;
    let events = daemon.core.command(Command::AskPlan(asking)).await?;
    let plan = plan_made(&events);
    if from_chat {
        return Ok(Made { tasks: Vec::new(), plan });
    }
    let mut version = daemon.core.version();
    loop {
        version.mark_unchanged();
        let planned = daemon.core.look(move |state, _| {
            let plan = plan.and_then(|plan| state.plans.get(&plan))?;
            (plan.status != PlanStatus::Planning).then(|| tasks_of(state, Some(plan.id)))
        });
        match planned.await? {
            Some(tasks) if tasks.is_empty() => return Err(not_planned()),
            Some(tasks) => return Ok(Made { tasks, plan }),
            None => version.changed().await.map_err(|_| fault("the daemon is stopping"))?,
        }
    }
}

fn not_planned() -> Failure {
    Failure {
        kind: Kind::Conflict,
        message: "the planning was called off: there are no tasks".to_owned(),
        hint: Some("`qd log` says why; `--planner rules` plans without a model".to_owned()),
    }
}

/// The plan that a command's events made.
fn plan_made(events: &[Event]) -> Option<PlanId> {
    events.iter().find_map(|event| match event {
        Event::Plan { plan, news: PlanNews::Made { .. }, .. } => Some(*plan),
        _ => None,
    })
}

fn too_long(length: usize) -> Failure {
    Failure {
        kind: Kind::Invalid,
        message: format!("the text has {length} bytes; at most {LONGEST_TEXT} are taken"),
        hint: Some("put it into a file of the repository and name the file".to_owned()),
    }
}

/// Drafts for a text: the rules planner's, with what router and options decide.
pub(super) async fn by_rules(
    daemon: &Arc<Daemon>,
    known: &Project,
    text: &str,
    options: &AddOptions,
) -> Result<Drafted, Failure> {
    let drafts = drafts(daemon, known, text, options).await;
    decided(daemon, known, drafts, (options, Origin { text, judge: None })).await
}

/// The rules planner's drafts as they are.
pub(super) async fn drafts(daemon: &Arc<Daemon>, known: &Project, text: &str, options: &AddOptions) -> Vec<TaskDraft> {
    daemon.agents.refresh().await;
    let installed = daemon.agents.installed().await;
    let default_agent = match (&options.agent, &options.run) {
        (Some(agent), _) => agent.clone(),
        (None, Some(_)) => "shell".to_owned(),
        (None, None) => daemon.default_agent(known, &installed).await,
    };
    let context = PlanContext {
        agents: daemon.agents.names(),
        default_agent,
        autonomy: options.autonomy,
        split: options.split,
        run: options.run.clone(),
    };
    rules::plan(text, &context)
}

/// Drafts that were decided about.
pub(super) struct Drafted {
    /// The drafts.
    pub(super) drafts: Vec<TaskDraft>,
    /// What the person should know of them.
    pub(super) note: Option<String>,
}

/// A planner's drafts with what the router, the person and the project decide.
pub(super) async fn decided(
    daemon: &Arc<Daemon>,
    known: &Project,
    mut drafts: Vec<TaskDraft>,
    (options, origin): (&AddOptions, Origin<'_>),
) -> Result<Drafted, Failure> {
    planner::route(daemon, known, &mut drafts, (options, origin)).await?;
    for draft in &mut drafts {
        decide(daemon, draft, options)?;
        draft.executor = executors::decide(daemon, known, options.executor, draft).await?;
    }
    // what the person gave to the command line with its autonomy is their own hand's
    let own = if options.from_chat { "" } else { origin.text };
    let note = screening::hold(&mut drafts, own, known.autonomy);
    Ok(Drafted { drafts, note })
}

/// Puts the person's explicit choices over the planner's, and fills in the role's text.
fn decide(daemon: &Daemon, draft: &mut TaskDraft, options: &AddOptions) -> Result<(), Failure> {
    if let Some(agent) = &options.agent {
        draft.agent.clone_from(agent);
    }
    if options.run.is_some() {
        draft.run.clone_from(&options.run);
        draft.agent = options.agent.clone().unwrap_or_else(|| "shell".to_owned());
    }
    if daemon.agents.get(&draft.agent).is_none() {
        return Err(daemon.agents.unknown(&draft.agent));
    }
    if draft.agent == "shell" && draft.run.is_none() {
        draft.run = Some(draft.body.clone());
    }
    if let Some(model) = &options.model {
        draft.model = Some(model.clone());
    }
    if let Some(body) = &options.body {
        draft.body.clone_from(body);
    }
    draft.autonomy = options.autonomy.or(draft.autonomy);
    draft.mode = daemon.agents.only_mode(&draft.agent).or(options.mode).or(draft.mode);
    draft.worker = options.worker.or(draft.worker);
    draft.open_ended = options.open_ended;
    draft.fork.clone_from(&options.fork);
    draft.priority = options.priority.unwrap_or(draft.priority);
    draft.budget = options.budget.or(draft.budget);
    draft.depends.extend(options.depends.iter().map(|task| crate::model::Dependency::Task(*task)));
    if let Some(role) = options.role.as_ref().or(draft.role.as_ref()) {
        let found = daemon.roles.find(role).map_err(|error| Failure::of(&error))?;
        draft.instructions = Some(found.instructions());
        draft.role = Some(role.clone());
    }
    Ok(())
}

/// What is asked before a message becomes tasks whose commands look dangerous; `None` when none does.
pub(super) fn dangers(daemon: &Arc<Daemon>, text: &str) -> Option<String> {
    let context = PlanContext { agents: daemon.agents.names(), split: true, ..PlanContext::default() };
    let mut lines: Vec<String> = Vec::new();
    for run in rules::plan(text, &context).into_iter().filter_map(|draft| draft.run) {
        let found = screening::screen(&run);
        if !found.is_empty() {
            let why: Vec<String> = found.iter().map(ToString::to_string).collect();
            lines.push(format!("`{}`: {}", truncate(&one_line(&run), 200), why.join("; ")));
        }
    }
    (!lines.is_empty()).then(|| format!("Run this?\n{}\nSay yes or no.", lines.join("\n")))
}

/// A message that becomes tasks.
pub(super) async fn plan(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    text: &str,
    autonomy: Option<Autonomy>,
) -> Result<Response, Failure> {
    within_pace(daemon, project).await?;
    let options = AddOptions { split: true, from_chat: true, autonomy, ..AddOptions::default() };
    let made = submit(daemon, project, text.to_owned(), options).await?;
    let text = match made.tasks.len() {
        0 => "planning".to_owned(),
        1 => "1 task".to_owned(),
        count => format!("{count} tasks"),
    };
    Ok(Response::Said { text, plan: made.plan })
}

/// Refuses when as many tasks came from the chat in the last minute as may.
pub(super) async fn within_pace(daemon: &Arc<Daemon>, project: ProjectId) -> Result<(), Failure> {
    let most = daemon.settings.planner.tasks_per_minute;
    let since = Timestamp(now().0.saturating_sub(60_000));
    let made = daemon.core.look(move |state, _| {
        let recent = state.plans.values().rev().take_while(|plan| plan.made_at > since);
        recent
            .filter(|plan| plan.project == project && plan.from_chat)
            .map(|plan| plan.tasks.len().max(1))
            .sum::<usize>()
    });
    if made.await? < usize::try_from(most).unwrap_or(usize::MAX) {
        return Ok(());
    }
    Err(Failure {
        kind: Kind::Busy,
        message: format!("your messages made {most} tasks within a minute, and no more may be made"),
        hint: Some("wait a moment, or raise `planner.tasks_per_minute`".to_owned()),
    })
}
