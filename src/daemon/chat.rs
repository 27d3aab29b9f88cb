//! From what a person typed to commands: plans, words to a worker, and questions that the store answers
//! without a model.

use std::sync::Arc;

use crate::config::RouterBackend;
use crate::engine::{Asking, Command, Event, PlanNews, State, Submission};
use crate::model::{
    Autonomy, ExecutorKind, Kind, PlanId, PlanStatus, Project, ProjectId, SessionMode, TaskDraft, Timestamp, Wishes,
    WorkerNumber, one_line, truncate,
};
use crate::planning::rules::{self, PlanContext};
use crate::planning::{self, screening};
use crate::protocol::TaskView;
use crate::protocol::control::{AddOptions, Failure, Response};

use super::blocking::fault;
use super::core::now;
use super::planner::{self, Origin, Planner};
use super::{Daemon, executors, questions, slash, spoken, views};

/// The longest request, in bytes: more is a file, not a message.
const LONGEST_TEXT: usize = 2 * 1024 * 1024;

/// The highest number that a worker can have.
const MOST_SEATS: u16 = 64;

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

/// A chat message.
pub(super) async fn say(daemon: &Arc<Daemon>, project: ProjectId, text: &str) -> Result<Response, Failure> {
    let text = text.trim();
    if let Some(answered) = spoken::answer(daemon, project, text).await {
        return answered;
    }
    if let Some((worker, words)) = addressed(text) {
        daemon.core.command(Command::Send { project, worker, text: words.to_owned() }).await?;
        return noted(daemon, project, text, format!("to worker {worker}: {}", truncate(&one_line(words), 60))).await;
    }
    if let Some(command) = text.strip_prefix('/').filter(|_| !is_path(text)) {
        return slash::obey(daemon, project, text, command).await;
    }
    if let Some(command) = planning::spoken(text) {
        return spoken::obey(daemon, project, text, command).await;
    }
    if let Some(question) = planning::question(text) {
        let told = questions::answer(daemon, project, question).await?;
        return noted(daemon, project, text, told).await;
    }
    if let Some(question) = dangers(daemon, text) {
        daemon.asked.put(project, spoken::Held::Message(text.to_owned()));
        return noted(daemon, project, text, question).await;
    }
    plan(daemon, project, text, None).await
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

/// `@2 text`: words for worker 2. `@codex …` is not one: it names an agent for the planner.
fn addressed(text: &str) -> Option<(WorkerNumber, &str)> {
    let (number, words) = text.strip_prefix('@')?.split_once(char::is_whitespace)?;
    let number = number.trim_end_matches([':', ',']).parse().ok()?;
    Some((number, words.trim())).filter(|(_, words)| !words.is_empty())
}

/// `/etc/hosts is wrong` begins with a path, not with a command.
fn is_path(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.get(1..).unwrap_or_default().contains('/'))
}

/// How things stand.
pub(super) async fn status(daemon: &Arc<Daemon>, project: ProjectId, asked: &str) -> Result<Response, Failure> {
    let answer = daemon.core.look(move |state, _| report(state, project)).await?;
    noted(daemon, project, asked, answer).await
}

/// Keeps question and answer in the chat.
pub(super) async fn noted(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    asked: &str,
    answer: String,
) -> Result<Response, Failure> {
    daemon.core.command(Command::Say { project, asked: Some(asked.to_owned()), answer: answer.clone() }).await?;
    Ok(Response::Said { text: answer, plan: None })
}

/// How things stand, in a few lines.
fn report(state: &State, project: ProjectId) -> String {
    let lines: Vec<String> = state
        .open_tasks
        .iter()
        .filter_map(|id| state.tasks.get(id))
        .filter(|task| task.project == project)
        .map(|task| {
            let why = task.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let seat = task.worker.map(|worker| format!(" on worker {worker}")).unwrap_or_default();
            format!("#{} {} – {}{seat}{why}", task.id, truncate(&task.title, 40), task.status)
        })
        .collect();
    let waiting = views::approvals(state, Some(project)).len();
    match (lines.is_empty(), waiting) {
        (true, _) => "nothing is open: type what you want done".to_owned(),
        (false, 0) => lines.join("\n"),
        (false, waiting) => format!("{}\n{waiting} waiting for you", lines.join("\n")),
    }
}

/// Opens a plain pane. Agents other than the shell get a task, so that they have a worktree of their own.
pub(super) async fn start_pane(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    worker: Option<WorkerNumber>,
    agent: String,
    run: Option<String>,
    executor: Option<ExecutorKind>,
) -> Result<Response, Failure> {
    daemon.agents.refresh().await;
    if daemon.agents.get(&agent).is_none() {
        return Err(daemon.agents.unknown(&agent));
    }
    if let Some(number) = worker.filter(|number| !(1..=MOST_SEATS).contains(&number.0)) {
        return Err(Failure {
            kind: Kind::Invalid,
            message: format!("there is no worker {number}: they are numbered 1 to {MOST_SEATS}"),
            hint: None,
        });
    }
    if agent == "shell" {
        if let Some(executor) = executor.filter(|executor| *executor != ExecutorKind::Local) {
            return Err(executors::no_pane(executor));
        }
        daemon.core.command(Command::StartPane { project, worker, agent, run }).await?;
        return Ok(Response::Done("a shell opens".to_owned()));
    }
    let title = format!("Open {agent} session");
    let options = AddOptions {
        agent: Some(agent),
        autonomy: Some(Autonomy::Manual),
        mode: Some(SessionMode::Interactive),
        worker,
        executor,
        open_ended: true,
        ..AddOptions::default()
    };
    let made = submit(daemon, project, title, options).await?;
    for task in &made.tasks {
        daemon.core.command(Command::Run { task: task.id }).await?;
    }
    Ok(Response::Done("the agent starts in a worktree of its own".to_owned()))
}
