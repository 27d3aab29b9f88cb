//! What the person is needed for, in words. The same answer ends `--wait`, lights the attention line and
//! heads a worker's pane.

use std::collections::{BTreeSet, VecDeque};

use crate::model::{
    Approval, Autonomy, DialogKind, StatusReason, Subject, Task, TaskId, TaskStatus, WaitsFor, one_line, truncate,
};

use super::State;

impl State {
    /// What the person is needed for at a task; `None` while it goes on by itself.
    pub fn needs(&self, task: TaskId) -> Option<String> {
        let task = self.task(task)?;
        if task.status.is_final() {
            return None;
        }
        if let Some(approval) = self.waiting_for(task.id).next() {
            return Some(words(approval));
        }
        match task.status {
            TaskStatus::Proposed if task.autonomy == Autonomy::Manual => Some("you to start it".to_owned()),
            TaskStatus::Proposed => Some("a yes to its plan".to_owned()),
            // who was asked and said to leave it is not asked for again: it waits
            TaskStatus::NeedsReview if self.dismissed.contains(&task.id) => None,
            TaskStatus::NeedsReview => Some(review(task)),
            TaskStatus::Blocked => self.held_up(task),
            TaskStatus::Ready => self.without_workers(task),
            _ => None,
        }
    }

    /// What only the person can move, without being asked again: a task that was left, a checkout that is not clean.
    fn waits_for_person(&self, task: &Task) -> Option<String> {
        matches!(self.waits_on(task), Some(WaitsFor::You | WaitsFor::Checkout)).then(|| review(task))
    }

    /// A task that could start when no worker takes any.
    fn without_workers(&self, task: &Task) -> Option<String> {
        let seats = &self.projects.get(&task.project)?.workers;
        let all_offline =
            seats.len() >= usize::from(self.rules.max_seats) && seats.values().all(|worker| worker.offline.is_some());
        all_offline.then(|| "all workers are offline: `qd worker reset N` takes one back".to_owned())
    }

    /// What the person is needed for at a task that this one waits for, directly or through others.
    fn held_up(&self, task: &Task) -> Option<String> {
        let mut seen: BTreeSet<TaskId> = BTreeSet::from([task.id]);
        let mut waits = VecDeque::from(self.unmet(task));
        while let Some(id) = waits.pop_front() {
            let Some(before) = self.task(id).filter(|_| seen.insert(id)) else { continue };
            if before.status == TaskStatus::Blocked && self.waiting_for(id).next().is_none() {
                waits.extend(self.unmet(before));
            } else if let Some(needs) = self.needs(id).or_else(|| self.waits_for_person(before)) {
                return Some(format!("#{id}, which it waits for, needs you: {needs}"));
            }
        }
        None
    }
}

/// One line for a question that waits.
fn words(approval: &Approval) -> String {
    match &approval.subject {
        Subject::Plan { .. } => "a yes to its plan".to_owned(),
        Subject::Landing { .. } => "a yes to landing it".to_owned(),
        Subject::Dialog { dialog, .. } => {
            let what = match dialog.kind {
                DialogKind::Trust => "trust",
                DialogKind::Permission => "permission",
                DialogKind::Other => "an answer in its pane",
            };
            format!("{what}: {}", truncate(&one_line(&dialog.text), 120))
        }
        Subject::Question { .. } => format!("an answer: {}", truncate(&one_line(&approval.detail), 120)),
        Subject::Review { task } => {
            one_line(approval.title.strip_prefix(&format!("#{task} ")).unwrap_or(&approval.title))
        }
        Subject::Held { .. }
        | Subject::Touched { .. }
        | Subject::Resume { .. }
        | Subject::Offline { .. }
        | Subject::Budget { .. } => one_line(&approval.title),
        Subject::Commands { commands, .. } => {
            format!("a yes to run {}", truncate(&one_line(&commands.join(", ")), 120))
        }
    }
}

/// Why a task that needs review does, and what can be done.
fn review(task: &Task) -> String {
    match &task.reason {
        Some(StatusReason::MergeConflict { files }) => {
            format!("conflict in {}: resolve it, then land again", files.join(", "))
        }
        Some(reason) => one_line(&reason.to_string()),
        None => "a look at it".to_owned(),
    }
}
