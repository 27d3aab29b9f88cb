//! Done, says the agent: leftovers, checks, attempts, silent stops and questions.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Fact, Purpose};
use quarterdeck::model::{
    AnswerKind, Autonomy, Report, SessionMode, SessionState, StateSource, StatusReason, Subject, TaskDraft, TaskId,
    TaskStatus, TaskType,
};

use crate::world::*;

/// An interactive agent at work.
fn at_work(autonomy: Autonomy) -> (World, TaskId) {
    let mut world = World::new(autonomy).with_rules(|rules| rules.max_attempts = 2);
    let task = world.submit(vec![TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Add dark mode") }])[0];
    let _ = world.obey(Command::Run { task });
    world.work(task);
    (world, task)
}

fn red(world: &mut World, task: TaskId) {
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(1));
    let runs = vec![check(true), check(false)];
    world.settle(|kind| *kind == EffectKind::RunChecks { task }, EffectResult::Checked { runs });
}

#[test]
fn green_asks_for_landing_and_says_when_nothing_was_checked() {
    let (mut world, task) = at_work(Autonomy::Confirm);
    world.report_done(task);
    assert_eq!(world.status(task), TaskStatus::Verifying);
    world.report_done(task);
    assert_eq!(world.state.outbox.len(), 1, "a second done is ignored");
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(2));
    world.settle(|kind| *kind == EffectKind::RunChecks { task }, EffectResult::Checked { runs: vec![] });
    assert_eq!(world.task(task).reason, Some(StatusReason::ReadyToLand { checked: false }));
    assert!(world.approval(|subject| matches!(subject, Subject::Landing { .. })).title.contains("No checks are known"));
    assert_eq!(world.state.needs(task).as_deref(), Some("a yes to landing it"));
}

#[test]
fn red_goes_back_with_the_log_until_the_attempts_are_used_up() {
    let (mut world, task) = at_work(Autonomy::Full);
    world.report_done(task);
    red(&mut world, task);
    assert_eq!((world.status(task), world.task(task).attempts), (TaskStatus::Executing, 2));
    let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_purpose(kind, Purpose::Feedback)).kind else {
        panic!()
    };
    assert!(text.contains("assertion failed: left == right"));
    world.settle(|kind| is_purpose(kind, Purpose::Feedback), EffectResult::Delivered);
    world.report_done(task);
    red(&mut world, task);
    assert_eq!(world.task(task).reason, Some(StatusReason::AttemptsUsedUp));
    assert_eq!(world.task(task).failures.len(), 2);
}

#[test]
fn red_of_a_headless_agent_is_a_new_attempt_in_its_conversation() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    let session = world.work(task);
    world.end(&session, exit(0));
    assert_eq!(world.task(task).summary.as_deref(), Some("last words"));
    red(&mut world, task);
    assert_eq!((world.status(task), world.task(task).attempts), (TaskStatus::Executing, 2));
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, worktree(task));
    let EffectKind::StartSession { resume, .. } =
        world.effect(|kind| matches!(kind, EffectKind::StartSession { .. })).kind
    else {
        panic!()
    };
    assert_eq!(resume.as_deref(), Some("conversation-1"));
    assert!(world.state.delegation_of(world.task(task)).unwrap().context.contains("left == right"));
}

#[test]
fn red_of_a_command_is_shown() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![shell("make")])[0];
    let session = world.work(task);
    world.end(&session, exit(0));
    red(&mut world, task);
    assert!(matches!(world.task(task).reason, Some(StatusReason::ChecksFailed { .. })));
}

#[test]
fn nothing_changed_completes_research_and_commands_only() {
    for (work, status) in [
        (TaskDraft { task_type: TaskType::Research, ..draft("Find out") }, TaskStatus::Completed),
        (shell("true"), TaskStatus::Completed),
        (draft("Add dark mode"), TaskStatus::NeedsReview),
    ] {
        let mut world = World::new(Autonomy::Full);
        let task = world.submit(vec![work])[0];
        let session = world.work(task);
        world.end(&session, exit(0));
        world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(0));
        assert_eq!(world.status(task), status);
        if status == TaskStatus::NeedsReview {
            assert_eq!(world.task(task).reason, Some(StatusReason::NoChanges));
            world.obey(Command::Land { task }).unwrap();
        }
        assert_eq!((world.status(task), world.task(task).commit.clone()), (TaskStatus::Completed, None));
    }
}

#[test]
fn a_silent_stop_is_reminded_once_and_then_shown() {
    let (mut world, task) = at_work(Autonomy::Full);
    let session = world.session(task).id;
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "turn ended");
    world.settle(|kind| is_purpose(kind, Purpose::Reminder), EffectResult::Delivered);
    assert_eq!(world.status(task), TaskStatus::Executing);
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "turn ended");
    assert_eq!(world.task(task).reason, Some(StatusReason::LooksFinished));
    assert!(!world.has(|kind| is_purpose(kind, Purpose::Reminder)));
    world.obey(Command::Land { task }).unwrap();
    assert_eq!(world.status(task), TaskStatus::Verifying, "never landed unchecked");
    assert_eq!(world.state.waiting().count(), 0);
}

#[test]
fn a_stop_that_is_read_before_the_brief_is_known_to_have_arrived_still_counts() {
    let mut world = World::new(Autonomy::Manual);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, worktree(task));
    let session = world.session(task).id;
    world.start(&session);
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "turn ended");
    assert!(!world.has(|kind| is_purpose(kind, Purpose::Reminder)));
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    assert!(world.has(|kind| is_purpose(kind, Purpose::Reminder)));
}

#[test]
fn no_to_looks_finished_sends_it_back_to_work() {
    let (mut world, task) = at_work(Autonomy::Full);
    let session = world.session(task).id;
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "turn ended");
    world.settle(|kind| is_purpose(kind, Purpose::Reminder), failed("lost"));
    assert_eq!(world.task(task).reason, Some(StatusReason::LooksFinished), "a lost reminder is no silence");
    world.answer(|subject| matches!(subject, Subject::Question { .. }), AnswerKind::No, None);
    assert_eq!(world.status(task), TaskStatus::Executing);
    assert!(world.has(|kind| is_purpose(kind, Purpose::Message)));
}

#[test]
fn a_question_waits_for_the_person_and_the_reply_is_delivered() {
    let (mut world, task) = at_work(Autonomy::Full);
    let session = world.session(task).id;
    world.learn(Fact::Reported { session: session.clone(), report: Report::Ask { question: "Which colour?".into() } });
    assert_eq!(
        (world.status(task), world.session(task).verdict.state),
        (TaskStatus::Executing, SessionState::WaitingInput)
    );
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "turn ended");
    assert!(!world.has(|kind| is_purpose(kind, Purpose::Reminder)), "it asked, it is not reminded");
    assert_eq!(world.state.needs(task).as_deref(), Some("an answer: Which colour?"));
    world.answer(|subject| matches!(subject, Subject::Question { .. }), AnswerKind::Yes, Some("indigo"));
    let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_purpose(kind, Purpose::Message)).kind else {
        panic!()
    };
    assert_eq!(text, "indigo");
    assert_eq!(world.state.needs(task), None);
}

#[test]
fn what_a_headless_run_asked_is_answered_to_its_next_attempt() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    let session = world.work(task);
    world.learn(Fact::Reported { session: session.clone(), report: Report::Ask { question: "Which colour?".into() } });
    world.answer(|subject| matches!(subject, Subject::Question { .. }), AnswerKind::Yes, Some("indigo"));
    assert_eq!(world.state.waiting().count(), 0, "it waits no longer");
    assert!(!world.has(|kind| matches!(kind, EffectKind::DeliverPrompt { .. })), "a run takes no messages");
    world.end(&session, exit(0));
    red(&mut world, task);
    assert!(world.state.delegation_of(world.task(task)).unwrap().context.contains("the person answers: indigo"));
}

#[test]
fn a_question_at_the_end_of_a_turn_goes_to_the_person_not_a_reminder() {
    let (mut world, task) = at_work(Autonomy::Full);
    let session = world.session(task).id;
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "Shall I also change the tests?");
    assert!(world.state.outbox.is_empty());
    world.approval(|subject| matches!(subject, Subject::Question { .. }));
    let worker = world.task(task).worker.unwrap();
    world.obey(Command::Send { project: world.project, worker, text: "yes".into() }).unwrap();
    assert_eq!(world.state.waiting().count(), 0, "speaking to the agent answers it");
}

#[test]
fn an_agent_that_quits_without_a_report_looks_finished() {
    let (mut world, task) = at_work(Autonomy::Full);
    let session = world.session(task).id;
    world.end(&session, exit(0));
    assert_eq!(world.task(task).reason, Some(StatusReason::LooksFinished));
    world.answer(|subject| matches!(subject, Subject::Question { .. }), AnswerKind::Yes, None);
    assert_eq!(world.status(task), TaskStatus::Verifying);
}

#[test]
fn reports_of_a_replaced_session_decide_nothing() {
    let (mut world, task) = at_work(Autonomy::Full);
    let old = world.session(task).id;
    world.end(&old, killed(9));
    world.wait();
    world.learn(Fact::Reported { session: old, report: Report::Done { summary: "late".into() } });
    assert_eq!(world.status(task), TaskStatus::Executing);
}

#[test]
fn the_same_red_twice_is_stuck_and_the_person_sees_the_evidence() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.max_attempts = 9);
    let task = world.submit(vec![TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Add dark mode") }])[0];
    world.work(task);
    let fail = |world: &mut World, log: &str, tree: &str| {
        world.report_done(task);
        world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(1));
        let run = quarterdeck::model::CheckRun { log: log.into(), tree: tree.into(), ..check(false) };
        world.settle(|kind| *kind == EffectKind::RunChecks { task }, EffectResult::Checked { runs: vec![run] });
        if world.has(|kind| is_purpose(kind, Purpose::Feedback)) {
            world.settle(|kind| is_purpose(kind, Purpose::Feedback), EffectResult::Delivered);
        }
    };
    fail(&mut world, "2 tests failed in 0.12s", "a");
    fail(&mut world, "1 test failed in 0.10s", "b");
    assert_eq!((world.status(task), world.task(task).attempts), (TaskStatus::Executing, 3), "it gets better");
    fail(&mut world, "1 test failed in 0.31s", "c");
    let Some(StatusReason::Stuck { what, log }) = world.task(task).reason.clone() else {
        panic!("{:?}", world.task(task).reason)
    };
    assert!(what.contains("twice in a row with the same output") && log == "1 test failed in 0.31s", "{what}");
    let asked = world.approval(|subject| matches!(subject, Subject::Review { .. }));
    assert!(asked.detail.contains("1 test failed in 0.31s"), "{}", asked.detail);
}
