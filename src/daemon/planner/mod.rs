//! Who plans a message: a model that is configured or an installed agent, else the rules. Choosing looks at the machine;
//! asking is `ask`; what a model is told of the project is `facts`.

mod ask;
mod facts;
mod routing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{AskDefinition, PlannerBackend, PlannerSettings};
use crate::llm::{Cli, Dialect, Endpoint, Model};
use crate::model::Wishes;
use crate::protocol::control::AddOptions;

use super::{Daemon, sign_in};

pub(super) use ask::make;
pub(super) use routing::{Origin, route, routes};

/// What Anthropic's endpoint is asked for when the person names no model.
const ANTHROPIC_MODEL: &str = "claude-sonnet-4-5";
/// The same for OpenAI's.
const OPENAI_MODEL: &str = "gpt-5.2";

/// Who plans.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Planner {
    /// The rules, because that is what is configured or all that there is.
    Rules,
    /// The rules, though somebody else was configured: why, for the person.
    Instead(String),
    /// A model.
    Model(Box<Model>),
}

/// Who plans now, by the person's settings and what the machine has.
pub(super) async fn choose(daemon: &Daemon) -> Planner {
    from(daemon, daemon.settings.planner.backend).await
}

/// Who says who gets a task: the model that plans; where the rules plan, whoever could.
pub(super) async fn router(daemon: &Daemon) -> Planner {
    match daemon.settings.planner.backend {
        PlannerBackend::Rules => from(daemon, PlannerBackend::Auto).await,
        other => from(daemon, other).await,
    }
}

async fn from(daemon: &Daemon, backend: PlannerBackend) -> Planner {
    let settings = &daemon.settings.planner;
    match backend {
        PlannerBackend::Rules => Planner::Rules,
        PlannerBackend::Anthropic => endpoint(settings, Dialect::Anthropic),
        PlannerBackend::Openai => endpoint(settings, Dialect::OpenAi),
        PlannerBackend::Agent => agent(daemon, false).await.unwrap_or_else(|| {
            Planner::Instead(match &settings.agent {
                Some(agent) => format!("`{agent}` is not installed, or cannot be asked to plan: `qd agents`"),
                None => "no agent that can be asked to plan is installed: `qd agents`".to_owned(),
            })
        }),
        PlannerBackend::Auto => match &settings.base_url {
            Some(base) if base.contains("anthropic") => endpoint(settings, Dialect::Anthropic),
            Some(_) => endpoint(settings, Dialect::OpenAi),
            None => agent(daemon, true).await.unwrap_or(Planner::Rules),
        },
    }
}

fn endpoint(settings: &PlannerSettings, dialect: Dialect) -> Planner {
    let (base, key, model) = match dialect {
        Dialect::Anthropic => ("https://api.anthropic.com", "ANTHROPIC_API_KEY", ANTHROPIC_MODEL),
        Dialect::OpenAi => ("https://api.openai.com/v1", "OPENAI_API_KEY", OPENAI_MODEL),
    };
    // a server of one's own needs no key unless one is named
    let key = settings.key.clone().or_else(|| settings.base_url.is_none().then(|| key.to_owned()));
    let base = settings.base_url.as_deref().unwrap_or(base).trim_end_matches('/').to_owned();
    let model = settings.model.clone().unwrap_or_else(|| model.to_owned());
    Planner::Model(Box::new(Model::Endpoint(Endpoint { dialect, base, model, key })))
}

/// The configured agent, else the first that is installed and can be asked; `signed_in`: and is known to be signed in.
async fn agent(daemon: &Daemon, signed_in: bool) -> Option<Planner> {
    let settings = &daemon.settings.planner;
    let names = match &settings.agent {
        Some(name) => vec![name.clone()],
        None => daemon.agents.installed().await,
    };
    for name in names {
        let Some(known) = daemon.agents.get(&name) else { continue };
        let definition = known.definition();
        let Some(asked) = &definition.ask else { continue };
        let chosen = settings.agent.is_some();
        if signed_in && !chosen && sign_in::known(&definition.sign_in) != Some(true) {
            continue;
        }
        let Some(program) = daemon.agents.program(&known).await else { continue };
        let environment = &definition.environment;
        let model = settings.model.clone().unwrap_or_else(|| asked.model.clone());
        let set = environment.set.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let cli = cli(daemon, &name, (program, asked, model)).await;
        let cli = Cli { set, remove: environment.remove.clone(), ..cli };
        return Some(Planner::Model(Box::new(Model::Cli(cli))));
    }
    None
}

async fn cli(daemon: &Daemon, agent: &str, (program, asked, model): (PathBuf, &AskDefinition, String)) -> Cli {
    Cli {
        agent: agent.to_owned(),
        program,
        arguments: asked.arguments(&model),
        answer: asked.answer.clone(),
        model,
        set: Vec::new(),
        remove: Vec::new(),
        path: daemon.agents.path().await.clone(),
        directory: daemon.paths.planning(),
    }
}

/// How long planning may take in all.
fn patience(daemon: &Arc<Daemon>) -> Duration {
    Duration::from_secs(daemon.settings.planner.timeout.max(1))
}

/// What the person decided, as it is kept with a plan.
pub(super) fn wishes(options: &AddOptions) -> Wishes {
    Wishes {
        agent: options.agent.clone(),
        model: options.model.clone(),
        autonomy: options.autonomy,
        mode: options.mode,
        worker: options.worker,
        role: options.role.clone(),
        executor: options.executor,
        priority: options.priority,
        budget: options.budget,
        depends: options.depends.clone(),
        labels: options.labels.clone(),
        body: options.body.clone(),
        whole: !options.split && !options.by_model,
        only_routed: false,
    }
}

/// And back, for the planners.
fn options(wishes: Wishes, from_chat: bool) -> AddOptions {
    AddOptions {
        agent: wishes.agent,
        model: wishes.model,
        autonomy: wishes.autonomy,
        mode: wishes.mode,
        worker: wishes.worker,
        role: wishes.role,
        executor: wishes.executor,
        priority: wishes.priority,
        budget: wishes.budget,
        depends: wishes.depends,
        labels: wishes.labels,
        body: wishes.body,
        split: !wishes.whole,
        from_chat,
        ..AddOptions::default()
    }
}
