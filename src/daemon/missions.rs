//! Missions: team templates of the catalogue, as they are listed and as they are started. How a team becomes tasks is
//! `planning::team`; the roles' models go by class, and what the mission may cost is shared out to its tasks.

use std::sync::Arc;

use crate::config::catalog::Capability;
use crate::config::catalog::{Mission, Missions, RoleClass};
use crate::model::{Amount, Autonomy, Complexity, PlanId, ProjectId, TaskDraft};
use crate::planning::team::{self, Member, Team};
use crate::protocol::MissionView;
use crate::protocol::control::{AddOptions, Failure};

use super::blocking::fault;
use super::planner::{self, Origin};
use super::{Daemon, catalogues, plans};

/// The agent whose words for models the missions use.
const CLASSES_OF: &str = "claude";

/// All missions.
pub(super) async fn all(daemon: &Arc<Daemon>) -> Result<Missions, Failure> {
    let (paths, roles) = (daemon.paths.clone(), daemon.roles.clone());
    let read = tokio::task::spawn_blocking(move || catalogues::missions(&paths, &roles)).await;
    read.map_err(|_| fault("the missions could not be read"))?.map_err(|error| Failure::of(&error))
}

/// All missions as they are listed.
pub(super) async fn list(daemon: &Arc<Daemon>) -> Result<Vec<MissionView>, Failure> {
    Ok(all(daemon).await?.all().map(view).collect())
}

fn view(mission: &Mission) -> MissionView {
    MissionView {
        name: mission.name.clone(),
        title: mission.title.clone(),
        summary: mission.summary.clone(),
        agents: mission.size(),
        at_once: mission.max_concurrency,
        budget_usd: mission.budget_usd,
        roster: mission.roster.iter().map(|entry| (entry.role.clone(), entry.count)).collect(),
    }
}

/// Starts one: its tasks become a plan, which waits for a yes like any other.
pub(super) async fn start(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    (name, text): (&str, &str),
    (autonomy, from_chat): (Option<Autonomy>, bool),
) -> Result<plans::Made, Failure> {
    if !text.chars().any(char::is_alphanumeric) {
        return Err(Failure::of(&crate::engine::Refusal::EmptySubmission));
    }
    let missions = all(daemon).await?;
    let mission = missions.find(name).map_err(|error| Failure::of(&error))?;
    let known = daemon.project(project).await?;
    daemon.agents.refresh().await;
    let routes = planner::routes(daemon, &known).await?;
    let class = |model: &str| routes.models.get(CLASSES_OF).and_then(|models| models.class(model));
    let drafts = team::plan(text, &team_of(daemon, mission, class)?, &routes.first);
    let options = AddOptions { autonomy, from_chat, split: true, ..AddOptions::default() };
    let by = format!("mission {}", mission.name);
    let mut made = plans::decided(daemon, &known, drafts, (&options, Origin { text, judge: Some(&by) })).await?;
    share_out(&mut made.drafts, mission.budget_usd);
    let about = plans::About { by, note: made.note, at_once: Some(mission.max_concurrency) };
    plans::keep(daemon, project, (text.to_owned(), made.drafts), (from_chat, about)).await
}

/// The plan's number with what it may cost, for the chat.
pub(super) async fn words(daemon: &Arc<Daemon>, name: &str, tasks: usize, plan: Option<PlanId>) -> String {
    let found = all(daemon).await.ok();
    let mission = found.as_ref().and_then(|missions| missions.get(name));
    let limits = mission
        .map(|mission| format!(", at most {} at once, for at most ${:.2}", mission.max_concurrency, mission.budget_usd))
        .unwrap_or_default();
    let plan = plan.map(|plan| format!(" (plan {plan})")).unwrap_or_default();
    format!("{tasks} tasks planned{plan}{limits}")
}

fn team_of(daemon: &Daemon, mission: &Mission, class: impl Fn(&str) -> Option<Complexity>) -> Result<Team, Failure> {
    let member = |entry: &crate::config::catalog::RosterEntry| {
        let role = daemon.roles.find(&entry.role).map_err(|error| Failure::of(&error))?;
        let coordinates = role.class == RoleClass::Coordination;
        let model = match (entry.critical, coordinates) {
            (true, _) => &mission.models.critical,
            (false, true) => &mission.models.coordination,
            (false, false) => &mission.models.code,
        };
        Ok(Member {
            role: role.name.clone(),
            title: role.title.clone(),
            summary: role.summary.clone(),
            coordinates,
            writes_docs: role.capabilities.contains(&Capability::WritesDocs),
            owns: role.owns.clone(),
            critical: entry.critical,
            count: entry.count,
            complexity: class(model),
        })
    };
    let members = mission.roster.iter().map(member).collect::<Result<Vec<_>, Failure>>()?;
    Ok(Team { title: mission.title.clone(), members })
}

/// What the whole may cost, shared out by how hard the parts are: 1, 2 and 4 for simple, medium and complex.
fn share_out(drafts: &mut [TaskDraft], budget_usd: f64) {
    let weight = |draft: &TaskDraft| match draft.complexity {
        Complexity::Simple => 1_u64,
        Complexity::Medium => 2,
        Complexity::Complex => 4,
    };
    let whole: u64 = drafts.iter().map(weight).sum::<u64>().max(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be positive; money is rounded down"
    )]
    let micros = (budget_usd * 1_000_000.0) as u64;
    for draft in drafts {
        let share = micros.saturating_mul(weight(draft)) / whole;
        draft.budget = Some(Amount { micros: Some(share), tokens: None });
    }
}
