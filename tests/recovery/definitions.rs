//! An agent's definition changes or goes while the agent runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::world::{World, runs, until};
use super::{LONG, daemon, kill_and_wait, session};

/// An agent of the person's own that writes down its command line and then waits.
fn define(world: &World) -> std::path::PathBuf {
    let program = world.path("mine.sh");
    let script = format!(
        "#!/bin/sh\nprintf %s \"$1\" > '{}'\nprintf '> '\nwhile read -r line; do printf '> '; done\n",
        world.path("given").display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let definition = world.path("qd/config/agents/mine.toml");
    fs::create_dir_all(definition.parent().unwrap()).unwrap();
    let text = format!(
        "name = \"mine\"\ntitle = \"Mine\"\ncommand = \"{}\"\nprompt = \"argument\"\n\
         [arguments]\ninteractive = [\"{{prompt}}\"]\n[screen]\nready = [\"^> \"]\n",
        program.display()
    );
    fs::write(&definition, text).unwrap();
    definition
}

#[test]
fn a_session_whose_definition_is_gone_is_not_over() {
    let world = World::new();
    let definition = define(&world);
    let added =
        world.qd(&["task", "add", "Count", "--agent", "mine", "--mode", "interactive", "--autonomy", "full", "--json"]);
    let task = added.good().json()["id"].as_u64().unwrap();
    let running = world.running_session(task);
    until("the brief counts as given", LONG, || (world.task(task)["status"] == "executing").then_some(()));
    until("the command line is there", LONG, || {
        fs::read_to_string(world.path("given")).ok()?.contains("Count").then_some(())
    });
    kill_and_wait("the daemon", &daemon(&world));
    fs::remove_file(definition).unwrap();
    daemon(&world);
    assert!(session(&world, &running["id"])["ended_at"].is_null());
    world.qd(&["session", "kill", running["id"].as_str().unwrap()]).good();
    until("the end is told", LONG, || session(&world, &running["id"])["ended_at"].is_string().then_some(()));
    assert!(!runs(&running["pid"]), "an end is told of an agent that has ended");
}
