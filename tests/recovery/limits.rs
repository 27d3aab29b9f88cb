//! What runs short or goes away below a running daemon: file descriptors, directories, the time of day.

use std::fs;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::world::{World, runs, until};
use super::{LONG, daemon, session};

/// A daemon that may open only so many files.
fn daemon_with(world: &World, files: u32) -> Child {
    let script = format!("ulimit -n {files}; exec '{}' serve", env!("CARGO_BIN_EXE_qd"));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env_clear().envs(world.variables()).process_group(0);
    let log = fs::File::create(world.path("serve.log")).unwrap();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let socket = world.path("qd/run/control.sock");
    until("the daemon answers", LONG, || socket.exists().then_some(()));
    child
}

#[test]
fn without_file_descriptors_clients_are_told_so_and_agents_run_on() {
    let world = World::new();
    let mut serving = daemon_with(&world, 64);
    let sign = world.path("sign");
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > waited.txt", sign.display());
    let task = world.start_shell_task("Wait", &script);
    let running = world.running_session(task);
    let socket = world.path("qd/run/control.sock");
    let crowd: Vec<UnixStream> = (0..100).filter_map(|_| UnixStream::connect(&socket).ok()).collect();
    let refused = until("there are none left", LONG, || {
        let asked = world.qd(&["task", "list"]);
        (asked.code != Some(0)).then_some(asked)
    });
    assert_eq!(refused.code, Some(6), "{refused:?}");
    assert!(refused.stderr.contains("file descriptors"), "it says why: {refused:?}");
    assert!(runs(&running["pid"]) && runs(&running["host_pid"]), "the agent runs on");
    drop(crowd);
    until("clients are served again", LONG, || (world.qd(&["task", "list"]).code == Some(0)).then_some(()));
    fs::write(&sign, "").unwrap();
    assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
    world.qd(&["daemon", "stop"]).good();
    serving.wait().unwrap();
}

#[test]
fn a_host_without_file_descriptors_keeps_its_agent_and_serves_again() {
    let world = World::new();
    let mut serving = daemon_with(&world, 64);
    let sign = world.path("sign");
    let script = format!(
        "while [ ! -e '{0}' ]; do sleep 0.05; done; echo printed; touch '{0}.done'; sleep 1; echo x > waited.txt",
        sign.display()
    );
    let task = world.start_shell_task("Wait", &script);
    let running = world.running_session(task);
    let socket = running["socket"].as_str().unwrap();
    let crowd: Vec<UnixStream> = (0..100).filter_map(|_| UnixStream::connect(socket).ok()).collect();
    let refused = until("it has none left and says so", LONG, || {
        let seen = world.qd(&["session", "capture", running["id"].as_str().unwrap()]);
        seen.stderr.contains("file descriptors").then_some(seen)
    });
    assert_ne!(refused.code, Some(0), "{refused:?}");
    fs::write(&sign, "").unwrap();
    until("its agent goes on", LONG, || world.path("sign.done").exists().then_some(()));
    assert!(runs(&running["host_pid"]), "the host is there");
    drop(crowd);
    assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
    world.qd(&["daemon", "stop"]).good();
    serving.wait().unwrap();
}

#[test]
fn removed_directories_of_logs_and_sessions_cost_no_work() {
    let world = World::new();
    let sign = world.path("sign");
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > waited.txt", sign.display());
    let task = world.start_shell_task("Wait", &script);
    world.running_session(task);
    fs::remove_dir_all(world.path("qd/state/logs")).unwrap();
    fs::write(&sign, "").unwrap();
    assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
    let before = daemon(&world);
    super::kill_and_wait("the daemon", &before);
    fs::remove_dir_all(world.path("qd/state/sessions")).unwrap();
    // the next one makes them anew
    world.shell_task("After", "echo y > after.txt").good();
    assert!(world.path("qd/state/logs").is_dir());
}

#[test]
fn a_host_that_is_stopped_while_nobody_asks_it_anything_is_missed() {
    let world = World::new();
    world.configure("heartbeat = 1\n");
    let sign = world.path("sign");
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > waited.txt", sign.display());
    let task = world.start_shell_task("Wait", &script);
    let running = world.running_session(task);
    let host = Pid::from_raw(i32::try_from(running["host_pid"].as_u64().unwrap()).unwrap());
    kill(host, Signal::SIGSTOP).unwrap();
    until("its host is missed", LONG, || (session(&world, &running["id"])["state"] == "unreachable").then_some(()));
    assert_eq!(world.sessions().len(), 1, "nothing is started beside a process that may go on");
    kill(host, Signal::SIGCONT).unwrap();
    until("it is back", LONG, || (session(&world, &running["id"])["state"] == "working").then_some(()));
    fs::write(&sign, "").unwrap();
    assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
}

#[test]
fn a_worker_that_is_stopped_takes_everything_along_that_its_agent_started() {
    let world = World::new();
    let note = world.path("far");
    let command = format!(
        "(setsid sh -c 'trap \"\" HUP TERM INT; echo $$ > \"{0}.tmp\"; mv \"{0}.tmp\" \"{0}\"; while :; do sleep 1; done' &) ; \
         trap '' HUP TERM; while :; do sleep 1; done",
        note.display()
    );
    let task = world.start_shell_task("Do not go", &command);
    let running = world.running_session(task);
    let far: serde_json::Value =
        until("the far process runs", LONG, || fs::read_to_string(&note).ok()?.trim().parse::<u64>().ok()).into();
    world.qd(&["worker", "stop", &running["worker"].to_string()]).good();
    until("the session is over", LONG, || session(&world, &running["id"])["ended_at"].is_string().then_some(()));
    assert!(!runs(&running["pid"]) && !runs(&far), "asked, waited for, forced: all of it");
}
