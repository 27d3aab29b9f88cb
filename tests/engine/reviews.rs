//! What needs the person is in the queue, says what happened, and goes away with it.

use quarterdeck::engine::{Command, EffectKind, EffectResult};
use quarterdeck::model::{
    AnswerKind, Approval, Autonomy, Dependency, StatusReason, Subject, TaskDraft, TaskId, TaskStatus,
};

use crate::world::*;

fn is_review(subject: &Subject) -> bool {
    matches!(subject, Subject::Review { .. })
}

fn review(world: &World) -> Approval {
    world.approval(is_review)
}

/// A command whose result conflicts with the target.
fn conflict() -> (World, TaskId) {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![shell("make")])[0];
    let session = world.work(task);
    world.end(&session, exit(0));
    world.verify(task);
    world.settle(|kind| *kind == EffectKind::Land { task }, EffectResult::Conflict { files: vec!["list.txt".into()] });
    (world, task)
}

#[test]
fn a_conflict_is_a_question_that_says_what_yes_does_and_what_else_can_be_done() {
    let (mut world, task) = conflict();
    let asked = review(&world);
    assert_eq!(asked.title, "#1 conflict in list.txt: try again from the target as it is now?");
    assert!(asked.detail.contains("/trees/1") && asked.detail.contains("qd task land 1"), "{}", asked.detail);
    assert!(asked.detail.contains("qd task cancel 1"));
    world.answer(is_review, AnswerKind::Yes, None);
    assert_eq!((world.status(task), world.task(task).attempts), (TaskStatus::Executing, 2));
    assert!(
        world.has(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: true }),
        "not on top of the old target"
    );
    assert_eq!(world.state.waiting().count(), 0);
    assert_eq!(world.state.needs(task), None);
}

#[test]
fn no_leaves_the_task_as_it_is_and_is_not_asked_again() {
    let (mut world, task) = conflict();
    world.answer(is_review, AnswerKind::No, None);
    world.schedule();
    assert_eq!((world.status(task), world.state.waiting().count()), (TaskStatus::NeedsReview, 0));
    assert_eq!(world.state.needs(task), None, "it was left by the person");
    assert_eq!(world.state.waits_on(world.task(task)), Some(quarterdeck::model::WaitsFor::You));
    assert!(world.state.waits_for(world.task(task)).unwrap().contains("qd task retry"), "there is a next step");
    world.obey(Command::Retry { task }).unwrap();
    let session = world.work(task);
    world.end(&session, exit(2));
    assert!(review(&world).title.contains("exit code 2"), "another failure is another question");
}

#[test]
fn every_way_to_get_stuck_asks_and_takes_the_question_back() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![shell("make")])[0];
    let session = world.work(task);
    world.end(&session, exit(0));
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(1));
    let red = EffectResult::Checked { runs: vec![check(false)] };
    world.settle(|kind| *kind == EffectKind::RunChecks { task }, red);
    let asked = review(&world);
    assert!(asked.title.contains("check `cargo test` failed") && asked.detail.contains("left == right"));
    world.obey(Command::Land { task }).unwrap();
    assert_eq!((world.status(task), world.state.waiting().count()), (TaskStatus::Verifying, 0));
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, failed("index is locked"));
    assert!(review(&world).title.contains("index is locked"));
    world.obey(Command::Cancel { task }).unwrap();
    assert_eq!(world.state.waiting().count(), 0);

    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.work(task);
    let worker = world.task(task).worker.unwrap();
    world.obey(Command::StopWorker { project: world.project, worker }).unwrap();
    assert!(review(&world).title.contains("stopped by you: start it again?"));
    world.answer(is_review, AnswerKind::Yes, Some("use less blue"));
    let session = world.session(task).id;
    world.settle(|kind| is_stop(kind, &session), EffectResult::Done);
    assert!(world.state.delegation_of(world.task(task)).unwrap().context.contains("use less blue"));
}

#[test]
fn an_agents_own_question_is_enough() {
    let mut world = World::new(Autonomy::Manual).with_rules(|rules| rules.reminders = 0);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    let session = world.work(task);
    world.end(&session, exit(0));
    assert_eq!(world.task(task).reason, Some(StatusReason::LooksFinished));
    world.approval(|subject| matches!(subject, Subject::Question { .. }));
    assert_eq!(world.state.waiting().count(), 1);
}

#[test]
fn a_task_that_waits_for_one_that_needs_the_person_says_so() {
    let mut world = World::new(Autonomy::Full);
    let after = |place, title| TaskDraft { depends: vec![Dependency::Sibling(place)], ..shell(title) };
    let tasks = world.submit(vec![shell("make"), after(0, "test"), after(1, "ship")]);
    assert_eq!(world.state.needs(tasks[2]), None, "it goes on by itself");
    let session = world.work(tasks[0]);
    world.end(&session, exit(3));
    for task in &tasks[1..] {
        let needs = world.state.needs(*task).unwrap();
        assert!(needs.starts_with("#1, which it waits for, needs you: ") && needs.contains("exit code 3"), "{needs}");
    }
    world.answer(is_review, AnswerKind::Yes, None);
    assert_eq!(world.state.needs(tasks[2]), None);
}

#[test]
fn after_a_conflict_the_brief_is_about_the_target_as_it_is_now_and_later_starts_keep_their_worktree() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    let session = world.work(task);
    world.end(&session, exit(0));
    world.verify(task);
    world.settle(|kind| *kind == EffectKind::Land { task }, EffectResult::Conflict { files: vec!["list.txt".into()] });
    world.obey(Command::Retry { task }).unwrap();
    let brief = world.state.delegation_of(world.task(task)).unwrap().context.clone();
    assert!(brief.contains("conflict in list.txt") && brief.contains("from the target as it is now"), "{brief}");
    let session = world.work(task);
    world.end(&session, exit(1));
    assert!(world.has(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }));
}
