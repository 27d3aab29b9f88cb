//! Which agent gets a task, with which model, and why. In this order: what the person decided, a label (`agent:codex`), an agent that
//! the text names, what a model proposes, the standing choice, past success with such tasks, the agents in turn, the fallback. Pure:
//! what is installed and what happened before are arguments.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::model::{Choice, Complexity, Models, Route, RoutedBy, SessionMode, TaskDraft, TaskType, one_line, truncate};

use super::labels::Labels;
use super::mention::named;

/// The longest reason of a model that is kept, in characters.
const LONGEST_REASON: usize = 200;

/// How an agent did with one type of task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The agent.
    pub agent: String,
    /// The type of task.
    pub task_type: TaskType,
    /// Tasks that landed.
    pub completed: u32,
    /// Tasks that failed or were called off after an attempt.
    pub failed: u32,
}

/// When the model follows the complexity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follows {
    /// Where it was judged, and not only guessed.
    #[default]
    Judged,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Why a task has an agent that is not there either: there is none to choose.
const NONE_INSTALLED: &str = "no agent is installed here: install one (`qd agents` says how) before you start this";

/// What routing depends on besides the task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// Agents that are installed.
    pub usable: Vec<String>,
    /// Those of them that are not known to be signed out.
    pub ready: Vec<String>,
    /// Those of them that share the work, in order.
    pub sharing: Vec<String>,
    /// The standing choice of the person or the project.
    pub preferred: Option<String>,
    /// The first agent that is installed.
    pub first: String,
    /// Who gets it when nobody else can be used.
    pub fallback: String,
    /// Agents that are tried for a task before that.
    pub most_attempts: usize,
    /// What a model proposes does not count.
    pub in_turn_only: bool,
    /// Finished tasks that an agent must have before its success counts.
    pub samples: u32,
    /// What happened before.
    pub records: Vec<Record>,
    /// Whose turn it is: a number that grows with every task.
    pub turn: usize,
    /// The models of each agent.
    pub models: BTreeMap<String, Models>,
    /// When they follow the complexity.
    pub follows: Follows,
    /// The mode of each agent that has only one.
    pub only_mode: BTreeMap<String, SessionMode>,
}

/// What is known of one task beyond its draft. A proposal of a model stands in the draft itself, with its route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The agent that the person chose.
    pub agent: Option<String>,
    /// The model that the person chose.
    pub model: Option<String>,
    /// Labels.
    pub labels: Labels,
    /// An agent that the text names.
    pub named: Option<String>,
    /// The model that judged how hard it is, for people; `None` where the rules guessed.
    pub judge: Option<String>,
    /// It reviews what others did.
    pub reviews: bool,
}

/// Puts agent, model and the reason into a draft.
pub fn route(draft: &mut TaskDraft, wish: &Wish, routes: &Routes) {
    if let Some(complexity) = wish.labels.complexity {
        draft.complexity = complexity;
    }
    let proposed = draft.route.take().map(|route| Proposal {
        by: route.by,
        agent: draft.agent.clone(),
        model: draft.model.take(),
        why: truncate(&one_line(&route.why), LONGEST_REASON),
    });
    let mut chosen = agent(draft.task_type, wish, proposed.as_ref(), routes);
    if !routes.usable.contains(&chosen.agent) && chosen.why != NONE_INSTALLED {
        chosen.why.push_str(" (it is not installed here: `qd agents` says how)");
    }
    let (model, reason) = model(draft, wish, (&chosen.agent, proposed.as_ref()), routes);
    let why = match &model {
        Some(model) => format!("{}: {}; model {model}: {reason}", chosen.agent, chosen.why),
        None => format!("{}: {}; its own default model: {reason}", chosen.agent, chosen.why),
    };
    let others = if chosen.by.is_the_persons() { Vec::new() } else { others(draft, wish, &chosen, routes) };
    draft.agent = chosen.agent;
    draft.model = model;
    draft.route = Some(Route { attempt: chosen.attempt, others, ..Route::new(chosen.by, why) });
}

/// What a model proposes for a task.
struct Proposal {
    by: RoutedBy,
    agent: String,
    model: Option<String>,
    why: String,
}

/// An agent and the reason.
struct Chosen {
    agent: String,
    by: RoutedBy,
    why: String,
    attempt: u32,
}

fn chosen(by: RoutedBy, agent: &str, why: impl Into<String>) -> Chosen {
    Chosen { agent: agent.to_owned(), by, why: why.into(), attempt: 1 }
}

fn agent(task_type: TaskType, wish: &Wish, proposed: Option<&Proposal>, routes: &Routes) -> Chosen {
    if let Some(agent) = &wish.agent {
        return chosen(RoutedBy::Person, agent, "you chose it");
    }
    if let Some(agent) = &wish.labels.agent {
        return chosen(RoutedBy::Label, agent, format!("label `agent:{agent}`"));
    }
    if let Some(agent) = &wish.named {
        return chosen(RoutedBy::Mention, agent, "the text names it");
    }
    if let Some(model) = wish.model.as_ref().or(wish.labels.model.as_ref()) {
        // a model belongs to an agent: it is not given to whoever's turn it is
        let has =
            |agent: &&String| routes.models.get(*agent).is_some_and(|known| known.all().contains(&model.as_str()));
        if let Some(agent) = routes.usable.iter().find(has) {
            return chosen(RoutedBy::Person, agent, format!("it has the model {model}"));
        }
        let standing = routes.preferred.as_ref().unwrap_or(&routes.first);
        return chosen(RoutedBy::Preference, standing, "it gets what names a model and no agent");
    }
    let mut passed_over = String::new();
    if let Some(proposal) = proposed.filter(|_| !routes.in_turn_only) {
        let who = wish.judge.as_deref().unwrap_or("a model");
        if routes.usable.contains(&proposal.agent) {
            let reason = if proposal.why.is_empty() { String::new() } else { format!(" ({})", proposal.why) };
            return chosen(proposal.by, &proposal.agent, format!("{who} chose it{reason}"));
        }
        passed_over = format!("{who} chose {}, which cannot be used; ", one_line(&proposal.agent));
    }
    let mut next = without_proposal(task_type, routes);
    if !passed_over.is_empty() {
        next.why.insert_str(0, &passed_over);
        next.attempt = 2;
    }
    next
}

fn without_proposal(task_type: TaskType, routes: &Routes) -> Chosen {
    if let Some(agent) = &routes.preferred {
        return chosen(RoutedBy::Preference, agent, "it is the configured `agent`");
    }
    let order = in_turn(task_type, routes);
    let kind = type_word(task_type);
    match order.first() {
        Some((agent, Some((landed, of)))) => {
            let others = if routes.sharing.len() > 1 { ", more than the others" } else { "" };
            chosen(RoutedBy::Record, agent, format!("it landed {landed} of {of} {kind} tasks{others}"))
        }
        Some((agent, None)) if routes.sharing.len() > 1 => chosen(RoutedBy::Turn, agent, "it is its turn"),
        Some((agent, None)) => chosen(RoutedBy::Turn, agent, "it is the only agent that is ready"),
        None if routes.ready.contains(&routes.fallback) && !routes.ready.contains(&routes.first) => {
            chosen(RoutedBy::Fallback, &routes.fallback, "no other agent can be used")
        }
        None if !routes.usable.contains(&routes.first) => chosen(RoutedBy::Preference, &routes.first, NONE_INSTALLED),
        None => chosen(RoutedBy::Preference, &routes.first, "it is the first agent that is installed"),
    }
}

/// Who shares the work, in the order in which they are tried, with what proves the first one. The best goes first once all
/// have had their chance; until then they take turns, and who did clearly worse than the best comes last.
fn in_turn(task_type: TaskType, routes: &Routes) -> Vec<(String, Option<(u32, u32)>)> {
    let count = routes.sharing.len();
    if count == 0 {
        return Vec::new();
    }
    let rotated = (0..count).filter_map(|step| routes.sharing.get(routes.turn.wrapping_add(step) % count));
    let mut order: Vec<(&String, Option<(u32, u32)>)> =
        rotated.map(|agent| (agent, proof(agent, task_type, routes))).collect();
    let best = order.iter().filter_map(|(_, proof)| *proof).max_by(|a, b| better(*a, *b));
    if let Some(best) = best {
        if order.iter().all(|(_, proof)| proof.is_some()) {
            order.sort_by(|(_, a), (_, b)| better(b.unwrap_or_default(), a.unwrap_or_default()));
            return order.into_iter().map(|(agent, proof)| (agent.clone(), proof)).collect();
        }
        order.sort_by_key(|(_, proof)| proof.is_some_and(|proof| is_clearly_worse(proof, best)));
    }
    order.into_iter().map(|(agent, _)| (agent.clone(), None)).collect()
}

/// Landed and finished tasks of this type, when there are enough to judge by.
fn proof(agent: &str, task_type: TaskType, routes: &Routes) -> Option<(u32, u32)> {
    let record = routes.records.iter().find(|record| record.agent == agent && record.task_type == task_type)?;
    let finished = record.completed.saturating_add(record.failed);
    (finished >= routes.samples.max(1)).then_some((record.completed, finished))
}

/// Compares success rates without fractions; equal ones by how much they rest on.
fn better(a: (u32, u32), b: (u32, u32)) -> Ordering {
    (u64::from(a.0) * u64::from(b.1)).cmp(&(u64::from(b.0) * u64::from(a.1))).then(a.1.cmp(&b.1))
}

/// Whether it landed less than half of what the best did.
fn is_clearly_worse(proof: (u32, u32), best: (u32, u32)) -> bool {
    2 * u64::from(proof.0) * u64::from(best.1) < u64::from(best.0) * u64::from(proof.1)
}

/// Who is tried when the chosen one cannot be started.
fn others(draft: &TaskDraft, wish: &Wish, first: &Chosen, routes: &Routes) -> Vec<Choice> {
    let room = routes.most_attempts.saturating_sub(usize::try_from(first.attempt).unwrap_or(usize::MAX));
    let mut names: Vec<String> =
        in_turn(draft.task_type, routes).into_iter().map(|(agent, _)| agent).filter(|it| *it != first.agent).collect();
    names.truncate(room);
    if first.agent != routes.fallback && !names.contains(&routes.fallback) && routes.ready.contains(&routes.fallback) {
        names.push(routes.fallback.clone());
    }
    let choice = |agent: String| Choice {
        model: model(draft, wish, (&agent, None), routes).0,
        mode: routes.only_mode.get(&agent).copied(),
        agent,
    };
    names.into_iter().map(choice).collect()
}

/// The model of an agent for a task, and the reason.
fn model(
    draft: &TaskDraft,
    wish: &Wish,
    (agent, proposed): (&str, Option<&Proposal>),
    routes: &Routes,
) -> (Option<String>, String) {
    if let Some(model) = &wish.model {
        return (Some(model.clone()), "you chose it".to_owned());
    }
    if let Some(model) = &wish.labels.model {
        return (Some(model.clone()), format!("label `model:{model}`"));
    }
    let known = routes.models.get(agent);
    let who = wish.judge.as_deref();
    let of_agent = proposed.filter(|proposal| proposal.agent == agent && !routes.in_turn_only);
    let mut unknown = String::new();
    if let Some(model) = of_agent.and_then(|proposal| proposal.model.as_ref()) {
        if known.is_some_and(|known| known.all().contains(&model.as_str())) {
            return (Some(model.clone()), format!("{} chose it", who.unwrap_or("a model")));
        }
        unknown = format!("`{}` was proposed, which `models.toml` does not list; ", truncate(&one_line(model), 40));
    }
    let (model, why) = by_complexity(draft, wish, known, routes.follows);
    (model, format!("{unknown}{why}"))
}

fn by_complexity(draft: &TaskDraft, wish: &Wish, known: Option<&Models>, follows: Follows) -> (Option<String>, String) {
    let level = complexity_word(draft.complexity);
    let judged = wish.judge.is_some() || wish.labels.complexity.is_some();
    match (follows, known) {
        (Follows::Never, _) => (None, "`router.model_map` is never".to_owned()),
        (_, None) => (None, "`models.toml` names none for it".to_owned()),
        (_, Some(known)) if wish.reviews && known.review.is_some() => (known.review.clone(), "for reviews".to_owned()),
        (Follows::Judged, _) if !judged => (None, format!("that it is {level} is only a guess of the rules")),
        (_, Some(known)) => match known.fit(draft.complexity) {
            Some(model) => (Some(model.to_owned()), format!("for {level} tasks")),
            None => (None, format!("`models.toml` names none for {level} tasks")),
        },
    }
}

/// The agent that the person names for each draft. Of a plan by the rules each draft says it itself; a model's drafts all quote the whole
/// text, so there its own choice counts among those that are named.
pub fn mentions(drafts: &[TaskDraft], text: &str, by_model: bool, agents: &[String]) -> Vec<Option<String>> {
    if !by_model {
        return drafts.iter().map(|draft| named(&draft.body, agents).into_iter().next()).collect();
    }
    let all = named(text, agents);
    let (Some(first), true) = (all.first(), drafts.len() > 1) else {
        return drafts.iter().map(|_| all.first().cloned()).collect();
    };
    let proposed = |draft: &TaskDraft| draft.route.as_ref().and_then(|_| all.iter().find(|it| **it == draft.agent));
    let nobody = drafts.iter().all(|draft| proposed(draft).is_none());
    let overlooked = (nobody && all.len() == 1).then(|| first.clone());
    drafts.iter().map(|draft| proposed(draft).cloned().or_else(|| overlooked.clone())).collect()
}

/// The word for a complexity.
pub fn complexity_word(complexity: Complexity) -> &'static str {
    match complexity {
        Complexity::Simple => "simple",
        Complexity::Medium => "medium",
        Complexity::Complex => "complex",
    }
}

/// The word for a type of task.
pub fn type_word(task_type: TaskType) -> &'static str {
    match task_type {
        TaskType::Feature => "feature",
        TaskType::Bug => "bug",
        TaskType::Refactor => "refactor",
        TaskType::Test => "test",
        TaskType::Documentation => "documentation",
        TaskType::Research => "research",
        TaskType::Chore => "chore",
    }
}

#[cfg(test)]
mod tests;
