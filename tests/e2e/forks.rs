//! A copy of a session with the real agents that can make one: another seat, another worktree, the same past; what it was
//! copied from goes on as it was.

use std::fs;

use super::agents::{LONG, program, world};
use super::homes::{self, Home};
use super::mock_model::MockModel;
use super::results::worked;
use super::world::{World, until};

/// Answers what stands in the way of an agent; questions about its work stay.
fn let_it(world: &World) {
    for approval in world.qd(&["approval", "list", "--json"]).json_or_nothing() {
        if approval["kind"] == "trust" || approval["kind"] == "permission" {
            world.qd(&["approval", "answer", &approval["id"].to_string(), "yes"]);
        }
    }
}

fn live(world: &World, task: u64) -> Option<serde_json::Value> {
    world.sessions().into_iter().find(|session| session["task"] == task && session["ended_at"].is_null())
}

fn forks(name: &str, told: &str) {
    let Some(program) = program(name) else { return };
    let model = MockModel::start();
    let world = world(name, &program, &model);
    if name == "claude" {
        // what its rules do not allow, its automatic mode would have checked by a server
        let settings = serde_json::json!({ "permissions": { "allow": ["Bash(git add:*)", "Bash(git commit:*)"] } });
        Home { path: world.path("home"), url: model.url(), asks: false }.configure_claude(&settings);
    }
    let options = ["--agent", name, "--autonomy", "manual", "--mode", "interactive", "--json"];
    let made =
        world.qd(&[&["task", "add", &format!("Remember the heron {told}")], &options[..]].concat()).good().json();
    let first = made["id"].as_u64().unwrap();
    let early = world.qd(&["session", "fork", &format!("#{first}")]);
    assert_ne!(early.code, Some(0), "there is nothing to copy yet: {early:?}");
    world.qd(&["task", "run", &first.to_string()]).good();
    until("its turn is over", LONG, || {
        let_it(&world);
        (world.task(first)["status"] == "needs_review").then_some(())
    });
    let before = live(&world, first).unwrap();

    let said = world.qd(&["session", "fork", &format!("#{first}")]).good().stdout;
    assert!(said.contains("in a worktree of its own"), "{said}");
    let fork = first + 1;
    let copy = until("the copy takes prompts", LONG, || {
        let_it(&world);
        live(&world, fork).filter(|session| ["idle", "waiting_input"].iter().any(|state| session["state"] == *state))
    });
    assert_ne!(copy["worker"], before["worker"]);
    let worker = copy["worker"].to_string();
    world.qd(&["worker", "send", &worker, "And now [[mock:write where.txt here\\n]]"]).good();
    let worktree = world.task(fork)["worktree"].as_str().unwrap().to_owned();
    until("it works in its own worktree", LONG, || {
        let_it(&world);
        fs::read_to_string(format!("{worktree}/where.txt")).ok().filter(|text| text.ends_with('\n'))
    });
    assert!(model.knows("And now", "Remember the heron"), "it knows what was said");
    let own = until("the copy has a name of its own", LONG, || {
        live(&world, fork)?["conversation"].as_str().map(str::to_owned)
    });
    let after = live(&world, first).unwrap();
    assert_ne!(after["conversation"], own, "they are two");
    assert_eq!(
        (&after["conversation"], &after["pid"]),
        (&before["conversation"], &before["pid"]),
        "it goes on as it was"
    );
    worked(name, "fork", &program, homes::node().as_deref());
    if told.contains("git commit") {
        assert_eq!(fs::read_to_string(format!("{worktree}/heron.txt")).unwrap(), "grey\n", "its commits are there");
    }
}

#[test]
fn claude_forks_with_what_it_committed() {
    forks("claude", "[[mock:write heron.txt grey\\n]] [[mock:bash git add heron.txt && git commit -qm heron]]");
}

#[test]
fn codex_forks() {
    forks("codex", "[[mock:say grey]]");
}

#[test]
fn an_agent_that_cannot_fork_says_who_can() {
    let world = World::new();
    let id = world.start_shell_task("Wait", "sleep 60");
    world.running_session(id);
    let refused = world.qd(&["session", "fork", &format!("#{id}")]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("agents that can: claude, codex, minimax"), "{refused:?}");
}
