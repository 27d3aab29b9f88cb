//! What of a model's answer is believed.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::problem::{MOST_TASKS, Problem};
use super::prompt::Facts;
use crate::model::{
    Complexity, Dependency, ExecutorKind, Forecast, Priority, Route, RoutedBy, TaskDraft, TaskType, one_line,
};
use crate::planning::rules::{PlanContext, tidy_title};

/// The longest body that is taken, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// Files, skills and risks of one task that are kept.
const MOST_HINTS: usize = 32;

#[derive(Deserialize)]
struct Answer {
    tasks: Vec<Planned>,
}

/// A task as the model wrote it. A missing optional field is as good as an empty one.
#[derive(Deserialize)]
struct Planned {
    title: String,
    body: String,
    #[serde(rename = "type")]
    task_type: TaskType,
    complexity: Complexity,
    #[serde(default)]
    confidence: Option<f32>,
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    depends: Vec<usize>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    minutes: Option<u32>,
    #[serde(default)]
    tokens: Option<u64>,
    #[serde(default)]
    risks: Vec<String>,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    constraints: Vec<String>,
    #[serde(default)]
    why: Option<String>,
}

/// Reads an answer to the request `text`. The drafts' agents are known ones, their dependencies have no circle, and every
/// body ends with the person's own words, so that nothing asked for is lost on the way through the model.
pub fn read(answer: &str, text: &str, context: &PlanContext, facts: &Facts) -> Result<Vec<TaskDraft>, Vec<Problem>> {
    let json = object_in(answer).ok_or_else(|| vec![Problem::NoJson])?;
    let answer: Answer =
        serde_json::from_str(json).map_err(|error| vec![Problem::Shape { detail: error.to_string() }])?;
    let count = answer.tasks.len();
    if count == 0 || count > MOST_TASKS {
        return Err(vec![Problem::Count { tasks: count }]);
    }
    let mut problems: Vec<Problem> = Vec::new();
    for (place, task) in answer.tasks.iter().enumerate() {
        let wrong = faults(task, place, count, context, facts);
        problems.extend(wrong.into_iter().map(|what| Problem::Task { place, what }));
    }
    problems.extend(circle(&answer.tasks).map(|places| Problem::Circle { places }));
    if !problems.is_empty() {
        return Err(problems);
    }
    let whole = count == 1;
    Ok(answer.tasks.into_iter().map(|task| draft(task, (text, whole), context, facts)).collect())
}

/// The outermost object in a text that may have words or a code fence around it.
pub(super) fn object_in(answer: &str) -> Option<&str> {
    let (start, end) = (answer.find('{')?, answer.rfind('}')?);
    answer.get(start..=end)
}

fn faults(task: &Planned, place: usize, count: usize, context: &PlanContext, facts: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    if !task.title.chars().any(char::is_alphanumeric) {
        wrong.push("its title has no word".to_owned());
    }
    if !task.body.chars().any(char::is_alphanumeric) {
        wrong.push("its body has no word".to_owned());
    }
    if task.body.len() > LONGEST_BODY {
        wrong.push(format!("its body has {} bytes; at most {LONGEST_BODY} are taken", task.body.len()));
    }
    if task.confidence.is_some_and(|sure| !(0.0..=1.0).contains(&sure)) {
        wrong.push("its confidence is not between 0 and 1".to_owned());
    }
    for other in &task.depends {
        if *other == place || *other >= count {
            wrong.push(format!("it depends on {other}, which is no other task of the plan"));
        }
    }
    if let Some(agent) = task.agent.as_ref().filter(|agent| !context.agents.contains(agent)) {
        wrong.push(format!("there is no agent `{}`", one_line(agent)));
    }
    if let Some(role) = task.role.as_ref().filter(|role| !facts.roles.contains(role)) {
        wrong.push(format!("there is no role `{}`", one_line(role)));
    }
    if let Some(path) = task.files.iter().find(|path| !is_inside(path)) {
        wrong.push(format!("`{}` is no path inside the repository", one_line(path)));
    }
    wrong
}

/// Whether a path stays in the repository that it is relative to.
fn is_inside(path: &str) -> bool {
    !path.starts_with(['/', '~', '\\']) && path.split(['/', '\\']).all(|part| part != "..")
}

/// A circle among the dependencies, as places in order, if there is one.
fn circle(tasks: &[Planned]) -> Option<Vec<usize>> {
    let mut done = BTreeSet::new();
    (0..tasks.len()).find_map(|start| {
        let mut trail = Vec::new();
        visit(start, tasks, &mut trail, &mut done)
    })
}

fn visit(at: usize, tasks: &[Planned], trail: &mut Vec<usize>, done: &mut BTreeSet<usize>) -> Option<Vec<usize>> {
    if let Some(first) = trail.iter().position(|seen| *seen == at) {
        let mut round: Vec<usize> = trail.get(first..).unwrap_or_default().to_vec();
        round.push(at);
        // a task that waits for itself is told as that
        return (round.len() > 2).then_some(round);
    }
    if done.contains(&at) {
        return None;
    }
    trail.push(at);
    let found =
        tasks.get(at).into_iter().flat_map(|task| &task.depends).find_map(|next| visit(*next, tasks, trail, done));
    trail.pop();
    done.insert(at);
    found
}

/// A draft of a task that has no fault. A command is never taken from a model: an agent that only runs commands gets
/// the body as words and the caller refuses it.
fn draft(task: Planned, (text, whole): (&str, bool), context: &PlanContext, facts: &Facts) -> TaskDraft {
    let mut depends: Vec<usize> = task.depends;
    depends.sort_unstable();
    depends.dedup();
    let share = if whole { "The request was" } else { "This is one part of a request, which was" };
    let why = || task.why.clone().unwrap_or_default();
    TaskDraft {
        route: task.agent.is_some().then(|| Route::new(RoutedBy::Planner, why())),
        executor: ExecutorKind::default(),
        title: tidy_title(&task.title, &task.body),
        body: format!("{}\n\n{share}:\n\n{}", task.body.trim(), text.trim()),
        task_type: task.task_type,
        complexity: task.complexity,
        confidence: task.confidence.unwrap_or(0.5),
        agent: task.agent.unwrap_or_else(|| context.default_agent.clone()),
        model: task.model.map(|model| one_line(&model)).filter(|model| !model.is_empty() && !model.starts_with('-')),
        run: None,
        role: task.role,
        instructions: None,
        worker: None,
        autonomy: context.autonomy,
        mode: None,
        depends: depends.into_iter().map(Dependency::Sibling).collect(),
        open_ended: false,
        fork: None,
        priority: Priority::Normal,
        forecast: Forecast {
            files: hints(task.files),
            skills: hints(task.skills),
            minutes: task.minutes,
            tokens: task.tokens,
            risks: hints(task.risks),
            tools: hints(task.tools).into_iter().filter(|tool| facts.tools.contains(tool)).collect(),
            constraints: hints(task.constraints),
        },
        budget: None,
    }
}

pub(super) fn hints(said: Vec<String>) -> Vec<String> {
    said.iter().map(|line| one_line(line)).filter(|line| !line.is_empty()).take(MOST_HINTS).collect()
}
