//! Handoffs: five steps in order, a way back from each, and the old session's end.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Purpose, Refusal, next_wake};
use quarterdeck::model::{
    Autonomy, HandoffControl, HandoffId, HandoffStep, SessionId, SessionState, StateSource, StepState, TaskId,
    TaskStatus, WorkerNumber,
};

use crate::world::*;

fn begun(push: bool) -> (World, TaskId, SessionId, HandoffId) {
    let mut world = World::new(Autonomy::Manual);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    let session = world.work(task);
    world.obey(Command::Handoff { project: world.project, worker: WorkerNumber(1), push }).unwrap();
    let handoff = world.state.handoff_of(task).unwrap().id;
    (world, task, session, handoff)
}

fn brief(world: &mut World) {
    let result = EffectResult::BriefWritten { path: "/handoffs/orch-1.md".into() };
    world.settle(|kind| matches!(kind, EffectKind::WriteBrief { .. }), result);
}

/// Up to the fresh session's start.
fn to_start(world: &mut World) {
    brief(world);
    world.settle(|kind| matches!(kind, EffectKind::CommitForHandoff { .. }), committed(1));
    if world.has(|kind| matches!(kind, EffectKind::PushBranch { .. })) {
        world.settle(
            |kind| matches!(kind, EffectKind::PushBranch { .. }),
            EffectResult::PushSkipped { reason: "no remote".into() },
        );
    }
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: true, .. }), EffectResult::Done);
}

fn step(world: &World, id: HandoffId, step: HandoffStep) -> &StepState {
    world.state.handoffs[&id].step(step)
}

#[test]
fn five_steps_in_order_and_the_old_session_ends_after_its_time() {
    let (mut world, task, old, handoff) = begun(false);
    to_start(&mut world);
    assert!(matches!(step(&world, handoff, HandoffStep::Push), StepState::Skipped { .. }));
    assert!(world.state.session(&old).unwrap().parked);
    let fresh = world.session(task).id;
    assert_ne!(old, fresh);
    assert_eq!(world.state.worker(world.project, WorkerNumber(1)).unwrap().session.as_ref(), Some(&fresh));
    world.start(&fresh);
    let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_purpose(kind, Purpose::Brief)).kind else {
        panic!()
    };
    assert!(text.contains("/handoffs/orch-1.md") && text.contains("restate"));
    assert!(world.state.handoffs[&handoff].ended_at.is_none());
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    assert!(matches!(step(&world, handoff, HandoffStep::Start), StepState::Done { .. }));
    assert!(world.state.handoffs[&handoff].ended_at.is_some());
    assert!(world.state.outbox.is_empty(), "the old session is kept for a while");
    assert_eq!(world.task(task).attempts, 1, "the same attempt");
    let at = next_wake(&world.state, world.now).expect("the take-back time ends");
    world.pass(at.0 - world.now.0);
    assert!(world.has(|kind| is_stop(kind, &old)));
}

#[test]
fn a_step_that_fails_leaves_the_old_session_working_and_can_be_tried_again_or_left_out() {
    let (mut world, task, old, handoff) = begun(true);
    world.settle(|kind| matches!(kind, EffectKind::WriteBrief { .. }), failed("disk full"));
    assert!(matches!(step(&world, handoff, HandoffStep::Brief), StepState::Failed { .. }));
    let steer = |control| Command::SteerHandoff { handoff, control };
    assert!(matches!(world.obey(steer(HandoffControl::Skip)), Err(Refusal::HandoffNotSteerable(_))));
    world.obey(steer(HandoffControl::Retry)).unwrap();
    brief(&mut world);
    world.settle(|kind| matches!(kind, EffectKind::CommitForHandoff { .. }), failed("hook says no"));
    world.obey(steer(HandoffControl::Skip)).unwrap();
    world
        .settle(|kind| matches!(kind, EffectKind::PushBranch { .. }), EffectResult::Pushed { detail: "origin".into() });
    world.obey(steer(HandoffControl::Cancel)).unwrap();
    assert_eq!((world.session(task).id, world.status(task)), (old.clone(), TaskStatus::Executing));
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: true, .. }), EffectResult::Done);
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: false, .. }), EffectResult::Done);
    assert!(!world.state.session(&old).unwrap().parked, "a lock that came late is taken off");
}

#[test]
fn a_fresh_session_that_cannot_begin_gives_the_worker_back() {
    let (mut world, task, old, handoff) = begun(false);
    to_start(&mut world);
    let fresh = world.session(task).id;
    world.start(&fresh);
    world.settle(|kind| is_purpose(kind, Purpose::Brief), failed("the composer never showed it"));
    assert!(matches!(step(&world, handoff, HandoffStep::Start), StepState::Failed { .. }));
    assert_eq!(world.session(task).id, old);
    assert!(world.has(|kind| is_stop(kind, &fresh)));
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: false, .. }), EffectResult::Done);
    world.settle(|kind| is_stop(kind, &fresh), EffectResult::Done);
    world.obey(Command::SteerHandoff { handoff, control: HandoffControl::Retry }).unwrap();
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: true, .. }), EffectResult::Done);
    let second = world.session(task).id;
    world.start(&second);
    world.end(&second, killed(9));
    assert_eq!((world.session(task).id, world.status(task)), (old, TaskStatus::Executing), "a crash of it too");
}

#[test]
fn the_worker_can_be_taken_back_while_the_old_session_is_kept() {
    let (mut world, task, old, handoff) = begun(false);
    to_start(&mut world);
    let fresh = world.session(task).id;
    world.start(&fresh);
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    world.obey(Command::SteerHandoff { handoff, control: HandoffControl::Cancel }).unwrap();
    assert_eq!(world.session(task).id, old);
    assert!(
        world.has(|kind| is_stop(kind, &fresh))
            && world.has(|kind| matches!(kind, EffectKind::LockInput { locked: false, .. }))
    );
}

#[test]
fn a_report_of_the_old_session_ends_its_handoff_and_a_landing_ends_both() {
    let (mut world, task, _, handoff) = begun(false);
    world.report_done(task);
    assert_eq!(world.status(task), TaskStatus::Verifying);
    assert!(world.state.handoffs[&handoff].ended_at.is_some());
    let StepState::Skipped { reason } = step(&world, handoff, HandoffStep::Brief) else { panic!() };
    assert_eq!(reason, "the agent finished first");
    assert!(world.log.iter().any(|(event, _)| event.describe() == "handoff: brief left out: the agent finished first"));
    let (mut world, task, old, _) = begun(false);
    to_start(&mut world);
    let fresh = world.session(task).id;
    world.start(&fresh);
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    world.obey(Command::Cancel { task }).unwrap();
    assert!(world.has(|kind| is_stop(kind, &fresh)) && world.has(|kind| is_stop(kind, &old)));
}

#[test]
fn what_cannot_be_handed_off_is_refused_with_the_reason() {
    let mut world = World::new(Autonomy::Full);
    let handoff =
        |world: &World, worker| Command::Handoff { project: world.project, worker: WorkerNumber(worker), push: false };
    let task = world.submit(vec![shell("make")])[0];
    world.work(task);
    let ask = handoff(&world, 1);
    assert!(matches!(world.obey(ask), Err(Refusal::NoHandoffNow { .. })));
    let ask = handoff(&world, 4);
    assert_eq!(world.obey(ask), Err(Refusal::WorkerIdle(WorkerNumber(4))));
    world
        .obey(Command::StartPane {
            project: world.project,
            worker: Some(WorkerNumber(2)),
            agent: "shell".into(),
            run: None,
        })
        .unwrap();
    let ask = handoff(&world, 2);
    assert!(matches!(world.obey(ask), Err(Refusal::NoHandoffNow { .. })));
    let (mut world, ..) = begun(false);
    let ask = handoff(&world, 1);
    assert!(matches!(world.obey(ask), Err(Refusal::NoHandoffNow { .. })), "one at a time");
}

#[test]
fn a_session_that_looks_finished_can_be_handed_off_and_its_task_is_worked_on_again() {
    let mut world = World::new(Autonomy::Manual).with_rules(|rules| rules.reminders = 0);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    let session = world.work(task);
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "the turn ended");
    assert_eq!(world.status(task), TaskStatus::NeedsReview);
    world.obey(Command::Handoff { project: world.project, worker: WorkerNumber(1), push: false }).unwrap();
    assert_eq!(world.status(task), TaskStatus::Executing);
    assert!(world.state.open_approvals.is_empty(), "the question whether it is finished is taken back");
}
