//! The real Claude Code as the planner, against a mock model on loopback: headless, without tools, in an empty directory.

use std::fs;
use std::time::Duration;

use super::claude::{program, world};
use super::mock_model::MockModel;
use super::terminal::Terminal;
use super::world::until;

/// A cold start of the agent, and an answer.
const LONG: Duration = Duration::from_secs(120);

const PLAN: &str = r#"{"tasks":[
    {"title":"Add dark mode","body":"Add a dark theme.","type":"feature","complexity":"medium","agent":"claude"},
    {"title":"Test dark mode","body":"Write tests.","type":"test","complexity":"simple","depends":[0]}]}"#;

#[test]
fn an_installed_agent_that_is_signed_in_plans_by_itself() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = world(&program, &model);
    world.configure("[planner]\nbackend = \"auto\"\n");
    let text = format!("Dark mode, tested [[mock:plan {PLAN}]]");
    let tasks = world.qd(&["task", "add", &text, "--planner", "llm", "--json"]).good().json();
    let titles: Vec<&str> = tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Add dark mode", "Test dark mode"], "{tasks}");
    assert_eq!(tasks[1]["depends"][0], tasks[0]["id"]);
    let asked = model.asked();
    assert_eq!(asked.len(), 1, "one question: {asked:?}");
    assert!(asked[0].contains("greeting.txt"), "it knows the files: {}", asked[0]);
    let left: Vec<_> = fs::read_dir(world.path("qd/state/planning")).unwrap().flatten().collect();
    assert!(left.is_empty(), "it left nothing behind: {left:?}");
}

#[test]
fn from_the_chat_the_plan_comes_when_it_is_there_and_says_who_made_it() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = world(&program, &model);
    world.configure("[planner]\nbackend = \"agent\"\nagent = \"claude\"\nmodel = \"haiku\"\n");
    let terminal = Terminal::open(&world, &[], 40, 140);
    until("the project is known", LONG, || (world.qd(&["worker", "list", "--json"]).code == Some(0)).then_some(()));
    terminal.until_shows("CHAT", LONG);
    let plan = PLAN.replace(['\n'], "");
    terminal.type_in(&format!("Dark mode [[mock:plan {plan}]]"));
    terminal.until_shows("]}]]", LONG);
    terminal.type_in("\r");
    until("there are two tasks", LONG, || {
        let tasks = world.qd(&["task", "list", "--json"]).good().json();
        (tasks.as_array().map(Vec::len) == Some(2)).then_some(())
    });
    terminal.until_shows("Test dark mode", LONG);
    let log = world.qd(&["log", "--json"]).good().json().to_string();
    assert!(log.contains("2 tasks, made by claude (haiku)"), "{log}");
}
