//! Messages become plans and tasks; plans are confirmed, declined, started one by one.

use quarterdeck::engine::{Command, EffectKind, Refusal};
use quarterdeck::model::{
    AnswerKind, Autonomy, Dependency, Explain, Kind, PlanStatus, SessionMode, Speaker, StatusReason, Subject,
    TaskDraft, TaskId, TaskStatus,
};

use crate::world::*;

fn plan(world: &World) -> quarterdeck::model::Plan {
    world.state.plans.values().last().expect("there is a plan").clone()
}

#[test]
fn confirm_waits_for_one_yes_to_the_plan() {
    let mut world = World::new(Autonomy::Confirm);
    let tasks = world.submit(vec![draft("Add dark mode"), draft("Fix login")]);
    assert!(tasks.iter().all(|task| world.status(*task) == TaskStatus::Proposed));
    assert_eq!(world.task(tasks[0]).mode, SessionMode::Interactive);
    assert_eq!(world.state.needs(tasks[0]).as_deref(), Some("a yes to its plan"));
    let speakers: Vec<_> = world.state.chat[&world.project].iter().map(|line| line.who).collect();
    assert_eq!(speakers, [Speaker::You, Speaker::Lead]);
    let effects = world.answer(|subject| matches!(subject, Subject::Plan { .. }), AnswerKind::Yes, None);
    assert_eq!(effects.iter().filter(|effect| matches!(effect.kind, EffectKind::PrepareWorktree { .. })).count(), 2);
    assert!(tasks.iter().all(|task| world.status(*task) == TaskStatus::Executing));
    assert_eq!(plan(&world).status, PlanStatus::Confirmed);
    let again = world.obey(Command::ConfirmPlan { plan: plan(&world).id, tasks: vec![] });
    assert_eq!(again, Err(Refusal::PlanClosed(plan(&world).id)));
}

#[test]
fn a_part_of_a_plan_can_be_confirmed_and_a_plan_declined() {
    let mut world = World::new(Autonomy::Confirm);
    let tasks = world.submit(vec![draft("One"), draft("Two")]);
    world.obey(Command::ConfirmPlan { plan: plan(&world).id, tasks: vec![tasks[1]] }).unwrap();
    assert_eq!([world.status(tasks[0]), world.status(tasks[1])], [TaskStatus::Cancelled, TaskStatus::Executing]);
    let more = world.submit(vec![draft("Three")]);
    world.answer(|subject| matches!(subject, Subject::Plan { .. }), AnswerKind::No, None);
    assert_eq!(world.status(more[0]), TaskStatus::Cancelled);
    assert_eq!(plan(&world).status, PlanStatus::Declined);
}

#[test]
fn manual_tasks_wait_for_run_and_settle_their_plan_with_the_last() {
    let mut world = World::new(Autonomy::Manual);
    let tasks = world.submit(vec![draft("One"), draft("Two")]);
    assert_eq!(world.state.waiting().count(), 0, "manual asks for no yes");
    world.obey(Command::Run { task: tasks[0] }).unwrap();
    assert_eq!(world.status(tasks[0]), TaskStatus::Executing);
    assert_eq!(plan(&world).status, PlanStatus::Proposed);
    world.obey(Command::Cancel { task: tasks[1] }).unwrap();
    assert_eq!(plan(&world).status, PlanStatus::Confirmed);
}

#[test]
fn cancelling_all_of_a_plan_takes_its_question_back() {
    let mut world = World::new(Autonomy::Confirm);
    for task in world.submit(vec![draft("One"), draft("Two")]) {
        world.obey(Command::Cancel { task }).unwrap();
    }
    assert_eq!(world.state.waiting().count(), 0);
    assert_eq!(plan(&world).status, PlanStatus::Declined);
}

#[test]
fn full_starts_at_once_headless_and_shell_is_always_headless() {
    let mut world = World::new(Autonomy::Full);
    let tasks =
        world.submit(vec![draft("Add dark mode"), TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Look") }]);
    assert_eq!(world.task(tasks[0]).mode, SessionMode::Autonomous);
    assert_eq!(world.task(tasks[1]).mode, SessionMode::Interactive);
    assert_eq!(world.status(tasks[0]), TaskStatus::Executing);
    let task = world.task(tasks[0]);
    assert!(
        task.branch.starts_with("feat/add-dark-mode-") && task.branch.ends_with(&task.short) && task.short.len() == 6
    );
    let command = world.submit(vec![TaskDraft {
        autonomy: Some(Autonomy::Confirm),
        mode: Some(SessionMode::Interactive),
        ..shell("make")
    }]);
    assert_eq!(world.task(command[0]).mode, SessionMode::Autonomous);
}

#[test]
fn dependents_start_after_what_they_depend_on_has_landed() {
    let mut world = World::new(Autonomy::Full);
    let tasks = world.submit(vec![shell("one"), TaskDraft { depends: vec![Dependency::Sibling(0)], ..shell("two") }]);
    assert_eq!(world.status(tasks[1]), TaskStatus::Blocked);
    assert_eq!(world.task(tasks[1]).reason, Some(StatusReason::WaitsFor { tasks: vec![tasks[0]] }));
    let session = world.work(tasks[0]);
    world.end(&session, exit(0));
    world.verify(tasks[0]);
    assert_eq!(world.status(tasks[1]), TaskStatus::Blocked, "green is not landed");
    world.land(tasks[0]);
    assert_eq!(world.status(tasks[1]), TaskStatus::Executing);
}

#[test]
fn a_lost_dependency_needs_the_person_and_a_retried_one_is_waited_for_again() {
    let mut world = World::new(Autonomy::Full);
    let tasks = world.submit(vec![shell("one"), TaskDraft { depends: vec![Dependency::Sibling(0)], ..shell("two") }]);
    world.obey(Command::Cancel { task: tasks[0] }).unwrap();
    assert_eq!(world.task(tasks[1]).reason, Some(StatusReason::DependencyLost { task: tasks[0] }));
    world.obey(Command::Retry { task: tasks[0] }).unwrap();
    assert_eq!(world.status(tasks[1]), TaskStatus::Blocked);
    world.obey(Command::Cancel { task: tasks[0] }).unwrap();
    world.obey(Command::Retry { task: tasks[1] }).unwrap();
    assert_eq!(world.status(tasks[1]), TaskStatus::Executing, "the person may go on without it");
}

#[test]
fn circles_and_strangers_are_refused_by_name() {
    let mut world = World::new(Autonomy::Full);
    let wait = |title: &str, place| TaskDraft { depends: vec![Dependency::Sibling(place)], ..draft(title) };
    let circle = world.try_submit(vec![wait("A", 1), wait("B", 2), wait("C", 0)]);
    assert_eq!(circle, Err(Refusal::DependencyCycle("`A` → `B` → `C` → `A`".into())));
    assert_eq!(world.try_submit(vec![wait("A", 0)]), Err(Refusal::DependencyCycle("`A` → `A`".into())));
    let unknown = world.try_submit(vec![TaskDraft { depends: vec![Dependency::Task(TaskId(77))], ..draft("A") }]);
    assert_eq!(unknown, Err(Refusal::UnknownDependency("#77".into())));
    assert!(matches!(world.try_submit(vec![wait("A", usize::MAX)]), Err(Refusal::UnknownDependency(_))));
    assert_eq!(world.try_submit(vec![]), Err(Refusal::EmptySubmission));
    assert_eq!(world.try_submit(vec![draft(" \n")]).unwrap_err().kind(), Kind::Invalid);
    assert!(world.state.tasks.is_empty(), "a refused plan leaves nothing");
    let long: Vec<_> = (0..300).map(|n| if n == 0 { draft("first") } else { wait("next", n - 1) }).collect();
    assert!(world.try_submit(long).is_ok(), "a long chain is no circle");
}

#[test]
fn tasks_take_the_seat_they_want_else_the_lowest_free_one() {
    let mut world = World::new(Autonomy::Full);
    let tasks = world.submit(vec![on(3, shell("a")), shell("b"), on(9, shell("c")), on(3, shell("d")), shell("e")]);
    let seats: Vec<_> = tasks.iter().take(4).map(|task| world.task(*task).worker.map(|worker| worker.0)).collect();
    assert_eq!(seats, [Some(3), Some(1), Some(9), Some(2)]);
    assert_eq!(world.status(tasks[4]), TaskStatus::Ready, "four slots are used");
}

#[test]
fn slots_count_over_all_projects() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.slots = 2);
    let first = world.project;
    world.submit(vec![shell("a")]);
    world.project = world.add_project("/other", Autonomy::Full);
    let others = world.submit(vec![shell("b"), shell("c")]);
    assert_eq!([world.status(others[0]), world.status(others[1])], [TaskStatus::Executing, TaskStatus::Ready]);
    assert_ne!(first, world.project);
}

#[test]
fn a_known_repository_is_not_added_twice() {
    let mut world = World::new(Autonomy::Full);
    assert_eq!(world.add_project("/repo", Autonomy::Manual), world.project);
    assert_eq!(world.state.projects[&world.project].autonomy, Autonomy::Full, "its own autonomy stays");
    assert_eq!(world.state.projects[&world.project].workers.len(), 4);
}

#[test]
fn a_task_that_does_not_start_says_what_it_waits_for() {
    let mut world = World::new(Autonomy::Manual).with_rules(|rules| (rules.slots, rules.seats) = (2, 3));
    let tasks = world.submit(vec![draft("One"), draft("Two"), draft("Three")]);
    for task in &tasks {
        world.obey(Command::Run { task: *task }).unwrap();
    }
    let waits = |world: &World, task| world.state.waits_for(world.task(task)).unwrap_or_default();
    assert_eq!(waits(&world, tasks[0]), "", "it works");
    assert_eq!(waits(&world, tasks[2]), "one of the 2 running agents to end (slots = 2)");
    let mut world = World::new(Autonomy::Manual).with_rules(|rules| rules.slots = 9);
    let tasks = world.submit((1..=5).map(|number| draft(&format!("Task {number}"))).collect());
    for task in &tasks {
        world.obey(Command::Run { task: *task }).unwrap();
    }
    assert_eq!(waits(&world, tasks[4]), "a free worker: all 4 are taken");
    let mut world = World::new(Autonomy::Full);
    let mut after = draft("After");
    after.depends = vec![Dependency::Sibling(0)];
    let tasks = world.submit(vec![draft("Before"), after]);
    assert_eq!(waits(&world, tasks[1]), format!("#{} (executing)", tasks[0]));
}
