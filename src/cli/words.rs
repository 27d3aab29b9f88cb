//! Words that several commands print.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::{SessionId, TaskId, Timestamp, WorkerNumber, spoken};
use crate::protocol::TaskView;

/// A dash for what is not there.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// `#7`.
pub(super) fn task(id: TaskId) -> String {
    format!("#{id}")
}

/// `#7` or a dash.
pub(super) fn task_or_dash(id: Option<TaskId>) -> String {
    or_dash(id.map(task))
}

/// `@2` or a dash.
pub(super) fn worker_or_dash(number: Option<WorkerNumber>) -> String {
    or_dash(number.map(|number| format!("@{number}")))
}

/// The first characters of a session's id, or a dash.
pub(super) fn session_or_dash(id: Option<&SessionId>) -> String {
    or_dash(id.map(SessionId::short))
}

/// How long ago something was, by this machine's clock.
pub(super) fn age(at: Timestamp) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    spoken(Timestamp(i64::try_from(now).unwrap_or(i64::MAX)).since(at))
}

/// What a task's status means for the person: what is needed, or why it stands there.
pub(super) fn note(task: &TaskView) -> String {
    match (&task.needs, &task.waits_for, &task.reason) {
        (Some(needs), ..) => format!("needs you: {needs}"),
        (None, Some(waits), _) => format!("waits for {waits}"),
        (None, None, Some(reason)) => reason.clone(),
        (None, None, None) => task.summary.clone().unwrap_or_default(),
    }
}

/// `#7 ready  Fix the login  @2 claude  wt/fix-the-login`
pub(super) fn task_line(task: &TaskView) -> String {
    let worker = task.worker.map(|worker| format!("  @{worker}")).unwrap_or_default();
    let note = note(task);
    let note = if note.is_empty() { note } else { format!(" – {note}") };
    format!("#{} {}  {}{worker}  {}  {}{note}", task.id, task.status, task.title, task.agent, task.branch)
}

/// The word that JSON has for a value.
pub(super) fn json_word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Yes or no as a word.
pub(super) fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// Levenshtein distance, for suggestions.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(row.first_mut().unwrap_or(&mut 0), i + 1);
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            left = if x == *y { diagonal } else { diagonal.min(above).min(left) + 1 };
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}
