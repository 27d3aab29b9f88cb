//! Everything is killed in any order at any moment: cockpits, the daemon, hosts and agents, while tasks come in, run
//! and land. Nothing is forgotten, nothing happens twice, and in the end nothing is left running.
//!
//! The agent of this story writes down every prompt that it gets before it does anything, and knows the
//! conversations that it had, as real ones do: what it was told, and how often, is read from its own notes.
//! `QD_KILL_ROUNDS` says how many kills there are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::Value;

use super::terminal::Terminal;
use super::world::{World, runs, until};
use super::{LONG, landings};

/// How many kills, unless the environment says otherwise.
const ROUNDS: u64 = 20;
/// Tasks whose agents are at work during all of it.
const STEADY: u64 = 3;
/// Small tasks that come, run and land meanwhile.
const MOST_SMALL: u64 = 30;

fn rounds() -> u64 {
    std::env::var("QD_KILL_ROUNDS").ok().and_then(|count| count.parse().ok()).unwrap_or(ROUNDS)
}

/// Numbers without a pattern; the seed is told, so that a failure can be looked at.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const AGENT: &str = r#"#!/bin/sh
# fresh CONVERSATION PROMPT | resume CONVERSATION
notes='@notes@'
conversation=$2
# a process that leaves the agent's process group and terminal session, and whose parent is gone
(setsid sh -c 'sleep 100000' < /dev/null > /dev/null 2>&1 &)
work() {
    echo '* working'
    case "$QD_TASK" in [123]) while [ ! -e "$notes/sign" ]; do sleep 0.1; done ;; *) sleep 0.3 ;; esac
    echo "$QD_TASK" > "made-$QD_TASK.txt"
    git add --all && git commit --quiet --message "Made by #$QD_TASK"
    qd report done "made it"
}
if [ "$1" = resume ]; then
    grep -q " fresh $conversation " "$notes/prompts" || { echo "there is no conversation $conversation"; exit 1; }
    printf '\033[?2004h> '
    while read -r line; do
        case "$line" in
        *interrupted*) echo "$QD_TASK resumed $conversation $QD_SESSION" >> "$notes/prompts"; work ;;
        *) echo "$QD_TASK told $conversation $QD_SESSION" >> "$notes/prompts" ;;
        esac
        printf '\033[?2004h> '
    done
else
    echo "$QD_TASK fresh $conversation $QD_SESSION" >> "$notes/prompts"
    work
    printf '\033[?2004h> '
    while read -r line; do
        echo "$QD_TASK told $conversation $QD_SESSION" >> "$notes/prompts"
        printf '\033[?2004h> '
    done
fi
"#;

/// An agent of the person's own that can resume its conversations.
pub(super) fn define(world: &World) {
    let notes = world.path("notes");
    fs::create_dir_all(&notes).unwrap();
    fs::write(notes.join("prompts"), "").unwrap();
    let program = world.path("keeper.sh");
    fs::write(&program, AGENT.replace("@notes@", &notes.display().to_string())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let definition = world.path("qd/config/agents/keeper.toml");
    fs::create_dir_all(definition.parent().unwrap()).unwrap();
    let text = format!(
        "name = \"keeper\"\ntitle = \"Keeper\"\ncommand = \"{}\"\nprompt = \"argument\"\n\
         [arguments]\nstart = [\"fresh\", \"{{session}}\"]\nresume = [\"resume\", \"{{resume}}\"]\n\
         interactive = [\"{{prompt}}\"]\n\
         [screen]\nready = [\"^>\"]\nworking = [\"^* working\"]\n[times]\nsettle_for = 50\nenter_after = 50\n",
        program.display()
    );
    fs::write(definition, text).unwrap();
    fs::write(world.path("qd/config/config.toml"), "slots = 6\nseats = 6\nmax_workers = 6\n").unwrap();
}

/// Adds a task; `None` when the answer did not arrive, which says nothing about whether it was taken.
pub(super) fn add(world: &World, title: &str) -> Option<u64> {
    let words = ["task", "add", title, "--agent", "keeper", "--mode", "interactive", "--autonomy", "full", "--json"];
    let added = world.qd(&words);
    (added.code == Some(0)).then(|| added.json()["id"].as_u64().unwrap())
}

/// What the person does all the time: goes on with what was lost, takes workers back.
fn patience(world: &World) {
    let tasks = world.qd(&["task", "list", "--json"]);
    if tasks.code != Some(0) {
        return;
    }
    let waiting = tasks.json().as_array().cloned().unwrap_or_default();
    for task in waiting.iter().filter(|task| task["status"] == "needs_review") {
        if let Some(session) = task["session"].as_str() {
            world.qd(&["session", "restart", session]);
        }
    }
    let asked = world.qd(&["approval", "list", "--json"]);
    for approval in asked.json_or_nothing() {
        if approval["kind"] == "offline" {
            world.qd(&["approval", "answer", &approval["id"].to_string(), "yes"]);
        }
    }
}

/// One kill: whom, and whether there was one.
fn kill(world: &World, chance: &mut Chance, cockpit: &mut Option<Terminal>) -> &'static str {
    let daemon = || {
        let lock = fs::read_to_string(world.path("qd/data/qd.lock")).unwrap_or_default();
        lock.lines().nth(1).and_then(|pid| pid.parse::<u64>().ok())
    };
    let live = || {
        let sessions = world.qd(&["session", "list", "--json"]).json_or_nothing();
        sessions.into_iter().filter(|session| session["ended_at"].is_null()).collect::<Vec<_>>()
    };
    let (what, pid) = match chance.below(10) {
        0..=2 => ("the daemon", daemon().map(Value::from)),
        which @ 3..=8 => {
            let (sessions, field) = (live(), if which < 6 { "host_pid" } else { "pid" });
            let count = sessions.len() as u64;
            let one = (count > 0).then(|| sessions[usize::try_from(chance.below(count)).unwrap()][field].clone());
            (if which < 6 { "a host" } else { "an agent" }, one)
        }
        _ => {
            let before = cockpit.replace(Terminal::open(world, &[], 24, 80));
            ("a cockpit", before.map(|terminal| terminal.process()))
        }
    };
    if let Some(pid) = pid.filter(runs).and_then(|pid| i32::try_from(pid.as_u64()?).ok()) {
        // it may have ended since it was looked at
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    }
    what
}

/// Processes of this story's world: those that carry its home in their environment.
pub(super) fn processes(world: &World) -> Vec<u64> {
    let mark = format!("QD_HOME={}", world.path("qd").display()).into_bytes();
    let marked = |pid: &u64| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark)
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(marked).collect()
}

/// The same with what they are.
fn left(world: &World) -> Vec<String> {
    let command = |pid: &u64| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let name = |pid| format!("{pid} {}", String::from_utf8_lossy(&command(&pid)).replace('\0', " "));
    processes(world).into_iter().map(name).collect()
}

/// What the agents were told: task, how, conversation, session.
pub(super) fn told(world: &World) -> Vec<[String; 4]> {
    let notes = fs::read_to_string(world.path("notes/prompts")).unwrap();
    let words = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words.try_into().unwrap_or_else(|words| panic!("a note is torn: {words:?}"))
    };
    notes.lines().map(words).collect()
}

#[test]
fn nothing_is_lost_and_nothing_happens_twice_whatever_is_killed() {
    let world = World::new();
    define(&world);
    let mut chance = Chance(u64::from(std::process::id()));
    eprintln!("seed {}", chance.0);
    let mut accepted: Vec<u64> = (1..=STEADY).filter_map(|n| add(&world, &format!("Steady {n}"))).collect();
    assert_eq!(accepted, [1, 2, 3]);
    let mut cockpit = None;
    let mut story = Vec::new();
    for round in 0..rounds() {
        if round < MOST_SMALL && round % 2 == 0 {
            accepted.extend(add(&world, &format!("Small {round}")));
        }
        std::thread::sleep(Duration::from_millis(chance.below(400)));
        story.push(kill(&world, &mut chance, &mut cockpit));
        patience(&world);
    }
    drop(cockpit);
    fs::write(world.path("notes/sign"), "").unwrap();
    let tasks = until("all tasks are completed", LONG * 3, || {
        patience(&world);
        let all = world.qd(&["task", "list", "--json"]).json_or_nothing();
        (!all.is_empty() && all.iter().all(|task| task["status"] == "completed")).then_some(all)
    });
    eprintln!("killed: {}", story.join(", "));
    for id in &accepted {
        assert!(tasks.iter().any(|task| task["id"] == *id), "#{id} was accepted and is forgotten");
    }
    let told = told(&world);
    for task in &tasks {
        let id = task["id"].as_u64().unwrap();
        assert_eq!(landings(&world, id), 1, "#{id} landed exactly once: {task}");
        assert_eq!(world.arrivals(&format!("made-{id}.txt")), 1, "#{id}");
        let fresh: Vec<_> = told.iter().filter(|it| it[0] == id.to_string() && it[1] == "fresh").collect();
        assert_eq!(fresh.len(), 1, "#{id} was told its request once: {told:#?}");
        let conversation = &fresh[0][2];
        assert!(told.iter().all(|it| it[0] != id.to_string() || it[2] == *conversation), "one conversation: {told:#?}");
    }
    let mut sessions: Vec<_> = told.iter().map(|it| &it[3]).collect();
    let prompts = sessions.len();
    sessions.sort();
    sessions.dedup();
    assert_eq!(sessions.len(), prompts, "no session was told anything twice: {told:#?}");
    until("all sessions are over", LONG, || {
        world.sessions().iter().all(|session| session["ended_at"].is_string()).then_some(())
    });
    world.qd(&["daemon", "stop"]).good();
    let mut last = Vec::new();
    until("nothing of it runs any more", LONG, || {
        let now = left(&world);
        if now != last {
            eprintln!("still there: {now:#?}");
            last.clone_from(&now);
        }
        now.is_empty().then_some(())
    });
}
