//! Projects, limits and the chat.

use std::path::PathBuf;

use crate::model::{Autonomy, ChatLine, ProjectId, Speaker, WorkerNumber};

use super::super::{Event, ProjectNews, Refusal, Rules};
use super::turn::Turn;

/// A repository becomes known; one that is known gets what is new about it.
pub(super) fn add(turn: &mut Turn, root: PathBuf, name: String, target: String, autonomy: Autonomy) {
    let state = turn.state;
    let known = state.projects.values().find(|project| project.root == root);
    let (id, seats) = if let Some(project) = known {
        if project.target != target {
            turn.project(project.id, ProjectNews::TargetSet { target });
        }
        (project.id, Some(&project.workers))
    } else {
        let id = ProjectId(turn.next_id());
        turn.project(id, ProjectNews::Added { root, name, target, autonomy });
        (id, None)
    };
    for number in 1..=state.rules.seats {
        let worker = WorkerNumber(number);
        if seats.is_none_or(|seats| !seats.contains_key(&worker)) {
            turn.project(id, ProjectNews::SeatAdded { worker, extra: false });
        }
    }
}

pub(super) fn set_rules(turn: &mut Turn, rules: Rules) {
    if turn.state.rules != rules {
        turn.emit(Event::RulesSet { rules });
    }
}

pub(super) fn set_autonomy(turn: &mut Turn, id: ProjectId, autonomy: Autonomy) -> Result<(), Refusal> {
    let project = turn.state.projects.get(&id).ok_or(Refusal::NoProject(id))?;
    if project.autonomy != autonomy {
        turn.project(id, ProjectNews::AutonomySet { autonomy });
    }
    Ok(())
}

/// Chat lines that need no plan.
pub(super) fn say(turn: &mut Turn, id: ProjectId, asked: Option<String>, answer: String) -> Result<(), Refusal> {
    turn.state.projects.get(&id).ok_or(Refusal::NoProject(id))?;
    if let Some(text) = asked {
        chat(turn, id, Speaker::You, text);
    }
    chat(turn, id, Speaker::Lead, answer);
    Ok(())
}

/// One line of the chat without a plan.
pub(super) fn chat(turn: &mut Turn, id: ProjectId, who: Speaker, text: String) {
    let line = ChatLine { who, text, plan: None, at: turn.now };
    turn.project(id, ProjectNews::ChatSaid { line });
}
