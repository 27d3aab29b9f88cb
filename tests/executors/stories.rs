//! What every place must be able to do.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::world::{Ended, World, kill_now, runs, until};

/// Long enough for a container to start on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A `sleep` that no other program of this machine runs, and whether one of it is there.
pub struct Sleep(String);

impl Sleep {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // the fraction tells it from those of other runs
        Self(format!("sleep 6543.{}{count:04}", std::process::id()))
    }

    /// The command.
    pub fn command(&self) -> &str {
        &self.0
    }

    /// Whether it runs anywhere.
    pub fn runs(&self) -> bool {
        let all = Command::new("ps").args(["axww", "-o", "args"]).output().unwrap();
        String::from_utf8_lossy(&all.stdout).lines().any(|line| line.trim() == self.0)
    }
}

/// A shell task in a place; waits for its end.
pub fn task(world: &World, place: &str, title: &str, command: &str) -> Ended {
    let line = ["task", "add", title, "--run", command, "--executor", place];
    let rest = ["--agent", "shell", "--autonomy", "full", "--wait", "--json"];
    world.qd(&line.iter().chain(&rest).copied().collect::<Vec<_>>())
}

/// The same, without waiting: its number.
pub fn start(world: &World, place: &str, title: &str, command: &str) -> u64 {
    let line = ["task", "add", title, "--run", command, "--executor", place];
    let rest = ["--agent", "shell", "--autonomy", "full", "--json"];
    let added = world.qd(&line.iter().chain(&rest).copied().collect::<Vec<_>>()).good().json();
    added["id"].as_u64().unwrap()
}

/// What a session shows.
pub fn screen(world: &World, session: &serde_json::Value) -> String {
    world.qd(&["session", "capture", session["id"].as_str().unwrap()]).stdout
}

/// Waits until a session shows something.
pub fn until_shown(world: &World, session: &serde_json::Value, text: &str) {
    until(&format!("the pane shows `{text}`"), PATIENCE, || screen(world, session).contains(text).then_some(()));
}

/// A file is edited and committed there, another one is left uncommitted, and both land.
pub fn work_lands(world: &World, place: &str) {
    let command = "echo good evening > greeting.txt && git add -A && git commit -q -m 'Say it' && echo x > left.txt";
    let ended = task(world, place, "Greet", command).good().json();
    assert_eq!((&ended["status"], &ended["executor"]), (&"completed".into(), &place.into()), "{ended}");
    assert_eq!(world.landed("greeting.txt"), "good evening\n");
    assert_eq!(world.landed("left.txt"), "x\n");
    assert!(world.git(&["log", "--format=%s", "main"]).contains("Say it"), "its own commit is in the history");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.git(&["fsck", "--full", "--strict"]);
}

/// A session that is killed is over, with everything it started.
pub fn a_kill_ends_it(world: &World, place: &str) {
    let sleep = Sleep::new();
    let command = format!("echo up; {0} & {0}", sleep.command());
    a_kill_ends_it_with(world, place, &command, || sleep.runs());
}

/// The same with a command of the story's own.
pub fn a_kill_ends_it_with(world: &World, place: &str, command: &str, still_there: impl Fn() -> bool) {
    let id = start(world, place, "Endless", command);
    let session = world.running_session(id);
    until_shown(world, &session, "up");
    // what was said before the program began
    until("the story can see it", PATIENCE, || still_there().then_some(()));
    world.qd(&["session", "kill", session["id"].as_str().unwrap()]).good();
    until("the session is over", PATIENCE, || {
        world.sessions().into_iter().find(|it| it["id"] == session["id"] && !it["ended_at"].is_null())
    });
    until("nothing of it is left", PATIENCE, || (!still_there() && !runs(&session["pid"])).then_some(()));
}

/// The daemon is killed while the agent works; the next one finds the session, and the work lands once.
pub fn a_killed_daemon_finds_it_again(world: &World, place: &str) {
    let wait = "until [ -e go.txt ]; do sleep 0.1; done";
    let id = start(world, place, "Patient", &format!("echo up; {wait}; rm go.txt; echo here > patient.txt"));
    let session = world.running_session(id);
    until_shown(world, &session, "up");
    let status = world.qd(&["daemon", "status", "--json"]).good().json();
    kill_now(&status["pid"]);
    until("the daemon is gone", PATIENCE, || (!runs(&status["pid"])).then_some(()));
    let found = world.running_session(id);
    assert_eq!((&found["id"], &found["pid"]), (&session["id"], &session["pid"]), "the same one goes on");
    assert!(screen(world, &found).contains("up"));
    let worktree = world.task(id)["worktree"].as_str().unwrap().to_owned();
    std::fs::write(std::path::Path::new(&worktree).join("go.txt"), "").unwrap();
    world.until_status(id, "completed", PATIENCE);
    assert_eq!(world.landed("patient.txt"), "here\n");
    assert_eq!(world.arrivals("patient.txt"), 1);
}

/// What a patient task does: says that it began, waits for `go.txt`, leaves a file.
const PATIENT: &str = "echo begun >> begun.txt; echo up; until [ -e go.txt ]; do sleep 0.1; done; rm go.txt; \
                       echo here > patient.txt; echo done";

/// Starts one and waits until it is up.
pub fn start_patient(world: &World, place: &str) -> (u64, serde_json::Value) {
    let id = start(world, place, "Patient", PATIENT);
    let session = world.running_session(id);
    until_shown(world, &session, "up");
    (id, session)
}

/// Lets it go on in its worktree: it began once, it ended once, in one session.
pub fn let_it_end(world: &World, id: u64, worktree: &std::path::Path) {
    std::fs::write(worktree.join("go.txt"), "").unwrap();
    world.until_status(id, "completed", PATIENCE);
    assert_eq!((world.landed("begun.txt"), world.landed("patient.txt")), ("begun\n".to_owned(), "here\n".to_owned()));
    assert_eq!(world.sessions().len(), 1, "it was the same session all the time");
}

/// The worktree of a task.
pub fn worktree(world: &World, id: u64) -> std::path::PathBuf {
    world.task(id)["worktree"].as_str().unwrap().into()
}

/// Kills the daemon and waits until it is gone.
pub fn kill_the_daemon(world: &World) {
    let status = world.qd(&["daemon", "status", "--json"]).good().json();
    kill_now(&status["pid"]);
    until("the daemon is gone", PATIENCE, || (!runs(&status["pid"])).then_some(()));
}

/// Kills the host of a session and waits until it is gone.
pub fn kill_the_host(session: &serde_json::Value) {
    kill_now(&session["host_pid"]);
    until("the host is gone", PATIENCE, || (!runs(&session["host_pid"])).then_some(()));
}

/// Waits until a session has another host than before, which runs.
pub fn until_adopted(world: &World, before: &serde_json::Value) -> serde_json::Value {
    until("another host has the session", PATIENCE, || {
        let now = world.sessions().into_iter().find(|it| it["id"] == before["id"])?;
        (now["host_pid"] != before["host_pid"] && runs(&now["host_pid"]) && now["state"] != "unreachable")
            .then_some(now)
    })
}

/// Everything dies when a new host is about to take the place of one that was lost: the session is found again.
pub fn a_crash_while_it_gets_a_new_host_loses_nothing(
    world: &World,
    place: &str,
    worktree: impl Fn(u64) -> std::path::PathBuf,
) {
    let (id, session) = start_patient(world, place);
    kill_the_daemon(world);
    kill_the_host(&session);
    let directory = world.path("qd/state/sessions").join(session["id"].as_str().unwrap());
    std::fs::rename(directory.join("host.json"), directory.join("host-before.json")).unwrap();
    until_adopted(world, &session);
    let_it_end(world, id, &worktree(id));
}

/// The numbers of the programs below a process whose command line has these words.
pub fn below(pid: &serde_json::Value, words: &[&str]) -> Vec<u32> {
    let pid = u32::try_from(pid.as_u64().unwrap()).unwrap();
    let has = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line: Vec<String> =
            line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into()).collect();
        words.iter().all(|word| line.iter().any(|other| other == word))
    };
    quarterdeck::process::descendants(pid).into_iter().filter(has).collect()
}

/// Kills what shows a session to its host: first the client of the program that knows it, then what started that.
/// Both times the session goes on.
pub fn what_shows_it_may_die(world: &World, place: &str, client: &[&str]) {
    let (id, session) = start_patient(world, place);
    let clients =
        until("its client runs", PATIENCE, || Some(below(&session["pid"], client)).filter(|it| !it.is_empty()));
    for pid in &clients {
        kill_now(&(*pid).into());
    }
    until("another client shows it", PATIENCE, || {
        let now = below(&session["pid"], &[]);
        now.iter().any(|pid| !clients.contains(pid)).then_some(())
    });
    assert!(runs(&session["pid"]) && runs(&session["host_pid"]), "its host and what stands for it there go on");
    kill_now(&session["pid"]);
    until_adopted(world, &session);
    let_it_end(world, id, &worktree(world, id));
}
