//! What real agents use is known by their own figures, and a budget really stops one that keeps all it knows.

use std::time::Duration;

use serde_json::Value;

use super::claude;
use super::mock_model::MockModel;
use super::world::{World, until};

/// An agent's start, several turns, and the patience with a turn that does not end.
const LONG: Duration = Duration::from_secs(180);

/// Waits until a task's sessions used something, all of it counted by the agent; the last session.
pub fn counted(world: &World, task: u64) -> Value {
    until(&format!("the figures of task #{task} are its agent's own"), LONG, || {
        let sessions = world.sessions().into_iter().filter(|session| session["task"] == task);
        let session = sessions.max_by_key(|session| session["created_at"].to_string())?;
        let used = &session["usage"];
        let counted = used["tokens"]["output"].as_u64()? > 0 && used["estimated_tokens"] == 0;
        counted.then(|| session.clone())
    })
}

fn answer_all(world: &World, but: &str) {
    for asked in world.qd(&["approval", "list", "--json"]).json_or_nothing() {
        if asked["kind"] != but {
            world.qd(&["approval", "answer", &asked["id"].to_string(), "yes"]);
        }
    }
}

#[test]
fn claudes_own_figures_are_shown_and_a_budget_pauses_it_until_there_is_more() {
    let Some(program) = claude::program() else { return };
    let model = MockModel::start();
    let world = claude::world(&program, &model);
    let text = "Write a song [[mock:write song.txt la]] [[mock:say half of it]]";
    let options = ["--agent", "claude", "--autonomy", "full", "--mode", "interactive", "--budget", "100tok", "--json"];
    let added = world.qd(&[&["task", "add", text], &options[..]].concat()).good().json();
    let task = added["id"].as_u64().unwrap();
    let question = until("its budget is used up, and the person is asked", LONG, || {
        answer_all(&world, "budget");
        let asked = world.qd(&["approval", "list", "--json"]).json_or_nothing();
        asked.into_iter().find(|asked| {
            asked["kind"] == "budget" && asked["title"].as_str().is_some_and(|title| title.contains("used up"))
        })
    });
    let paused = until("it is paused, and not ended", LONG, || {
        let session = world.sessions().into_iter().find(|session| session["task"] == task)?;
        (session["parked"] == true && session["ended_at"].is_null()).then_some(session)
    });
    assert!(!model.prompts().iter().any(|prompt| prompt.contains("There is budget again")));
    world.qd(&["approval", "answer", &question["id"].to_string(), "yes"]).good();
    until("it is told to go on", LONG, || {
        answer_all(&world, "question");
        model.prompts().iter().any(|prompt| prompt.contains("There is budget again")).then_some(())
    });
    let session = counted(&world, task);
    assert_eq!(session["id"], paused["id"], "in the same session");
    assert!(session["usage"]["context"]["window"].as_u64().is_some_and(|window| window >= 200_000), "{session}");
    let report = world.qd(&["usage", "--by", "model", "--json"]).good().json();
    assert_eq!(report["supervision_calls"], 0, "{report}");
    assert!(report["rows"][0]["name"].as_str().is_some_and(|name| name.starts_with("claude-")), "{report}");
    let told = world.qd(&["task", "get", &task.to_string()]).good().stdout;
    assert!(told.contains(" tok"), "{told}");
}
