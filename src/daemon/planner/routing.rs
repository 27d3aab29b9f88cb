//! Agents and models for drafts that a planner made: what is installed, who is signed in, what happened before. The rules of it are
//! `planning::router`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agents::Agent;
use crate::config::{ModelMapUse, RouterBackend, SHARING};
use crate::daemon::blocking::fault;
use crate::daemon::{Daemon, catalogues, sign_in};
use crate::engine::State;
use crate::model::{Project, TaskDraft, TaskStatus};
use crate::planning::router::{self, Follows, Record, Routes, Wish};
use crate::planning::{Labels, labels};
use crate::protocol::control::{AddOptions, Failure};

/// Where drafts come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The person's own text.
    pub(crate) text: &'a str,
    /// The model that judged it, for people; `None` where the rules did all.
    pub(crate) judge: Option<&'a str>,
}

/// Puts agents, models and reasons into drafts. What is a command or an open session stays as it is.
pub(crate) async fn route(
    daemon: &Arc<Daemon>,
    project: &Project,
    drafts: &mut [TaskDraft],
    (options, origin): (&AddOptions, Origin<'_>),
) -> Result<(), Failure> {
    let only_runs = |name: &str| daemon.agents.get(name).is_some_and(|agent| !agent.takes_prompts());
    if options.open_ended || options.run.is_some() || options.agent.as_deref().is_some_and(only_runs) {
        return Ok(());
    }
    let given = labels(&options.labels.join(" "));
    if let Some(unknown) = given.agent.iter().chain(&options.agent).find(|name| daemon.agents.get(name).is_none()) {
        return Err(daemon.agents.unknown(unknown));
    }
    let mut routes = routes(daemon, project).await?;
    let names = daemon.agents.names();
    let named = router::mentions(drafts, origin.text, origin.judge.is_some(), &names);
    for (draft, named) in drafts.iter_mut().zip(named).filter(|(draft, _)| draft.run.is_none()) {
        let written = labels(&format!("{}\n{}", draft.title, draft.body));
        // what the text says of an agent that is not known is the person's own text
        let agent = written.agent.clone().filter(|name| daemon.agents.get(name).is_some() && !only_runs(name));
        let wish = Wish {
            agent: options.agent.clone(),
            model: options.model.clone(),
            labels: given.clone().or(Labels { agent, ..written }),
            named: named.filter(|name| !only_runs(name)),
            judge: origin.judge.map(str::to_owned),
            reviews: reviews(options.role.as_ref().or(draft.role.as_ref())),
        };
        router::route(draft, &wish, &routes);
        routes.turn = routes.turn.wrapping_add(1);
    }
    Ok(())
}

/// Whether a role looks at what others made.
fn reviews(role: Option<&String>) -> bool {
    role.is_some_and(|role| role.contains("review"))
}

/// What routing depends on, as it is now.
pub(crate) async fn routes(daemon: &Arc<Daemon>, project: &Project) -> Result<Routes, Failure> {
    let settings = &daemon.settings.router;
    let standing = daemon.standing_agent(project).await;
    let installed = daemon.agents.installed().await;
    let mut usable = Vec::new();
    let (mut ready, mut signed_in, mut only_mode) = (Vec::new(), Vec::new(), BTreeMap::new());
    for name in installed {
        let Some(agent) = daemon.agents.get(&name).filter(Agent::takes_prompts) else { continue };
        let known = sign_in::known(&agent.definition().sign_in);
        if known != Some(false) {
            ready.push(name.clone());
        }
        if known == Some(true) {
            signed_in.push(name.clone());
        }
        only_mode.extend(daemon.agents.only_mode(&name).map(|mode| (name.clone(), mode)));
        usable.push(name);
    }
    let sharing = match &settings.agents {
        Some(own) => own.iter().filter(|name| usable.contains(name)).cloned().collect(),
        None if standing.is_some() => Vec::new(),
        None => SHARING.into_iter().map(str::to_owned).filter(|name| signed_in.contains(name)).collect(),
    };
    let paths = daemon.paths.clone();
    let models = tokio::task::spawn_blocking(move || catalogues::models(&paths)).await;
    let (last, records) = daemon.core.look(|state, _| (state.last_task, records(state))).await?;
    let first = usable.iter().find(|name| *name != "demo").cloned().unwrap_or_else(|| "claude".to_owned());
    Ok(Routes {
        preferred: standing.filter(|_| settings.agents.is_none()),
        first,
        usable,
        ready,
        sharing,
        fallback: settings.fallback.clone(),
        most_attempts: usize::try_from(settings.max_route_attempts).unwrap_or(usize::MAX),
        in_turn_only: settings.backend == RouterBackend::RoundRobin,
        samples: settings.samples,
        records,
        turn: usize::try_from(last).unwrap_or(0),
        models: models.map_err(|_| fault("the models could not be read"))?,
        follows: match settings.model_map {
            ModelMapUse::Planned => Follows::Judged,
            ModelMapUse::Always => Follows::Always,
            ModelMapUse::Never => Follows::Never,
        },
        only_mode,
    })
}

/// How each agent did with each type of task, over all projects. What never started says nothing.
fn records(state: &State) -> Vec<Record> {
    let mut counted: Vec<Record> = Vec::new();
    for task in state.tasks.values().filter(|task| task.attempts > 0 && task.agent != "shell" && !task.open_ended) {
        let landed = match task.status {
            TaskStatus::Completed => true,
            TaskStatus::Failed | TaskStatus::Cancelled => false,
            _ => continue,
        };
        let place = counted.iter().position(|it| it.agent == task.agent && it.task_type == task.task_type);
        let place = place.unwrap_or_else(|| {
            counted.push(Record { agent: task.agent.clone(), task_type: task.task_type, completed: 0, failed: 0 });
            counted.len() - 1
        });
        let Some(record) = counted.get_mut(place) else { continue };
        let count = if landed { &mut record.completed } else { &mut record.failed };
        *count = count.saturating_add(1);
    }
    counted
}
