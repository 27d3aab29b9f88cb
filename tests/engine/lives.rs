//! Sessions from start to end: brief, crash, loss, stop, kill, panes.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Fact, Purpose, Refusal, next_wake, outbox_after_restart};
use quarterdeck::model::{
    AnswerKind, Autonomy, DelegationStatus, SessionMode, SessionState, StateSource, StatusReason, Subject, TaskDraft,
    TaskStatus, WorkerNumber,
};

use crate::world::*;

fn interactive() -> (World, quarterdeck::model::TaskId) {
    let mut world = World::new(Autonomy::Manual);
    let task = world.submit(vec![draft("Add dark mode")])[0];
    world.obey(Command::Run { task }).unwrap();
    (world, task)
}

fn delegation(world: &World, task: quarterdeck::model::TaskId) -> DelegationStatus {
    world.state.delegation_of(world.task(task)).unwrap().status
}

#[test]
fn an_interactive_agent_gets_its_brief_and_then_runs() {
    let (mut world, task) = interactive();
    assert_eq!(delegation(&world, task), DelegationStatus::Spawning);
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, worktree(task));
    assert_eq!(world.task(task).worktree.as_deref(), Some(format!("/trees/{task}").as_ref()));
    let session = world.session(task);
    assert_eq!(session.verdict.state, SessionState::Starting);
    world.start(&session.id);
    assert_eq!(delegation(&world, task), DelegationStatus::InjectingContext);
    let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_purpose(kind, Purpose::Brief)).kind else {
        panic!()
    };
    assert!(text.contains("Add dark mode, please") && text.contains("qd report done"));
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    assert_eq!(delegation(&world, task), DelegationStatus::Running);
    assert_eq!(world.session(task).verdict.state, SessionState::Working);
}

#[test]
fn a_brief_that_does_not_arrive_keeps_the_session_for_the_person() {
    let (mut world, task) = interactive();
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, worktree(task));
    let session = world.session(task).id;
    world.start(&session);
    world.settle(|kind| is_purpose(kind, Purpose::Brief), failed("the composer never showed it"));
    assert!(matches!(world.task(task).reason, Some(StatusReason::AgentFailed { .. })));
    assert!(world.session(task).is_live() && !world.has(|kind| is_stop(kind, &session)));
    let worker = world.task(task).worker.unwrap();
    world.obey(Command::Send { project: world.project, worker, text: "try now".into() }).unwrap();
    let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_purpose(kind, Purpose::Brief)).kind else {
        panic!()
    };
    assert!(text.contains("Add dark mode, please") && text.contains("try now"), "the brief is not lost");
}

#[test]
fn a_world_that_refuses_the_worktree_needs_the_person_and_frees_the_seat() {
    let (mut world, task) = interactive();
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, failed("disk full"));
    assert_eq!(world.task(task).reason, Some(StatusReason::WorldFailed { detail: "disk full".into() }));
    assert!(world.state.projects[&world.project].workers.values().all(quarterdeck::model::Worker::is_free));
    world.obey(Command::Retry { task }).unwrap();
    assert_eq!(world.status(task), TaskStatus::Executing);
    assert!(world.state.delegation_of(world.task(task)).unwrap().context.contains("disk full"), "attempt memory");
}

#[test]
fn a_crash_is_resumed_after_a_pause_and_only_so_often() {
    let (mut world, task) = interactive();
    world = world.with_rules(|rules| rules.restarts = 1);
    let first = world.work(task);
    world.end(&first, killed(9));
    assert_eq!(world.state.session(&first).unwrap().verdict.state, SessionState::Crashed);
    assert!(world.is_quiet(), "not at once");
    world.wait();
    let second = world.session(task).id;
    assert_ne!(first, second);
    let EffectKind::StartSession { resume, .. } =
        world.effect(|kind| matches!(kind, EffectKind::StartSession { .. })).kind
    else {
        panic!()
    };
    assert_eq!(resume.as_deref(), Some("conversation-1"));
    assert_eq!(world.task(task).attempts, 1, "the same attempt");
    world.start(&second);
    let EffectKind::DeliverPrompt { text, .. } = world.effect(|kind| is_purpose(kind, Purpose::Brief)).kind else {
        panic!()
    };
    assert!(text.contains("resumed"));
    world.settle(|kind| is_purpose(kind, Purpose::Brief), EffectResult::Delivered);
    world.end(&second, killed(9));
    assert!(matches!(world.task(task).reason, Some(StatusReason::AgentFailed { .. })));
}

#[test]
fn a_lost_host_is_resumed_when_there_is_a_conversation_else_shown() {
    let (mut world, task) = interactive();
    let session = world.work(task);
    world.end(&session, None);
    assert_eq!(world.state.session(&session).unwrap().verdict.state, SessionState::Interrupted);
    world.wait();
    assert_eq!(world.status(task), TaskStatus::Executing);
    assert_ne!(world.session(task).id, session);
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![shell("make")])[0];
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, worktree(task));
    let session = world.session(task).id;
    world.end(&session, None);
    assert_eq!(world.task(task).reason, Some(StatusReason::Interrupted));
    world.learn(Fact::SessionEnded { session: session.clone(), exit: exit(0) });
    assert!(world.state.session(&session).unwrap().exit.is_some(), "a late exit record is kept");
    assert_eq!(world.status(task), TaskStatus::NeedsReview);
}

#[test]
fn a_command_that_fails_is_shown_and_a_headless_model_is_tried_once_more() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.restarts = 1);
    let command = world.submit(vec![shell("make")])[0];
    let session = world.work(command);
    world.end(&session, exit(3));
    let Some(StatusReason::AgentFailed { detail }) = &world.task(command).reason else { panic!() };
    assert!(detail.contains("exit code 3") && detail.contains("last words"));
    let model = world.submit(vec![draft("Add dark mode")])[0];
    let session = world.work(model);
    world.end(&session, exit(1));
    assert_eq!((world.status(model), world.task(model).attempts), (TaskStatus::Executing, 2));
    let session = world.work(model);
    world.end(&session, exit(1));
    assert_eq!(world.status(model), TaskStatus::NeedsReview);
}

#[test]
fn cancel_stops_then_removes_and_never_the_other_way_round() {
    let (mut world, task) = interactive();
    let session = world.work(task);
    world.obey(Command::Cancel { task }).unwrap();
    assert!(world.has(|kind| is_stop(kind, &session)));
    assert!(!world.has(|kind| *kind == EffectKind::RemoveWorktree { task }));
    world.settle(|kind| is_stop(kind, &session), EffectResult::Done);
    world.settle(
        |kind| *kind == EffectKind::RemoveWorktree { task },
        EffectResult::Removed { kept: Some("refs/qd/1".into()) },
    );
    assert_eq!(world.task(task).worktree, None);
    assert!(world.is_quiet());
    assert!(matches!(world.obey(Command::Cancel { task }), Err(Refusal::WrongStatus { .. })));
}

#[test]
fn cancelled_while_its_worktree_was_made_leaves_nothing_behind() {
    let (mut world, task) = interactive();
    world.obey(Command::Cancel { task }).unwrap();
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, worktree(task));
    world.settle(|kind| *kind == EffectKind::RemoveWorktree { task }, EffectResult::Removed { kept: None });
    assert!(world.is_quiet() && world.state.sessions.is_empty());
}

#[test]
fn cancelled_while_it_started_is_stopped_when_it_has_started() {
    let (mut world, task) = interactive();
    world.settle(|kind| *kind == EffectKind::PrepareWorktree { task, fresh: false }, worktree(task));
    let session = world.session(task).id;
    world.obey(Command::Cancel { task }).unwrap();
    assert!(!world.has(|kind| is_stop(kind, &session)), "start and stop never race");
    world.start(&session);
    assert!(world.has(|kind| is_stop(kind, &session)) && !world.has(|kind| is_prompt(kind, &session)));
}

#[test]
fn retry_waits_for_the_old_agent_to_be_gone() {
    let (mut world, task) = interactive();
    let session = world.work(task);
    world.obey(Command::StopWorker { project: world.project, worker: WorkerNumber(1) }).unwrap();
    assert_eq!(world.task(task).reason, Some(StatusReason::ByPerson));
    world.obey(Command::Retry { task }).unwrap();
    assert_eq!(world.status(task), TaskStatus::Ready, "two agents never share a worktree");
    world.settle(|kind| is_stop(kind, &session), EffectResult::Done);
    assert_eq!((world.status(task), world.task(task).attempts), (TaskStatus::Executing, 2));
}

#[test]
fn a_session_that_does_not_end_is_forced_and_forced_again() {
    let (mut world, task) = interactive();
    let session = world.work(task);
    world.obey(Command::Cancel { task }).unwrap();
    world.settle(|kind| is_stop(kind, &session), failed("it ignores us"));
    assert!(world.has(|kind| matches!(kind, EffectKind::StopSession { now: true, .. })));
    world.settle(|kind| is_stop(kind, &session), failed("still there"));
    assert!(world.is_quiet());
    let at = next_wake(&world.state, world.now).expect("it is tried again");
    world.pass(at.0 - world.now.0);
    assert!(world.has(|kind| matches!(kind, EffectKind::StopSession { now: true, .. })));
}

#[test]
fn killing_the_session_of_a_task_asks_the_person() {
    let (mut world, task) = interactive();
    let session = world.work(task);
    world.obey(Command::KillSession { session: session.clone() }).unwrap();
    assert!(world.has(|kind| matches!(kind, EffectKind::StopSession { now: true, .. })));
    world.end(&session, killed(9));
    assert_eq!(world.task(task).reason, Some(StatusReason::ByPerson), "no resume of what the person killed");
    assert!(world.obey(Command::KillSession { session }).is_err());
}

#[test]
fn a_plain_pane_takes_a_free_seat_and_gives_it_back() {
    let mut world = World::new(Autonomy::Full);
    let pane = |worker| Command::StartPane {
        project: ProjectIdOf(1).into(),
        worker,
        agent: "shell".into(),
        run: Some("top".into()),
    };
    world.obey(pane(None)).unwrap();
    assert_eq!(
        world.obey(pane(Some(WorkerNumber(1)))).unwrap_err(),
        Refusal::WorkerBusy { worker: WorkerNumber(1), with: "shell".into() }
    );
    let session = world.state.live().next().unwrap().clone();
    assert_eq!(world.state.run_of(&session), Some("top"));
    world.start(&session.id);
    assert!(world.is_quiet(), "a pane gets no brief");
    let tasks = world.submit(vec![shell("a")]);
    assert_eq!(world.task(tasks[0]).worker, Some(WorkerNumber(2)), "the pane's seat is taken");
    world.end(&session.id, exit(0));
    assert!(world.state.worker(world.project, WorkerNumber(1)).unwrap().is_free());
    assert_eq!(
        world.obey(Command::StopWorker { project: world.project, worker: WorkerNumber(1) }),
        Err(Refusal::WorkerIdle(WorkerNumber(1)))
    );
}

/// The first project's id.
struct ProjectIdOf(u64);

impl From<ProjectIdOf> for quarterdeck::model::ProjectId {
    fn from(id: ProjectIdOf) -> Self {
        Self(id.0)
    }
}

#[test]
fn what_is_owed_after_a_restart_is_in_the_order_it_was_asked_for() {
    let mut world = World::new(Autonomy::Full);
    world.submit(vec![shell("a"), shell("b"), shell("c")]);
    let owed = outbox_after_restart(&world.state);
    assert_eq!(owed.len(), 3);
    assert!(owed.windows(2).all(|pair| pair[0].id < pair[1].id));
}

#[test]
fn a_setup_command_runs_only_after_a_yes_and_holds_the_task_until_then() {
    let asked = || {
        let (mut world, task) = interactive();
        let result = EffectResult::CommandsNotTrusted { hash: "h1".into(), commands: vec!["npm install".into()] };
        world.settle(|kind| matches!(kind, EffectKind::PrepareWorktree { .. }), result);
        assert_eq!(world.status(task), TaskStatus::Executing);
        assert!(world.state.needs(task).unwrap().contains("npm install") && world.is_quiet());
        (world, task)
    };
    let (mut world, task) = asked();
    world.answer(|subject| matches!(subject, Subject::Commands { .. }), AnswerKind::Yes, None);
    world.work(task);
    assert_eq!(world.state.needs(task), None);
    let (mut world, task) = asked();
    world.answer(|subject| matches!(subject, Subject::Commands { .. }), AnswerKind::No, None);
    assert_eq!(world.status(task), TaskStatus::NeedsReview);
}

#[test]
fn an_open_session_is_not_told_what_to_do_and_ends_when_the_person_says_so() {
    let open = || {
        let mut world = World::new(Autonomy::Manual);
        let draft =
            TaskDraft { mode: Some(SessionMode::Interactive), open_ended: true, ..draft("Open claude session") };
        let task = world.submit(vec![draft])[0];
        world.obey(Command::Run { task }).unwrap();
        let session = world.work(task);
        assert!(world.is_quiet(), "no brief");
        assert_eq!(delegation(&world, task), DelegationStatus::Running);
        world.read(&session, SessionState::WaitingInput, StateSource::Hook, "shall I go on?");
        assert!(world.is_quiet() && world.state.needs(task).is_none(), "no reminder, no question");
        (world, task, session)
    };
    let (mut world, task, _) = open();
    world.obey(Command::Land { task }).unwrap();
    world.verify(task);
    world.answer(|subject| matches!(subject, Subject::Landing { .. }), AnswerKind::Yes, None);
    world.land(task);
    assert_eq!(world.status(task), TaskStatus::Completed);
    let (mut world, task, session) = open();
    world.end(&session, exit(0));
    world.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(0));
    assert_eq!(world.status(task), TaskStatus::Completed, "left without changes");
    let (mut world, task, session) = open();
    world.end(&session, killed(9));
    world.wait();
    let resumed = world.session(task).id;
    world.start(&resumed);
    assert!(world.is_quiet(), "a resumed one is not told anything either");
}
