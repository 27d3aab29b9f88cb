//! The effect `MakePlan`: a model is asked within its limits, its answer checked, repaired once, or else the rules plan and
//! it is said why. Nobody but the person's own words ever makes a command here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::daemon::blocking::fault;
use crate::daemon::{Daemon, core::now, plans};
use crate::engine::{EffectResult, Fact};
use crate::llm::{Model, Question};
use crate::model::{Explain, NotAsked, Plan, PlanId, PlanStatus, Project, ProjectId, TaskDraft, spoken};
use crate::planning::llm::{self as planner, Facts, Problem};
use crate::planning::rules::PlanContext;
use crate::protocol::control::{AddOptions, Failure};

use super::routing::routes;
use super::{Origin, Planner, choose, facts, options, patience, router};
use crate::daemon::plans::Drafted;

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
    let asking = Asking { daemon, project: &project, plan: &plan, options: &options };
    let asked = match (rules, plan.wishes.only_routed) {
        (true, _) => Err(None),
        (false, true) => asking.routed().await,
        (false, false) => asking.planned().await,
    };
    let why = match asked {
        Ok((Drafted { drafts, note }, by)) => return Ok(EffectResult::Planned { drafts, by, note }),
        Err(why) => why,
    };
    let instead = if plan.wishes.only_routed { "It went by turns." } else { "The rules planned it." };
    let why = why.map(|why| format!("{why}. {instead}"));
    let Drafted { drafts, note } = plans::by_rules(daemon, &project, &plan.text, &options).await?;
    let note = Some(why.into_iter().chain(note).collect::<Vec<_>>().join(" ")).filter(|note| !note.is_empty());
    Ok(EffectResult::Planned { drafts, by: "rules".to_owned(), note })
}

/// One plan and what a model is asked for it. Where nothing comes of it, the error is why, when that is to be said.
struct Asking<'a> {
    daemon: &'a Arc<Daemon>,
    project: &'a Project,
    plan: &'a Plan,
    options: &'a AddOptions,
}

impl Asking<'_> {
    /// What a model makes of the text, and who that was.
    async fn planned(&self) -> Result<(Drafted, String), Option<String>> {
        let model = model(choose(self.daemon).await)?;
        let (context, facts) = self.known().await.map_err(|failure| Some(failure.to_string()))?;
        let by = model.name();
        let text = &self.plan.text;
        let question =
            Question { prompt: planner::ask(text, &facts, &context), schema: planner::schema(&context, &facts) };
        let read = |answer: &str| planner::read(answer, text, &context, &facts);
        let drafts = self.call(model).ask_until(question, 2, "plan", read).await?;
        let drafts = self.decided(drafts, &by).await.map_err(|failure| Some(failure.to_string()))?;
        Ok((drafts, by))
    }

    /// The rules' tasks with what a model says about who gets them.
    async fn routed(&self) -> Result<(Drafted, String), Option<String>> {
        let model = model(router(self.daemon).await)?;
        let (context, facts) = self.known().await.map_err(|failure| Some(failure.to_string()))?;
        let by = model.name();
        let drafts = plans::drafts(self.daemon, self.project, &self.plan.text, self.options).await;
        if drafts.iter().any(|draft| draft.run.is_some()) {
            return Err(None);
        }
        let prompt = planner::route::ask(&drafts, &facts, &context);
        let question = Question { prompt, schema: planner::route::schema(drafts.len(), &facts, &context) };
        let read = |answer: &str| planner::route::read(answer, &drafts, &facts, &context);
        let most = self.daemon.settings.router.max_route_attempts.max(1);
        let drafts = self.call(model).ask_until(question, most, "route", read).await?;
        let drafts = self.decided(drafts, &by).await.map_err(|failure| Some(failure.to_string()))?;
        Ok((drafts, "rules".to_owned()))
    }

    fn call(&self, model: Model) -> Call<'_> {
        Call { daemon: self.daemon, project: self.project.id, model, deadline: Instant::now() + patience(self.daemon) }
    }

    async fn decided(&self, drafts: Vec<TaskDraft>, by: &str) -> Result<Drafted, Failure> {
        let origin = Origin { text: &self.plan.text, judge: Some(by) };
        plans::decided(self.daemon, self.project, drafts, (self.options, origin)).await
    }

    /// What a model may choose from, and what it is told. An agent that only runs commands is never among it: the text of its
    /// task would be one.
    async fn known(&self) -> Result<(PlanContext, Facts), Failure> {
        let routes = routes(self.daemon, self.project).await?;
        let known = routes.sharing.iter().chain(&routes.ready).filter(|name| *name != "demo");
        let known = routes.preferred.iter().chain(known);
        let mut agents: Vec<String> =
            self.options.agent.as_ref().map_or_else(|| known.cloned().collect(), |agent| vec![agent.clone()]);
        if agents.is_empty() {
            agents.extend(routes.usable.iter().filter(|name| *name != "demo").cloned());
        }
        if agents.is_empty() {
            agents.push(routes.preferred.as_ref().unwrap_or(&routes.first).clone());
        }
        let mut seen = BTreeSet::new();
        agents.retain(|name| seen.insert(name.clone()));
        agents.retain(|name| self.daemon.agents.get(name).is_some_and(|agent| agent.takes_prompts()));
        let default_agent = agents.first().cloned();
        let default_agent =
            default_agent.ok_or_else(|| fault("no agent that a model could give work to is installed"))?;
        let facts = facts::of(self.daemon, self.project, (&agents, &routes)).await;
        let autonomy = self.options.autonomy;
        Ok((PlanContext { agents, default_agent, autonomy, split: true, run: None }, facts))
    }
}

/// The model, when one is to be asked.
fn model(chosen: Planner) -> Result<Model, Option<String>> {
    match chosen {
        Planner::Rules => Err(None),
        Planner::Instead(why) => Err(Some(why)),
        Planner::Model(model) => Ok(*model),
    }
}

/// Calls to one model for one plan.
struct Call<'a> {
    daemon: &'a Arc<Daemon>,
    project: ProjectId,
    model: Model,
    deadline: Instant,
}

impl Call<'_> {
    /// Asks until an answer holds, at most so often; what is wrong with an answer is said with the next question.
    async fn ask_until<T>(
        &self,
        question: Question,
        most: u32,
        what: &str,
        read: impl Fn(&str) -> Result<T, Vec<Problem>>,
    ) -> Result<T, Option<String>> {
        let Question { prompt, schema } = question;
        let mut next = prompt.clone();
        let mut asked = 1;
        loop {
            let answer = self.ask(Question { prompt: next, schema: schema.clone() }).await?;
            let problems = match read(&answer) {
                Ok(drafts) => return Ok(drafts),
                Err(problems) => problems,
            };
            if asked >= most {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                let times = if asked == 1 {
                    "once".to_owned()
                } else if asked == 2 {
                    "twice".to_owned()
                } else {
                    format!("{asked} times")
                };
                return Err(Some(format!("{} answered {times} what is no {what}: {first}", self.model.name())));
            }
            next = planner::repair(&prompt, &answer, &problems);
            asked += 1;
        }
    }

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
                    "{by} was not asked: the {most} model calls of this hour are used up, the next one in {} (`planner.calls_per_hour`)",
                    spoken(wait)
                ),
                NotAsked::Pausing { failures, wait } => {
                    format!("{by} was not asked: its last {failures} calls failed, the next try in {}", spoken(wait))
                }
            })
        })
    }
}
