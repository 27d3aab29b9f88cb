//! What a task waits for that goes on without the person: other tasks, a free worker, a free place among the running
//! agents. In words, for lists.

use crate::model::{Task, TaskId, TaskStatus, Worker, WorkerNumber};

use super::State;

impl State {
    /// What a task that is not at work waits for; `None` when it works, is over, or only the person is missing.
    pub fn waits_for(&self, task: &Task) -> Option<String> {
        match task.status {
            TaskStatus::Blocked => {
                let open: Vec<String> = self.unmet(task).into_iter().filter_map(|id| self.standing(id)).collect();
                (!open.is_empty()).then(|| open.join(", "))
            }
            TaskStatus::Ready => self.waits_to_start(task),
            TaskStatus::Merging => {
                let before = |other: &&Task| {
                    other.project == task.project
                        && other.status == TaskStatus::Merging
                        && (self.merging_since.get(&other.id), other.id) < (self.merging_since.get(&task.id), task.id)
                };
                let first =
                    self.open().filter(before).min_by_key(|other| (self.merging_since.get(&other.id), other.id));
                first.filter(|_| !self.is_landing(task.id)).map(|other| format!("#{}, which lands first", other.id))
            }
            _ => None,
        }
    }

    /// `#3 (executing)`.
    fn standing(&self, id: TaskId) -> Option<String> {
        Some(format!("#{id} ({})", self.task(id)?.status.word()))
    }

    /// Why a ready task has not begun.
    fn waits_to_start(&self, task: &Task) -> Option<String> {
        if self.is_busy(task.id) || self.has_live_session(task.id) {
            return Some("the end of its last attempt".to_owned());
        }
        let project = self.projects.get(&task.project)?;
        let running = self.slots_used();
        if running >= usize::from(self.rules.slots) {
            return Some(format!("one of the {running} running agents to end (slots = {})", self.rules.slots));
        }
        let free = |worker: &Worker| worker.is_free() && !self.is_occupied(task, worker.number);
        if project.workers.values().any(free) {
            return None;
        }
        Some(format!("a free worker: all {} are taken", project.workers.len()))
    }

    /// Whether anything still runs on a seat.
    fn is_occupied(&self, task: &Task, worker: WorkerNumber) -> bool {
        self.live().any(|session| session.project == task.project && session.worker == worker)
    }

    /// Tasks that run an agent now, or will in a moment. A task that waits for the person uses no slot.
    pub fn slots_used(&self) -> usize {
        let uses = |task: &&Task| match task.status {
            TaskStatus::Executing => true,
            TaskStatus::Verifying | TaskStatus::Merging => self.live_session_of(task).is_some(),
            _ => false,
        };
        self.open().filter(uses).count()
    }
}
