//! The effect `MakePlan`: a model is asked within its limits, its answer checked, repaired once, or else the rules plan and
//! it is said why. Nobody but the person's own words ever makes a command here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::daemon::blocking::fault;
use crate::daemon::{Daemon, chat, core::now};
use crate::engine::{EffectResult, Fact};
use crate::llm::{Model, Question};
use crate::model::{Explain, NotAsked, Plan, PlanId, PlanStatus, Project, ProjectId, TaskDraft, spoken};
use crate::planning::llm as planner;
use crate::planning::rules::PlanContext;
use crate::protocol::control::{AddOptions, Failure};

use super::{Planner, choose, facts, options, patience};

/// Tasks out of a plan's text.
pub(crate) async fn make(daemon: &Arc<Daemon>, id: PlanId, rules: bool) -> Result<EffectResult, Failure> {
    let found = daemon
        .core
        .look(move |state, _| {
            let plan = state.plans.get(&id)?.clone();
            Some((state.projects.get(&plan.project)?.clone(), plan))
        })
        .await?;
    let (project, plan) = found.ok_or_else(|| fault("the plan is not known"))?;
    if plan.status != PlanStatus::Planning {
        return Ok(EffectResult::Done);
    }
    let options = options(plan.wishes.clone(), plan.from_chat);
    let why = if rules { None } else { Some(by_model(daemon, &project, &plan, &options).await) };
    let note = match why {
        Some(Ok((drafts, by))) => return Ok(EffectResult::Planned { drafts, by, note: None }),
        Some(Err(why)) => why.map(|why| format!("{why}. The rules planned it.")),
        None => None,
    };
    let drafts = chat::by_rules(daemon, &project, &plan.text, &options).await?;
    Ok(EffectResult::Planned { drafts, by: "rules".to_owned(), note })
}

/// What a model makes of it and who that was; or why none does, when that is to be said.
async fn by_model(
    daemon: &Arc<Daemon>,
    project: &Project,
    plan: &Plan,
    options: &AddOptions,
) -> Result<(Vec<TaskDraft>, String), Option<String>> {
    let model = match choose(daemon).await {
        Planner::Rules => return Err(None),
        Planner::Instead(why) => return Err(Some(why)),
        Planner::Model(model) => model,
    };
    let context = context(daemon, project, options).await.map_err(|failure| Some(failure.to_string()))?;
    let facts = facts::of(daemon, project).await;
    let by = model.name();
    let deadline = Instant::now() + patience(daemon);
    let question = planner::ask(&plan.text, &facts, &context);
    let schema = planner::schema(&context, &facts);
    let call = Call { daemon, project: project.id, model: *model, deadline };
    let answer = call.ask(Question { prompt: question.clone(), schema: schema.clone() }).await?;
    let drafts = match planner::read(&answer, &plan.text, &context, &facts) {
        Ok(drafts) => drafts,
        Err(problems) => {
            let prompt = planner::repair(&question, &answer, &problems);
            let again = call.ask(Question { prompt, schema }).await?;
            planner::read(&again, &plan.text, &context, &facts).map_err(|problems| {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                Some(format!("{by} answered twice what is no plan: {first}"))
            })?
        }
    };
    let drafts = chat::decided(daemon, project, drafts, options).await;
    drafts.map(|drafts| (drafts, by)).map_err(|failure| Some(failure.to_string()))
}

/// What a model may choose from. An agent that only runs commands is never among it: the text of its task would be one.
async fn context(daemon: &Arc<Daemon>, project: &Project, options: &AddOptions) -> Result<PlanContext, Failure> {
    let takes_prompts = |name: &String| daemon.agents.get(name).is_some_and(crate::agents::Agent::takes_prompts);
    let installed = daemon.agents.installed().await;
    let default_agent = match &options.agent {
        Some(agent) => agent.clone(),
        None => daemon.default_agent(project, &installed).await,
    };
    let mut agents: Vec<String> =
        installed.into_iter().filter(|name| name != "demo").filter(|name| takes_prompts(name)).collect();
    if !agents.contains(&default_agent) && takes_prompts(&default_agent) {
        agents.insert(0, default_agent.clone());
    }
    let fallback =
        agents.first().cloned().ok_or_else(|| fault("no agent that a model could give work to is installed"));
    let default_agent = if takes_prompts(&default_agent) { default_agent } else { fallback? };
    Ok(PlanContext { agents, default_agent, autonomy: options.autonomy, split: true, run: None })
}

/// Calls to one model for one plan.
struct Call<'a> {
    daemon: &'a Arc<Daemon>,
    project: ProjectId,
    model: Model,
    deadline: Instant,
}

impl Call<'_> {
    /// Asks once, within the limits, and keeps the books.
    async fn ask(&self, question: Question) -> Result<String, Option<String>> {
        let (project, by) = (self.project, self.model.name());
        self.allowed().await?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left < Duration::from_millis(100) {
            return Err(Some(format!("{by} took too long (`planner.timeout` sets how long is waited)")));
        }
        self.daemon.core.fact(Fact::ModelAsked { project, by: by.clone() }).await;
        let (model, directory) = (self.model.clone(), self.daemon.paths.planning());
        let asked = tokio::task::spawn_blocking(move || {
            // missing, it is said by whoever is started in it
            let _ = std::fs::create_dir_all(directory);
            model.ask(&question, left)
        });
        let answer = asked.await;
        let well = matches!(answer, Ok(Ok(_)));
        self.daemon.core.fact(Fact::ModelAnswered { project, by: by.clone(), well }).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer.text),
            Ok(Err(error)) => {
                let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
                Err(Some(format!("{by} gave no plan: {error}{hint}")))
            }
            Err(_) => Err(Some(format!("asking {by} failed; see the daemon's log"))),
        }
    }

    /// Whether the limits let the model be asked now.
    async fn allowed(&self) -> Result<(), Option<String>> {
        let (project, most) = (self.project, self.daemon.settings.planner.calls_per_hour);
        let by = self.model.name();
        let at = now();
        let calls = self.daemon.core.look(move |state, _| state.model_calls.get(&project).cloned()).await;
        let calls = calls.map_err(|failure| Some(failure.to_string()))?.unwrap_or_default();
        calls.may_ask(at, most).map_err(|why| {
            Some(match why {
                NotAsked::HourUsedUp { wait } => format!(
                    "{by} was not asked: {most} calls in an hour are used up, the next one in {} (`planner.calls_per_hour`)",
                    spoken(wait)
                ),
                NotAsked::Pausing { failures, wait } => {
                    format!("{by} was not asked: its last {failures} calls failed, the next try in {}", spoken(wait))
                }
            })
        })
    }
}
