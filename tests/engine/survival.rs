//! Sessions that were lost, workers that fail, and what waits for a session.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Fact, Refusal, next_wake};
use quarterdeck::model::{
    AnswerKind, Autonomy, Kind, Priority, SessionId, SessionMode, SessionState, StateSource, StatusReason, Subject,
    TaskDraft, TaskId, TaskStatus, Timestamp, WaitsFor, WorkerNumber,
};

use crate::world::*;

fn lose(world: &mut World, session: &SessionId) {
    world.learn(Fact::SessionLost { session: session.clone() });
}

/// Interactive tasks at work, each with its session.
fn at_work(world: &mut World, count: usize) -> Vec<(TaskId, SessionId)> {
    let drafts = (0..count).map(|n| TaskDraft { mode: Some(SessionMode::Interactive), ..draft(&format!("Task {n}")) });
    let tasks = world.submit(drafts.collect());
    tasks.into_iter().map(|task| (task, world.work(task))).collect()
}

fn resumed(world: &World) -> Option<String> {
    match world.effect(|kind| matches!(kind, EffectKind::StartSession { .. })).kind {
        EffectKind::StartSession { resume, .. } => resume,
        _ => None,
    }
}

#[test]
fn after_a_reboot_nothing_starts_by_itself_and_one_yes_resumes_everything() {
    let mut world = World::new(Autonomy::Full);
    let running = at_work(&mut world, 3);
    for (_, session) in &running {
        lose(&mut world, session);
    }
    assert!(!world.has(|kind| matches!(kind, EffectKind::StartSession { .. } | EffectKind::PrepareWorktree { .. })));
    assert_eq!(next_wake(&world.state, world.now), None);
    for (task, session) in &running {
        assert_eq!(world.task(*task).reason, Some(StatusReason::Interrupted));
        assert_eq!(world.state.session(session).unwrap().verdict.state, SessionState::Interrupted);
        assert!(world.state.needs(*task).unwrap().contains("go on with it"), "{:?}", world.state.needs(*task));
    }
    assert_eq!(world.state.interrupted().count(), 3);
    let asked = world.approval(|subject| matches!(subject, Subject::Resume { .. }));
    assert_eq!(asked.title, "Resume all 3 interrupted sessions?");
    world.obey(Command::Answer { approval: asked.id, kind: AnswerKind::Yes, text: None }).unwrap();
    for (task, session) in &running {
        world
            .settle(|kind| matches!(kind, EffectKind::PrepareWorktree { task: of, .. } if of == task), worktree(*task));
        assert_eq!(resumed(&world).as_deref(), Some("conversation-1"), "in its conversation");
        let again = world.session(*task).id;
        assert_ne!(again, *session);
        world.start(&again);
        let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_prompt(kind, &again)).kind else {
            panic!()
        };
        assert!(text.contains("resumed") && !text.contains("please"), "not its request again: {text}");
        world.settle(|kind| is_prompt(kind, &again), EffectResult::Delivered);
    }
    assert_eq!(world.state.waiting().count(), 0);
}

#[test]
fn each_lost_session_can_be_resumed_or_left_alone() {
    let mut world = World::new(Autonomy::Full);
    let running = at_work(&mut world, 3);
    for (_, session) in &running {
        lose(&mut world, session);
    }
    world.obey(Command::Restart { session: running[0].1.clone() }).unwrap();
    assert_eq!(world.status(running[0].0), TaskStatus::Executing);
    let Subject::Resume { sessions } = world.approval(|subject| matches!(subject, Subject::Resume { .. })).subject
    else {
        panic!()
    };
    assert_eq!(sessions.len(), 2, "the question follows");
    world.answer(|subject| matches!(subject, Subject::Resume { .. }), AnswerKind::No, None);
    assert!(!world.state.waiting().any(|approval| matches!(approval.subject, Subject::Resume { .. })), "not again");
    assert_eq!(world.status(running[1].0), TaskStatus::NeedsReview);
    world.answer(|subject| *subject == Subject::Review { task: running[1].0 }, AnswerKind::Yes, None);
    assert_eq!(world.status(running[1].0), TaskStatus::Executing);
    world.obey(Command::RestartInterrupted { project: None }).unwrap();
    assert_eq!(world.status(running[2].0), TaskStatus::Executing);
    assert_eq!(world.obey(Command::RestartInterrupted { project: None }), Err(Refusal::NothingInterrupted));
}

#[test]
fn with_resume_auto_everything_goes_on_and_what_cannot_resume_says_so() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.resumes_alone = true);
    let (task, session) = at_work(&mut world, 1)[0].clone();
    lose(&mut world, &session);
    assert!(world.is_quiet(), "after a pause");
    world.wait();
    assert_eq!(resumed(&world).as_deref(), Some("conversation-1"));
    assert_eq!(world.task(task).attempts, 1);
    // an agent without conversations: its request again, with what is known, and a word in the chat
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.resumes_alone = true);
    let task = world.submit(vec![TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Add dark mode") }])[0];
    world.settle(|kind| matches!(kind, EffectKind::PrepareWorktree { .. }), worktree(task));
    let session = world.session(task).id;
    world.settle(|kind| matches!(kind, EffectKind::StartSession { .. }), nameless());
    world.settle(|kind| is_prompt(kind, &session), EffectResult::Delivered);
    lose(&mut world, &session);
    let context = &world.state.delegation_of(world.task(task)).unwrap().context;
    assert!(context.contains("please") && context.contains("in the worktree"), "{context}");
    assert!(world.state.chat[&world.project].iter().any(|line| line.text.contains("starts again")));
    // commands: only where nothing is asked anyway
    let mut world = World::new(Autonomy::Confirm).with_rules(|rules| rules.resumes_alone = true);
    let task = world.submit(vec![shell("make")])[0];
    world.obey(Command::Run { task }).unwrap();
    world.settle(|kind| matches!(kind, EffectKind::PrepareWorktree { .. }), worktree(task));
    world.settle(|kind| matches!(kind, EffectKind::StartSession { .. }), nameless());
    let session = world.session(task).id;
    lose(&mut world, &session);
    assert_eq!(world.task(task).reason, Some(StatusReason::Interrupted));
}

/// The start of an agent that has no conversations.
fn nameless() -> EffectResult {
    let mut result = started();
    if let EffectResult::SessionStarted { conversation, .. } = &mut result {
        *conversation = None;
    }
    result
}

#[test]
fn a_conversation_that_is_not_there_is_begun_anew_and_that_is_said() {
    let mut world = World::new(Autonomy::Full);
    let (task, session) = at_work(&mut world, 1)[0].clone();
    world.end(&session, None);
    world.wait();
    let again = world.session(task).id;
    world.start(&again);
    world.end(&again, exit(1));
    assert_eq!(resumed(&world), None, "a new conversation");
    let fresh = world.session(task).id;
    world.start(&fresh);
    let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_prompt(kind, &fresh)).kind else { panic!() };
    assert!(text.contains("please"), "its brief: {text}");
    assert!(world.state.chat[&world.project].iter().any(|line| line.text.contains("could not resume")));
}

#[test]
fn a_worker_that_fails_three_times_in_a_row_goes_offline_until_it_is_reset() {
    let mut world = World::new(Autonomy::Full);
    let (task, mut session) = at_work(&mut world, 1)[0].clone();
    let worker = world.task(task).worker.unwrap();
    let mut pauses = Vec::new();
    for _ in 0..2 {
        let before = world.now;
        world.end(&session, killed(11));
        pauses.push(next_wake(&world.state, world.now).unwrap().0 - before.0);
        world.wait();
        session = world.session(task).id;
        world.start(&session);
    }
    assert!(pauses[1] > pauses[0] + 500, "each pause is longer: {pauses:?}");
    world.end(&session, killed(11));
    assert!(matches!(world.task(task).reason, Some(StatusReason::AgentFailed { .. })));
    let seat = world.state.worker(world.project, worker).unwrap();
    assert_eq!(seat.failures, 3);
    assert!(seat.offline.as_deref().unwrap().contains("3 sessions failed in a row"));
    assert!(!seat.is_free());
    world.answer(|subject| *subject == Subject::Offline { worker }, AnswerKind::Yes, None);
    let seat = world.state.worker(world.project, worker).unwrap();
    assert!(seat.is_free() && seat.failures == 0);
}

#[test]
fn a_command_that_fails_is_no_failure_of_its_worker_and_success_forgets() {
    let mut world = World::new(Autonomy::Full);
    for _ in 0..4 {
        let task = world.submit(vec![on(1, shell("false"))])[0];
        let session = world.work(task);
        world.end(&session, exit(1));
    }
    let failures = |world: &World| world.state.worker(world.project, WorkerNumber(1)).unwrap().failures;
    assert_eq!(failures(&world), 0);
    let task = world.submit(vec![on(1, shell("boom"))])[0];
    let session = world.work(task);
    world.end(&session, killed(11));
    assert_eq!(failures(&world), 1);
    let task = world.submit(vec![on(1, shell("true"))])[0];
    let session = world.work(task);
    world.end(&session, exit(0));
    assert_eq!(failures(&world), 0);
}

#[test]
fn when_all_workers_are_offline_the_person_is_told_what_waits_for_it() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.worker_failures = 1);
    for worker in 1..=4 {
        let task = world.submit(vec![on(worker, shell("boom"))])[0];
        let session = world.work(task);
        world.end(&session, killed(11));
    }
    let task = world.submit(vec![shell("true")])[0];
    assert_eq!(world.status(task), TaskStatus::Ready);
    assert!(world.state.needs(task).unwrap().contains("qd worker reset"));
    assert_eq!(world.state.waits_on(world.task(task)), Some(WaitsFor::Worker));
    world.obey(Command::ResetWorker { project: world.project, worker: WorkerNumber(3) }).unwrap();
    assert_eq!((world.status(task), world.task(task).worker), (TaskStatus::Executing, Some(WorkerNumber(3))));
}

#[test]
fn the_queue_is_by_priority_then_by_age_and_says_what_it_waits_for() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.slots = 1);
    let first = world.submit(vec![shell("a")])[0];
    let later: Vec<TaskId> = ["b", "c", "d"].iter().map(|name| world.submit(vec![shell(name)])[0]).collect();
    let urgent = world.submit(vec![TaskDraft { priority: Priority::Urgent, ..shell("e") }])[0];
    world.obey(Command::Prioritize { task: later[0], priority: Priority::Low }).unwrap();
    let order: Vec<TaskId> = world.state.queue().iter().map(|task| task.id).collect();
    assert_eq!(order, [urgent, later[1], later[2], later[0]]);
    assert_eq!(world.state.waits_on(world.task(urgent)), Some(WaitsFor::Slot));
    let session = world.work(first);
    world.end(&session, exit(0));
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task: first }, committed(0));
    assert_eq!(world.status(urgent), TaskStatus::Executing);
}

#[test]
fn tasks_wait_without_limit_and_session_requests_do_not() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| {
        rules.slots = 1;
        rules.requests = 2;
    });
    let tasks = world.submit((0..30).map(|n| shell(&format!("task {n}"))).collect());
    assert_eq!(world.state.queue().len(), 29);
    world.obey(Command::Run { task: tasks[5] }).unwrap();
    world.obey(Command::Run { task: tasks[6] }).unwrap();
    world.obey(Command::Run { task: tasks[6] }).unwrap();
    let refused = world.obey(Command::Run { task: tasks[7] }).unwrap_err();
    assert_eq!(refused, Refusal::QueueFull { waiting: 2 });
    assert_eq!(quarterdeck::model::Explain::kind(&refused), Kind::Busy);
    let asked = world.submit(vec![TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Talk") }])[0];
    world.obey(Command::Run { task: asked }).unwrap();
}

#[test]
fn sessions_that_a_person_opens_use_no_slot_and_always_get_a_seat() {
    let mut world = World::new(Autonomy::Manual).with_rules(|rules| rules.slots = 1);
    for n in 0..6 {
        let open = TaskDraft { open_ended: true, mode: Some(SessionMode::Interactive), ..draft(&format!("Open {n}")) };
        let task = world.submit(vec![open])[0];
        world.obey(Command::Run { task }).unwrap();
        assert_eq!(world.status(task), TaskStatus::Executing, "{n}");
    }
    assert_eq!(world.state.slots_used(), 0);
}

#[test]
fn workers_grow_with_the_queue_and_go_again_when_idle() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| {
        rules.slots = 8;
        rules.max_seats = 6;
    });
    let tasks = world.submit((0..7).map(|n| shell(&format!("task {n}"))).collect());
    let seats = |world: &World| world.state.projects[&world.project].workers.len();
    assert_eq!(seats(&world), 6);
    assert_eq!(world.state.waits_on(world.task(tasks[6])), Some(WaitsFor::Worker));
    for task in &tasks[..6] {
        let session = world.work(*task);
        world.end(&session, exit(0));
        world.settle(|kind| *kind == EffectKind::CommitLeftovers { task: *task }, committed(0));
    }
    let session = world.work(tasks[6]);
    world.end(&session, exit(0));
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task: tasks[6] }, committed(0));
    assert_eq!(seats(&world), 6, "not at once");
    world.pass(61_000);
    assert_eq!(seats(&world), 4);
    assert_eq!(next_wake(&world.state, world.now), None, "nothing ticks");
}

#[test]
fn an_idle_session_is_ended_only_when_configured_and_nothing_is_pending() {
    let mut world = World::new(Autonomy::Full);
    let (task, session) = at_work(&mut world, 1)[0].clone();
    world.read(&session, SessionState::Idle, StateSource::Screen, "an empty composer");
    assert_eq!(next_wake(&world.state, world.now), None, "off by default");
    world = world.with_rules(|rules| rules.idle_ms = 60_000);
    world.show(&session, dialog(quarterdeck::model::DialogKind::Permission, "run make?"));
    assert_eq!(next_wake(&world.state, world.now), None, "a question is pending");
    world.read(&session, SessionState::Idle, StateSource::Screen, "an empty composer");
    world.wait();
    assert!(world.has(|kind| matches!(kind, EffectKind::StopSession { now: false, .. })), "asked politely");
    assert_eq!(world.task(task).reason, Some(StatusReason::Rested));
    world.settle(|kind| is_stop(kind, &session), EffectResult::Done);
    world.answer(|subject| matches!(subject, Subject::Review { .. }), AnswerKind::Yes, None);
    world.settle(|kind| matches!(kind, EffectKind::PrepareWorktree { .. }), worktree(task));
    assert_eq!(resumed(&world).as_deref(), Some("conversation-1"));
}

#[test]
fn a_running_session_starts_again_as_it_was() {
    let mut world = World::new(Autonomy::Full);
    let (task, session) = at_work(&mut world, 1)[0].clone();
    world.obey(Command::Restart { session: session.clone() }).unwrap();
    assert!(world.has(|kind| is_stop(kind, &session)));
    world.end(&session, exit(0));
    let again = world.session(task);
    assert_ne!(again.id, session);
    assert_eq!(resumed(&world).as_deref(), Some("conversation-1"));
    assert_eq!((world.task(task).attempts, world.status(task)), (1, TaskStatus::Executing));
    let pane =
        Command::StartPane { project: world.project, worker: None, agent: "shell".into(), run: Some("top".into()) };
    world.obey(pane).unwrap();
    let pane = world.state.live().find(|session| session.task.is_none()).unwrap().clone();
    world.start(&pane.id);
    lose(&mut world, &pane.id);
    assert_eq!(world.state.interrupted().count(), 1, "a pane waits to be opened again");
    world.obey(Command::Restart { session: pane.id.clone() }).unwrap();
    let reopened = world.state.live().find(|session| session.task.is_none()).unwrap();
    assert_eq!((reopened.worker, world.state.run_of(reopened)), (pane.worker, Some("top")));
    assert!(world.obey(Command::Restart { session: pane.id }).is_err(), "only once");
}

#[test]
fn a_clock_that_is_set_back_delays_nothing_and_one_set_forward_starts_no_storm() {
    let mut world = World::new(Autonomy::Full);
    let (task, session) = at_work(&mut world, 1)[0].clone();
    world.end(&session, killed(9));
    world.now = Timestamp(world.now.0 - 86_400_000);
    assert_eq!(next_wake(&world.state, world.now), Some(world.now), "due, not in a day");
    world.schedule();
    assert_ne!(world.session(task).id, session);
    world.now = Timestamp(world.now.0 + 2 * 86_400_000);
    let before = world.log.len();
    world.schedule();
    assert_eq!(world.log.len(), before);
    assert_eq!(next_wake(&world.state, world.now), None);
}

#[test]
fn what_is_over_is_archived_once() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![shell("true")])[0];
    let session = world.work(task);
    world.end(&session, exit(0));
    assert!(!world.has(|kind| matches!(kind, EffectKind::ArchiveSession { .. })), "its task goes on");
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(0));
    world.settle(|kind| matches!(kind, EffectKind::ArchiveSession { .. }), EffectResult::Done);
    assert!(world.state.archiving.is_empty());
    world.obey(Command::Archive { session }).unwrap();
    world.settle(|kind| matches!(kind, EffectKind::ArchiveSession { .. }), failed("disk full"));
    assert!(world.state.outbox.values().all(|effect| !matches!(effect.kind, EffectKind::ArchiveSession { .. })));
}
