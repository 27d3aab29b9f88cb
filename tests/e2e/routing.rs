//! Who gets a task, with which model: from the decision to the command line of an agent that writes its arguments down.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::mock_model::MockModel;
use super::world::World;

/// A task of an agent that answers at once, on a loaded machine.
const LONG: Duration = Duration::from_secs(120);

/// Its arguments go into its home; it changes a file and says so in the form of each of the two.
const AGENT: &str = r#"#!/bin/sh
name=$(basename "$0")
[ "$1" = --version ] && echo 9.9.9 && exit
printf '%s\n' "$@" > "$HOME/arguments-of-$name"
echo "$name" > "made-by-$name.txt"
echo '{"type":"thread.started","thread_id":"0"}'
echo '{"type":"item.completed","item":{"id":"1","type":"agent_message","text":"done"}}'
echo '{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}'
echo '{"type":"result","subtype":"success","is_error":false,"result":"done"}'
"#;

/// Both agents are installed and signed in, and nobody else.
fn world() -> World {
    let mut world = World::new();
    let bin = world.path("bin");
    fs::create_dir_all(&bin).unwrap();
    for name in ["claude", "codex"] {
        fs::write(bin.join(name), AGENT).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    world.path_first.push(bin);
    // a fence would keep them from writing their arguments down
    world.configure("[executor]\ndefault = \"local\"\n");
    world.environment.extend([("ANTHROPIC_API_KEY", "x"), ("OPENAI_API_KEY", "x"), ("CODEX_API_KEY", "x")].map(own));
    world
}

fn own((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn arguments(world: &World, agent: &str) -> Vec<String> {
    let text = fs::read_to_string(world.path("home").join(format!("arguments-of-{agent}"))).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn has_model(arguments: &[String], model: &str) -> bool {
    arguments.windows(2).any(|pair| pair[0] == "--model" && pair[1] == model)
}

#[test]
fn labels_choose_agent_and_model_and_the_command_line_has_them() {
    let world = world();
    let add = ["task", "add", "Write a poem agent:claude complexity:simple", "--autonomy", "full", "--wait", "--json"];
    let task = world.qd(&add).good().json();
    assert_eq!((&task["agent"], &task["model"]), (&"claude".into(), &"haiku".into()), "{task}");
    assert_eq!(task["title"], "Write a poem");
    assert_eq!(task["route"]["by"], "label", "{task}");
    let why = "claude: label `agent:claude`; model haiku: for simple tasks";
    assert_eq!(task["route"]["why"], why);
    assert_eq!(task["status"], "completed", "{task}");
    let given = arguments(&world, "claude");
    assert!(has_model(&given, "haiku"), "{given:?}");
    let log = world.qd(&["task", "log", "1"]).good().stdout;
    assert!(log.contains(&format!("goes to {why}")), "{log}");
    let told = world.qd(&["task", "get", "1"]).good().stdout;
    assert!(told.contains("claude (haiku)") && told.contains(why), "{told}");
    let add = ["task", "add", "Write more", "--label", "agent:codex,complexity:medium", "--autonomy", "full", "--wait"];
    world.qd(&add).good();
    let given = arguments(&world, "codex");
    assert!(has_model(&given, "gpt-5.2"), "{given:?}");
    let unknown = world.qd(&["task", "add", "Write", "--label", "agent:nobody"]);
    assert!(unknown.stderr.contains("there is no agent `nobody`"), "{unknown:?}");
}

#[test]
fn agents_take_turns_and_when_one_is_gone_the_next_one_does_its_task() {
    let world = world();
    let task = world.qd(&["task", "add", "Write a poem", "--mode", "autonomous", "--json"]).good().json();
    assert_eq!(task["route"]["by"], "turn", "{task}");
    let first = task["agent"].as_str().unwrap().to_owned();
    let second = world.qd(&["task", "add", "Write a song", "--json"]).good().json();
    assert_ne!(second["agent"], first.as_str(), "{second}");
    assert_eq!(task["model"], serde_json::Value::Null, "the rules only guess how hard it is");
    fs::remove_file(world.path("bin").join(&first)).unwrap();
    world.qd(&["task", "confirm", "1"]).good();
    let task = world.until_status(1, "needs_review", LONG);
    assert_eq!(task["needs"], "a yes to landing it", "{task}");
    assert_ne!(task["agent"], first.as_str(), "{task}");
    assert_eq!((&task["route"]["by"], &task["route"]["attempt"]), (&"fallback".into(), &2.into()), "{task}");
    assert!(!arguments(&world, second["agent"].as_str().unwrap()).is_empty(), "the other one did it");
}

#[test]
fn a_model_that_plans_chooses_for_each_task_and_an_agent_that_the_text_names_is_kept() {
    let model = MockModel::start();
    let world = world();
    let planner = format!("[planner]\nbackend = \"anthropic\"\nmodel = \"mock\"\nbase_url = \"{}\"\n", model.url());
    world.configure(&planner);
    let plan = r#"{"tasks":[
        {"title":"Fix the lexer","body":"Fix it.","type":"bug","complexity":"complex","agent":"claude","model":"opus","why":"hard",
         "files":["lexer.rs"],"risks":["it may be slow"],"minutes":20},
        {"title":"Write docs","body":"Write them.","type":"documentation","complexity":"medium","agent":"codex","model":"gpt-9"}]}"#;
    let text = format!("The lexer and its docs [[mock:plan {plan}]]");
    let tasks = world.qd(&["task", "add", &text, "--planner", "llm", "--json"]).good().json();
    let models: Vec<_> = [0, 1].map(|at| (tasks[at]["agent"].clone(), tasks[at]["model"].clone())).into();
    assert_eq!(models, [("claude".into(), "opus".into()), ("codex".into(), "gpt-5.2".into())], "{tasks}");
    assert_eq!((&tasks[0]["forecast"]["files"][0], &tasks[0]["forecast"]["minutes"]), (&"lexer.rs".into(), &20.into()));
    let why = tasks[0]["route"]["why"].as_str().unwrap();
    assert!(why.contains("(mock) chose it (hard); model opus: "), "{why}");
    assert!(tasks[1]["route"]["why"].as_str().unwrap().contains("`gpt-9` was proposed"), "{tasks}");
    let asked = model.asked().concat();
    assert!(asked.contains("claude: model haiku for simple tasks") && asked.contains("gpt-5.3-codex"), "{asked}");
    // what it plans does not lose the name, though the model chose somebody else, or nobody answers
    let plan = r#"{"tasks":[{"title":"Fix it","body":"Fix it.","type":"bug","complexity":"simple","agent":"claude"}]}"#;
    for marker in [format!("[[mock:plan {plan}]]"), "[[mock:error 529]]".to_owned()] {
        let text = format!("Fix the login with codex. {marker}");
        let task = world.qd(&["task", "add", &text, "--planner", "llm", "--json"]).good().json();
        let task = if task.is_array() { task[0].clone() } else { task };
        assert_eq!((&task["agent"], &task["route"]["by"]), (&"codex".into(), &"mention".into()), "{task}");
    }
    let waiting = world.qd(&["approval", "list", "--json"]).good().json().to_string();
    assert!(waiting.contains("Start #4 Fix the login") && waiting.contains("(codex)?"), "{waiting}");
}

#[test]
fn with_the_llm_router_a_model_is_asked_who_gets_what_the_rules_made() {
    let model = MockModel::start();
    let world = world();
    let settings = format!(
        "[planner]\nbackend = \"anthropic\"\nmodel = \"mock\"\nbase_url = \"{}\"\n[router]\nbackend = \"llm\"\n",
        model.url()
    );
    world.configure(&settings);
    let route = r#"{"tasks":[{"agent":"codex","model":"gpt-5.3-codex","complexity":"complex","role":"debugger","tools":["rg"],"why":"logins"}]}"#;
    let text = format!("Fix the login [[mock:plan {route}]]");
    let task = world.qd(&["task", "add", &text, "--json"]).good().json();
    assert_eq!((&task["agent"], &task["model"]), (&"codex".into(), &"gpt-5.3-codex".into()), "{task}");
    assert_eq!((&task["role"], &task["complexity"]), (&"debugger".into(), &"complex".into()), "{task}");
    assert_eq!((&task["route"]["by"], &task["forecast"]["tools"][0]), (&"router".into(), &"rg".into()), "{task}");
    assert_eq!(task["title"].as_str().map(|title| title.starts_with("Fix the login")), Some(true));
    let text = "Fix it again [[mock:plan nonsense]] [[mock:replan nonsense]]";
    let task = world.qd(&["task", "add", text, "--json"]).good().json();
    assert_eq!(task["route"]["by"], "turn", "{task}");
    assert_eq!(model.requests(), 1 + 3, "one repair after another, and then nobody");
    let log = world.qd(&["task", "log", "--json"]).good().stdout;
    assert!(log.contains("answered 3 times what is no route"), "{log}");
}
