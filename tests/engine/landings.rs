//! The merge queue and what comes out of it.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Refusal, next_wake};
use quarterdeck::model::{AnswerKind, Autonomy, SessionMode, StatusReason, Subject, TaskDraft, TaskId, TaskStatus};

use crate::world::*;

/// So many commands, all green and in the merge queue of one project.
fn queued(count: usize) -> (World, Vec<TaskId>) {
    let mut world = World::new(Autonomy::Full);
    let tasks = world.submit((0..count).map(|n| shell(&format!("job {n}"))).collect());
    for task in &tasks {
        let session = world.work(*task);
        world.end(&session, exit(0));
    }
    for task in tasks.iter().rev() {
        world.verify(*task);
    }
    (world, tasks)
}

fn landing(world: &World) -> TaskId {
    let EffectKind::Land { task } = world.effect(|kind| matches!(kind, EffectKind::Land { .. })).kind else { panic!() };
    task
}

#[test]
fn one_lands_at_a_time_in_the_order_they_came() {
    let (mut world, tasks) = queued(3);
    for task in tasks.iter().rev() {
        assert_eq!(landing(&world), *task, "first to be green, first to land");
        world.land(*task);
        assert_eq!((world.status(*task), world.task(*task).commit.as_deref()), (TaskStatus::Completed, Some("c0ffee")));
    }
}

#[test]
fn a_landed_task_clears_up_after_its_agent_is_gone() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Add dark mode") }])[0];
    let session = world.work(task);
    world.report_done(task);
    world.verify(task);
    world.land(task);
    assert!(
        world.has(|kind| is_stop(kind, &session)) && !world.has(|kind| *kind == EffectKind::RemoveWorktree { task })
    );
    world.end(&session, exit(0));
    world.settle(|kind| is_stop(kind, &session), EffectResult::Done);
    assert!(world.has(|kind| *kind == EffectKind::RemoveWorktree { task }));
    assert!(world.state.projects[&world.project].workers.values().all(quarterdeck::model::Worker::is_free));
}

#[test]
fn a_conflict_needs_the_person_and_lands_after_it_was_resolved() {
    let (mut world, tasks) = queued(1);
    let result = EffectResult::Conflict { files: vec!["src/a.rs".into()] };
    world.settle(|kind| matches!(kind, EffectKind::Land { .. }), result);
    assert_eq!(world.task(tasks[0]).reason, Some(StatusReason::MergeConflict { files: vec!["src/a.rs".into()] }));
    assert!(world.state.needs(tasks[0]).unwrap().contains("src/a.rs"));
    world.obey(Command::Land { task: tasks[0] }).unwrap();
    assert_eq!(world.status(tasks[0]), TaskStatus::Verifying, "what the person resolved counts, committed or not");
    world.verify(tasks[0]);
    world.land(tasks[0]);
    assert_eq!(world.status(tasks[0]), TaskStatus::Completed);
}

#[test]
fn a_busy_checkout_is_tried_again_and_others_go_first() {
    let (mut world, tasks) = queued(2);
    let busy = landing(&world);
    world.settle(
        |kind| matches!(kind, EffectKind::Land { .. }),
        EffectResult::CheckoutBusy { detail: "README.md is dirty".into() },
    );
    let other = landing(&world);
    assert_ne!(busy, other);
    assert_eq!(world.state.needs(busy), None, "there is nothing to answer");
    assert_eq!(world.state.waits_for(world.task(busy)).unwrap(), "your checkout: README.md is dirty");
    world.land(other);
    assert!(!world.has(|kind| matches!(kind, EffectKind::Land { .. })), "not before its time");
    let at = next_wake(&world.state, world.now).expect("it is tried again");
    world.pass(at.0 - world.now.0);
    assert_eq!(landing(&world), busy);
    world.settle(|kind| matches!(kind, EffectKind::Land { .. }), EffectResult::CheckoutBusy { detail: "still".into() });
    world.obey(Command::Land { task: busy }).unwrap();
    assert_eq!(landing(&world), busy, "the person says: now");
    assert!(tasks.contains(&busy));
}

#[test]
fn work_that_is_not_there_when_it_lands_is_shown_and_so_is_a_failing_world() {
    let (mut world, tasks) = queued(1);
    world.settle(|kind| matches!(kind, EffectKind::Land { .. }), failed("index is locked"));
    assert!(matches!(world.task(tasks[0]).reason, Some(StatusReason::WorldFailed { .. })));
    let (mut world, tasks) = queued(1);
    world.settle(|kind| matches!(kind, EffectKind::Land { .. }), EffectResult::NothingToLand);
    assert_eq!(world.status(tasks[0]), TaskStatus::NeedsReview);
    assert_eq!(world.task(tasks[0]).reason, Some(StatusReason::NothingToLand));
    world.obey(Command::Land { task: tasks[0] }).unwrap();
    assert_eq!((world.status(tasks[0]), world.task(tasks[0]).commit.clone()), (TaskStatus::Completed, None));
}

#[test]
fn a_red_merged_tree_goes_back_to_its_agent() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Add dark mode") }])[0];
    world.work(task);
    world.report_done(task);
    world.verify(task);
    world.settle(
        |kind| matches!(kind, EffectKind::Land { .. }),
        EffectResult::MergedTreeFailed { runs: vec![check(false)] },
    );
    assert_eq!((world.status(task), world.task(task).attempts), (TaskStatus::Executing, 2));
}

#[test]
fn what_may_have_landed_is_not_called_off() {
    let (mut world, tasks) = queued(1);
    let refused = world.obey(Command::Cancel { task: tasks[0] });
    assert!(matches!(refused, Err(Refusal::WrongStatus { status: TaskStatus::Merging, .. })));
    world.land(tasks[0]);
    assert_eq!(world.status(tasks[0]), TaskStatus::Completed);
}

#[test]
fn landing_asks_and_a_no_with_words_goes_back_to_the_agent() {
    let mut world = World::new(Autonomy::Manual);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    world.work(task);
    world.report_done(task);
    world.verify(task);
    world.answer(|subject| matches!(subject, Subject::Landing { .. }), AnswerKind::No, Some("darker, please"));
    assert_eq!(world.status(task), TaskStatus::Executing);
    let session = world.session(task).id;
    world.settle(|kind| is_prompt(kind, &session), EffectResult::Delivered);
    world.report_done(task);
    world.verify(task);
    world.answer(|subject| matches!(subject, Subject::Landing { .. }), AnswerKind::Yes, None);
    world.land(task);
    assert_eq!(world.status(task), TaskStatus::Completed);
}

#[test]
fn commands_of_the_repository_run_only_after_a_yes_to_exactly_them() {
    let mut world = World::new(Autonomy::Full);
    let tasks = world.submit(vec![shell("a"), shell("b")]);
    for task in &tasks {
        let session = world.work(*task);
        world.end(&session, exit(0));
        world.settle(|kind| *kind == EffectKind::CommitLeftovers { task: *task }, committed(1));
        let result = EffectResult::CommandsNotTrusted { hash: "h1".into(), commands: vec!["make check".into()] };
        world.settle(|kind| *kind == EffectKind::RunChecks { task: *task }, result);
    }
    assert!(world.state.outbox.is_empty() && world.state.open_approvals.len() == 2);
    let approval = *world.state.open_approvals.first().unwrap();
    world.obey(Command::Answer { approval, kind: AnswerKind::Yes, text: None }).unwrap();
    assert!(world.state.projects[&world.project].trusted_commands.contains("h1"));
    assert!(
        tasks.iter().all(|task| world.has(|kind| *kind == EffectKind::RunChecks { task: *task })),
        "one yes is for both"
    );
    let task = tasks[0];
    world.settle(|kind| *kind == EffectKind::RunChecks { task }, EffectResult::Checked { runs: vec![check(true)] });
    let result = EffectResult::CommandsNotTrusted { hash: "h2".into(), commands: vec!["make other".into()] };
    world.settle(|kind| *kind == EffectKind::Land { task }, result);
    assert_eq!(world.status(task), TaskStatus::Merging);
    world.answer(|subject| matches!(subject, Subject::Commands { .. }), AnswerKind::No, None);
    assert_eq!(world.status(task), TaskStatus::NeedsReview);
}

#[test]
fn what_lands_is_what_was_checked_and_shown() {
    let mut world = World::new(Autonomy::Manual);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    world.work(task);
    world.report_done(task);
    world.verify(task);
    assert_eq!(world.task(task).head.as_deref(), Some("abcdef0123456789"));
    world.answer(|subject| matches!(subject, Subject::Landing { .. }), AnswerKind::Yes, None);
    world.settle(|kind| *kind == EffectKind::Land { task }, EffectResult::BranchMoved);
    assert_eq!(world.status(task), TaskStatus::Verifying);
    let result = EffectResult::Committed { head: "fedcba9876543210".into(), ahead: 2 };
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, result);
    assert_eq!(world.task(task).head.as_deref(), Some("fedcba9876543210"));
    world.settle(|kind| *kind == EffectKind::RunChecks { task }, EffectResult::Checked { runs: vec![check(true)] });
    let again = world.approval(|subject| matches!(subject, Subject::Landing { .. }));
    assert!(again.title.contains("changed since you saw it"), "{}", again.title);
    world.answer(|subject| matches!(subject, Subject::Landing { .. }), AnswerKind::No, Some("undo that"));
    let session = world.session(task).id;
    world.settle(|kind| is_prompt(kind, &session), EffectResult::Delivered);
    world.report_done(task);
    world.verify(task);
    let fresh = world.approval(|subject| matches!(subject, Subject::Landing { .. }));
    assert!(!fresh.title.contains("changed since"), "said once: {}", fresh.title);
}

#[test]
fn a_branch_that_moved_goes_round_by_itself_where_nobody_is_asked() {
    let (mut world, tasks) = queued(1);
    world.settle(|kind| matches!(kind, EffectKind::Land { .. }), EffectResult::BranchMoved);
    world.verify(tasks[0]);
    world.land(tasks[0]);
    assert_eq!(world.status(tasks[0]), TaskStatus::Completed);
}
