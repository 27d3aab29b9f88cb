//! Messages planned by a model behind an endpoint: what becomes of good answers, bad ones, and none.

use std::time::Duration;

use quarterdeck::config::{PlannerBackend, PlannerSettings, Settings};
use quarterdeck::model::{PlanStatus, ProjectId, Speaker, TaskStatus};
use quarterdeck::protocol::control::{AddOptions, Request, Response};
use quarterdeck::protocol::{PlanView, ProjectView};

use super::house::{House, PATIENCE};
use super::mock_model::MockModel;

/// A plan of two tasks, the second after the first.
const PLAN: &str = r#"{"tasks":[
    {"title":"Add dark mode","body":"Add a dark theme.","type":"feature","complexity":"medium","confidence":0.9,"files":["src/theme.rs"]},
    {"title":"Test dark mode","body":"Write tests.","type":"test","complexity":"simple","depends":[0]}]}"#;

fn asking(model: &MockModel, backend: PlannerBackend) -> Settings {
    let base = if backend == PlannerBackend::Openai { format!("{}/v1", model.url()) } else { model.url() };
    let planner = PlannerSettings {
        backend,
        base_url: Some(base),
        model: Some("mock".to_owned()),
        timeout: 30,
        ..PlannerSettings::default()
    };
    Settings { planner, ..Settings::default() }
}

async fn chat(house: &House, project: ProjectId, text: &str) {
    house.call(Request::Chat { project, text: text.to_owned() }).await.unwrap();
}

async fn view(house: &House, project: ProjectId) -> ProjectView {
    match house.call(Request::Watch { project }).await.unwrap() {
        Response::Project(view) => *view,
        other => panic!("{other:?}"),
    }
}

/// Waits until the latest plan is none that a planner is at.
async fn planned(house: &House, project: ProjectId) -> (PlanView, ProjectView) {
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        let seen = view(house, project).await;
        if let Some(plan) = seen.plans.last().filter(|plan| plan.status != PlanStatus::Planning) {
            return (plan.clone(), seen);
        }
        assert!(std::time::Instant::now() < end, "the plan is still being made: {:?}", seen.chat);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn said(view: &ProjectView) -> String {
    let lead = view.chat.iter().filter(|line| line.who == Speaker::Lead);
    lead.map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn both_dialects_make_the_plan_that_the_model_answers() {
    for backend in [PlannerBackend::Anthropic, PlannerBackend::Openai] {
        let model = MockModel::start();
        let house = House::with(asking(&model, backend)).await;
        let project = house.project().await;
        let text = format!("Dark mode please, tested. [[mock:plan {PLAN}]]");
        chat(&house, project.id, &text).await;
        let (plan, seen) = planned(&house, project.id).await;
        assert_eq!(plan.status, PlanStatus::Proposed);
        assert!(plan.by.contains("(mock)") && plan.text == text, "{plan:?}");
        let titles: Vec<&str> = seen.tasks.iter().map(|task| task.title.as_str()).collect();
        assert_eq!(titles, ["Add dark mode", "Test dark mode"], "{backend:?}: {}", said(&seen));
        assert_eq!(seen.tasks[1].depends, [seen.tasks[0].id]);
        assert!(seen.tasks.iter().all(|task| task.body.contains("Dark mode please, tested.") && task.run.is_none()));
        assert_eq!(model.requests(), 1);
        let told = &model.asked()[0];
        assert!(told.contains("list.txt"), "it knows the files: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_answer_is_repaired_once_and_two_are_left_to_the_rules() {
    let model = MockModel::start();
    let house = House::with(asking(&model, PlannerBackend::Anthropic)).await;
    let project = house.project().await.id;
    chat(&house, project, &format!("Dark mode [[mock:plan nonsense]] [[mock:replan {PLAN}]]")).await;
    let (plan, seen) = planned(&house, project).await;
    assert_eq!((plan.tasks.len(), model.requests()), (2, 2), "{}", said(&seen));
    chat(&house, project, "Add a header. Fix the footer. [[mock:plan nonsense]] [[mock:replan {}]]").await;
    let (plan, seen) = planned(&house, project).await;
    assert_eq!((plan.by.as_str(), plan.tasks.len(), model.requests()), ("rules", 2, 4));
    assert!(said(&seen).contains("answered twice what is no plan: "), "{}", said(&seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_and_a_silence_leave_it_to_the_rules_and_the_chat_says_why() {
    let model = MockModel::start();
    let mut settings = asking(&model, PlannerBackend::Anthropic);
    settings.planner.timeout = 2;
    let house = House::with(settings).await;
    let project = house.project().await.id;
    chat(&house, project, "Add a header [[mock:error 529]]").await;
    let (plan, seen) = planned(&house, project).await;
    assert_eq!((plan.by.as_str(), plan.tasks.len()), ("rules", 1));
    assert!(said(&seen).contains("HTTP status 529"), "{}", said(&seen));
    chat(&house, project, "Add a footer [[mock:hang]]").await;
    let (plan, seen) = planned(&house, project).await;
    assert_eq!(plan.by, "rules");
    assert!(said(&seen).contains("gave no plan: no answer within"), "{}", said(&seen));
    // two failures in a row: the next message does not wait for a third
    let before = model.requests();
    chat(&house, project, "Add a border [[mock:plan {}]]").await;
    let (_, seen) = planned(&house, project).await;
    assert_eq!(model.requests(), before);
    assert!(said(&seen).contains("its last 2 calls failed"), "{}", said(&seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_model_can_be_done_without_and_called_off() {
    let model = MockModel::start();
    let house = House::with(asking(&model, PlannerBackend::Anthropic)).await;
    let project = house.project().await.id;
    chat(&house, project, "Add a header. Fix the footer. [[mock:hang]]").await;
    assert_eq!(view(&house, project).await.plans[0].status, PlanStatus::Planning);
    chat(&house, project, "/rules").await;
    let (plan, _) = planned(&house, project).await;
    assert_eq!((plan.by.as_str(), plan.tasks.len()), ("rules", 2));
    assert!(house.call(Request::Chat { project, text: "/rules".into() }).await.is_err());
    chat(&house, project, "Add a border [[mock:hang]]").await;
    let plan = view(&house, project).await.plans.last().unwrap().id;
    house.call(Request::DeclinePlan { plan }).await.unwrap();
    let (plan, seen) = planned(&house, project).await;
    assert_eq!((plan.status, plan.tasks.len()), (PlanStatus::Declined, 0), "{}", said(&seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_before_the_daemon_ended_is_planned_after_it() {
    let model = MockModel::start();
    let house = House::with(asking(&model, PlannerBackend::Anthropic)).await;
    let project = house.project().await.id;
    chat(&house, project, "Add a header [[mock:hang]]").await;
    let house = house.restart().await;
    let (plan, _) = planned(&house, project).await;
    assert_eq!((plan.by.as_str(), plan.text.as_str()), ("rules", "Add a header [[mock:hang]]"));
    assert_eq!(plan.tasks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_an_hour_are_limited() {
    let model = MockModel::start();
    let mut settings = asking(&model, PlannerBackend::Anthropic);
    settings.planner.calls_per_hour = 1;
    let house = House::with(settings).await;
    let project = house.project().await.id;
    for _ in 0..2 {
        chat(&house, project, &format!("Dark mode [[mock:plan {PLAN}]]")).await;
        planned(&house, project).await;
    }
    let (plan, seen) = planned(&house, project).await;
    assert_eq!((plan.by.as_str(), model.requests()), ("rules", 1));
    assert!(said(&seen).contains("the 1 model calls of this hour are used up"), "{}", said(&seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn task_add_waits_for_the_models_tasks_and_keeps_the_persons_choices() {
    let model = MockModel::start();
    let house = House::with(asking(&model, PlannerBackend::Anthropic)).await;
    let project = house.project().await.id;
    let options = AddOptions { by_model: true, agent: Some("codex".into()), ..AddOptions::default() };
    let tasks = house.add(project, &format!("Dark mode [[mock:plan {PLAN}]]"), options).await;
    assert_eq!(tasks.iter().map(|task| task.agent.as_str()).collect::<Vec<_>>(), ["codex", "codex"]);
    let tasks = house.add(project, "One. Two.", AddOptions::default()).await;
    assert_eq!((tasks.len(), model.requests()), (1, 1), "without the option no model is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_commands_of_the_chat_are_answered_without_a_model() {
    let model = MockModel::start();
    let house = House::with(asking(&model, PlannerBackend::Anthropic)).await;
    let project = house.project().await.id;
    let run = AddOptions {
        run: Some("echo x > x.txt".into()),
        autonomy: Some(quarterdeck::model::Autonomy::Full),
        ..AddOptions::default()
    };
    let tasks = house.add(project, "Write x", run).await;
    house.wait(&tasks).await;
    let waits = AddOptions { run: Some("true".into()), ..AddOptions::default() };
    house.add(project, "Do nothing", waits).await;
    for (asked, answer) in [
        ("what did #1 change?", "x.txt +1 -0"),
        ("why is 2 waiting?", "It needs you: a yes to its plan."),
        ("what did worker 1 change?", "#1 Write x"),
        ("what is worker 1 doing?", "Worker 1"),
        ("what needs me?", "#2 Do nothing"),
        ("what failed?", "Nothing failed."),
        ("how much did today cost?", "Planning: 0 model calls today"),
        ("/workers", "1 free"),
        ("/queue", "sessions run"),
        ("/help", "/handoff WORKER"),
    ] {
        let said = match house.call(Request::Chat { project, text: asked.into() }).await.unwrap() {
            Response::Said { text, .. } => text,
            other => panic!("{other:?}"),
        };
        assert!(said.contains(answer), "{asked}: {said}");
    }
    let slip = house.call(Request::Chat { project, text: "/hanoff 2".into() }).await.unwrap_err();
    assert!(slip.hint.unwrap().contains("/handoff WORKER"));
    assert_eq!(model.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dangerous_command_of_a_message_waits_for_a_yes_that_names_the_danger() {
    let house = House::new().await;
    let project = house.project().await.id;
    let say = |text: &'static str| house.call(Request::Chat { project, text: text.to_owned() });
    let dangerous = "@shell rm -rf ~/nothing-of-the-kind";
    let Response::Said { text, .. } = say(dangerous).await.unwrap() else { panic!() };
    assert!(text.contains("it deletes recursively outside the worktree") && text.contains("rm -rf ~/"), "{text}");
    assert!(view(&house, project).await.tasks.is_empty());
    say("no").await.unwrap();
    assert!(view(&house, project).await.tasks.is_empty());
    say(dangerous).await.unwrap();
    say("yes").await.unwrap();
    let seen = view(&house, project).await;
    assert_eq!(seen.tasks.len(), 1, "{}", said(&seen));
    assert_eq!(seen.tasks[0].status, quarterdeck::model::TaskStatus::Proposed, "the plan still waits for its yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mission_is_a_plan_of_a_team_whose_stages_wait_for_each_other() {
    let house = House::new().await;
    let project = house.project().await.id;
    let Response::Said { text, .. } = house.call(Request::Chat { project, text: "/mission".into() }).await.unwrap()
    else {
        panic!()
    };
    assert!(text.contains("bugfix-sprint: ") && text.contains("web-app: "), "{text}");
    let words = "/mission bugfix-sprint Fix what the testers found";
    let Response::Said { text, .. } = house.call(Request::Chat { project, text: words.into() }).await.unwrap() else {
        panic!()
    };
    assert!(text.contains("7 tasks planned") && text.contains("at most 3 at once, for at most $12.50"), "{text}");
    let seen = view(&house, project).await;
    let plan = seen.plans.last().unwrap();
    assert_eq!((plan.by.as_str(), plan.tasks.len()), ("mission bugfix-sprint", 7));
    let roles: Vec<&str> = seen.tasks.iter().filter_map(|task| task.role.as_deref()).collect();
    let stages =
        ["producer", "debugger", "debugger", "qa-engineer", "integration-tester", "tech-lead", "self-reviewer"];
    assert_eq!(roles, stages);
    assert!(seen.tasks.iter().all(|task| task.status == TaskStatus::Proposed));
    assert_eq!(seen.tasks[1].model.as_deref(), Some("opus"), "critical: {:?}", seen.tasks[1].route);
    assert_eq!(seen.tasks[6].model.as_deref(), Some("sonnet"), "reviews: {:?}", seen.tasks[6].route);
    assert_eq!(seen.tasks[3].depends, [seen.tasks[1].id, seen.tasks[2].id]);
    let slip = house.call(Request::Chat { project, text: "/mission webapp Build it".into() }).await.unwrap_err();
    assert!(slip.hint.unwrap().contains("web-app"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dangerous_commands_in_a_models_plan_wait_for_a_yes_whatever_the_autonomy() {
    let model = MockModel::start();
    let house = House::with(asking(&model, PlannerBackend::Anthropic)).await;
    let project = house.project().await.id;
    let plan = r#"{"tasks":[{"title":"Clean up","body":"Run `rm -rf ~/x` first.","type":"chore","complexity":"simple"},
        {"title":"Write docs","body":"Write them.","type":"documentation","complexity":"simple"}]}"#;
    let options =
        AddOptions { by_model: true, autonomy: Some(quarterdeck::model::Autonomy::Full), ..AddOptions::default() };
    let text = format!("Tidy the project [[mock:plan {plan}]]");
    let tasks = house.add(project, &text, options).await;
    assert_eq!(tasks[0].status, TaskStatus::Proposed, "{tasks:?}");
    assert_ne!(tasks[1].status, TaskStatus::Proposed, "{tasks:?}");
    let seen = view(&house, project).await;
    let note = seen.plans.last().unwrap().note.clone().unwrap_or_default();
    assert!(note.contains("`rm -rf ~/x`: it deletes recursively outside the worktree"), "{note}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_make_only_so_many_tasks_a_minute_however_they_ask_for_them() {
    let planner = PlannerSettings { backend: PlannerBackend::Rules, tasks_per_minute: 2, ..PlannerSettings::default() };
    let house = House::with(Settings { planner, ..Settings::default() }).await;
    let project = house.project().await.id;
    chat(&house, project, "/plan Add a header. Fix the footer.").await;
    for text in ["Add a border", "/plan Add a border", "/mission refactor Make it simple"] {
        let refused = house.call(Request::Chat { project, text: text.into() }).await.unwrap_err();
        assert!(refused.message.contains("no more may be made"), "{text}: {refused:?}");
    }
    let tasks = house.add(project, "Add a border", AddOptions::default()).await;
    assert_eq!(tasks.len(), 1, "the command line is not limited");
}
