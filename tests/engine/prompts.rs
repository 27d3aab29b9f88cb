//! Dialogs on an agent's screen: trust once, permission each time, the rest in the pane.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Refusal};
use quarterdeck::model::{AnswerKind, Autonomy, Dialog, DialogKind, SessionState, StateSource, Subject, TaskId};

use crate::world::*;

fn two_starting() -> (World, Vec<TaskId>) {
    let mut world = World::new(Autonomy::Confirm);
    let tasks = world.submit(vec![draft("One"), draft("Two")]);
    world.answer(|subject| matches!(subject, Subject::Plan { .. }), AnswerKind::Yes, None);
    for task in &tasks {
        world.settle(|kind| *kind == EffectKind::PrepareWorktree { task: *task, fresh: false }, worktree(*task));
        let session = world.session(*task).id;
        world.start(&session);
    }
    (world, tasks)
}

fn keys(world: &World) -> usize {
    world
        .state
        .outbox
        .values()
        .filter(|effect| matches!(effect.kind, EffectKind::AnswerDialog { yes: true, .. }))
        .count()
}

#[test]
fn trust_is_asked_once_and_then_answered() {
    let (mut world, tasks) = two_starting();
    for task in &tasks {
        let session = world.session(*task).id;
        world.show(&session, dialog(DialogKind::Trust, &format!("Trust /trees/{task}?")));
    }
    assert_eq!(world.state.open_approvals.len(), 2);
    let approval = *world.state.open_approvals.first().unwrap();
    world.obey(Command::Answer { approval, kind: AnswerKind::Yes, text: None }).unwrap();
    assert_eq!((world.state.open_approvals.len(), keys(&world)), (0, 2), "one yes answers both");
    let later = world.submit(vec![draft("Three")])[0];
    world.answer(|subject| matches!(subject, Subject::Plan { .. }), AnswerKind::Yes, None);
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task: later, fresh: false }, worktree(later));
    let session = world.session(later).id;
    world.start(&session);
    world.show(&session, dialog(DialogKind::Trust, "Trust it?"));
    assert_eq!((world.state.open_approvals.len(), keys(&world)), (0, 3));
    let own = |kind: &EffectKind| matches!(kind, EffectKind::AnswerDialog { session: of, .. } if *of == session);
    world.settle(own, EffectResult::Answered);
    world.show(&session, dialog(DialogKind::Trust, "Trust it?"));
    assert_eq!(world.state.open_approvals.len(), 1, "keys that did not help are not pressed for ever");
}

#[test]
fn permission_waits_for_the_person_and_goes_when_the_agent_goes_on() {
    let (mut world, tasks) = two_starting();
    let session = world.session(tasks[0]).id;
    world.show(&session, dialog(DialogKind::Permission, "Run rm?"));
    world.show(&session, dialog(DialogKind::Permission, "Run rm?"));
    assert!(world.state.needs(tasks[0]).unwrap().contains("Run rm?"));
    world.show(&session, dialog(DialogKind::Permission, "Run ls?"));
    let approval =
        world.approval(|subject| matches!(subject, Subject::Dialog { dialog, .. } if dialog.text == "Run ls?"));
    world.read(&session, SessionState::Working, StateSource::Hook, "tool runs");
    assert!(world.state.approvals[&approval.id].withdrawn);
    let late = world.obey(Command::Answer { approval: approval.id, kind: AnswerKind::Yes, text: None });
    assert_eq!(late, Err(Refusal::ApprovalClosed(approval.id)));
}

#[test]
fn no_is_an_answer_too_and_a_lost_one_is_asked_again() {
    let (mut world, tasks) = two_starting();
    let session = world.session(tasks[0]).id;
    world.show(&session, dialog(DialogKind::Permission, "Run rm?"));
    world.answer(|subject| matches!(subject, Subject::Dialog { .. }), AnswerKind::No, None);
    world.settle(|kind| matches!(kind, EffectKind::AnswerDialog { yes: false, .. }), failed("host is away"));
    world.approval(|subject| matches!(subject, Subject::Dialog { .. }));
}

#[test]
fn what_only_the_pane_can_answer_is_refused_elsewhere() {
    let (mut world, tasks) = two_starting();
    let session = world.session(tasks[0]).id;
    world.show(&session, Dialog { kind: DialogKind::Other, text: "Sign in".into(), yes: vec![], no: vec![] });
    let approval = world.approval(|subject| matches!(subject, Subject::Dialog { .. })).id;
    let refused = world.obey(Command::Answer { approval, kind: AnswerKind::Yes, text: None });
    assert_eq!(refused, Err(Refusal::OnlyInPane(approval)));
    assert!(world.state.approvals[&approval].is_open());
}

#[test]
fn only_changes_of_state_are_events() {
    let (mut world, tasks) = two_starting();
    let session = world.session(tasks[0]).id;
    world.read(&session, SessionState::Working, StateSource::Screen, "Thinking (12s)");
    let before = world.log.len();
    world.read(&session, SessionState::Working, StateSource::Screen, "Thinking (13s)");
    assert_eq!(world.log.len(), before, "a counter is no news");
    world.end(&session, exit(0));
    let before = world.log.len();
    world.read(&session, SessionState::Working, StateSource::Screen, "ghost");
    assert_eq!(world.log.len(), before, "a session that is over says nothing");
}
