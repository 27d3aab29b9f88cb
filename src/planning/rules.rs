//! From a message to drafts.
//!
//! A message is cut into clauses (`clauses`): list items, sentences, and parts joined by "and", "then" and the like where an
//! imperative verb follows. A clause that starts with a verb is a task; text that explains (a sentence that starts otherwise,
//! the words above a list) belongs to the task before it, or to all of them when it comes first. Every word of the
//! message is in some task's body: the rules may cut badly, but they never lose what was asked.

use crate::model::{Autonomy, Dependency, ExecutorKind, Forecast, Priority, TaskDraft, truncate};

use super::clauses::{self, Clause, Order};
use super::labels;
use super::mention;
use super::words;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 72;

/// More tasks than this from one message are no plan that a person reads: the rest stays in the last one.
const MOST_TASKS: usize = 24;

/// What planning depends on besides the text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanContext {
    /// Names of the agents that are installed, the preferred ones first.
    pub agents: Vec<String>,
    /// The agent of tasks that name none.
    pub default_agent: String,
    /// Overrides the project's autonomy.
    pub autonomy: Option<Autonomy>,
    /// Cut the text into several tasks, or keep it as one.
    pub split: bool,
    /// The command of a `shell` task; `None` unless the caller was given one.
    pub run: Option<String>,
}

/// Plans. No drafts only for text without any word.
pub fn plan(text: &str, context: &PlanContext) -> Vec<TaskDraft> {
    if !text.chars().any(char::is_alphanumeric) {
        return Vec::new();
    }
    if !context.split {
        return vec![draft(text.trim(), text.trim(), 0.9, context)];
    }
    let (common, parts) = gather(clauses::cut(text));
    if parts.len() < 2 {
        return vec![draft(parts.first().map_or(text.trim(), |part| part.title.as_str()), text.trim(), 0.8, context)];
    }
    let orders: Vec<Order> = parts.iter().map(|part| part.order).collect();
    parts
        .iter()
        .enumerate()
        .map(|(place, part)| {
            let body = if common.is_empty() { part.body.clone() } else { format!("{}\n\n{common}", part.body) };
            let mut task = draft(&part.title, &body, if part.sure { 0.8 } else { 0.6 }, context);
            task.depends = waits_for(&orders, place);
            task
        })
        .collect()
}

/// Clauses that became one task.
struct Part {
    title: String,
    body: String,
    order: Order,
    sure: bool,
}

/// Puts explanations where they belong. The first result is what belongs to all.
fn gather(clauses: Vec<Clause>) -> (String, Vec<Part>) {
    let any_task = clauses.iter().any(|clause| clause.is_task);
    let mut common = String::new();
    let mut parts: Vec<Part> = Vec::new();
    for clause in clauses {
        let full = parts.len() >= MOST_TASKS;
        match parts.last_mut() {
            Some(part) if !clause.is_task || full => {
                part.body.push_str(if clause.own_line { "\n" } else { " " });
                part.body.push_str(&clause.text);
            }
            None if any_task && !clause.is_task => {
                if !common.is_empty() {
                    common.push('\n');
                }
                common.push_str(&clause.text);
            }
            _ => parts.push(Part {
                title: clause.title,
                body: clause.text,
                order: clause.order,
                sure: clause.listed || clause.own_line,
            }),
        }
    }
    (common, parts)
}

/// "Then" waits for the task before; a run of tasks side by side waits together for what came before the run,
/// and what comes after the run waits for all of it.
fn waits_for(orders: &[Order], place: usize) -> Vec<Dependency> {
    let after = |at: usize| orders.get(at) == Some(&Order::After);
    if !after(place) {
        // side by side with a task that waits: waits for the same
        let leader = (0..place).rev().take_while(|at| orders.get(at + 1) == Some(&Order::Beside)).find(|at| after(*at));
        return match (orders.get(place), leader) {
            (Some(Order::Beside), Some(leader)) => waits_for(orders, leader),
            _ => Vec::new(),
        };
    }
    let mut group = Vec::new();
    for at in (0..place).rev() {
        group.push(Dependency::Sibling(at));
        if orders.get(at) != Some(&Order::Beside) {
            break;
        }
    }
    group.reverse();
    group
}

/// One draft. `title` is the clause it is named after; `body` is kept as it is.
fn draft(title: &str, body: &str, confidence: f32, context: &PlanContext) -> TaskDraft {
    let mentioned = mention::find(title, &context.agents).or_else(|| mention::find(body, &context.agents));
    let title = mention::without(title, mentioned.as_ref());
    let shell = mentioned.as_ref().and_then(|mention| mention.command.clone());
    let run = context.run.clone().or(shell);
    let agent = match (&mentioned, &run) {
        (_, Some(_)) => "shell".to_owned(),
        (Some(mention), None) => mention.agent.clone(),
        (None, None) => context.default_agent.clone(),
    };
    let title = tidy_title(&labels::without(&title), body);
    let (task_type, known) = words::task_type(&title, body);
    TaskDraft {
        complexity: words::complexity(body),
        confidence: if known { confidence } else { confidence - 0.2 },
        title,
        body: body.to_owned(),
        task_type,
        agent,
        model: None,
        run,
        role: None,
        instructions: None,
        worker: None,
        autonomy: context.autonomy,
        mode: None,
        depends: Vec::new(),
        open_ended: false,
        fork: None,
        executor: ExecutorKind::default(),
        priority: Priority::Normal,
        forecast: Forecast::default(),
        route: None,
        budget: None,
    }
}

/// One line in the imperative: polite openings and list marks go, the first letter is a capital, the end is cut at a word.
pub(super) fn tidy_title(title: &str, body: &str) -> String {
    let line = |text: &str| {
        let line = text.lines().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric)).unwrap_or_default();
        crate::model::one_line(line)
    };
    let mut title = line(title);
    if title.is_empty() {
        title = line(body);
    }
    let opened = words::without_opening(&title);
    let trimmed = opened.trim_end_matches(['.', ',', ';', ':', '!', ' ']).trim_start_matches(['#', '>', ' ']);
    let mut title = if trimmed.is_empty() { title.clone() } else { trimmed.to_owned() };
    if title.chars().count() > LONGEST_TITLE {
        title = cut_at_word(&title);
    }
    let mut chars = title.chars();
    match chars.next() {
        Some(first) if first.is_lowercase() && words::is_plain_word(&title) => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => title,
    }
}

fn cut_at_word(title: &str) -> String {
    let short = truncate(title, LONGEST_TITLE);
    match short.trim_end_matches('…').rsplit_once(' ') {
        Some((words, _)) if words.chars().count() > LONGEST_TITLE / 2 => {
            format!("{}…", words.trim_end_matches([',', ';', ' ']))
        }
        _ => short,
    }
}
