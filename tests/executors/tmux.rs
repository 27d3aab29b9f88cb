//! Windows of tmux, in a server of the story's own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::stories;
use super::world::{World, kill_now, runs, skip, until};

struct Server {
    world: World,
    name: String,
}

impl Server {
    fn new() -> Option<Self> {
        if let Err(error) = Command::new("tmux").arg("-V").output() {
            skip(&format!("tmux is not installed ({error}; Debian: tmux)"));
            return None;
        }
        let mut world = World::new();
        let name = world.repository().parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        fs::create_dir_all(world.path("qd/config")).unwrap();
        let settings = format!("[executor.tmux]\nserver = \"{name}\"\n");
        fs::write(world.path("qd/config/config.toml"), settings).unwrap();
        // sockets of tmux go where nothing else of this machine looks
        world.environment.push(("TMUX_TMPDIR".to_owned(), world.path("").display().to_string()));
        Some(Self { world, name })
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.name]).args(arguments).env_clear().envs(self.world.variables());
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn work_lands() {
    let Some(server) = Server::new() else { return };
    stories::work_lands(&server.world, "tmux");
}

#[test]
fn a_kill_ends_it_and_no_other() {
    let Some(server) = Server::new() else { return };
    let other = stories::start(&server.world, "tmux", "Other", "echo other; sleep 600");
    let other = server.world.running_session(other);
    stories::until_shown(&server.world, &other, "other");
    stories::a_kill_ends_it(&server.world, "tmux");
    assert!(runs(&other["pid"]), "the other one goes on");
    assert!(server.tmux(&["list-windows", "-t", "=quarterdeck"]).contains("1-autonomous"));
}

#[test]
fn a_killed_daemon_finds_it_again() {
    let Some(server) = Server::new() else { return };
    stories::a_killed_daemon_finds_it_again(&server.world, "tmux");
}

#[test]
fn plain_tmux_shows_it_and_a_killed_host_finds_it_again() {
    let Some(server) = Server::new() else { return };
    let world = &server.world;
    let wait = "until [ -e go.txt ]; do sleep 0.1; done";
    let id = stories::start(world, "tmux", "Patient", &format!("echo up; {wait}; rm go.txt; echo here > patient.txt"));
    let session = world.running_session(id);
    stories::until_shown(world, &session, "up");
    let windows = server.tmux(&["list-windows", "-t", "=quarterdeck", "-F", "#{window_name}"]);
    assert_eq!(windows, format!("{id}-autonomous\n"));
    assert!(server.tmux(&["capture-pane", "-p", "-t", "=quarterdeck:"]).contains("up"), "plain tmux shows it");
    kill_now(&session["host_pid"]);
    until("the host is gone", stories::PATIENCE, || (!runs(&session["host_pid"])).then_some(()));
    until("a new host shows it", stories::PATIENCE, || stories::screen(world, &session).contains("up").then_some(()));
    until("the list names what shows it now", stories::PATIENCE, || {
        let now = world.sessions().remove(0);
        (runs(&now["host_pid"]) && runs(&now["pid"]) && now["host_pid"] != session["host_pid"]).then_some(())
    });
    let worktree = PathBuf::from(world.task(id)["worktree"].as_str().unwrap());
    fs::write(worktree.join("go.txt"), "").unwrap();
    world.until_status(id, "completed", stories::PATIENCE);
    assert_eq!(world.arrivals("patient.txt"), 1);
    assert_eq!(world.sessions().len(), 1, "it was the same session all the time");
}

#[test]
fn a_failing_command_keeps_its_exit_code() {
    let Some(server) = Server::new() else { return };
    let ended = stories::task(&server.world, "tmux", "Fail", "exit 3");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(server.world.sessions()[0]["exit"].as_str().unwrap().contains("exit code 3"));
}

#[test]
fn a_crash_while_it_gets_a_new_host_loses_nothing() {
    let Some(server) = Server::new() else { return };
    let world = &server.world;
    stories::a_crash_while_it_gets_a_new_host_loses_nothing(world, "tmux", |id| stories::worktree(world, id));
}

#[test]
fn a_client_that_dies_takes_nothing_along() {
    let Some(server) = Server::new() else { return };
    stories::what_shows_it_may_die(&server.world, "tmux", &["attach-session"]);
}

#[test]
fn a_socket_that_is_swept_away_ends_nothing() {
    let Some(server) = Server::new() else { return };
    let world = &server.world;
    let (id, session) = stories::start_patient(world, "tmux");
    let user = nix::unistd::geteuid();
    let socket = world.path("").join(format!("tmux-{user}")).join(&server.name);
    fs::remove_file(&socket).unwrap();
    stories::kill_the_host(&session);
    let now = stories::until_adopted(world, &session);
    until("the server has its socket again", stories::PATIENCE, || socket.exists().then_some(()));
    stories::until_shown(world, &now, "up");
    stories::let_it_end(world, id, &stories::worktree(world, id));
}

#[test]
fn all_output_is_in_the_log_when_it_is_over() {
    let Some(server) = Server::new() else { return };
    let world = &server.world;
    stories::task(world, "tmux", "Talk", "echo first; seq 1 300; echo \"it's last\"").good();
    let session = &world.sessions()[0];
    let log = world.qd(&["session", "logs", session["id"].as_str().unwrap()]).good().stdout;
    let lines: Vec<&str> = log.lines().map(str::trim_end).collect();
    let numbers: Vec<String> = (1..=300).map(|n| n.to_string()).collect();
    assert_eq!(lines.len(), 302, "{log}");
    assert_eq!((lines[0], lines[301]), ("first", "it's last"), "{log}");
    assert_eq!(lines[1..301], numbers, "{log}");
}

#[test]
fn the_keys_of_the_terminal_are_the_agents() {
    let Some(server) = Server::new() else { return };
    let world = &server.world;
    let command = "trap 'echo caught > caught.txt; exit 0' INT; echo up; while :; do sleep 0.1; done";
    let id = stories::start(world, "tmux", "Trap", command);
    let session = world.running_session(id);
    stories::until_shown(world, &session, "up");
    server.tmux(&["send-keys", "-t", &format!("=qd-{}:", session["id"].as_str().unwrap()), "C-c"]);
    world.until_status(id, "completed", stories::PATIENCE);
    assert_eq!(world.landed("caught.txt"), "caught\n");
}

#[test]
fn a_far_process_with_an_empty_environment_is_still_the_agent() {
    let Some(server) = Server::new() else { return };
    let world = &server.world;
    let added = world.qd(&["task", "add", "Bait", "--run", "echo bait > bait.txt", "--agent", "shell", "--json"]);
    let bait = added.good().json()["id"].as_u64().unwrap();
    let waiting = world.qd(&["approval", "list", "--json"]).good().json();
    let approval = waiting[0]["id"].as_u64().expect("the plan waits");
    let (script, codes) = (world.path("escape.sh"), world.path("codes"));
    let tries = [format!("approval answer {approval} yes"), format!("task cancel {bait}"), "daemon stop".to_owned()];
    let mut lines = vec![format!("cd '{}'", world.repository().display())];
    lines.extend(tries.iter().map(|words| {
        format!(
            "'{}' {words} >> '{}.said' 2>&1; echo \"{words}: $?\" >> '{1}.tmp'",
            env!("CARGO_BIN_EXE_qd"),
            codes.display()
        )
    }));
    lines.push(format!("mv '{0}.tmp' '{0}'", codes.display()));
    fs::write(&script, lines.join("\n")).unwrap();
    let left = stories::Sleep::new();
    // a daemon's way out: a child of a child, in a terminal session of its own, its parents gone
    let command = format!(
        "(setsid sh -c '(env -i PATH=\"$PATH\" HOME=\"$HOME\" QD_HOME=\"$QD_HOME\" sh \"{}\" &)' &); \
         n=0; while [ ! -e '{}' ] && [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done; \
         (setsid env -i {} &)",
        script.display(),
        codes.display(),
        left.command()
    );
    let id = stories::start(world, "tmux", "Overreach", &command);
    let codes = until("all was tried", stories::PATIENCE, || fs::read_to_string(&codes).ok());
    assert!(codes.lines().count() == tries.len() && codes.lines().all(|line| line.ends_with(": 4")), "{codes}");
    assert_eq!(world.task(bait)["status"], "proposed");
    until("the overreaching task is over", stories::PATIENCE, || {
        (world.task(id)["status"] != "executing").then_some(())
    });
    until("what it left is ended with it", stories::PATIENCE, || (!left.runs()).then_some(()));
}
