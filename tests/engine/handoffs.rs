//! Handoffs: five steps in order, a way back from each, and the old session's end.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Purpose, Refusal, next_wake};
use quarterdeck::model::{
    Autonomy, DialogKind, HandoffControl, HandoffId, HandoffStep, SessionId, SessionMode, SessionState, StateSource,
    StepState, TaskDraft, TaskId, TaskStatus, WorkerNumber,
};

use crate::world::*;

fn begun(push: bool) -> (World, TaskId, SessionId, HandoffId) {
    let mut world = World::new(Autonomy::Manual);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    let session = world.work(task);
    world.obey(Command::Handoff { project: world.project, worker: WorkerNumber(1), push, hold: false }).unwrap();
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
    assert!(world.state.handoffs[&handoff].ended_at.is_none(), "that it runs does not say that it understood");
    world.tell(&fresh, "reading the document");
    assert!(world.state.handoffs[&handoff].ended_at.is_none());
    world.tell(&fresh, "next: wire the \u{1b}[31mswitch to the theme");
    let StepState::Done { detail } = step(&world, handoff, HandoffStep::Start) else { panic!() };
    assert_eq!(detail, "next: wire the switch to the theme");
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
    world.tell(&fresh, "next: the switch");
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
    let handoff = |world: &World, worker| Command::Handoff {
        project: world.project,
        worker: WorkerNumber(worker),
        push: false,
        hold: false,
    };
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
    world.obey(Command::Handoff { project: world.project, worker: WorkerNumber(1), push: false, hold: false }).unwrap();
    assert_eq!(world.status(task), TaskStatus::Executing);
    assert!(world.state.open_approvals.is_empty(), "the question whether it is finished is taken back");
}

/// A handoff whose fresh session began, was asked, and let its time pass.
fn silent() -> (World, TaskId, SessionId, SessionId, HandoffId) {
    let (mut world, task, old, handoff) = begun(false);
    to_start(&mut world);
    let fresh = world.session(task).id;
    world.start(&fresh);
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    let at = next_wake(&world.state, world.now).expect("the time to restate ends");
    world.pass(at.0 - world.now.0);
    let StepState::Failed { reason } = step(&world, handoff, HandoffStep::Start) else { panic!() };
    assert_eq!(reason, "no restated next step in 2:00");
    assert!(world.state.outbox.is_empty(), "nobody is stopped or unlocked before the person decides");
    assert!(world.state.session(&old).unwrap().parked && world.session(task).id == fresh);
    assert_eq!(next_wake(&world.state, world.now), None);
    (world, task, old, fresh, handoff)
}

#[test]
fn a_fresh_session_that_does_not_say_the_next_step_is_cancelled_accepted_or_asked_again() {
    let steer = |handoff, control| Command::SteerHandoff { handoff, control };
    let (mut world, task, old, fresh, handoff) = silent();
    world.obey(steer(handoff, HandoffControl::Cancel)).unwrap();
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: false, .. }), EffectResult::Done);
    assert!(world.session(task).id == old && !world.session(task).parked && world.has(|kind| is_stop(kind, &fresh)));

    let (mut world, task, _, fresh, handoff) = silent();
    world.obey(steer(handoff, HandoffControl::Skip)).unwrap();
    let StepState::Done { detail } = step(&world, handoff, HandoffStep::Start) else { panic!() };
    assert!(detail.starts_with("accepted by you"), "{detail}");
    assert!(world.state.handoffs[&handoff].ended_at.is_some() && world.session(task).id == fresh);

    let (mut world, _, _, fresh, handoff) = silent();
    world.obey(steer(handoff, HandoffControl::Retry)).unwrap();
    world.settle(|kind| is_prompt(kind, &fresh), EffectResult::Delivered);
    assert!(matches!(step(&world, handoff, HandoffStep::Start), StepState::Running { .. }));
    world.tell(&fresh, "Next step: the switch");
    assert!(matches!(step(&world, handoff, HandoffStep::Start), StepState::Done { .. }));

    let (mut world, _, _, fresh, handoff) = silent();
    world.tell(&fresh, "next - better late than never");
    assert!(world.state.handoffs[&handoff].ended_at.is_some(), "late is not too late");

    let (mut world, task, old, fresh, _) = silent();
    world.end(&fresh, killed(9));
    assert_eq!(world.session(task).id, old, "a crash gives the worker back");
}

#[test]
fn a_fresh_session_that_waits_for_the_person_is_not_held_to_its_time() {
    let (mut world, task, _, handoff) = begun(false);
    to_start(&mut world);
    let fresh = world.session(task).id;
    world.start(&fresh);
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    world.show(&fresh, dialog(DialogKind::Permission, "Do you want to proceed?\nqd report progress"));
    for _ in 0..3 {
        let at = next_wake(&world.state, world.now).expect("it is looked at again");
        assert!(at > world.now, "but not in a busy loop");
        world.pass(at.0 - world.now.0);
    }
    assert!(matches!(step(&world, handoff, HandoffStep::Start), StepState::Running { .. }));
}

#[test]
fn an_agent_that_cannot_report_has_begun_when_it_was_seen_at_work() {
    let (mut world, _, _, handoff) = begun(false);
    to_start(&mut world);
    let EffectResult::SessionStarted { pid, host, conversation, .. } = started() else { panic!() };
    let mute = EffectResult::SessionStarted { pid, host, conversation, reports: false, warnings: Vec::new() };
    world.settle(|kind| matches!(kind, EffectKind::StartSession { .. }), mute);
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    let StepState::Done { detail } = step(&world, handoff, HandoffStep::Start) else { panic!() };
    assert_eq!(detail, "started; this agent can't restate the next step");
}

#[test]
fn the_person_is_waited_for_before_the_old_session_is_parked_unless_autonomy_is_full() {
    for (autonomy, asks) in [(Autonomy::Confirm, true), (Autonomy::Full, false)] {
        let mut world = World::new(Autonomy::Manual);
        let task = world.submit(vec![TaskDraft {
            autonomy: Some(autonomy),
            mode: Some(SessionMode::Interactive),
            ..draft("Add dark mode")
        }])[0];
        let _ = world.obey(Command::Run { task });
        let old = world.work(task);
        let ask = Command::Handoff { project: world.project, worker: WorkerNumber(1), push: false, hold: true };
        world.obey(ask).unwrap();
        let handoff = world.state.handoff_of(task).unwrap().id;
        brief(&mut world);
        world.settle(|kind| matches!(kind, EffectKind::CommitForHandoff { .. }), committed(1));
        assert_eq!(world.state.outbox.is_empty(), asks, "{autonomy:?}");
        if asks {
            assert!(world.state.handoffs[&handoff].waits_for_yes() && !world.state.session(&old).unwrap().parked);
            world.obey(Command::SteerHandoff { handoff, control: HandoffControl::Continue }).unwrap();
        }
        world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: true, .. }), EffectResult::Done);
        assert_ne!(world.session(task).id, old);
        let again = world.obey(Command::SteerHandoff { handoff, control: HandoffControl::Continue });
        assert!(matches!(again, Err(Refusal::HandoffNotSteerable(_))));
    }
}
