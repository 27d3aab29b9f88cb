//! The state as faces see it: pure functions from `State` to the views of the protocol.

use super::usage;
use crate::config::Paths;
use crate::engine::State;
use crate::model::{
    Approval, BudgetScope, DialogKind, Handoff, Plan, PlanStatus, Project, ProjectId, Session, StepState, Subject,
    Task, TaskId, Timestamp, Worker, WorkerNumber, one_line,
};
use crate::protocol::{
    ApprovalView, HandoffView, PlanView, ProjectView, QueueEntry, QueueView, SessionView, TaskView, WorkerView,
};

/// How many finished tasks and plans a project view carries.
const LATEST: usize = 50;

/// One task.
pub(crate) fn task(state: &State, task: &Task) -> TaskView {
    TaskView {
        id: task.id,
        project: task.project,
        plan: task.plan,
        title: task.title.clone(),
        body: task.body.clone(),
        task_type: task.task_type,
        complexity: task.complexity,
        confidence: task.confidence,
        status: task.status,
        reason: task.reason.as_ref().map(ToString::to_string),
        needs: state.needs(task.id),
        waits_for: state.waits_for(task),
        agent: task.agent.clone(),
        model: task.model.clone(),
        route: task.route.clone(),
        forecast: task.forecast.clone(),
        run: task.run.clone(),
        role: task.role.clone(),
        autonomy: task.autonomy,
        mode: task.mode,
        executor: task.executor,
        worker: task.worker,
        branch: task.branch.clone(),
        worktree: task.worktree.clone(),
        base: task.base.clone(),
        session: task.delegation.and_then(|id| state.delegations.get(&id)).and_then(|it| it.session.clone()),
        priority: task.priority,
        waits_on: state.waits_on(task),
        depends: task.depends.iter().copied().collect(),
        attempts: task.attempts,
        summary: task.summary.clone(),
        checks: task.checks.clone(),
        created_at: task.created_at.rfc3339(),
        updated_at: task.updated_at.rfc3339(),
        started_at: task.started_at.map(Timestamp::rfc3339),
        completed_at: task.completed_at.map(Timestamp::rfc3339),
        commit: task.commit.clone(),
        usage: usage::of_task(state, task.id),
    }
}

/// One session.
pub(crate) fn session(state: &State, paths: &Paths, session: &Session) -> SessionView {
    let limit = state.ledger.limits.get(&session.id);
    SessionView {
        id: session.id.clone(),
        project: session.project,
        task: session.task,
        worker: session.worker,
        agent: session.agent.clone(),
        mode: session.mode,
        executor: session.executor,
        pid: session.pid,
        host_pid: session.host.map(|host| host.pid),
        state: session.verdict.state,
        state_source: session.verdict.source,
        evidence: session.verdict.evidence.clone(),
        state_at: session.verdict.at,
        conversation: session.conversation.clone(),
        parked: session.parked,
        over_budget: state.ledger.paused.contains(&session.id),
        warnings: session.warnings.clone(),
        created_at: session.created_at.rfc3339(),
        started_at: session.started_at.map(Timestamp::rfc3339),
        ended_at: session.ended_at.map(Timestamp::rfc3339),
        exit: session.exit.as_ref().map(ToString::to_string),
        socket: paths.session_socket(&session.id),
        usage: usage::of_session(state, &session.id),
        back_at: limit.map(|limit| state.rules.clock(limit.until)),
    }
}

/// One seat.
pub(crate) fn worker(state: &State, worker: &Worker) -> WorkerView {
    let session = worker.session.as_ref().and_then(|id| state.sessions.get(id));
    let task = worker.task.or_else(|| session.and_then(|session| session.task));
    WorkerView {
        number: worker.number,
        name: worker.name.clone(),
        session: worker.session.clone(),
        task: worker.task,
        title: task.and_then(|id| state.tasks.get(&id)).map(|task| task.title.clone()),
        agent: session.map(|session| session.agent.clone()),
        state: session.map(|session| session.verdict.state),
        needs: worker.task.and_then(|task| state.needs(task)),
        failures: worker.failures,
        offline: worker.offline.clone(),
        warnings: session
            .filter(|session| session.is_live())
            .map(|session| session.warnings.clone())
            .unwrap_or_default(),
    }
}

/// What waits for a session.
pub(crate) fn queue(state: &State, project: Option<ProjectId>) -> QueueView {
    let all = state.queue();
    let wanted = all.into_iter().filter(|task| project.is_none_or(|project| task.project == project));
    let entry = |(place, task): (usize, &Task)| QueueEntry {
        place: place + 1,
        task: task.id,
        project: task.project,
        title: task.title.clone(),
        agent: task.agent.clone(),
        mode: task.mode,
        priority: task.priority,
        requested: state.requested.contains(&task.id),
        waits_on: state.waits_on(task),
        waits_for: state.waits_for(task),
        since: state.ready_since.get(&task.id).copied().unwrap_or(task.updated_at),
    };
    QueueView {
        running: state.slots_used(),
        slots: usize::from(state.rules.slots),
        requests: state.requested.len(),
        most_requests: usize::from(state.rules.requests),
        waiting: wanted.enumerate().map(entry).collect(),
    }
}

/// One question.
pub(crate) fn approval(state: &State, approval: &Approval) -> ApprovalView {
    let session = match &approval.subject {
        Subject::Dialog { session, .. }
        | Subject::Held { session, .. }
        | Subject::Question { session, .. }
        | Subject::Touched { session, .. } => state.sessions.get(session),
        _ => None,
    };
    let kind = match &approval.subject {
        Subject::Plan { .. } => "plan",
        Subject::Landing { .. } => "landing",
        Subject::Dialog { dialog, .. } => match dialog.kind {
            DialogKind::Trust => "trust",
            DialogKind::Permission => "permission",
            DialogKind::Other => "dialog",
        },
        Subject::Held { .. } => "draft",
        Subject::Question { .. } => "question",
        Subject::Commands { .. } => "commands",
        Subject::Review { .. } => "review",
        Subject::Resume { .. } => "resume",
        Subject::Offline { .. } => "offline",
        Subject::Budget { .. } => "budget",
        Subject::Touched { .. } => "checkout",
    };
    let answerable = match &approval.subject {
        Subject::Dialog { dialog, .. } => !dialog.yes.is_empty(),
        Subject::Held { .. } => false,
        _ => true,
    };
    ApprovalView {
        id: approval.id,
        project: approval.project,
        subject: approval.subject.clone(),
        kind: kind.to_owned(),
        task: approval.task,
        worker: match &approval.subject {
            Subject::Offline { worker } | Subject::Budget { scope: BudgetScope::Worker { worker, .. }, .. } => {
                Some(*worker)
            }
            _ => session.map(|session| session.worker).or_else(|| worker_of(state, approval.task)),
        },
        title: approval.title.clone(),
        detail: approval.detail.clone(),
        answerable,
        asked_at: approval.asked_at,
    }
}

fn worker_of(state: &State, task: Option<TaskId>) -> Option<WorkerNumber> {
    state.tasks.get(&task?)?.worker
}

/// What waits, most urgent first: what stops an agent, then what stops a landing, then the oldest.
pub(crate) fn approvals(state: &State, project: Option<ProjectId>) -> Vec<ApprovalView> {
    let mut waiting: Vec<&Approval> = state
        .open_approvals
        .iter()
        .filter_map(|id| state.approvals.get(id))
        .filter(|approval| project.is_none_or(|project| approval.project == project))
        .collect();
    waiting.sort_by_key(|approval| (urgency(&approval.subject), approval.asked_at, approval.id));
    waiting.into_iter().map(|it| approval(state, it)).collect()
}

fn urgency(subject: &Subject) -> u8 {
    match subject {
        Subject::Dialog { .. } | Subject::Touched { .. } => 0,
        Subject::Question { .. } | Subject::Held { .. } => 1,
        Subject::Commands { .. } | Subject::Resume { .. } | Subject::Offline { .. } | Subject::Budget { .. } => 2,
        Subject::Review { .. } | Subject::Landing { .. } => 3,
        Subject::Plan { .. } => 4,
    }
}

/// One plan.
fn plan(plan: &Plan) -> PlanView {
    PlanView {
        id: plan.id,
        text: plan.text.clone(),
        tasks: plan.tasks.clone(),
        status: plan.status,
        by: plan.by.clone(),
        note: plan.note.clone(),
    }
}

/// One handoff; `brief` holds the first lines of its document.
pub(crate) fn handoff(handoff: &Handoff, brief: Vec<String>) -> HandoffView {
    HandoffView {
        id: handoff.id,
        worker: handoff.worker,
        task: handoff.task,
        steps: crate::model::HandoffStep::ALL
            .into_iter()
            .map(|step| (step.word().to_owned(), handoff.step(step).clone()))
            .collect(),
        document: handoff.document.clone(),
        brief,
        ended: handoff.ended_at.is_some(),
        held: handoff.waits_for_yes(),
        silent: handoff.ended_at.is_none()
            && handoff.to.is_some()
            && matches!(handoff.step(crate::model::HandoffStep::Start), StepState::Failed { .. }),
        succeeded: handoff.ended_at.is_some()
            && matches!(handoff.step(crate::model::HandoffStep::Start), StepState::Done { .. }),
    }
}

/// Everything that a cockpit shows of one project. Briefs and the log line are filled in by the caller,
/// who can read files and the store.
pub(crate) fn project(state: &State, paths: &Paths, project: &Project, now: Timestamp) -> ProjectView {
    ProjectView {
        id: project.id,
        name: project.name.clone(),
        root: project.root.clone(),
        target: project.target.clone(),
        autonomy: project.autonomy,
        now,
        workers: project.workers.values().map(|it| worker(state, it)).collect(),
        tasks: tasks(state, project.id),
        sessions: sessions(state, paths, project),
        approvals: approvals(state, Some(project.id)),
        plans: plans(state, project.id),
        handoffs: handoffs(state, project),
        chat: state.chat.get(&project.id).cloned().unwrap_or_default(),
        last: None,
        today: usage::today(state, now),
    }
}

/// Open tasks and the latest final ones, by id.
fn tasks(state: &State, project: ProjectId) -> Vec<TaskView> {
    let mut finished = 0;
    let mut shown: Vec<TaskView> = state
        .tasks
        .values()
        .rev()
        .filter(|task| task.project == project)
        .filter(|task| {
            finished += usize::from(task.status.is_final());
            !task.status.is_final() || finished <= LATEST
        })
        .map(|it| task(state, it))
        .collect();
    shown.reverse();
    shown
}

/// Sessions that a seat shows, and all live ones.
fn sessions(state: &State, paths: &Paths, project: &Project) -> Vec<SessionView> {
    let seated = project.workers.values().filter_map(|worker| worker.session.as_ref());
    let mut ids: Vec<_> = state.live_sessions.iter().chain(seated).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .filter_map(|id| state.sessions.get(id))
        .filter(|it| it.project == project.id)
        .map(|it| session(state, paths, it))
        .collect()
}

/// Plans that wait, and the latest others.
fn plans(state: &State, project: ProjectId) -> Vec<PlanView> {
    let mut shown: Vec<PlanView> = state
        .plans
        .values()
        .rev()
        .filter(|it| it.project == project)
        .enumerate()
        .filter(|(place, it)| *place < LATEST || matches!(it.status, PlanStatus::Proposed | PlanStatus::Planning))
        .map(|(_, it)| plan(it))
        .collect();
    shown.reverse();
    shown
}

/// Handoffs under way, and the latest finished one of each worker.
fn handoffs(state: &State, project: &Project) -> Vec<HandoffView> {
    let mut seen = Vec::new();
    let mut shown = Vec::new();
    for it in state.handoffs.values().rev().filter(|it| it.project == project.id) {
        if it.ended_at.is_none() || !seen.contains(&it.worker) {
            shown.push(handoff(it, Vec::new()));
        }
        seen.push(it.worker);
        if seen.len() > LATEST {
            break;
        }
    }
    shown.reverse();
    shown
}

/// The first lines of a handoff document, safe to show.
pub(crate) fn first_lines(text: &str, count: usize) -> Vec<String> {
    text.lines().take(count).map(one_line).collect()
}
