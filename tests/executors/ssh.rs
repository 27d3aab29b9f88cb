//! Another machine, which is this one behind a real sshd of the story's own: own keys, own port, own home.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::stories::{self, PATIENCE};
use super::world::{World, kill_now, runs, skip, until};

struct Machine {
    world: World,
    sshd: Option<Child>,
    port: u16,
}

impl Machine {
    fn new() -> Option<Self> {
        let sshd = PathBuf::from("/usr/sbin/sshd");
        if !sshd.is_file() {
            skip("sshd is not installed (Debian: openssh-server)");
            return None;
        }
        if nix::unistd::geteuid().is_root() {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let world = World::new();
        let far = world.path("far");
        fs::create_dir_all(&far).unwrap();
        for name in ["host", "user"] {
            let key = far.join(name);
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
            assert!(made.unwrap().success(), "a key was made");
        }
        fs::copy(far.join("user.pub"), far.join("authorized")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = far.display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nSetEnv HOME={at}/home SHELL=/bin/sh TMPDIR=/tmp\n\
             MaxStartups 100\n"
        );
        fs::write(far.join("sshd_config"), config).unwrap();
        fs::create_dir_all(far.join("home")).unwrap();
        fs::write(far.join("home/.gitconfig"), "[commit]\ngpgSign = false\n").unwrap();
        // the program there: sshd's own environment knows nothing of where this one was built
        let qd = far.join("qd");
        let text =
            format!("#!/bin/sh\nexport HOME={at}/home SHELL=/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_qd"));
        fs::write(&qd, text).unwrap();
        fs::set_permissions(&qd, fs::Permissions::from_mode(0o755)).unwrap();
        let host = fs::read_to_string(far.join("host.pub")).unwrap();
        fs::write(far.join("known"), format!("[127.0.0.1]:{port} {host}")).unwrap();
        let mut machine = Self { world, sshd: None, port };
        machine.configure(&qd);
        machine.up();
        Some(machine)
    }

    fn configure(&self, qd: &Path) {
        let far = self.world.path("far");
        let known = format!("UserKnownHostsFile={}", far.join("known").display());
        let port = self.port;
        self.world.configure(&format!(
            "heartbeat = 1\n[executor.ssh]\nhost = \"127.0.0.1\"\nport = {port}\nidentity = \"{}\"\nqd = \"{}\"\ndirectory = \"{}\"\n\
             options = [\"-F\", \"none\", \"-o\", \"{known}\", \"-o\", \"ServerAliveInterval=1\"]\n",
            far.join("user").display(),
            qd.display(),
            far.join("work").display(),
        ));
    }

    /// Starts sshd and waits until it listens.
    fn up(&mut self) {
        let far = self.world.path("far");
        let log = fs::File::create(far.join("sshd.log")).unwrap();
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f"]).arg(far.join("sshd_config")).stdin(Stdio::null()).stderr(log);
        self.sshd = Some(command.spawn().unwrap());
        until("sshd listens", PATIENCE, || TcpStream::connect(("127.0.0.1", self.port)).ok());
    }

    /// The network is gone: sshd ends, and with it every connection.
    fn down(&mut self) {
        let connections = self.connections();
        if let Some(mut sshd) = self.sshd.take() {
            sshd.kill().unwrap();
            sshd.wait().unwrap();
        }
        for pid in connections {
            // one may have ended with sshd itself
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap()),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
    }

    /// The processes of sshd, one or two per connection.
    fn connections(&self) -> Vec<u32> {
        let Some(sshd) = &self.sshd else { return Vec::new() };
        let all = Command::new("ps").args(["ax", "-o", "pid=,ppid=,comm="]).output().unwrap().stdout;
        let all = String::from_utf8_lossy(&all).into_owned();
        let mut found = vec![sshd.id()];
        for _ in 0..3 {
            for line in all.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                let (pid, parent) = (words[0].parse().unwrap(), words[1].parse().unwrap());
                if words[2].starts_with("sshd") && found.contains(&parent) && !found.contains(&pid) {
                    found.push(pid);
                }
            }
        }
        found.split_off(1)
    }

    /// The worktrees there.
    fn worktrees(&self) -> Vec<PathBuf> {
        let list = |path: PathBuf| {
            fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        };
        list(self.world.path("far/work/worktrees")).into_iter().flat_map(list).collect()
    }

    /// The record of the session's host there.
    fn host(&self, session: &serde_json::Value) -> serde_json::Value {
        let path = self.world.path("far/work/sessions").join(session["id"].as_str().unwrap()).join("host.json");
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.world.path("far/sshd.log")).unwrap_or_default();
            eprintln!("--- sshd.log\n{log}");
        }
        // what still runs there ends with the story
        for entry in fs::read_dir(self.world.path("far/work/sessions")).into_iter().flatten().flatten() {
            let record = fs::read(entry.path().join("host.json"))
                .ok()
                .and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
            for pid in record.iter().flat_map(|it| [&it["agent_pid"], &it["pid"]]).filter(|pid| runs(pid)) {
                kill_now(pid);
            }
        }
        self.down();
    }
}

const WAIT: &str = "until [ -e go.txt ]; do sleep 0.1; done";

#[test]
fn work_lands_and_nothing_is_left_there() {
    let Some(machine) = Machine::new() else { return };
    let world = &machine.world;
    stories::work_lands(world, "ssh");
    let look = "echo said there; pwd > seen.txt; qd report progress 'hello from there' && echo reported >> seen.txt";
    stories::task(world, "ssh", "Look", look).good();
    let seen = world.landed("seen.txt");
    assert!(seen.contains("/far/work/worktrees/") && seen.contains("reported"), "{seen}");
    until("the worktrees there are removed", PATIENCE, || machine.worktrees().is_empty().then_some(()));
    until("the sessions there are cleared", PATIENCE, || {
        fs::read_dir(world.path("far/work/sessions")).unwrap().next().is_none().then_some(())
    });
    let looked = world.sessions().into_iter().next_back().unwrap();
    let log = world.qd(&["session", "logs", looked["id"].as_str().unwrap()]).good().stdout;
    assert!(log.contains("said there"), "its output came here: {log}");
    let doctor = world.qd(&["doctor", "--json"]).json();
    assert!(doctor.as_array().unwrap().iter().any(|it| it["what"] == "ssh"), "{doctor}");
}

#[test]
fn checks_run_here_and_say_so() {
    let Some(machine) = Machine::new() else { return };
    let world = &machine.world;
    world.write("Makefile", "test:\n\ttest -e made.txt && pwd\n");
    world.commit("Checks");
    let ended = stories::task(world, "ssh", "Make", "echo x > made.txt").good().json();
    let check = &ended["checks"][0];
    assert_eq!(check["exit_code"], 0, "{ended}");
    let log = check["log"].as_str().unwrap();
    assert!(log.contains("ran on this machine") && !log.contains("/far/work/"), "{log}");
}

#[test]
fn a_kill_ends_it() {
    let Some(machine) = Machine::new() else { return };
    stories::a_kill_ends_it(&machine.world, "ssh");
}

#[test]
fn killed_daemons_and_relays_find_it_again() {
    let Some(machine) = Machine::new() else { return };
    let world = &machine.world;
    let id = stories::start(world, "ssh", "Patient", &format!("echo up; {WAIT}; rm go.txt; echo here > patient.txt"));
    let session = world.running_session(id);
    stories::until_shown(world, &session, "up");
    let there = machine.host(&session)["agent_pid"].clone();
    let status = world.qd(&["daemon", "status", "--json"]).good().json();
    kill_now(&status["pid"]);
    until("the daemon is gone", PATIENCE, || (!runs(&status["pid"])).then_some(()));
    let found = world.running_session(id);
    assert_eq!(found["id"], session["id"]);
    assert!(stories::screen(world, &found).contains("up"));
    kill_now(&found["host_pid"]);
    until("the relay is gone", PATIENCE, || (!runs(&found["host_pid"])).then_some(()));
    until("a new relay shows it", PATIENCE, || stories::screen(world, &found).contains("up").then_some(()));
    assert!(runs(&there), "the agent has worked all the time");
    until("the list names the new relay", PATIENCE, || {
        let now = world.sessions().remove(0);
        (runs(&now["host_pid"]) && now["host_pid"] != found["host_pid"]).then_some(())
    });
    fs::write(machine.worktrees()[0].join("go.txt"), "").unwrap();
    world.until_status(id, "completed", PATIENCE);
    assert_eq!(world.landed("patient.txt"), "here\n");
    assert_eq!((world.arrivals("patient.txt"), world.sessions().len()), (1, 1));
}

#[test]
fn a_crash_while_it_gets_a_new_host_loses_nothing() {
    let Some(machine) = Machine::new() else { return };
    let there = |_| machine.worktrees().remove(0);
    stories::a_crash_while_it_gets_a_new_host_loses_nothing(&machine.world, "ssh", there);
}

#[test]
fn a_cut_line_makes_it_unreachable_and_a_new_one_finds_it_again() {
    let Some(mut machine) = Machine::new() else { return };
    let command = format!("echo up; {WAIT}; rm go.txt; qd report progress 'still here'; echo here > patient.txt");
    let id = stories::start(&machine.world, "ssh", "Patient", &command);
    let session = machine.world.running_session(id);
    stories::until_shown(&machine.world, &session, "up");
    let there = machine.host(&session)["agent_pid"].clone();
    machine.down();
    until("it is unreachable", PATIENCE, || {
        machine.world.sessions().into_iter().find(|it| it["id"] == session["id"] && it["state"] == "unreachable")
    });
    // a relay that dies meanwhile gives nobody a reason to start it again
    kill_now(&session["host_pid"]);
    until("the relay is gone", PATIENCE, || (!runs(&session["host_pid"])).then_some(()));
    assert!(runs(&there), "the agent works on");
    machine.up();
    until("it is shown again", PATIENCE, || stories::screen(&machine.world, &session).contains("up").then_some(()));
    assert_eq!(machine.host(&session)["agent_pid"], there, "the same one");
    fs::write(machine.worktrees()[0].join("go.txt"), "").unwrap();
    machine.world.until_status(id, "completed", PATIENCE);
    assert_eq!((machine.world.arrivals("patient.txt"), machine.world.sessions().len()), (1, 1));
}

#[test]
fn a_host_that_is_killed_there_interrupts_it() {
    let Some(machine) = Machine::new() else { return };
    let world = &machine.world;
    let id = stories::start(world, "ssh", "Doomed", "echo up; echo half > half.txt; sleep 600");
    let session = world.running_session(id);
    stories::until_shown(world, &session, "up");
    let there = machine.host(&session);
    kill_now(&there["pid"]);
    until("the session is over", PATIENCE, || {
        world.sessions().into_iter().find(|it| it["id"] == session["id"] && !it["ended_at"].is_null())
    });
    until("nothing of it is left there", PATIENCE, || (!runs(&there["agent_pid"])).then_some(()));
    assert!(machine.worktrees()[0].join("half.txt").is_file(), "its work is kept");
}

#[test]
fn what_is_missing_there_is_said_before_anything_starts() {
    let Some(machine) = Machine::new() else { return };
    let world = &machine.world;
    let add = ["task", "add", "No", "--run", "true", "--agent", "shell", "--executor", "ssh"];
    machine.configure(Path::new("/nowhere/qd"));
    let refused = world.qd(&add);
    assert!(refused.code != Some(0) && refused.stderr.contains("has no `/nowhere/qd`"), "{refused:?}");
    world.qd(&["daemon", "stop"]);
    machine.configure(Path::new("/bin/cat"));
    let refused = world.qd(&add);
    assert!(refused.code != Some(0) && refused.stderr.contains("same version"), "{refused:?}");
    world.qd(&["daemon", "stop"]);
    machine.configure(&world.path("far/qd"));
    fs::write(world.path("far/authorized"), "").unwrap();
    let refused = world.qd(&add);
    assert!(refused.code != Some(0) && refused.stderr.contains("Permission denied"), "{refused:?}");
    assert!(world.qd(&["task", "list", "--json"]).good().json_or_nothing().is_empty(), "no task was made");
}
