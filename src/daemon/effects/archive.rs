//! What is kept of a session that is over: `metadata.json` and `summary.md` in its directory (PRODUCT §15), beside
//! its log and exit record. Written from facts in the store; writing again replaces them.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::daemon::Daemon;
use crate::daemon::blocking::fault;
use crate::daemon::places::{self, TOOLS};
use crate::engine::{EffectResult, State};
use crate::model::{
    AnswerKind, Approval, Handoff, Kind, Session, SessionId, SessionMode, Task, TaskId, Timestamp, one_line, truncate,
};
use crate::protocol::control::Failure;
use crate::store::Logged;

/// Lines of the activity log that are looked through.
const LOG: u32 = 2_000;

/// `metadata.json`.
#[derive(Debug, Serialize)]
struct Metadata {
    id: SessionId,
    task: Option<TaskId>,
    /// The session before it, of the same task.
    parent: Option<SessionId>,
    mode: SessionMode,
    environment: &'static str,
    status: String,
    agent: String,
    worker: u16,
    conversation: Option<String>,
    messages: usize,
    last_activity_at: String,
    last_message: Option<String>,
    tools_used: Vec<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
}

/// Everything that the two files are made of.
struct Known {
    session: Session,
    task: Option<Task>,
    parent: Option<SessionId>,
    answers: Vec<Approval>,
    handoffs: Vec<Handoff>,
    log: Vec<Logged>,
}

/// Writes both files.
pub(super) async fn write(daemon: &Arc<Daemon>, id: SessionId) -> Result<EffectResult, Failure> {
    let wanted = id.clone();
    let known = daemon
        .core
        .look(move |state, store| {
            let mut known = gather(state, &wanted)?;
            let task = known.session.task;
            known.log = task.and_then(|task| store.log(None, Some(task), LOG).ok()).unwrap_or_default();
            Some(known)
        })
        .await?
        .ok_or_else(|| fault("the session is not known"))?;
    let directory = daemon.paths.session(&id);
    let work = tokio::task::spawn_blocking(move || write_files(&directory, &known));
    let written = work.await.map_err(|_| fault("the archive failed; see the daemon's log"))?;
    written.map_err(|error| Failure {
        kind: Kind::Unavailable,
        message: format!("session {} could not be archived: {error}", id.short()),
        hint: Some(format!("`qd session archive {}` tries it again", id.short())),
    })?;
    Ok(EffectResult::Done)
}

fn gather(state: &State, id: &SessionId) -> Option<Known> {
    let session = state.sessions.get(id)?.clone();
    let of_task = |task: Option<TaskId>| task.is_some() && task == session.task;
    let before = state.sessions.values().filter(|other| of_task(other.task) && other.created_at < session.created_at);
    let parent = before.max_by_key(|other| other.created_at).map(|other| other.id.clone());
    let answers = state.approvals.values().filter(|it| of_task(it.task) && it.answer.is_some()).cloned().collect();
    let handoffs = state.handoffs.values().filter(|it| of_task(Some(it.task))).cloned().collect();
    let task = session.task.and_then(|task| state.tasks.get(&task)).cloned();
    Some(Known { session, task, parent, answers, handoffs, log: Vec::new() })
}

fn write_files(directory: &Path, known: &Known) -> std::io::Result<()> {
    let metadata = serde_json::to_vec_pretty(&metadata(directory, known))?;
    places::write_private(&directory.join("metadata.json"), &metadata)?;
    places::write_private(&directory.join("summary.md"), summary(directory, known).as_bytes())
}

fn metadata(directory: &Path, known: &Known) -> Metadata {
    let session = &known.session;
    let reports: Vec<String> = known.log.iter().filter_map(|line| said(&line.words)).collect();
    let last = session.ended_at.unwrap_or(session.verdict.at);
    Metadata {
        id: session.id.clone(),
        task: session.task,
        parent: known.parent.clone(),
        mode: session.mode,
        environment: session.executor.word(),
        status: session.verdict.state.to_string(),
        agent: session.agent.clone(),
        worker: session.worker.0,
        conversation: session.conversation.clone(),
        messages: reports.len(),
        last_activity_at: last.rfc3339(),
        last_message: reports.last().cloned(),
        tools_used: tools_of(directory),
        started_at: session.started_at.map(Timestamp::rfc3339),
        ended_at: session.ended_at.map(Timestamp::rfc3339),
    }
}

/// The tools that the agent was seen to use, one a line.
fn tools_of(directory: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(directory.join(TOOLS)).unwrap_or_default();
    let tools: std::collections::BTreeSet<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    tools.into_iter().map(str::to_owned).collect()
}

/// What the agent said in a line of the activity log, if it is one of its reports.
fn said(words: &str) -> Option<String> {
    let (_, rest) = words.split_once("reported: ").or_else(|| words.split_once("says: "))?;
    Some(rest.to_owned())
}

/// What happened, for people.
fn summary(directory: &Path, known: &Known) -> String {
    let session = &known.session;
    let mut text = format!("# Session {}\n\n", session.id.short());
    if let Some(task) = &known.task {
        let _ = writeln!(text, "Task #{}: {}\n", task.id, one_line(&task.title));
    }
    outcome(known, &mut text);
    decisions(known, &mut text);
    checks(known, &mut text);
    links(directory, known, &mut text);
    text
}

fn outcome(known: &Known, text: &mut String) {
    let session = &known.session;
    let _ = write!(text, "## Outcome\n\n- {} on worker {}: {}", session.agent, session.worker, session.verdict.state);
    match &session.exit {
        Some(exit) => {
            let _ = writeln!(text, " ({exit})");
        }
        None => {
            let _ = writeln!(text, " ({})", one_line(&session.verdict.evidence));
        }
    }
    let Some(task) = &known.task else { return };
    let why = task.reason.as_ref().map(|reason| format!(": {}", one_line(&reason.to_string()))).unwrap_or_default();
    let _ = writeln!(text, "- task {} in attempt {}{why}", task.status.word().replace('_', " "), task.attempts);
    if let Some(summary) = &task.summary {
        let _ = writeln!(text, "- the agent: {}", truncate(&one_line(summary), 1_000));
    }
    for failure in &task.failures {
        let _ = writeln!(text, "- attempt {} failed: {}", failure.attempt, truncate(&one_line(&failure.summary), 300));
    }
}

/// The person's answers.
fn decisions(known: &Known, text: &mut String) {
    let _ = writeln!(text, "\n## Decisions\n");
    if known.answers.is_empty() {
        let _ = writeln!(text, "- none were asked of you");
    }
    for approval in &known.answers {
        let Some(answer) = &approval.answer else { continue };
        let word = match answer.kind {
            AnswerKind::Yes => "yes",
            AnswerKind::No => "no",
            AnswerKind::Always => "yes, always",
        };
        let words = answer.text.as_ref().map(|words| format!(": {}", one_line(words))).unwrap_or_default();
        let _ = writeln!(text, "- {} – {} – {word}{words}", answer.at.rfc3339(), one_line(&approval.title));
    }
}

fn checks(known: &Known, text: &mut String) {
    let Some(task) = &known.task else { return };
    let _ = writeln!(text, "\n## Checks\n");
    if task.checks.is_empty() {
        let _ = writeln!(text, "- none ran");
    }
    for run in &task.checks {
        let word = if run.passed() { "passed" } else { "failed" };
        let _ = writeln!(text, "- `{}` {word} in {} ms on tree {}", one_line(&run.name), run.duration_ms, run.tree);
    }
}

fn links(directory: &Path, known: &Known, text: &mut String) {
    let _ = writeln!(text, "\n## Links\n");
    if let Some(task) = &known.task {
        let _ = writeln!(text, "- branch `{}`", task.branch);
        if let Some(commit) = &task.commit {
            let _ = writeln!(text, "- landed as {commit}");
        }
        if let Some(worktree) = &task.worktree {
            let _ = writeln!(text, "- worktree {}", worktree.display());
        }
    }
    for document in known.handoffs.iter().filter_map(|handoff| handoff.document.as_ref()) {
        let _ = writeln!(text, "- handoff {}", document.display());
    }
    if let Some(conversation) = &known.session.conversation {
        let _ = writeln!(text, "- conversation {}", one_line(conversation));
    }
    let _ = writeln!(text, "- output {}", directory.join("stream.log").display());
}
