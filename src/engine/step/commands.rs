//! Commands of the repository's configuration: nothing of them runs before the person agreed to exactly these.

use crate::model::{Subject, Task, TaskStatus};

use super::super::EffectKind;
use super::launch;
use super::turn::{Question, Turn};

/// Commands that were never agreed to: nothing ran; the person is asked, the task stays where it is.
pub(super) fn hold(turn: &mut Turn, task: &Task, hash: String, commands: Vec<String>) {
    let state = turn.state;
    if state.projects.get(&task.project).is_some_and(|project| project.trusted_commands.contains(&hash)) {
        match task.status {
            TaskStatus::Verifying => turn.request_once(EffectKind::RunChecks { task: task.id }),
            TaskStatus::Executing => launch::prepare(turn, task),
            _ => {}
        }
        return;
    }
    if state.commands_held(task.id).is_some() {
        return;
    }
    turn.ask(Question {
        project: task.project,
        task: Some(task.id),
        title: format!("Run the commands of this repository's configuration for #{}?", task.id),
        detail: commands.join("\n"),
        subject: Subject::Commands { hash, commands },
    });
}
