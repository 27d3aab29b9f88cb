//! A task goes to the next agent of its route when the one before cannot be started. Only an agent that the person did not
//! name for it is replaced, and only before anything was done.

use crate::model::{Choice, Route, RoutedBy, Session, Task, TaskStatus};

use super::super::TaskNews;
use super::turn::Turn;

/// Gives the task to the next one. Answers whether there is one.
pub(super) fn next(turn: &mut Turn, task: &Task, session: &Session) -> bool {
    let route = task.route.as_ref().filter(|route| !route.by.is_the_persons());
    let tried = route.and_then(|route| Some((route, route.others.split_first()?)));
    let fits = session.conversation.is_none() && task.attempts < turn.state.rules.max_attempts;
    let Some((before, (Choice { agent, model, mode }, rest))) = tried.filter(|_| fits) else { return false };
    let route = Route {
        attempt: before.attempt.saturating_add(1),
        others: rest.to_vec(),
        ..Route::new(RoutedBy::Fallback, format!("{agent}: {} could not be started", task.agent))
    };
    let (agent, model, mode) = (agent.clone(), model.clone(), mode.unwrap_or(task.mode));
    turn.task(task, TaskNews::Routed { agent, model, mode, route });
    turn.withdraw(task.id, |_| true);
    turn.move_task(task, TaskStatus::Ready, None);
    true
}
