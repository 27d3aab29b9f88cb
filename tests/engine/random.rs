//! Any sequence of commands, facts and results, with failures, duplicates and reordering; then a fair
//! world and a patient person, in which everything must come to an end.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quarterdeck::engine::{
    Command, EffectKind, EffectResult, Event, Fact, State, TaskNews, apply, next_wake, outbox_after_restart,
};
use quarterdeck::model::{
    Amount, AnswerKind, ApprovalId, Autonomy, BudgetScope, Dependency, DialogKind, EffectId, HandoffControl, HandoffId,
    PlanId, Priority, Report, SessionId, SessionMode, SessionState, SessionUse, StateSource, TaskId, TaskStatus,
    TaskType, Usage, WorkerNumber,
};

use crate::world::*;

/// One random move; numbers are folded onto what exists at the time, or miss it.
type Move = (u8, u16, u16);

fn pick<T: Clone>(of: Vec<T>, n: u16) -> Option<T> {
    if of.is_empty() { None } else { of.get(usize::from(n) % of.len()).cloned() }
}

fn any_task(world: &World, n: u16) -> TaskId {
    if n % 23 == 22 { TaskId(9_999) } else { pick(world.state.tasks.keys().copied().collect(), n).unwrap_or(TaskId(1)) }
}

fn any_session(world: &World, n: u16) -> SessionId {
    let live: Vec<_> = world.state.live_sessions.iter().cloned().collect();
    let all: Vec<_> = world.state.sessions.keys().cloned().collect();
    pick(if n.is_multiple_of(4) { all } else { live }, n).unwrap_or_else(|| SessionId::from_entropy([9; 16]))
}

fn submit(world: &mut World, a: u16, b: u16) {
    let kinds = [draft("Add dark mode"), shell("make it"), draft("Find out why"), draft("Fix login")];
    let drafts = (0..=a % 3).map(|place| {
        let mut draft = kinds[usize::from(a / 3 + place) % 4].clone();
        draft.autonomy =
            [None, Some(Autonomy::Full), Some(Autonomy::Manual), Some(Autonomy::Confirm)][usize::from(b) % 4];
        draft.mode = [None, Some(SessionMode::Interactive), Some(SessionMode::Autonomous)][usize::from(b / 4) % 3];
        draft.worker = b.is_multiple_of(7).then_some(WorkerNumber(b % 9));
        draft.open_ended = b.is_multiple_of(9);
        if b.is_multiple_of(5) {
            draft.task_type = TaskType::Research;
        }
        if place > 0 && b.is_multiple_of(3) {
            draft.depends.push(Dependency::Sibling(usize::from(place) - 1));
        }
        if b.is_multiple_of(11) {
            draft.depends.push(Dependency::Task(any_task(world, a)));
        }
        draft
    });
    let drafts = drafts.collect();
    let _ = world.try_submit(drafts);
}

fn command(world: &mut World, (kind, a, b): Move) {
    let (project, task, worker) = (world.project, any_task(world, a), WorkerNumber(b % 5));
    let yes_no = if b % 3 == 0 { AnswerKind::No } else { AnswerKind::Yes };
    let words = (b % 4 == 0).then(|| "please go on".to_owned());
    let command = match kind % 23 {
        0 => Command::ConfirmPlan {
            plan: pick(world.state.plans.keys().copied().collect(), a).unwrap_or(PlanId(1)),
            tasks: vec![],
        },
        1 => Command::DeclinePlan { plan: pick(world.state.plans.keys().copied().collect(), a).unwrap_or(PlanId(1)) },
        20 => asking(project, (a % 2 == 0).then_some(Autonomy::Full)),
        21 => Command::PlanByRules { plan: pick(world.state.plans.keys().copied().collect(), a).unwrap_or(PlanId(1)) },
        2 => Command::Run { task },
        3 => Command::Land { task },
        4 => Command::Cancel { task },
        5 => Command::Retry { task },
        6..=8 => {
            let open = world.state.open_approvals.iter().copied().collect();
            Command::Answer { approval: pick(open, a).unwrap_or(ApprovalId(1)), kind: yes_no, text: words }
        }
        9 => Command::StartPane { project, worker: (a % 2 == 0).then_some(worker), agent: "shell".into(), run: None },
        10 => Command::StopWorker { project, worker },
        11 => Command::Send { project, worker, text: "hello".into() },
        12 => Command::KillSession { session: any_session(world, a) },
        13 => Command::Handoff { project, worker, push: a % 2 == 0, hold: b % 2 == 0 },
        14 => {
            let control =
                [HandoffControl::Retry, HandoffControl::Skip, HandoffControl::Cancel, HandoffControl::Continue]
                    [usize::from(a) % 4];
            let handoff = pick(world.state.handoffs.keys().copied().collect(), b).unwrap_or(HandoffId(1));
            Command::SteerHandoff { handoff, control }
        }
        15 => Command::Restart { session: any_session(world, a) },
        16 => Command::RestartInterrupted { project: None },
        17 => Command::ResetWorker { project, worker },
        18 => Command::Prioritize { task, priority: Priority::ALL[usize::from(b) % 4] },
        19 => {
            let limit = (b % 3 > 0).then(|| Amount { micros: Some(u64::from(b) * 40), tokens: None });
            let scope =
                [BudgetScope::Task { task }, BudgetScope::Day, BudgetScope::Project { project }][usize::from(a) % 3];
            Command::SetBudget { scope, limit }
        }
        _ => Command::EditTask {
            task,
            title: Some("Other".into()),
            body: None,
            agent: words,
            model: None,
            worker: Some(worker),
        },
    };
    let _ = world.obey(command);
}

fn fact(world: &mut World, (kind, a, b): Move) {
    let session = any_session(world, a);
    let state = [
        SessionState::Working,
        SessionState::WaitingInput,
        SessionState::Idle,
        SessionState::Limited,
        SessionState::Unreachable,
        SessionState::Unknown,
        SessionState::WaitingPermission,
    ][usize::from(b) % 7];
    match kind % 10 {
        0 => drop(world.read(&session, state, StateSource::Hook, "stopped")),
        1 => drop(world.read(&session, state, StateSource::Screen, "what next?")),
        2 => drop(world.show(&session, dialog(DialogKind::Trust, &format!("trust {}", b % 2)))),
        3 => drop(world.show(&session, dialog(DialogKind::Permission, &format!("run {}", b % 2)))),
        4 => drop(world.learn(Fact::Reported { session, report: Report::Done { summary: "done".into() } })),
        5 => drop(world.learn(Fact::Reported { session, report: Report::Ask { question: "which?".into() } })),
        6 => drop(world.end(&session, [exit(0), exit(1), killed(9), None][usize::from(b) % 4].clone())),
        7 => drop(world.learn(Fact::SessionLost { session })),
        9 => {
            let usage = Usage { cost_micros: u64::from(b) * 50, ..Usage::default() };
            drop(world.learn(Fact::Used { session, now: SessionUse { usage, ..SessionUse::default() } }));
        }
        _ => drop(world.learn(Fact::ConversationNamed { session, conversation: format!("c{b}") })),
    }
}

/// Any result, fitting or not, for any effect, there or not.
fn result(world: &mut World, (kind, a, b): Move) {
    let effect = pick(world.state.outbox.values().cloned().collect(), a);
    let Some(effect) = effect else { return };
    let result = match kind % 8 {
        0 => failed("no luck"),
        1 => match &effect.kind {
            EffectKind::CommitLeftovers { .. } => committed(0),
            EffectKind::RunChecks { .. } => EffectResult::Checked { runs: vec![check(false)] },
            EffectKind::Land { .. } => [
                EffectResult::Conflict { files: vec!["a.rs".into()] },
                EffectResult::MergedTreeFailed { runs: vec![check(false)] },
                EffectResult::CheckoutBusy { detail: "dirty".into() },
                EffectResult::NothingToLand,
                EffectResult::BranchMoved,
            ][usize::from(b) % 5]
                .clone(),
            EffectKind::AnswerDialog { .. } => EffectResult::DialogGone,
            EffectKind::PushBranch { .. } => EffectResult::PushSkipped { reason: "no remote".into() },
            _ => failed("no luck"),
        },
        2 if matches!(
            effect.kind,
            EffectKind::PrepareWorktree { .. } | EffectKind::RunChecks { .. } | EffectKind::Land { .. }
        ) =>
        {
            EffectResult::CommandsNotTrusted { hash: format!("h{}", b % 2), commands: vec!["make".into()] }
        }
        3 => EffectResult::Done,
        _ => success(&effect.kind),
    };
    world.learn(Fact::EffectEnded { effect: effect.id, result: result.clone() });
    if b % 3 == 0 {
        let before = world.log.len();
        world.learn(Fact::EffectEnded { effect: effect.id, result });
        assert_eq!(world.log.len(), before, "a second result for the same effect is nothing");
    }
}

fn success(kind: &EffectKind) -> EffectResult {
    match kind {
        EffectKind::MakePlan { .. } => planned(vec![draft("Add dark mode"), draft("Fix login")]),
        EffectKind::PrepareWorktree { task, .. } => worktree(*task),
        EffectKind::StartSession { .. } => started(),
        EffectKind::DeliverPrompt { .. } => EffectResult::Delivered,
        EffectKind::AnswerDialog { .. } => EffectResult::Answered,
        EffectKind::StopSession { .. }
        | EffectKind::LockInput { .. }
        | EffectKind::PauseSession { .. }
        | EffectKind::ArchiveSession { .. } => EffectResult::Done,
        EffectKind::CommitLeftovers { .. } | EffectKind::CommitForHandoff { .. } => committed(1),
        EffectKind::RunChecks { .. } => EffectResult::Checked { runs: vec![check(true)] },
        EffectKind::Land { .. } => landed(),
        EffectKind::RemoveWorktree { .. } => EffectResult::Removed { kept: None },
        EffectKind::WriteBrief { .. } => EffectResult::BriefWritten { path: "/handoffs/1.md".into() },
        EffectKind::PushBranch { .. } => EffectResult::Pushed { detail: "origin".into() },
    }
}

/// One move, of any sort.
fn play(world: &mut World, (sort, kind, a, b): (u8, u8, u16, u16)) {
    match sort % 10 {
        0 => submit(world, a, b),
        1 | 2 => command(world, (kind, a, b)),
        3 | 4 => fact(world, (kind, a, b)),
        5 => drop(world.pass(i64::from(a) * 20)),
        6 => drop(world.learn(Fact::EffectEnded { effect: EffectId(u64::from(a)), result: failed("never asked") })),
        _ => result(world, (kind, a, b)),
    }
}

/// The world does what it is asked, agents finish, and the person says yes; what fails too often is called off.
fn fair(world: &mut World) {
    for round in 0..2_000 {
        let effects = outbox_after_restart(&world.state);
        for effect in &effects {
            world.learn(Fact::EffectEnded { effect: effect.id, result: success(&effect.kind) });
        }
        agents_finish(world);
        if let Some(at) = next_wake(&world.state, world.now).filter(|_| effects.is_empty()) {
            world.pass((at.0 - world.now.0).max(1));
        }
        if effects.is_empty() {
            patience(world, round);
        }
        if effects.is_empty()
            && world.state.open_tasks.is_empty()
            && world.state.outbox.is_empty()
            && next_wake(&world.state, world.now).is_none()
        {
            return;
        }
    }
    let open: Vec<_> = world
        .state
        .open()
        .map(|task| (task.id, task.status, task.reason.clone(), world.state.needs(task.id)))
        .collect();
    let sessions: Vec<_> = world.state.live().collect();
    let handoffs: Vec<_> = world.state.handoffs.values().collect();
    panic!(
        "not all came to an end: {open:?}\noutbox {:?}\nsessions {sessions:?}\nhandoffs {handoffs:?}",
        world.state.outbox
    );
}

fn agents_finish(world: &mut World) {
    let working: Vec<_> = world.state.live().filter(|session| session.prompted && !session.parked).cloned().collect();
    for session in working {
        let Some(task) = session.task.map(|task| world.task(task).clone()) else { continue };
        if task.status == TaskStatus::Executing && !world.state.is_busy(task.id) && world.state.is_current(&session) {
            match session.mode {
                SessionMode::Interactive => drop(
                    world.learn(Fact::Reported { session: session.id, report: Report::Done { summary: "ok".into() } }),
                ),
                SessionMode::Autonomous => drop(world.end(&session.id, exit(0))),
            }
        }
    }
}

/// Nothing is under way: then every open task waits for the person, for another task, or for a seat that one of those holds.
fn patience(world: &mut World, round: usize) {
    // what a budget holds back waits for more, which a person who said no gives by a word of their own
    let budgets: Vec<_> =
        world.state.ledger.budgets.values().filter(|it| it.set.is_some()).map(|it| it.scope).collect();
    for scope in budgets {
        drop(world.obey(Command::SetBudget { scope, limit: None }));
    }
    let needs: Vec<_> = world
        .state
        .open()
        .filter(|task| world.state.needs(task.id).is_some() || world.state.dismissed.contains(&task.id))
        .map(|task| task.id)
        .collect();
    let panes: Vec<_> =
        world.state.live().filter(|session| session.task.is_none()).map(|session| session.id.clone()).collect();
    for task in world.state.open().filter(|task| task.status == TaskStatus::NeedsReview) {
        let asked = world.state.waiting_for(task.id).next().is_some() || world.state.dismissed.contains(&task.id);
        assert!(asked, "#{} needs the person and nothing asks: {task:#?}", task.id);
    }
    let stuck = world.state.open().find(|task| matches!(task.status, TaskStatus::Executing | TaskStatus::Verifying));
    let paused = |task: TaskId| world.state.restart_after.contains_key(&task);
    let stuck = stuck.filter(|task| world.state.needs(task.id).is_none() && !paused(task.id));
    if let Some(task) = stuck.filter(|_| world.state.outbox.is_empty()) {
        let current = world.state.session_of(task);
        assert!(
            current.is_some_and(quarterdeck::model::Session::is_live),
            "#{} stands still without anybody knowing: {task:#?}",
            task.id
        );
    }
    let offline: Vec<_> = world.state.projects[&world.project].workers.values().cloned().collect();
    for worker in offline.into_iter().filter(|worker| worker.offline.is_some()) {
        world.obey(Command::ResetWorker { project: world.project, worker: worker.number }).expect("it is there");
    }
    if needs.is_empty() {
        for session in panes {
            world.end(&session, exit(0));
        }
    }
    for task in needs {
        let approvals: Vec<_> = world.state.waiting_for(task).map(|approval| approval.id).collect();
        for approval in approvals {
            let _ = world.obey(Command::Answer { approval, kind: AnswerKind::Yes, text: None });
        }
        if world.state.needs(task).is_some() || world.state.dismissed.contains(&task) {
            let tries =
                [Command::Run { task }, Command::Land { task }, Command::Retry { task }, Command::Cancel { task }];
            let skip = if round > 60 { 3 } else { 0 };
            for command in tries.into_iter().skip(skip) {
                if world.obey(command).is_ok() {
                    break;
                }
            }
        }
    }
}

/// Each task landed at most once, completed ones exactly once or by the rule for "nothing to land".
fn landings(world: &World) {
    let mut times: BTreeMap<TaskId, u32> = BTreeMap::new();
    for (event, _) in &world.log {
        if let Event::Task { task, news: TaskNews::Completed { .. }, .. } = event {
            *times.entry(*task).or_default() += 1;
        }
    }
    for task in world.state.tasks.values() {
        let wanted = u32::from(task.status == TaskStatus::Completed);
        assert_eq!(times.get(&task.id).copied().unwrap_or(0), wanted, "#{} completed more than once", task.id);
    }
}

/// The events alone give the same state, and the state survives being written down.
fn replay(world: &World) {
    let mut again = State::default();
    for (event, at) in &world.log {
        apply(&mut again, event, *at);
    }
    assert_eq!(again, world.state);
    let text = serde_json::to_string(&world.state).expect("a state can be written");
    assert_eq!(serde_json::from_str::<State>(&text).expect("and read"), world.state);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_under_any_sequence(moves in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u16>(), any::<u16>()), 0..160)) {
        let mut world = World::new(Autonomy::Full).with_rules(|rules| { rules.slots = 3; rules.max_attempts = 4; rules.max_seats = 6; rules.idle_ms = 50_000; });
        for one in moves {
            play(&mut world, one);
        }
        replay(&world);
        fair(&mut world);
        landings(&world);
        replay(&world);
        prop_assert!(world.state.live().all(|session| session.task.is_none()), "a session outlived its task");
        prop_assert!(world.state.tasks.values().all(|task| task.worktree.is_none() || !world.state.closing.contains(&task.id)));
    }

    #[test]
    fn events_that_do_not_fit_change_nothing_badly(moves in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u16>(), any::<u16>()), 0..60)) {
        let mut world = World::new(Autonomy::Confirm);
        for one in moves {
            play(&mut world, one);
        }
        // Events of another history, and in the wrong order: apply is total.
        let mut other = State::default();
        for (event, at) in world.log.iter().rev() {
            apply(&mut other, event, *at);
        }
    }
}

#[test]
fn many_ready_tasks_and_few_workers_never_share_one() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.slots = 3);
    let tasks = world.submit((0..40).map(|n| shell(&format!("job {n}"))).collect());
    let mut most = 0;
    for _ in 0..400 {
        let executing = world.state.open().filter(|task| task.status == TaskStatus::Executing).count();
        most = most.max(executing);
        assert!(executing <= 3, "more tasks run than there are slots");
        let effects = outbox_after_restart(&world.state);
        for effect in effects {
            world.learn(Fact::EffectEnded { effect: effect.id, result: success(&effect.kind) });
        }
        agents_finish(&mut world);
    }
    assert_eq!(most, 3);
    assert!(tasks.iter().all(|task| world.status(*task) == TaskStatus::Completed));
    landings(&world);
    replay(&world);
}
