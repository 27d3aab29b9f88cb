//! What must hold whatever happens: checked for every event before it is applied, and for every state after a turn.

use std::collections::{BTreeMap, BTreeSet};

use quarterdeck::engine::{EffectKind, Event, SessionNews, State, TaskNews};
use quarterdeck::model::{DelegationStatus, ProjectId, TaskStatus, WorkerNumber};

/// Transitions are legal, and an event survives being written down.
pub fn event(state: &State, event: &Event) {
    let text = serde_json::to_string(event).expect("an event can be written");
    let read: Event = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(read, *event);
    assert!(!event.describe().is_empty() && !event.describe().contains('\n'));
    match event {
        Event::Task { task, news: TaskNews::Moved { from, to, .. }, .. } => {
            assert_eq!(state.tasks[task].status, *from, "#{task} was not where the event says");
            assert!(from.can_become(*to), "#{task}: {from} cannot become {to}");
        }
        Event::Task { task, news: TaskNews::Completed { .. }, .. } => {
            let status = state.tasks[task].status;
            assert!(status.can_become(TaskStatus::Completed), "#{task}: {status} cannot become completed");
        }
        Event::Task { task, news: TaskNews::DelegationStarted { delegation }, .. } => {
            let project = &state.projects[&state.tasks[task].project];
            let worker = &project.workers[&delegation.worker];
            assert!(
                worker.task.is_none_or(|holder| holder == *task) && !worker.manual,
                "worker {} is taken",
                worker.number
            );
            let busy = state.live().find(|session| session.project == project.id && session.worker == worker.number);
            assert!(busy.is_none(), "worker {} still runs a session", worker.number);
        }
        Event::Session { session, news: SessionNews::Created { .. }, .. } => {
            assert!(!state.sessions.contains_key(session), "a session's id is used once");
        }
        Event::EffectRequested { effect, .. } => {
            assert!(!state.outbox.contains_key(&effect.id), "an effect's id is used once");
            let twice = state.outbox.values().any(|other| other.kind == effect.kind);
            let repeats = matches!(
                effect.kind,
                EffectKind::DeliverPrompt { .. } | EffectKind::AnswerDialog { .. } | EffectKind::StopSession { .. }
            );
            assert!(!twice || repeats, "{:?} is under way twice", effect.kind);
        }
        _ => {}
    }
}

/// The state is consistent with itself: its indexes equal a slow recomputation.
pub fn state(state: &State) {
    let open: BTreeSet<_> = state.tasks.values().filter(|task| !task.status.is_final()).map(|task| task.id).collect();
    assert_eq!(state.open_tasks, open);
    let live: BTreeSet<_> =
        state.sessions.values().filter(|session| session.is_live()).map(|session| session.id.clone()).collect();
    assert_eq!(state.live_sessions, live);
    let waiting: BTreeSet<_> =
        state.approvals.values().filter(|approval| approval.is_open()).map(|approval| approval.id).collect();
    assert_eq!(state.open_approvals, waiting);
    let merging: BTreeSet<_> =
        state.tasks.values().filter(|task| task.status == TaskStatus::Merging).map(|task| task.id).collect();
    assert_eq!(state.merging_since.keys().copied().collect::<BTreeSet<_>>(), merging);
    assert!(state.landing_after.keys().all(|task| merging.contains(task)));
    assert!(state.stops.keys().all(|session| live.contains(session)));
    let ready: BTreeSet<_> =
        state.tasks.values().filter(|task| task.status == TaskStatus::Ready).map(|task| task.id).collect();
    assert_eq!(state.ready_since.keys().copied().collect::<BTreeSet<_>>(), ready);
    assert!(state.restarting.iter().all(|session| live.contains(session)));
    for task in state.restart_after.keys() {
        assert_eq!(state.tasks[task].status, TaskStatus::Executing, "#{task} is restarted and does not execute");
        assert!(!state.has_live_session(*task), "#{task} is restarted beside a live session");
    }
    one_delegation_a_worker(state);
    one_landing_a_project(state);
    finals(state);
}

fn one_delegation_a_worker(state: &State) {
    let mut seats: BTreeMap<(ProjectId, WorkerNumber), u64> = BTreeMap::new();
    for delegation in state.delegations.values() {
        if !matches!(delegation.status, DelegationStatus::Completed | DelegationStatus::Failed) {
            let project = state.tasks[&delegation.task].project;
            let other = seats.insert((project, delegation.worker), delegation.id.0);
            assert_eq!(other, None, "two live delegations on worker {}", delegation.worker);
        }
    }
    let mut holders = BTreeSet::new();
    for project in state.projects.values() {
        for task in project.workers.values().filter_map(|worker| worker.task) {
            assert!(holders.insert(task), "#{task} holds two seats");
        }
    }
    for task in state.open().filter(|task| task.status == TaskStatus::Executing) {
        assert!(holders.contains(&task.id), "#{} executes without a seat", task.id);
    }
}

fn one_landing_a_project(state: &State) {
    let mut landing = BTreeSet::new();
    for effect in state.outbox.values() {
        if let EffectKind::Land { task } = &effect.kind {
            assert!(landing.insert(state.tasks[task].project), "two landings in one project");
            assert_eq!(state.tasks[task].status, TaskStatus::Merging, "#{task} left the queue while it landed");
        }
    }
}

fn finals(state: &State) {
    for task in state.tasks.values().filter(|task| task.status.is_final()) {
        assert!(task.completed_at.is_some());
        assert!(state.waiting_for(task.id).next().is_none(), "#{} is final and still asks", task.id);
        assert!(
            task.status == TaskStatus::Completed || task.commit.is_none(),
            "#{} landed and is not completed",
            task.id
        );
    }
}
