//! Dialogs on an agent's screen: trust once, permission each time, the rest in the pane.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Fact, Refusal};
use quarterdeck::model::{
    Always, AnswerKind, Autonomy, Dialog, DialogKind, EffectId, Exact, SessionState, StateSource, Subject, TaskId,
};

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
    world.show(&session, Dialog::told(DialogKind::Other, "Sign in"));
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

/// A session with a text under way, and that delivery.
fn sending(text: &str) -> (World, TaskId, EffectId) {
    let (mut world, tasks) = two_starting();
    let session = world.session(tasks[0]);
    let is_own = |kind: &EffectKind| is_prompt(kind, &session.id);
    world.settle(is_own, EffectResult::Delivered);
    world.obey(Command::Send { project: world.project, worker: session.worker, text: text.into() }).unwrap();
    let effect = world.effect(is_own).id;
    (world, tasks[0], effect)
}

fn held(world: &mut World, effect: EffectId, why: Option<&str>) {
    let (why, hint) = (why.map(str::to_owned), "clear it".to_owned());
    world.learn(Fact::TextHeld { effect, why, hint });
}

fn is_held(subject: &Subject) -> bool {
    matches!(subject, Subject::Held { .. })
}

#[test]
fn a_text_that_a_draft_holds_back_is_told_until_it_goes_out() {
    let (mut world, task, effect) = sending("look at the empty list too");
    let said =
        |world: &World| world.state.chat[&world.project].iter().filter(|line| line.text.contains("waits")).count();
    held(&mut world, effect, Some("your draft is in the way"));
    held(&mut world, effect, Some("your draft is in the way"));
    let approval = world.approval(is_held);
    assert_eq!(approval.title, "your draft is in the way");
    assert!(approval.detail.contains("clear it") && approval.detail.contains("look at the empty list"), "{approval:?}");
    assert_eq!(world.state.needs(task).as_deref(), Some("your draft is in the way"));
    assert_eq!(said(&world), 1, "a message is answered in the chat, once");
    let refused = world.obey(Command::Answer { approval: approval.id, kind: AnswerKind::Yes, text: None });
    assert_eq!(refused, Err(Refusal::OnlyInPane(approval.id)));
    held(&mut world, effect, None);
    assert!(world.state.waiting().all(|approval| !is_held(&approval.subject)));
    held(&mut world, effect, Some("your draft is in the way"));
    world.settle(
        |kind| matches!(kind, EffectKind::DeliverPrompt { text, .. } if text.contains("empty")),
        EffectResult::Delivered,
    );
    assert!(world.state.waiting().all(|approval| !is_held(&approval.subject)), "it went out");
    held(&mut world, effect, Some("late"));
    assert!(world.state.waiting().all(|approval| !is_held(&approval.subject)), "nothing is under way any more");
}

#[test]
fn a_text_that_is_held_back_is_forgotten_with_its_session() {
    let (mut world, task, effect) = sending("more");
    held(&mut world, effect, Some("your draft is in the way"));
    let session = world.session(task).id;
    world.end(&session, exit(0));
    assert!(world.state.waiting().all(|approval| !is_held(&approval.subject)));
}

#[test]
fn what_exactly_is_asked_for_is_the_question() {
    let (mut world, tasks) = two_starting();
    let session = world.session(tasks[0]).id;
    let exact = |text: &str| Some(Exact { title: format!("run `{text}`?"), text: format!("$ {text}") });
    let small = dialog(DialogKind::Permission, "Do you want to proceed?\n1. Yes");
    world.show(&session, Dialog { exact: exact("rm a"), ..small.clone() });
    let first = world.approval(|subject| subject.dialog().is_some());
    assert_eq!(first.title, "run `rm a`?");
    assert!(first.detail.starts_with("$ rm a\n") && first.detail.contains("Do you want to proceed?"), "{first:?}");
    // it looks the same in a small pane, and is another question
    world.show(&session, Dialog { exact: exact("rm b"), ..small });
    let late = world.obey(Command::Answer { approval: first.id, kind: AnswerKind::Yes, text: None });
    assert_eq!(late, Err(Refusal::ApprovalClosed(first.id)));
    assert_eq!(world.approval(|subject| subject.dialog().is_some()).title, "run `rm b`?");
}

#[test]
fn always_is_an_answer_only_where_it_is_offered() {
    let (mut world, tasks) = two_starting();
    let session = world.session(tasks[0]).id;
    world.show(&session, dialog(DialogKind::Permission, "Run rm?"));
    let approval = world.approval(|subject| subject.dialog().is_some()).id;
    let refused = world.obey(Command::Answer { approval, kind: AnswerKind::Always, text: None });
    assert_eq!(refused, Err(Refusal::NotAlways(approval)));
    let always = Some(Always { scope: "rm commands".into(), keys: vec!["2".into()] });
    world.show(&session, Dialog { always, ..dialog(DialogKind::Permission, "Run rm?") });
    let approval = world.approval(|subject| subject.dialog().is_some()).id;
    world.obey(Command::Answer { approval, kind: AnswerKind::Always, text: None }).unwrap();
    assert!(world.has(|kind| matches!(kind, EffectKind::AnswerDialog { yes: true, always: true, .. })));
    let mut planned = World::new(Autonomy::Confirm);
    planned.submit(vec![draft("One")]);
    let plan = planned.approval(|subject| matches!(subject, Subject::Plan { .. })).id;
    let refused = planned.obey(Command::Answer { approval: plan, kind: AnswerKind::Always, text: None });
    assert_eq!(refused, Err(Refusal::NotAlways(plan)));
}
