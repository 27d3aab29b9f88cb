//! What a headless demo prints at its end, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::model::TaskStatus;
use crate::protocol::TaskView;

use super::person::Played;

/// One task at the end.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TaskLine {
    id: u64,
    title: String,
    status: TaskStatus,
    merged: bool,
    branch: String,
    attempts: u32,
    commit: Option<String>,
    seconds: Option<f64>,
    summary: Option<String>,
    needs: Option<String>,
}

/// The whole demo.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Summary {
    /// Whether every task was merged.
    pub ok: bool,
    /// The tasks.
    pub tasks: Vec<TaskLine>,
    /// How many of them are in the target branch.
    pub merged: usize,
    /// How often each kind of question was answered.
    pub answers: BTreeMap<String, u32>,
    /// Lines of the activity log.
    pub events: usize,
    /// Where the events were.
    pub database: PathBuf,
    /// Where the tasks landed.
    pub repository: PathBuf,
    /// Whether both are still there.
    pub kept: bool,
    /// How long everything took.
    pub seconds: f64,
}

impl Summary {
    /// Sums up. `landed` says of a commit whether the target branch contains it: a status alone is not believed.
    pub(super) fn new(played: &Played, landed: impl Fn(&str) -> bool, took: Duration) -> Self {
        let tasks: Vec<TaskLine> = played.tasks.iter().map(|task| line(task, &landed)).collect();
        let merged = tasks.iter().filter(|task| task.merged).count();
        Self {
            ok: played.finished && !tasks.is_empty() && merged == tasks.len(),
            merged,
            tasks,
            answers: played.answers.clone(),
            events: 0,
            database: PathBuf::new(),
            repository: PathBuf::new(),
            kept: false,
            seconds: rounded(took),
        }
    }

    /// As one JSON document.
    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|error| format!("{{\"ok\": false, \"error\": \"{error}\"}}"))
    }

    /// For reading.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for task in &self.tasks {
            let commit = task.commit.as_deref().and_then(|commit| commit.get(..8)).unwrap_or("-");
            let attempts =
                if task.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", task.attempts) };
            let time = task.seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1} s"));
            let _ = writeln!(
                text,
                "#{} {:<12} {commit:<8}  {attempts:<10}  {time:>7}  {}",
                task.id,
                task.status.word(),
                task.title
            );
            if let Some(needs) = &task.needs {
                let _ = writeln!(text, "   needs you: {needs}");
            }
        }
        let answers: Vec<String> = self.answers.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let _ = writeln!(
            text,
            "{} of {} merged in {:.1} s; answered: {}",
            self.merged,
            self.tasks.len(),
            self.seconds,
            answers.join(", ")
        );
        let _ = write!(text, "{} events were in {}", self.events, self.database.display());
        crate::model::sanitize(&text)
    }
}

fn line(task: &TaskView, landed: &impl Fn(&str) -> bool) -> TaskLine {
    TaskLine {
        id: task.id.0,
        title: task.title.clone(),
        status: task.status,
        merged: task.status == TaskStatus::Completed && task.commit.as_deref().is_some_and(landed),
        branch: task.branch.clone(),
        attempts: task.attempts,
        commit: task.commit.clone(),
        seconds: duration(task),
        summary: task.summary.clone(),
        needs: task.needs.clone(),
    }
}

/// From its start to its end.
fn duration(task: &TaskView) -> Option<f64> {
    let from: jiff::Timestamp = task.started_at.as_ref()?.parse().ok()?;
    let to: jiff::Timestamp = task.completed_at.as_ref()?.parse().ok()?;
    Duration::try_from(to.duration_since(from)).ok().map(rounded)
}

/// Seconds with one decimal.
fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}
