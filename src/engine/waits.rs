//! What a task waits for that goes on without the person: other tasks, a free worker, a free place among the running
//! agents. In words, for lists.

use crate::model::{StatusReason, Task, TaskId, TaskStatus, WaitsFor, Worker, WorkerNumber};

use super::State;

impl State {
    /// What a task that is not at work waits for; `None` when it works, is over, or only the person is missing.
    pub fn waits_for(&self, task: &Task) -> Option<String> {
        self.waits(task).map(|(_, words)| words)
    }

    /// The same in one word.
    pub fn waits_on(&self, task: &Task) -> Option<WaitsFor> {
        self.waits(task).map(|(what, _)| what)
    }

    fn waits(&self, task: &Task) -> Option<(WaitsFor, String)> {
        match task.status {
            TaskStatus::Executing if self.restart_after.contains_key(&task.id) => {
                Some((WaitsFor::Restart, "the pause before its lost agent is started again".to_owned()))
            }
            TaskStatus::Executing => self.waits_at_limit(task),
            TaskStatus::Blocked => {
                let open: Vec<String> = self.unmet(task).into_iter().filter_map(|id| self.standing(id)).collect();
                (!open.is_empty()).then(|| (WaitsFor::Dependency, open.join(", ")))
            }
            TaskStatus::Ready => self.waits_to_start(task),
            TaskStatus::NeedsReview if self.dismissed.contains(&task.id) => {
                let asked = self.waiting_for(task.id).next().is_some();
                let id = task.id;
                let words =
                    format!("your word: you left it as it is (`qd task retry {id}`, `land {id}` or `cancel {id}`)");
                (!asked).then_some((WaitsFor::You, words))
            }
            TaskStatus::Merging if !self.is_landing(task.id) && is_held_up(task) => {
                let Some(StatusReason::CheckoutBusy { detail }) = &task.reason else { return None };
                Some((WaitsFor::Checkout, format!("your checkout: {detail}")))
            }
            TaskStatus::Merging => {
                let before = |other: &&Task| {
                    other.project == task.project
                        && other.status == TaskStatus::Merging
                        && (self.merging_since.get(&other.id), other.id) < (self.merging_since.get(&task.id), task.id)
                };
                let first =
                    self.open().filter(before).min_by_key(|other| (self.merging_since.get(&other.id), other.id));
                let first = first.filter(|_| !self.is_landing(task.id));
                first.map(|other| (WaitsFor::Landing, format!("#{}, which lands first", other.id)))
            }
            _ => None,
        }
    }

    /// Its agent is parked at its provider's limit.
    fn waits_at_limit(&self, task: &Task) -> Option<(WaitsFor, String)> {
        let session = self.live_session_of(task)?;
        let limit = self.ledger.limits.get(&session.id)?;
        let at = self.rules.clock(limit.until);
        let then = if limit.told { " to reset" } else { ", tried again" };
        let words = format!("the limit of {}{then} at {at}", session.agent);
        Some((WaitsFor::Provider, words))
    }

    /// `#3 (executing)`.
    fn standing(&self, id: TaskId) -> Option<String> {
        Some(format!("#{id} ({})", self.task(id)?.status.word()))
    }

    /// Why a ready task has not begun.
    fn waits_to_start(&self, task: &Task) -> Option<(WaitsFor, String)> {
        if self.is_busy(task.id) || self.has_live_session(task.id) {
            return Some((WaitsFor::Worker, "the end of its last attempt".to_owned()));
        }
        if let Some(wait) = self.waits_for_leave(task) {
            return Some(wait);
        }
        let project = self.projects.get(&task.project)?;
        let running = self.slots_used();
        if running >= usize::from(self.rules.slots) && !task.open_ended {
            let words = format!("one of the {running} running agents to end (slots = {})", self.rules.slots);
            return Some((WaitsFor::Slot, words));
        }
        if self.plan_is_full(task, 0) {
            let most = task.plan.and_then(|id| self.plans.get(&id)?.at_once).unwrap_or_default();
            return Some((WaitsFor::Slot, format!("one of its team's {most} running agents to end")));
        }
        let free = |worker: &Worker| worker.is_free() && !self.is_occupied(task, worker.number);
        if project.workers.values().any(free) {
            return None;
        }
        let offline = project.workers.values().filter(|worker| worker.offline.is_some()).count();
        let words = match offline {
            0 => format!("a free worker: all {} are taken", project.workers.len()),
            _ => format!(
                "a free worker: all {} are taken or offline ({offline} offline, `qd worker reset` takes one back)",
                project.workers.len()
            ),
        };
        Some((WaitsFor::Worker, words))
    }

    /// Whether as many agents of a task's plan run as may, with those that began just now.
    pub fn plan_is_full(&self, task: &Task, begun: usize) -> bool {
        let plan = task.plan.and_then(|id| self.plans.get(&id));
        let Some((plan, most)) = plan.and_then(|plan| Some((plan, plan.at_once?))) else { return false };
        let tasks = plan.tasks.iter().filter_map(|id| self.task(*id));
        let running = tasks.filter(|task| self.uses_slot(task)).count();
        running.saturating_add(begun) >= usize::from(most)
    }

    /// A budget that is used up, or a provider that takes no more for now.
    fn waits_for_leave(&self, task: &Task) -> Option<(WaitsFor, String)> {
        let now = self.ledger.clock;
        if let Some(budget) = self.task_over_budget(task.id, now) {
            let words = format!("the budget of {} ({}), which is used up", budget.scope, budget.limit);
            return Some((WaitsFor::Budget, words));
        }
        if let Some(limit) = self.ledger.held.get(&task.id).filter(|limit| limit.until > now) {
            let words = format!("the limit of {} to reset at {}", task.agent, self.rules.clock(limit.until));
            return Some((WaitsFor::Provider, words));
        }
        self.held_by_pace(&task.agent, now)?;
        Some((WaitsFor::Provider, format!("its turn: agents like {} start one after the other", task.agent)))
    }

    /// Whether anything still runs on a seat.
    fn is_occupied(&self, task: &Task, worker: WorkerNumber) -> bool {
        self.live().any(|session| session.project == task.project && session.worker == worker)
    }

    /// Tasks that run an agent now, or will in a moment. A task that waits for the person uses no slot, and neither
    /// does a session that the person opened.
    pub fn slots_used(&self) -> usize {
        self.open().filter(|task| self.uses_slot(task)).count()
    }

    fn uses_slot(&self, task: &Task) -> bool {
        match task.status {
            TaskStatus::Executing => !task.open_ended,
            TaskStatus::Verifying | TaskStatus::Merging => !task.open_ended && self.live_session_of(task).is_some(),
            _ => false,
        }
    }
}

/// Whether the last landing found the person's checkout in the way.
fn is_held_up(task: &Task) -> bool {
    matches!(task.reason, Some(StatusReason::CheckoutBusy { .. }))
}
