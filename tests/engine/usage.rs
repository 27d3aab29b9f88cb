//! Usage, budgets and the limits of providers.

use quarterdeck::engine::{
    Command, EffectKind, EffectResult, Event, Fact, ProviderRules, Purpose, State, apply, next_wake,
};
use quarterdeck::model::{
    Amount, AnswerKind, Autonomy, BudgetScope, Exit, OnBudget, SessionId, SessionMode, SessionState, SessionUse,
    StateSource, StatusReason, Subject, TaskDraft, TaskId, TaskStatus, Timestamp, Tokens, Usage, WaitsFor,
};

use crate::world::{World, draft, is_prompt, is_purpose};

fn used(cents: u64) -> SessionUse {
    let tokens = Tokens { input: cents * 100, output: cents, ..Tokens::default() };
    let usage = Usage { tokens, cost_micros: cents * 10_000, ..Usage::default() };
    SessionUse { usage, model: Some("claude-sonnet-5".into()), context: None }
}

fn usd(text: &str) -> Amount {
    if text.is_empty() { Amount::default() } else { text.parse().expect("an amount") }
}

fn is_pause(kind: &EffectKind, session: &SessionId) -> bool {
    matches!(kind, EffectKind::PauseSession { session: of } if of == session)
}

fn is_budget(subject: &Subject) -> bool {
    matches!(subject, Subject::Budget { .. })
}

/// A world with one full-screen agent at work, and what its task may use.
fn at_work(limit: &str, on_budget: OnBudget) -> (World, TaskId, SessionId) {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| {
        rules.budget.task = usd(limit);
        rules.budget.on_budget = on_budget;
    });
    let task = world.submit(vec![TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Add dark mode") }])[0];
    let session = world.work(task);
    (world, task, session)
}

fn spend(world: &mut World, session: &SessionId, cents: u64) {
    world.learn(Fact::Used { session: session.clone(), now: used(cents) });
}

#[test]
fn figures_that_are_told_again_count_once_and_a_replay_gives_the_same_sums() {
    let (mut world, task, session) = at_work("100usd", OnBudget::Pause);
    for cents in [10, 10, 25, 25, 20, 25] {
        spend(&mut world, &session, cents);
    }
    let scope = BudgetScope::Task { task };
    for scope in [scope, BudgetScope::Day, BudgetScope::Project { project: world.project }] {
        assert_eq!(world.state.budget(scope, world.now).used.cost_micros, 250_000, "{scope}");
    }
    let rows: u64 = world.state.ledger.sessions[&session].rows.iter().map(|row| row.usage.cost_micros).sum();
    assert_eq!(rows, 250_000);
    let told = world.log.iter().filter(|(event, _)| event.describe().contains("used ")).count();
    assert_eq!(told, 4, "the same figures again are no event");
    let mut again = State::default();
    for (event, at) in &world.log {
        let text = serde_json::to_string(event).expect("events are JSON");
        apply(&mut again, &serde_json::from_str::<Event>(&text).expect("and back"), *at);
    }
    assert_eq!(again.ledger, world.state.ledger);
    let text = serde_json::to_string(&again).expect("the state is JSON");
    assert_eq!(serde_json::from_str::<State>(&text).expect("and back"), again);
}

#[test]
fn an_old_snapshot_without_a_ledger_is_loaded() {
    let (world, ..) = at_work("1usd", OnBudget::Pause);
    let mut old = serde_json::to_value(&world.state).expect("JSON");
    old.as_object_mut().expect("an object").remove("ledger");
    for rule in ["budget", "providers", "fallback_agent", "fallback_after_ms", "limit_retry_ms", "utc_offset_s"] {
        old["rules"].as_object_mut().expect("an object").remove(rule);
    }
    let state: State = serde_json::from_value(old).expect("loads");
    assert!(!state.has_budgets() && state.tasks.len() == 1);
}

#[test]
fn a_budget_warns_then_pauses_and_a_yes_goes_on_in_the_same_session() {
    let (mut world, task, session) = at_work("1usd", OnBudget::Pause);
    spend(&mut world, &session, 50);
    assert!(!world.state.waiting().any(|approval| is_budget(&approval.subject)));
    spend(&mut world, &session, 85);
    let warning = world.approval(is_budget);
    assert!(warning.title.contains("used to 85 %"), "{}", warning.title);
    assert!(!world.has(|kind| is_pause(kind, &session)));
    spend(&mut world, &session, 110);
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "half of it");
    assert!(!world.has(|kind| is_purpose(kind, Purpose::Reminder)), "nothing more is asked of it");
    let question = world.approval(is_budget);
    assert!(question.title.contains("is used up ($1.00): raise it to $1.65"), "{}", question.title);
    world.settle(|kind| is_pause(kind, &session), EffectResult::Done);
    assert!(world.session(task).parked && world.status(task) == TaskStatus::Executing);
    assert!(world.is_quiet(), "it waits, and nothing is sent");
    assert_eq!(next_wake(&world.state, world.now), None);
    world.answer(is_budget, AnswerKind::Yes, None);
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: false, .. }), EffectResult::Done);
    assert!(!world.session(task).parked && world.session(task).id == session);
    world.settle(|kind| is_prompt(kind, &session), EffectResult::Delivered);
    assert!(world.is_quiet() && !world.state.waiting().any(|approval| is_budget(&approval.subject)));
    spend(&mut world, &session, 170);
    assert!(world.has(|kind| is_pause(kind, &session)), "the raised one holds too");
}

#[test]
fn a_raise_is_far_enough_for_what_was_used_since() {
    let (mut world, task, session) = at_work("1usd", OnBudget::Ask);
    spend(&mut world, &session, 1_000);
    assert!(!world.has(|kind| is_pause(kind, &session)), "asking goes on");
    world.answer(is_budget, AnswerKind::Yes, None);
    assert!(!world.state.budget(BudgetScope::Task { task }, world.now).is_over());
}

#[test]
fn a_no_ends_the_agent_and_keeps_its_work() {
    let (mut world, task, session) = at_work("1usd", OnBudget::Pause);
    spend(&mut world, &session, 120);
    world.settle(|kind| is_pause(kind, &session), EffectResult::Done);
    world.answer(is_budget, AnswerKind::No, None);
    assert_eq!(world.status(task), TaskStatus::NeedsReview);
    assert!(world.has(|kind| matches!(kind, EffectKind::StopSession { .. })));
}

#[test]
fn a_headless_run_is_ended_and_goes_on_in_its_conversation_when_there_is_room() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.budget.task = usd("1usd"));
    let task = world.submit(vec![draft("Add dark mode")])[0];
    let session = world.work(task);
    world.learn(Fact::ConversationNamed { session: session.clone(), conversation: "talk".into() });
    world.learn(Fact::Reported {
        session: session.clone(),
        report: quarterdeck::model::Report::Progress { text: "half".into() },
    });
    spend(&mut world, &session, 150);
    assert!(matches!(world.task(task).reason, Some(StatusReason::OverBudget { .. })), "{:?}", world.task(task).reason);
    world.settle(|kind| matches!(kind, EffectKind::StopSession { .. }), EffectResult::Done);
    assert_eq!(world.status(task), TaskStatus::NeedsReview);
    world
        .obey(Command::SetBudget { scope: BudgetScope::Task { task }, limit: Some(usd("5usd")) })
        .expect("a budget is set");
    assert_eq!(world.status(task), TaskStatus::Executing);
    assert!(!world.state.waiting().any(|approval| is_budget(&approval.subject)), "the question is gone");
    let resumed = world.state.resumes.get(&task).cloned().or_else(|| world.session(task).conversation);
    assert_eq!(resumed.as_deref(), Some("talk"));
}

#[test]
fn ready_tasks_wait_for_a_day_that_is_used_up_until_the_next_one() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| {
        rules.budget.day = usd("1usd");
        rules.slots = 1;
    });
    let tasks = world.submit(vec![
        TaskDraft { mode: Some(SessionMode::Interactive), ..draft("One") },
        TaskDraft { mode: Some(SessionMode::Interactive), ..draft("Two") },
    ]);
    let session = world.work(tasks[0]);
    spend(&mut world, &session, 130);
    world.settle(|kind| is_pause(kind, &session), EffectResult::Done);
    assert_eq!(world.state.waits_on(world.task(tasks[1])), Some(WaitsFor::Budget));
    let day = 86_400_000;
    let wake = next_wake(&world.state, world.now).expect("the next day");
    assert_eq!(wake, Timestamp(day), "at midnight, and not before");
    world.pass(day - world.now.0 + 1);
    assert!(world.has(|kind| matches!(kind, EffectKind::LockInput { locked: false, .. })), "a new day, a new budget");
    assert!(!world.state.waiting().any(|approval| is_budget(&approval.subject)));
}

#[test]
fn a_limit_parks_until_its_time_and_then_says_continue_once() {
    let (mut world, task, session) = at_work("", OnBudget::Pause);
    world.read(&session, SessionState::Limited, StateSource::Screen, "You've hit your limit, try again in 12 min");
    assert!(world.is_quiet(), "nothing is sent before its time");
    assert_eq!(world.state.waits_on(world.task(task)), Some(WaitsFor::Provider));
    let wake = next_wake(&world.state, world.now).expect("it wakes by itself");
    assert!((wake.0 - world.now.0 - 720_000).abs() < 1_000, "{wake}");
    world.read(&session, SessionState::Limited, StateSource::Hook, "usage limit");
    assert_eq!(next_wake(&world.state, world.now), Some(wake), "a notice without a time does not change it");
    world.read(&session, SessionState::WaitingInput, StateSource::Hook, "Resend your message to try again");
    assert!(!world.has(|kind| is_purpose(kind, Purpose::Reminder)), "no reminder to report goes into a limit");
    world.pass(600_000);
    assert!(world.is_quiet());
    world.wait();
    world.settle(|kind| is_purpose(kind, Purpose::GoOn), EffectResult::Delivered);
    assert_eq!(world.session(task).verdict.state, SessionState::Working);
    assert!(world.is_quiet() && next_wake(&world.state, world.now).is_none());
}

/// How a headless run ends that fails with these last words.
fn failed_with(words: &str) -> Option<Exit> {
    Some(Exit { code: Some(1), signal: None, at: Timestamp(1), tail: words.into() })
}

#[test]
fn a_headless_run_waits_for_a_limit_that_it_told_as_often_as_a_task_is_tried() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.max_attempts = 2);
    let task = world.submit(vec![draft("Add a rate limit to the API")])[0];
    let session = world.work(task);
    let number = world.session(task).worker;
    world.end(&session, failed_with("failed: API Error: 429, try again in 12 min"));
    assert_eq!(world.state.waits_on(world.task(task)), Some(WaitsFor::Provider));
    let worker = world.state.worker(world.project, number).expect("the worker");
    assert_eq!(worker.failures, 0, "a limit does not speak against the worker");
    world.wait();
    let again = world.work(task);
    assert_ne!(again, session);
    world.end(&again, failed_with("failed: API Error: 429, try again in 12 min"));
    assert_eq!(world.status(task), TaskStatus::NeedsReview, "and not for ever");
}

#[test]
fn a_headless_run_that_only_writes_about_limits_has_failed() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![draft("Add a rate limit to the API")])[0];
    let session = world.work(task);
    world.end(&session, failed_with("I added the rate limit, it answers 429\nfailed: error_max_turns"));
    assert!(world.state.ledger.held.is_empty());
    assert_ne!(world.state.waits_on(world.task(task)), Some(WaitsFor::Provider));
}

#[test]
fn a_paused_agent_that_asked_goes_on_with_the_answer_and_not_without() {
    let (mut world, _, session) = at_work("1usd", OnBudget::Pause);
    let report = quarterdeck::model::Report::Ask { question: "Which colour?".into() };
    world.learn(Fact::Reported { session: session.clone(), report });
    spend(&mut world, &session, 110);
    world.settle(|kind| is_pause(kind, &session), EffectResult::Done);
    world.answer(is_budget, AnswerKind::Yes, None);
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: false, .. }), EffectResult::Done);
    assert!(!world.has(|kind| is_prompt(kind, &session)), "it still waits for the person");
    world.answer(|subject| matches!(subject, Subject::Question { .. }), AnswerKind::Yes, Some("blue"));
    let sent = world.effect(|kind| is_prompt(kind, &session));
    assert!(matches!(&sent.kind, EffectKind::DeliverPrompt { text, .. } if text.contains("blue")), "{sent:?}");
}

#[test]
fn a_long_limit_moves_the_task_to_the_fallback_agent() {
    let mut world = World::new(Autonomy::Full);
    let opus = TaskDraft { mode: Some(SessionMode::Interactive), model: Some("opus".into()), ..draft("Add dark mode") };
    let task = world.submit(vec![opus])[0];
    let session = world.work(task);
    let mut rules = world.state.rules.clone();
    rules.fallback_agent = Some("codex".into());
    world.obey(Command::SetRules { rules }).expect("rules are taken");
    world.read(&session, SessionState::Limited, StateSource::Screen, "try again in 3 hours");
    world.settle(
        |kind| matches!(kind, EffectKind::WriteBrief { .. }),
        EffectResult::BriefWritten { path: "/handoff.md".into() },
    );
    world.settle(
        |kind| matches!(kind, EffectKind::CommitForHandoff { .. }),
        EffectResult::Committed { head: "abc".into(), ahead: 1 },
    );
    world.settle(|kind| matches!(kind, EffectKind::LockInput { locked: true, .. }), EffectResult::Done);
    assert_eq!((world.task(task).agent.as_str(), world.session(task).agent.as_str()), ("codex", "codex"));
    assert_ne!(world.session(task).id, session);
    assert_eq!(world.task(task).model, None, "the other agent has other models");
    let fresh = world.session(task).id;
    world.end(&fresh, failed_with("it cannot start"));
    assert_eq!((world.task(task).agent.as_str(), world.task(task).model.as_deref()), ("claude", Some("opus")));
}

#[test]
fn agents_of_one_provider_start_one_after_the_other() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| {
        let pace = ProviderRules { agents: vec!["claude".into()], tokens_per_minute: None, starts_per_minute: Some(6) };
        rules.providers.insert("anthropic".into(), pace);
    });
    let tasks = world.submit(vec![draft("One"), draft("Two"), draft("Three")]);
    let begun = |world: &World| tasks.iter().filter(|task| world.status(**task) == TaskStatus::Executing).count();
    assert_eq!(begun(&world), 1);
    world.work(tasks[0]);
    assert_eq!((begun(&world), world.state.waits_on(world.task(tasks[1]))), (1, Some(WaitsFor::Provider)));
    world.wait();
    assert_eq!(begun(&world), 2);
}

#[test]
fn no_agent_starts_while_the_provider_gets_all_the_tokens_it_may() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| {
        let pace =
            ProviderRules { agents: vec!["claude".into()], tokens_per_minute: Some(1_000), starts_per_minute: None };
        rules.providers.insert("anthropic".into(), pace);
    });
    let first = world.submit(vec![draft("One")])[0];
    let session = world.work(first);
    spend(&mut world, &session, 50);
    let second = world.submit(vec![draft("Two")])[0];
    assert_eq!(world.state.waits_on(world.task(second)), Some(WaitsFor::Provider));
    world.wait();
    assert_eq!(world.status(second), TaskStatus::Executing);
}
