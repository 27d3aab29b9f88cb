//! Messages that a model plans: kept before it is asked, planned once, hurried, called off, and never lost.

use quarterdeck::engine::{Command, EffectKind, EffectResult, Fact, Refusal, outbox_after_restart};
use quarterdeck::model::{
    Autonomy, Choice, Dependency, Forecast, Kind, Plan, PlanId, PlanStatus, Route, RoutedBy, Speaker, Subject,
    TaskDraft, TaskId, TaskStatus,
};

use crate::world::*;

fn plan(world: &World) -> Plan {
    world.state.plans.values().last().expect("there is a plan").clone()
}

fn lead(world: &World) -> Vec<String> {
    let said = world.state.chat[&world.project].iter();
    said.filter(|line| line.who == Speaker::Lead).map(|line| line.text.clone()).collect()
}

fn is_making(kind: &EffectKind, by_rules: bool) -> bool {
    matches!(kind, EffectKind::MakePlan { rules, .. } if *rules == by_rules)
}

fn asked() -> World {
    let mut world = World::new(Autonomy::Confirm);
    world.obey(asking(world.project, None)).unwrap();
    world
}

#[test]
fn a_message_is_kept_before_the_model_is_asked_and_asked_again_after_a_crash() {
    let world = asked();
    assert_eq!(
        (plan(&world).status, plan(&world).text.as_str()),
        (PlanStatus::Planning, "Add dark mode. Fix the login.")
    );
    assert_eq!(world.state.chat[&world.project][0].text, "Add dark mode. Fix the login.");
    assert_eq!(lead(&world), ["Planning with claude (haiku)… (`/rules` does without it)"]);
    let saved = serde_json::to_string(&world.state).unwrap();
    let state = serde_json::from_str(&saved).unwrap();
    let owed = outbox_after_restart(&state);
    assert!(owed.len() == 1 && is_making(&owed[0].kind, false), "{owed:?}");
}

#[test]
fn an_answer_becomes_the_plans_tasks_once() {
    let mut world = asked();
    let effect = world.effect(|kind| is_making(kind, false));
    let mut second = draft("Fix login");
    second.depends.push(Dependency::Sibling(0));
    let drafts = vec![draft("Add dark mode"), second];
    world.learn(Fact::EffectEnded { effect: effect.id, result: planned(drafts.clone()) });
    let made = plan(&world);
    assert_eq!((made.status, made.by.as_str(), made.tasks.len()), (PlanStatus::Proposed, "claude (haiku)", 2));
    assert_eq!(world.task(made.tasks[1]).depends.iter().copied().collect::<Vec<_>>(), [made.tasks[0]]);
    assert!(made.tasks.iter().all(|task| world.task(*task).plan == Some(made.id)));
    assert!(lead(&world)[1].contains("Planned by claude (haiku).\nShall I start?"), "{:?}", lead(&world));
    world.approval(|subject| matches!(subject, Subject::Plan { plan } if *plan == made.id));
    let before = world.log.len();
    world.learn(Fact::EffectEnded { effect: effect.id, result: planned(drafts) });
    assert_eq!(world.log.len(), before);
    assert!(world.is_quiet());
}

#[test]
fn whoever_hurries_gets_the_rules_and_the_models_late_answer_is_nothing() {
    let mut world = asked();
    let id = plan(&world).id;
    let slow = world.effect(|kind| is_making(kind, false));
    world.obey(Command::PlanByRules { plan: id }).unwrap();
    world.obey(Command::PlanByRules { plan: id }).unwrap();
    let by_rules = EffectResult::Planned { drafts: vec![draft("Add dark mode")], by: "rules".into(), note: None };
    world.settle(|kind| is_making(kind, true), by_rules);
    assert_eq!((plan(&world).by.as_str(), plan(&world).tasks.len()), ("rules", 1));
    assert!(world.is_quiet(), "nobody waits for the model: {:?}", world.state.outbox);
    world.learn(Fact::EffectEnded { effect: slow.id, result: planned(vec![draft("Other"), draft("More")]) });
    assert_eq!(plan(&world).tasks, [TaskId(1)]);
    assert_eq!(world.obey(Command::PlanByRules { plan: id }), Err(Refusal::PlanClosed(id)));
    assert_eq!(world.obey(Command::PlanByRules { plan: PlanId(99) }), Err(Refusal::NoPlan(PlanId(99))));
}

#[test]
fn planning_that_is_called_off_makes_no_tasks() {
    let mut world = asked();
    let effect = world.effect(|kind| is_making(kind, false));
    world.obey(Command::DeclinePlan { plan: plan(&world).id }).unwrap();
    assert!(world.is_quiet());
    world.learn(Fact::EffectEnded { effect: effect.id, result: planned(vec![draft("Add dark mode")]) });
    assert_eq!((plan(&world).status, world.state.tasks.len()), (PlanStatus::Declined, 0));
    assert_eq!(lead(&world)[1], "Called off; nothing was planned.");
}

#[test]
fn what_a_model_cannot_the_rules_do_and_when_they_cannot_either_it_is_said() {
    let mut world = asked();
    let mut odd = draft("One");
    odd.depends.push(Dependency::Task(TaskId(77)));
    world.settle(|kind| is_making(kind, false), planned(vec![odd]));
    assert!(lead(&world)[1].contains("claude (haiku) could not plan it: it depends on #77"), "{:?}", lead(&world));
    let failed = EffectResult::Failed { kind: Kind::Unavailable, detail: "no such executor".into() };
    world.settle(|kind| is_making(kind, true), failed);
    assert_eq!(plan(&world).status, PlanStatus::Declined);
    assert_eq!(lead(&world)[2], "There is no plan: no such executor.");
    assert!(world.is_quiet());
}

#[test]
fn a_plan_with_autonomy_full_starts_by_itself() {
    let mut world = World::new(Autonomy::Full);
    world.obey(asking(world.project, None)).unwrap();
    world.settle(|kind| is_making(kind, false), planned(vec![draft("Add dark mode")]));
    assert_eq!((plan(&world).status, world.status(TaskId(1))), (PlanStatus::Confirmed, TaskStatus::Executing));
}

#[test]
fn calls_are_counted_before_they_are_made() {
    let mut world = asked();
    let project = world.project;
    world.learn(Fact::ModelAsked { project, by: "claude (haiku)".into() });
    world.learn(Fact::ModelAnswered { project, by: "claude (haiku)".into(), well: false });
    let calls = &world.state.model_calls[&project];
    assert_eq!((calls.on_day_of(world.now), calls.hour.len(), calls.failures), (1, 1, 1));
}

/// A route with two others behind the first.
fn route(by: RoutedBy) -> Option<Route> {
    let other =
        |agent: &str, model: Option<&str>| Choice { agent: agent.into(), model: model.map(Into::into), mode: None };
    let others = vec![other("codex", Some("gpt-5.2")), other("gemini", None)];
    Some(Route { others, ..Route::new(by, "claude: it is its turn; its own default model".into()) })
}

fn start_without_an_agent(world: &mut World, task: TaskId) {
    if world.has(|kind| matches!(kind, EffectKind::PrepareWorktree { .. })) {
        world.settle(|kind| matches!(kind, EffectKind::PrepareWorktree { .. }), worktree(task));
    }
    let missing = EffectResult::AgentMissing { detail: "it is not installed".into() };
    world.settle(|kind| matches!(kind, EffectKind::StartSession { .. }), missing);
}

#[test]
fn the_decision_who_gets_a_task_is_kept_and_told() {
    let mut world = World::new(Autonomy::Confirm);
    let task = world.submit(vec![TaskDraft { route: route(RoutedBy::Turn), ..draft("Add dark mode") }])[0];
    assert_eq!(world.task(task).route, route(RoutedBy::Turn));
    let told: Vec<String> = world.log.iter().map(|(event, _)| event.describe()).collect();
    assert!(told.contains(&"#1 goes to claude: it is its turn; its own default model".to_owned()), "{told:?}");
}

#[test]
fn an_agent_that_is_not_there_leaves_its_task_to_the_next_one() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![TaskDraft { route: route(RoutedBy::Turn), ..draft("Add dark mode") }])[0];
    start_without_an_agent(&mut world, task);
    let given = world.task(task);
    assert_eq!((given.agent.as_str(), given.model.as_deref()), ("codex", Some("gpt-5.2")));
    let now = given.route.clone().unwrap();
    assert_eq!((now.by, now.attempt, now.others.len()), (RoutedBy::Fallback, 2, 1));
    assert_eq!(now.why, "codex: claude could not be started");
    start_without_an_agent(&mut world, task);
    assert_eq!(world.task(task).agent, "gemini");
    start_without_an_agent(&mut world, task);
    assert_eq!(world.status(task), TaskStatus::NeedsReview, "nobody else is left");
}

#[test]
fn an_agent_that_the_person_named_is_not_replaced() {
    let mut world = World::new(Autonomy::Full);
    let task = world.submit(vec![TaskDraft { route: route(RoutedBy::Mention), ..draft("Add dark mode") }])[0];
    start_without_an_agent(&mut world, task);
    assert_eq!((world.status(task), world.task(task).agent.as_str()), (TaskStatus::NeedsReview, "claude"));
}

#[test]
fn a_model_does_not_go_with_its_task_to_another_agent() {
    let mut world = World::new(Autonomy::Confirm);
    let task = world.submit(vec![TaskDraft { model: Some("opus".into()), ..draft("Add dark mode") }])[0];
    let edit = |agent: Option<&str>, model: Option<&str>| Command::EditTask {
        task,
        title: None,
        body: None,
        agent: agent.map(Into::into),
        model: model.map(Into::into),
        worker: None,
    };
    world.obey(edit(Some("codex"), None)).unwrap();
    assert_eq!((world.task(task).agent.as_str(), world.task(task).model.as_deref()), ("codex", None));
    assert_eq!(world.task(task).route.as_ref().unwrap().why, "codex: you chose it; its own default model");
    world.obey(edit(None, Some("gpt-5.2"))).unwrap();
    assert_eq!(world.task(task).model.as_deref(), Some("gpt-5.2"));
    world.obey(edit(None, Some(""))).unwrap();
    assert_eq!(world.task(task).model, None);
}

#[test]
fn a_plan_keeps_why_somebody_else_made_it() {
    let mut world = asked();
    let note = Some("claude (haiku) gave no plan: it is gone. The rules planned it.".to_owned());
    let result = EffectResult::Planned { drafts: vec![draft("One")], by: "rules".into(), note: note.clone() };
    world.settle(|kind| is_making(kind, false), result);
    assert_eq!((plan(&world).by.as_str(), plan(&world).note), ("rules", note));
    assert!(lead(&world)[1].ends_with("Planned by rules.\nShall I start?"), "{:?}", lead(&world));
}

#[test]
fn a_team_runs_only_so_many_agents_at_once() {
    let mut world = World::new(Autonomy::Full);
    world.at_once = Some(1);
    let tasks = world.submit(vec![draft("One"), draft("Two")]);
    assert_eq!((world.status(tasks[0]), world.status(tasks[1])), (TaskStatus::Executing, TaskStatus::Ready));
    let waits = world.state.waits_for(world.task(tasks[1]));
    assert_eq!(waits.as_deref(), Some("one of its team's 1 running agents to end"));
    world.at_once = None;
    let other = world.submit(vec![draft("Three")])[0];
    assert_eq!(world.status(other), TaskStatus::Executing, "other plans have room");
    let session = world.work(tasks[0]);
    world.report_done(tasks[0]);
    world.verify(tasks[0]);
    world.land(tasks[0]);
    world.end(&session, exit(0));
    assert_eq!(world.status(tasks[1]), TaskStatus::Executing);
}

#[test]
fn an_agent_is_told_what_its_planner_expects_and_what_failed_before() {
    let mut world = World::new(Autonomy::Full).with_rules(|rules| rules.max_attempts = 20);
    let forecast = Forecast {
        files: vec!["src/theme.rs".into()],
        risks: vec!["flicker".into()],
        constraints: vec!["no new dependency".into()],
        ..Forecast::default()
    };
    let draft = TaskDraft { forecast: forecast.clone(), ..draft("Add dark mode") };
    let task = world.submit(vec![draft])[0];
    assert_eq!(world.task(task).forecast, forecast);
    let context = |world: &World| world.state.delegation_of(world.task(task)).unwrap().context.clone();
    let told = context(&world);
    for part in ["touches: src/theme.rs\n", "go wrong: flicker\n", "Keep to this: no new dependency\n"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for attempt in 1..=5 {
        let session = world.work(task);
        world.end(&session, exit(1));
        world.obey(Command::Retry { task }).unwrap_or_default();
        assert!(world.task(task).failures.len() >= attempt, "{:?}", world.task(task).failures);
    }
    let told = context(&world);
    assert!(told.contains("Before these, ") && told.contains("## What failed before"), "{told}");
}
