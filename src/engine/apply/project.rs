//! Project news: seats, trust, chat.

use crate::model::{Project, ProjectId, Timestamp, Worker};

use super::super::{ProjectNews, State};

/// Lines of chat that the state keeps; the store keeps all.
const CHAT: usize = 200;

pub(super) fn apply(state: &mut State, id: ProjectId, news: &ProjectNews, at: Timestamp) {
    if let ProjectNews::Added { root, name, target, autonomy } = news {
        let project = Project {
            id,
            name: name.clone(),
            root: root.clone(),
            target: target.clone(),
            autonomy: *autonomy,
            workers: std::collections::BTreeMap::new(),
            trusted_agents: std::collections::BTreeSet::new(),
            trusted_commands: std::collections::BTreeSet::new(),
            added_at: at,
        };
        state.last_id = state.last_id.max(id.0);
        state.projects.entry(id).or_insert(project);
        return;
    }
    let Some(project) = state.projects.get_mut(&id) else { return };
    match news {
        ProjectNews::Added { .. } => {}
        ProjectNews::TargetSet { target } => project.target.clone_from(target),
        ProjectNews::AutonomySet { autonomy } => project.autonomy = *autonomy,
        ProjectNews::SeatAdded { worker, extra } => {
            project.workers.entry(*worker).or_insert_with(|| Worker { extra: *extra, ..Worker::new(*worker) });
        }
        ProjectNews::SeatRetired { worker } => {
            if project.workers.get(worker).is_some_and(Worker::is_free) {
                project.workers.remove(worker);
            }
        }
        ProjectNews::WorkerOffline { worker, detail } => {
            if let Some(worker) = project.workers.get_mut(worker) {
                worker.offline = Some(detail.clone());
            }
        }
        ProjectNews::WorkerReset { worker } => {
            if let Some(worker) = project.workers.get_mut(worker) {
                worker.offline = None;
                worker.failures = 0;
            }
        }
        ProjectNews::AgentTrusted { agent } => {
            project.trusted_agents.insert(agent.clone());
        }
        ProjectNews::CommandsTrusted { hash } => {
            project.trusted_commands.insert(hash.clone());
        }
        ProjectNews::ModelAsked { .. } => {
            state.model_calls.entry(id).or_default().asked(at);
            state.ledger.calls.planning = state.ledger.calls.planning.saturating_add(1);
        }
        ProjectNews::ModelAnswered { well, .. } => state.model_calls.entry(id).or_default().answered(*well, at),
        ProjectNews::ChatSaid { line } => {
            let chat = state.chat.entry(id).or_default();
            chat.push(line.clone());
            let over = chat.len().saturating_sub(CHAT);
            chat.drain(..over);
        }
    }
}
