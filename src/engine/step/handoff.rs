//! A handoff: five steps, one after the other, each an effect. Until the fresh session has begun the old
//! one can always go on; a step that fails hands the worker back to it. Whether the fresh one has understood
//! is `restate`'s part, what the person does about it `steer`'s.

use crate::model::{
    Autonomy, Delegation, DelegationStatus, Handoff, HandoffId, HandoffStep, ProjectId, Restating, Session, SessionId,
    SessionMode, StepState, Task, TaskStatus, WorkerNumber,
};

use super::super::{EffectKind, EffectResult, HandoffNews, Refusal, SessionNews, TaskNews};
use super::turn::Turn;
use super::{budget, launch, moves};

/// What the person wants of a handoff.
pub(super) struct Wish {
    /// Step 3 pushes.
    pub push: bool,
    /// Step 4 waits for a yes.
    pub hold: bool,
    /// Another agent goes on with it.
    pub agent: Option<String>,
}

pub(super) fn begin(turn: &mut Turn, project: ProjectId, worker: WorkerNumber, wish: Wish) -> Result<(), Refusal> {
    let state = turn.state;
    let known = state.projects.get(&project).ok_or(Refusal::NoProject(project))?;
    let seat = known.workers.get(&worker).ok_or(Refusal::WorkerIdle(worker))?;
    let session = seat.session.as_ref().and_then(|session| state.session(session)).filter(|session| session.is_live());
    let session = session.ok_or(Refusal::WorkerIdle(worker))?;
    let task = takes_one(turn, session).map_err(|why| Refusal::NoHandoffNow { worker, why: why.to_owned() })?;
    let id = HandoffId(turn.next_id());
    let waiting = || StepState::Waiting;
    let made = Handoff {
        id,
        project,
        worker,
        task: task.id,
        from: session.id.clone(),
        to: None,
        steps: [StepState::Running { since: turn.now }, waiting(), waiting(), waiting(), waiting()],
        agent: wish.agent,
        model: task.model.clone(),
        push: wish.push,
        held: wish.hold && task.autonomy != Autonomy::Full,
        restating: Restating::Unasked,
        document: None,
        started_at: turn.now,
        ended_at: None,
    };
    if task.status == TaskStatus::NeedsReview {
        // the fresh session takes up what the old one left: a question or an unreported end is no longer open
        moves::back_to_work(turn, task);
    }
    let handoff = made.clone();
    turn.handoff(&handoff, HandoffNews::Began { made: Box::new(made) });
    turn.request_for(Some(project), Some(task.id), EffectKind::WriteBrief { handoff: id });
    Ok(())
}

/// The task of a session that can be handed off now, or why it cannot.
fn takes_one<'a>(turn: &Turn<'a>, session: &Session) -> Result<&'a Task, &'static str> {
    let state = turn.state;
    let Some(task) = session.task.and_then(|task| state.task(task)) else { return Err("it has no task") };
    if session.mode == SessionMode::Autonomous {
        return Err("a headless run ends by itself");
    }
    if state.handoff_of(task.id).is_some() {
        return Err("a handoff is under way");
    }
    let open = matches!(task.status, TaskStatus::Executing | TaskStatus::NeedsReview);
    if !open || !state.is_current(session) {
        return Err("its agent is not at work on the task");
    }
    if !session.prompted || state.stops.contains_key(&session.id) {
        return Err("its session is starting or ending");
    }
    Ok(task)
}

/// The handoff that waits for the result of a step.
fn running<'a>(turn: &Turn<'a>, id: HandoffId, step: HandoffStep) -> Option<&'a Handoff> {
    let handoff = turn.state.handoffs.get(&id).filter(|handoff| handoff.ended_at.is_none())?;
    matches!(handoff.step(step), StepState::Running { .. }).then_some(handoff)
}

pub(super) fn step_to(turn: &mut Turn, handoff: &Handoff, step: HandoffStep, to: StepState) {
    turn.handoff(handoff, HandoffNews::StepMoved { step, to });
}

pub(super) fn done(turn: &mut Turn, handoff: &Handoff, step: HandoffStep, detail: String) {
    step_to(turn, handoff, step, StepState::Done { detail });
    advance(turn, handoff, step);
}

/// What comes after a step.
pub(super) fn advance(turn: &mut Turn, handoff: &Handoff, step: HandoffStep) {
    match step.next() {
        Some(next) => enter(turn, handoff, next),
        None => turn.handoff(handoff, HandoffNews::Ended),
    }
}

/// Begins a step.
pub(super) fn enter(turn: &mut Turn, handoff: &Handoff, step: HandoffStep) {
    if step == HandoffStep::Push && !handoff.push {
        step_to(turn, handoff, step, StepState::Skipped { reason: "not asked for".to_owned() });
        return advance(turn, handoff, step);
    }
    if step == HandoffStep::Park && handoff.held {
        return; // until the person says go on
    }
    let since = turn.now;
    step_to(turn, handoff, step, StepState::Running { since });
    let id = handoff.id;
    match step {
        HandoffStep::Brief => turn.request_once(EffectKind::WriteBrief { handoff: id }),
        HandoffStep::Commit => turn.request_once(EffectKind::CommitForHandoff { handoff: id }),
        HandoffStep::Push => turn.request_once(EffectKind::PushBranch { handoff: id }),
        HandoffStep::Park => turn.request_once(EffectKind::LockInput { session: handoff.from.clone(), locked: true }),
        HandoffStep::Start => start_fresh(turn, handoff),
    }
}

/// The fresh session: same attempt, same worktree.
fn start_fresh(turn: &mut Turn, handoff: &Handoff) {
    let state = turn.state;
    let task = state.task(handoff.task);
    match task.and_then(|task| Some((task, state.delegation_of(task)?))) {
        Some((task, delegation)) => {
            let session = match &handoff.agent {
                Some(agent) => {
                    turn.task(task, TaskNews::AgentChanged { agent: agent.clone(), model: None });
                    let other = Delegation { agent: agent.clone(), ..delegation.clone() };
                    launch::launch(turn, task, &other, launch::Opening::Fresh)
                }
                None => launch::launch(turn, task, delegation, launch::Opening::Fresh),
            };
            turn.handoff(handoff, HandoffNews::TakenOver { session });
        }
        None => failed(turn, handoff, HandoffStep::Start, "its task has no attempt".to_owned()),
    }
}

/// A step went wrong: the old session works on (its lock is taken off by the schedule).
fn failed(turn: &mut Turn, handoff: &Handoff, step: HandoffStep, reason: String) {
    step_to(turn, handoff, step, StepState::Failed { reason });
    if handoff.to.is_some() {
        take_back(turn, handoff);
    }
}

/// Gives the worker back to the old session.
pub(super) fn take_back(turn: &mut Turn, handoff: &Handoff) {
    turn.handoff(handoff, HandoffNews::TakenBack);
    agent_back(turn, handoff);
    if let Some(task) = turn.state.task(handoff.task).filter(|task| task.status == TaskStatus::Executing) {
        turn.task(task, TaskNews::DelegationMoved { status: DelegationStatus::Running });
    }
}

/// The old session's agent is the task's again.
fn agent_back(turn: &mut Turn, handoff: &Handoff) {
    let state = turn.state;
    let before = state.session(&handoff.from).filter(|_| handoff.agent.is_some());
    if let Some((task, before)) = state.task(handoff.task).zip(before) {
        let (agent, model) = (before.agent.clone(), handoff.model.clone());
        turn.task(task, TaskNews::AgentChanged { agent, model });
    }
}

pub(super) fn brief_written(turn: &mut Turn, id: HandoffId, result: EffectResult) {
    let Some(handoff) = running(turn, id, HandoffStep::Brief) else { return };
    match result {
        EffectResult::BriefWritten { path } => {
            let detail = path.display().to_string();
            turn.handoff(handoff, HandoffNews::DocumentWritten { path });
            done(turn, handoff, HandoffStep::Brief, detail);
        }
        other => failed(turn, handoff, HandoffStep::Brief, other.detail()),
    }
}

pub(super) fn committed(turn: &mut Turn, id: HandoffId, result: EffectResult) {
    let Some(handoff) = running(turn, id, HandoffStep::Commit) else { return };
    match result {
        EffectResult::Committed { head, .. } => {
            let detail = format!("commit {}", head.get(..10).unwrap_or(&head));
            done(turn, handoff, HandoffStep::Commit, detail);
        }
        other => failed(turn, handoff, HandoffStep::Commit, other.detail()),
    }
}

pub(super) fn pushed(turn: &mut Turn, id: HandoffId, result: EffectResult) {
    let Some(handoff) = running(turn, id, HandoffStep::Push) else { return };
    match result {
        EffectResult::Pushed { detail } => done(turn, handoff, HandoffStep::Push, detail),
        EffectResult::PushSkipped { reason } => {
            step_to(turn, handoff, HandoffStep::Push, StepState::Skipped { reason });
            advance(turn, handoff, HandoffStep::Push);
        }
        other => failed(turn, handoff, HandoffStep::Push, other.detail()),
    }
}

/// A session was parked or unlocked.
pub(super) fn locked(turn: &mut Turn, id: &SessionId, locked: bool, result: EffectResult) {
    let state = turn.state;
    let Some(session) = state.session(id) else { return };
    let handoff = state.handoffs_of(id).next_back();
    let handoff = handoff.and_then(|handoff| running(turn, handoff.id, HandoffStep::Park)).filter(|_| locked);
    match result {
        EffectResult::Done => {
            if session.parked != locked && session.is_live() {
                turn.session(session, SessionNews::Parked { parked: locked });
                if !locked {
                    budget::unlocked(turn, session);
                }
            }
            if let Some(handoff) = handoff {
                done(turn, handoff, HandoffStep::Park, "parked".to_owned());
            }
        }
        other => {
            // A lock that cannot be taken off is not ours any more: asking for ever would change nothing.
            if !locked && session.parked && session.is_live() {
                turn.session(session, SessionNews::Parked { parked: false });
            }
            if let Some(handoff) = handoff {
                failed(turn, handoff, HandoffStep::Park, other.detail());
            }
        }
    }
}

/// The fresh session could not begin. Answers whether this was one.
pub(super) fn start_failed(turn: &mut Turn, session: &Session, detail: &str) -> bool {
    let state = turn.state;
    let handoff =
        session.task.and_then(|task| state.handoff_of(task)).filter(|handoff| handoff.to.as_ref() == Some(&session.id));
    let old_lives = |handoff: &&Handoff| state.session(&handoff.from).is_some_and(Session::is_live);
    let Some(handoff) = handoff.filter(old_lives) else { return false };
    failed(turn, handoff, HandoffStep::Start, detail.to_owned());
    true
}

/// Takes the lock off sessions that are not parked by anything any more.
pub(super) fn unlock(turn: &mut Turn) {
    let state = turn.state;
    for session in state.live().filter(|session| session.parked && !state.stops.contains_key(&session.id)) {
        let parked_by =
            |handoff: &Handoff| handoff.to.is_some() || (handoff.ended_at.is_none() && !has_failed(handoff));
        let under_way =
            state.pending(|kind| matches!(kind, EffectKind::LockInput { session: of, .. } if *of == session.id));
        let held = under_way.is_some() || budget::holds(turn, session);
        if !held && !state.handoffs_of(&session.id).any(parked_by) {
            turn.request(EffectKind::LockInput { session: session.id.clone(), locked: false });
        }
    }
}

fn has_failed(handoff: &Handoff) -> bool {
    HandoffStep::ALL.into_iter().any(|step| matches!(handoff.step(step), StepState::Failed { .. }))
}
