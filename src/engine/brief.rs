//! What agents are told: the brief of an attempt and the texts that go into a running session. Words
//! only; how they get into the agent is the world's business.

use std::fmt::Write;

use crate::model::{AttemptFailure, CheckRun, Handoff, SessionMode, StatusReason, Task, TaskStatus, truncate};

use super::State;

/// The longest part of a failing log that goes back to an agent, in characters.
const LOG: usize = 6_000;

/// The brief of a task's next attempt. A `shell` task is its command line; an open session has none.
pub(super) fn compose(state: &State, task: &Task) -> String {
    if task.agent == "shell" {
        return task.run.clone().unwrap_or_else(|| task.body.clone());
    }
    if task.open_ended {
        return String::new();
    }
    let mut text = format!("# Task #{}: {}\n\n{}\n", task.id, task.title, task.body.trim());
    if let Some(instructions) = &task.instructions {
        let _ = write!(text, "\n## Your role\n\n{}\n", instructions.trim());
    }
    expected(task, &mut text);
    landed_before(state, task, &mut text);
    failed_before(task, &mut text);
    if state.fresh.contains(&task.id) && task.attempts > 0 {
        text.push_str(AFRESH);
    }
    text.push_str(
        "\n## How to work\n\n\
         - You are in a git worktree of your own, on a branch of your own. Work only here: change nothing outside of it,\n  above all not in the person's own checkout of the project. Such changes are noticed and stop you.\n\
         - Commit your work in this worktree. Do not push, merge or switch branches: that is done for you.\n\
         - The project's checks run after you; run them yourself first where you can.\n",
    );
    text.push_str(match task.mode {
        SessionMode::Interactive => REPORTING,
        SessionMode::Autonomous => "- When the work is finished, say in one or two sentences what you did, and end.\n",
    });
    text
}

/// How an interactive agent says that it is done.
const REPORTING: &str = "\n## How to report\n\n\
    - When the work is finished, run: qd report done \"<what you did, one or two sentences>\"\n\
    - When you need an answer from the person, run: qd report ask \"<your question>\" and wait.\n\
    - For news on the way, run: qd report progress \"<one line>\"\n";

/// What an attempt is told that does not find the work of the one before.
const AFRESH: &str = "\nThis attempt starts from the target as it is now: what earlier attempts changed is not in this worktree. \
    Look at what is there and do the task on top of it.\n";

/// What the planner expects: hints and no orders, except what is to be kept to.
fn expected(task: &Task, text: &mut String) {
    let forecast = &task.forecast;
    let hints = [
        ("Files that it probably touches", &forecast.files, ", "),
        ("Tools that help", &forecast.tools, ", "),
        ("Skills that help", &forecast.skills, ", "),
        ("What could go wrong", &forecast.risks, "; "),
        ("Keep to this", &forecast.constraints, "; "),
    ];
    let known: Vec<String> = hints
        .into_iter()
        .filter(|(_, lines, _)| !lines.is_empty())
        .map(|(name, lines, between)| format!("- {name}: {}\n", lines.join(between)))
        .collect();
    if !known.is_empty() {
        let _ = write!(text, "\n## What the planner expects\n\n{}", known.concat());
    }
}

/// What this task builds on.
fn landed_before(state: &State, task: &Task, text: &mut String) {
    let landed =
        task.depends.iter().filter_map(|id| state.task(*id)).filter(|before| before.status == TaskStatus::Completed);
    for (place, before) in landed.enumerate() {
        if place == 0 {
            text.push_str("\n## What landed before\n\n");
        }
        let summary = before.summary.as_deref().unwrap_or("no summary");
        let _ = writeln!(text, "- #{} {}: {}", before.id, before.title, truncate(summary, 400));
    }
}

/// Attempt memory.
fn failed_before(task: &Task, text: &mut String) {
    let skip = task.failures.len().saturating_sub(3);
    for (place, failure) in task.failures.iter().skip(skip).enumerate() {
        if place == 0 {
            text.push_str("\n## What failed before\n\n");
        }
        if place == 0 && skip > 0 {
            let first: Vec<String> = task.failures.iter().take(skip).map(first_line).collect();
            let _ =
                writeln!(text, "- Before these, {skip} more attempts failed: {}", truncate(&first.join("; "), 1_000));
        }
        let _ = writeln!(text, "- Attempt {}: {}", failure.attempt, failure.summary.trim());
    }
}

fn first_line(failure: &AttemptFailure) -> String {
    truncate(failure.summary.lines().next().unwrap_or_default().trim(), 200)
}

/// A failing check, in words for an agent.
pub(super) fn red(runs: &[CheckRun], where_: &str) -> String {
    let Some(run) = runs.iter().find(|run| !run.passed()) else {
        return format!("The checks {where_} did not pass.");
    };
    let code = run
        .exit_code
        .map_or_else(|| "no exit code (a signal or the time limit)".to_owned(), |code| format!("exit code {code}"));
    format!("The check `{}` failed {where_} with {code}.\nThe end of its output:\n\n{}", run.name, tail(&run.log))
}

/// The last part of a log.
fn tail(log: &str) -> String {
    let skip = log.chars().count().saturating_sub(LOG);
    log.chars().skip(skip).collect()
}

/// What goes back to an agent whose result was red.
pub(super) fn feedback(what: &str) -> String {
    format!("{what}\n\nPlease fix this, commit, and run `qd report done \"<what you did>\"` again when it is finished.")
}

/// The one message that the engine writes by itself.
pub(super) const REMINDER: &str = "You stopped without reporting. If the work is finished, run: qd report done \"<what you did>\". \
    If you need an answer, run: qd report ask \"<your question>\". Otherwise go on working.";

/// What a resumed conversation is told.
pub(super) const RESUMED: &str = "You were interrupted and your conversation was resumed in the same worktree. Look at what is there \
    and go on where you stopped. When the work is finished, run: qd report done \"<what you did>\".";

/// What a resumed headless run is told.
pub(super) const RESUMED_HEADLESS: &str = "You were interrupted and your conversation was resumed in the same worktree. Look at what is there \
    and go on where you stopped. When the work is finished, say in one or two sentences what you did, and end.";

/// What the person's plain no to "is this finished?" says.
pub(super) const NOT_FINISHED: &str =
    "It is not finished yet. Please go on, and run `qd report done \"<what you did>\"` when it is.";

/// The first words of a session that continues from a handoff document.
pub(super) fn take_over(task: &Task, handoff: &Handoff) -> String {
    let document = handoff.document.as_ref().map_or_else(|| "(missing)".to_owned(), |path| path.display().to_string());
    format!(
        "You take over task #{}: {}\n\nAnother session worked on it in this worktree. Its handoff document is at:\n{document}\n\n\
         Read that document first. Then, before you change anything, restate the next step in one sentence by running:\n\
         qd report progress \"next: <the next step>\"\n\n\
         The session before you is kept until you have done so. Then go on with the work.\n{REPORTING}",
        task.id, task.title
    )
}

/// What a fresh session is told that has not said the next step back.
pub(super) const RESTATE: &str = "You took over this task and have not yet said what the next step is. Please run now: \
    qd report progress \"next: <the next step>\". Then go on working.";

/// What went wrong, in words for the next attempt, when the status reason is all that is known.
pub(super) fn reason(task: &Task) -> Option<String> {
    match task.reason.as_ref()? {
        StatusReason::Stuck { what, log } => Some(format!("{what}: {}", truncate(log, 2_000))),
        StatusReason::ChecksFailed { check, log } => Some(format!("check `{check}` failed: {}", truncate(log, 2_000))),
        StatusReason::MergeConflict { files } => {
            Some(format!("the result conflicted with the target in {}", files.join(", ")))
        }
        StatusReason::ByPerson | StatusReason::DependencyLost { .. } | StatusReason::ReadyToLand { .. } => None,
        other => Some(other.to_string()),
    }
}
