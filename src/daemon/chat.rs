//! What a person says in the chat: words to a worker, commands, questions that the store answers without a model, and
//! everything else, which becomes a plan.

use std::sync::Arc;

use crate::engine::Command;
use crate::model::{ProjectId, WorkerNumber, one_line, truncate};
use crate::planning;
use crate::protocol::control::{Failure, Response};

use super::plans::{dangers, plan};
use super::said::noted;
use super::{Daemon, questions, slash, spoken};

/// A chat message.
pub(super) async fn say(daemon: &Arc<Daemon>, project: ProjectId, text: &str) -> Result<Response, Failure> {
    let text = text.trim();
    if let Some(answered) = spoken::answer(daemon, project, text).await {
        return answered;
    }
    if let Some((worker, words)) = addressed(text) {
        daemon.core.command(Command::Send { project, worker, text: words.to_owned() }).await?;
        return noted(daemon, project, text, format!("to worker {worker}: {}", truncate(&one_line(words), 60))).await;
    }
    if let Some(command) = text.strip_prefix('/').filter(|_| !is_path(text)) {
        return slash::obey(daemon, project, text, command).await;
    }
    if let Some(command) = planning::spoken(text) {
        return spoken::obey(daemon, project, text, command).await;
    }
    if let Some(question) = planning::question(text) {
        let told = questions::answer(daemon, project, question).await?;
        return noted(daemon, project, text, told).await;
    }
    if let Some(question) = dangers(daemon, text) {
        daemon.asked.put(project, spoken::Held::Message(text.to_owned()));
        return noted(daemon, project, text, question).await;
    }
    plan(daemon, project, text, None).await
}

/// `@2 text`: words for worker 2. `@codex …` is not one: it names an agent for the planner.
fn addressed(text: &str) -> Option<(WorkerNumber, &str)> {
    let (number, words) = text.strip_prefix('@')?.split_once(char::is_whitespace)?;
    let number = number.trim_end_matches([':', ',']).parse().ok()?;
    Some((number, words.trim())).filter(|(_, words)| !words.is_empty())
}

/// `/etc/hosts is wrong` begins with a path, not with a command.
fn is_path(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.get(1..).unwrap_or_default().contains('/'))
}
