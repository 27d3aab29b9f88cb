//! A message becomes a plan and its tasks.

use std::collections::BTreeSet;

use crate::model::{
    Autonomy, BudgetScope, ChatLine, Dependency, Plan, PlanId, PlanStatus, Project, SessionMode, Speaker, StatusReason,
    Subject, Task, TaskDraft, TaskId, TaskStatus, Wishes, one_line, slug, truncate,
};

use super::super::{BudgetNews, Event, PlanNews, ProjectNews, Refusal, Submission, TaskNews};
use super::turn::{Question, Turn};

/// The longest title, in characters.
const TITLE: usize = 120;

pub(super) fn submit(turn: &mut Turn, submission: &Submission) -> Result<(), Refusal> {
    let project = turn.state.projects.get(&submission.project).ok_or(Refusal::NoProject(submission.project))?;
    let depends = check(turn, project, &submission.drafts)?;
    let id = PlanId(turn.next_id());
    let tasks = make_all(turn, project, id, &submission.drafts, depends);
    let plan = Plan {
        id,
        project: submission.project,
        text: submission.text.clone(),
        tasks: tasks.iter().map(|task| task.id).collect(),
        status: status(&tasks),
        made_at: turn.now,
        by: submission.by.clone(),
        note: submission.note.clone(),
        at_once: submission.at_once,
        from_chat: submission.from_chat,
        wishes: Wishes::default(),
    };
    turn.emit(Event::Plan { project: submission.project, plan: id, news: PlanNews::Made { plan: plan.clone() } });
    announce(turn, &plan, &tasks);
    set_budgets(turn, &submission.drafts, &tasks);
    if submission.from_chat {
        let you = ChatLine { who: Speaker::You, text: submission.text.clone(), plan: None, at: turn.now };
        turn.project(submission.project, ProjectNews::ChatSaid { line: you });
        answer(turn, &plan, &tasks);
    }
    Ok(())
}

/// A plan that a planner was asked for gets its tasks. Refused before anything is said: then nothing has happened.
pub(super) fn fill(
    turn: &mut Turn,
    plan: &Plan,
    drafts: &[TaskDraft],
    by: &str,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let project = turn.state.projects.get(&plan.project).ok_or(Refusal::NoProject(plan.project))?;
    let depends = check(turn, project, drafts)?;
    let tasks = make_all(turn, project, plan.id, drafts, depends);
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    let status = status(&tasks);
    let note = note.map(str::to_owned);
    let news = PlanNews::Filled { tasks: ids.clone(), status, by: by.to_owned(), note: note.clone() };
    turn.emit(Event::Plan { project: plan.project, plan: plan.id, news });
    let plan = Plan { tasks: ids, status, by: by.to_owned(), note, ..plan.clone() };
    announce(turn, &plan, &tasks);
    set_budgets(turn, drafts, &tasks);
    if plan.from_chat || plan.note.is_some() {
        answer(turn, &plan, &tasks);
    }
    Ok(())
}

/// Whether the drafts can be tasks; what each of them depends on.
fn check(turn: &Turn, project: &Project, drafts: &[TaskDraft]) -> Result<Vec<BTreeSet<TaskId>>, Refusal> {
    if drafts.is_empty() || drafts.iter().any(|draft| one_line(&draft.title).is_empty()) {
        return Err(Refusal::EmptySubmission);
    }
    refuse_cycles(drafts)?;
    let first = turn.state.last_task;
    drafts.iter().map(|draft| dependencies(turn, project, drafts, draft, first)).collect()
}

fn make_all(
    turn: &mut Turn,
    project: &Project,
    plan: PlanId,
    drafts: &[TaskDraft],
    depends: Vec<BTreeSet<TaskId>>,
) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut shorts = Vec::new();
    for (draft, depends) in drafts.iter().zip(depends) {
        let short = turn.next_short(&shorts);
        shorts.push(short.clone());
        let task = make(turn, project, plan, draft, (short, depends));
        tasks.push(task);
    }
    tasks
}

/// Where a plan with these tasks begins.
fn status(tasks: &[Task]) -> PlanStatus {
    let proposed = tasks.iter().any(|task| task.status == TaskStatus::Proposed);
    if proposed { PlanStatus::Proposed } else { PlanStatus::Confirmed }
}

/// The ids that a draft depends on.
fn dependencies(
    turn: &Turn,
    project: &Project,
    drafts: &[TaskDraft],
    draft: &TaskDraft,
    first: u64,
) -> Result<BTreeSet<TaskId>, Refusal> {
    let resolve = |dependency: &Dependency| match dependency {
        Dependency::Task(id) => match turn.state.task(*id) {
            Some(task) if task.project == project.id => Ok(*id),
            _ => Err(Refusal::UnknownDependency(format!("#{id}"))),
        },
        Dependency::Sibling(place) => {
            let id = u64::try_from(*place).ok().and_then(|place| first.checked_add(place)?.checked_add(1));
            let id = id.filter(|_| *place < drafts.len());
            id.map(TaskId)
                .ok_or_else(|| Refusal::UnknownDependency(format!("task {} of this plan", place.saturating_add(1))))
        }
    };
    draft.depends.iter().map(resolve).collect()
}

/// Only drafts of the same plan can wait for each other: nothing that exists depends on what does not yet.
fn refuse_cycles(drafts: &[TaskDraft]) -> Result<(), Refusal> {
    let mut safe: BTreeSet<usize> = BTreeSet::new();
    for start in 0..drafts.len() {
        let mut path = Vec::new();
        if let Some(cycle) = find_cycle(drafts, start, &mut path, &mut safe) {
            let names = cycle
                .iter()
                .filter_map(|place| drafts.get(*place))
                .map(|draft| format!("`{}`", one_line(&draft.title)));
            return Err(Refusal::DependencyCycle(names.collect::<Vec<_>>().join(" → ")));
        }
    }
    Ok(())
}

/// A path back to itself from `start`, its first place repeated at the end. Not recursive: a plan may be a long chain.
fn find_cycle(
    drafts: &[TaskDraft],
    start: usize,
    path: &mut Vec<usize>,
    safe: &mut BTreeSet<usize>,
) -> Option<Vec<usize>> {
    let mut todo = vec![Visit::Enter(start)];
    while let Some(visit) = todo.pop() {
        let at = match visit {
            Visit::Enter(at) => at,
            Visit::Leave(at) => {
                path.pop();
                safe.insert(at);
                continue;
            }
        };
        if let Some(begin) = path.iter().position(|place| *place == at) {
            return Some(path.iter().skip(begin).chain([&at]).copied().collect());
        }
        if safe.contains(&at) {
            continue;
        }
        path.push(at);
        todo.push(Visit::Leave(at));
        let next = drafts.get(at).into_iter().flat_map(|draft| &draft.depends);
        todo.extend(next.filter_map(|dependency| match dependency {
            Dependency::Sibling(place) => Some(Visit::Enter(*place)),
            Dependency::Task(_) => None,
        }));
    }
    None
}

/// One step of the walk through the dependencies.
enum Visit {
    Enter(usize),
    Leave(usize),
}

fn make(turn: &mut Turn, project: &Project, plan: PlanId, draft: &TaskDraft, own: (String, BTreeSet<TaskId>)) -> Task {
    let (short, depends) = own;
    let autonomy = draft.autonomy.unwrap_or(project.autonomy);
    let title = truncate(&one_line(&draft.title), TITLE);
    let chosen = if draft.open_ended { Some(SessionMode::Interactive) } else { draft.mode };
    let id = turn.next_task();
    let (status, reason) = begin(turn, autonomy, &depends);
    Task {
        id,
        project: project.id,
        plan: Some(plan),
        branch: format!("{}/{}-{short}", draft.task_type.branch_prefix(), slug(&title)),
        short,
        title,
        body: draft.body.clone(),
        task_type: draft.task_type,
        complexity: draft.complexity,
        confidence: draft.confidence,
        status,
        reason,
        agent: draft.agent.clone(),
        model: draft.model.clone(),
        run: draft.run.clone(),
        role: draft.role.clone(),
        instructions: draft.instructions.clone(),
        autonomy,
        mode: mode(&draft.agent, autonomy, chosen),
        worker: draft.worker.filter(|worker| worker.is_possible()),
        worktree: None,
        base: None,
        depends,
        open_ended: draft.open_ended,
        fork: draft.fork.clone(),
        executor: draft.executor,
        forecast: draft.forecast.clone(),
        route: draft.route.clone(),
        priority: draft.priority,
        attempts: 0,
        delegation: None,
        head: None,
        summary: None,
        checks: Vec::new(),
        failures: Vec::new(),
        reminders: 0,
        created_at: turn.now,
        updated_at: turn.now,
        started_at: None,
        completed_at: None,
        commit: None,
    }
}

/// How an agent runs, unless the person chose.
pub fn mode(agent: &str, autonomy: Autonomy, chosen: Option<SessionMode>) -> SessionMode {
    match (agent, autonomy) {
        ("shell", _) => SessionMode::Autonomous,
        (_, Autonomy::Full) => chosen.unwrap_or(SessionMode::Autonomous),
        (_, Autonomy::Manual | Autonomy::Confirm) => chosen.unwrap_or(SessionMode::Interactive),
    }
}

/// Where a new task begins.
fn begin(turn: &Turn, autonomy: Autonomy, depends: &BTreeSet<TaskId>) -> (TaskStatus, Option<StatusReason>) {
    if autonomy != Autonomy::Full {
        return (TaskStatus::Proposed, None);
    }
    let completed = |id: &TaskId| turn.state.task(*id).is_some_and(|task| task.status == TaskStatus::Completed);
    let tasks: Vec<TaskId> = depends.iter().filter(|id| !completed(id)).copied().collect();
    if tasks.is_empty() {
        (TaskStatus::Ready, None)
    } else {
        (TaskStatus::Blocked, Some(StatusReason::WaitsFor { tasks }))
    }
}

/// The tasks and the question, as events.
fn announce(turn: &mut Turn, plan: &Plan, tasks: &[Task]) {
    for task in tasks {
        turn.task(task, TaskNews::Planned { made: Box::new(task.clone()) });
        if let Some(route) = task.route.clone() {
            let (agent, model) = (task.agent.clone(), task.model.clone());
            turn.task(task, TaskNews::Routed { agent, model, mode: task.mode, route });
        }
    }
    if asks(tasks) {
        let list = list(tasks);
        turn.ask(Question {
            project: plan.project,
            task: tasks.first().filter(|_| tasks.len() == 1).map(|task| task.id),
            subject: Subject::Plan { plan: plan.id },
            title: format!(
                "Start {}?",
                if tasks.len() == 1 { list.concat() } else { format!("{} tasks", tasks.len()) }
            ),
            detail: list.join("\n"),
        });
    }
}

/// The budgets that tasks were given when they were asked for.
fn set_budgets(turn: &mut Turn, drafts: &[TaskDraft], tasks: &[Task]) {
    for (draft, task) in drafts.iter().zip(tasks) {
        if let Some(limit) = draft.budget.filter(|limit| !limit.is_empty()) {
            let (project, scope) = (Some(task.project), BudgetScope::Task { task: task.id });
            turn.emit(Event::Budget { project, scope, news: BudgetNews::Set { limit: Some(limit) } });
        }
    }
}

/// What the orchestrator says of a plan in the chat.
fn answer(turn: &mut Turn, plan: &Plan, tasks: &[Task]) {
    let next = match (asks(tasks), plan.status) {
        (true, _) => "Shall I start?",
        (false, PlanStatus::Proposed) => "Start each when you want it.",
        (false, _) => "Under way.",
    };
    let mut lines: Vec<String> = plan.note.clone().into_iter().collect();
    lines.extend(list(tasks));
    lines.push(format!("Planned by {}.", one_line(&plan.by)));
    lines.push(next.to_owned());
    let lead = ChatLine { who: Speaker::Lead, text: lines.join("\n"), plan: Some(plan.id), at: turn.now };
    turn.project(plan.project, ProjectNews::ChatSaid { line: lead });
}

fn asks(tasks: &[Task]) -> bool {
    tasks.iter().any(|task| task.status == TaskStatus::Proposed && task.autonomy == Autonomy::Confirm)
}

fn list(tasks: &[Task]) -> Vec<String> {
    let who = |task: &Task| match &task.model {
        Some(model) => format!("{}, {}", task.agent, one_line(model)),
        None => task.agent.clone(),
    };
    tasks.iter().map(|task| format!("#{} {} ({})", task.id, task.title, who(task))).collect()
}
