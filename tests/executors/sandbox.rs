//! The fence of the operating system.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::stories::{self, screen, task};
use super::world::{World, skip, until};

fn world() -> Option<World> {
    let base = ["--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--dev", "/dev", "true"];
    match Command::new("bwrap").args(base).output() {
        Ok(ended) if ended.status.success() => Some(World::new()),
        Ok(ended) => {
            skip(&format!("bubblewrap makes no fence here: {}", String::from_utf8_lossy(&ended.stderr).trim()));
            None
        }
        Err(error) => {
            skip(&format!("bubblewrap is not installed ({error}; Debian: bubblewrap)"));
            None
        }
    }
}

fn settings(world: &World, text: &str) {
    fs::create_dir_all(world.path("qd/config")).unwrap();
    fs::write(world.path("qd/config/config.toml"), text).unwrap();
}

#[test]
fn work_lands() {
    let Some(world) = world() else { return };
    stories::work_lands(&world, "sandbox");
    let shown = |id: &serde_json::Value| world.qd(&["session", "show", id.as_str().unwrap()]).good().stdout;
    let fence = |text: String| text.lines().find(|line| line.starts_with("fence")).map(str::to_owned).unwrap_or(text);
    let fenced = fence(shown(&world.sessions()[0]["id"]));
    assert!(fenced.contains("sandbox: it may write to its worktree"), "{fenced}");
    task(&world, "local", "Free", "true").good();
    let free = fence(shown(&world.sessions().last().unwrap()["id"]));
    assert!(free.contains("none: `local` was asked for"), "{free}");
    let left = world.repository().join(".git/quarterdeck/private");
    assert_eq!(fs::read_dir(left).map_or(0, Iterator::count), 0, "its git directory went with the worktree");
}

#[test]
fn a_kill_ends_it() {
    let Some(world) = world() else { return };
    stories::a_kill_ends_it(&world, "sandbox");
}

#[test]
fn a_killed_daemon_finds_it_again() {
    let Some(world) = world() else { return };
    stories::a_killed_daemon_finds_it_again(&world, "sandbox");
}

/// Everything that must not work, tried from inside; each line of the result is `name=exit code`.
const BREAKOUT: &str = r#"
try() { name=$1; shift; ( "$@" ) >/dev/null 2>err.txt; echo "$name=$?" >> tried.txt; cat err.txt; rm -f err.txt; }
try checkout sh -c 'echo evil > "$PROJECT/greeting.txt"'
try refs sh -c 'echo evil > "$PROJECT/.git/refs/heads/main"'
try config sh -c 'echo evil >> "$PROJECT/.git/config"'
try objects sh -c 'echo evil > "$PROJECT/.git/objects/evil"'
try home sh -c 'echo evil > "$HOME/evil"'
try dotgit sh -c 'echo evil > .git'
try alternates sh -c 'echo evil > "$(git rev-parse --git-dir)/objects/info/alternates"'
try remount mount -o remount,rw /
try etc touch /etc/evil
try ls_runtime sh -c 'ls "$RUNTIME"/s/*.sock'
try ls_sessions sh -c 'ls "$STATE"/sessions/*'
try database cat "$DATA/qd.sqlite3"
try control qd task list
try signal kill -0 "$OUTSIDE"
try git_works git status
try tmp touch /tmp/mine
try report qd report progress "hello from inside"
"#;

#[test]
fn writing_outside_is_refused_and_the_reason_is_shown() {
    let Some(mut world) = world() else { return };
    let path = |name: &str| world.path(name).display().to_string();
    let variables = [
        ("PROJECT", world.repository().display().to_string()),
        ("RUNTIME", path("qd/run")),
        ("STATE", path("qd/state")),
        ("DATA", path("qd/data")),
        ("OUTSIDE", std::process::id().to_string()),
    ];
    world.environment = variables.map(|(key, value)| (key.to_owned(), value)).to_vec();
    let outside = stories::start(&world, "local", "Neighbour", "sleep 60");
    world.running_session(outside);
    let ended = task(&world, "sandbox", "Break out", BREAKOUT).good().json();
    let tried = world.landed("tried.txt");
    for line in tried.lines() {
        let works = ["git_works=0", "tmp=0", "report=0"].contains(&line);
        assert!(works || !line.ends_with("=0"), "{line}\n{tried}");
    }
    assert_eq!(tried.lines().count(), 17, "{tried}");
    assert_eq!(fs::read_to_string(world.repository().join("greeting.txt")).unwrap(), "hello\n");
    assert!(!world.path("home/evil").exists());
    world.git(&["fsck"]);
    let id = ended["id"].to_string();
    let log = world.qd(&["task", "log", &id]).stdout + &world.qd(&["log", "--task", &id]).stdout;
    let noted = until("the refusal and the report are in the activity log", stories::PATIENCE, || {
        let store = fs::read(world.path("qd/data/qd.sqlite3-wal")).unwrap_or_default();
        let text = String::from_utf8_lossy(&store).into_owned() + &log;
        (text.contains("the fence refused something") && text.contains("hello from inside")).then_some(text)
    });
    assert!(noted.contains("it may write to its worktree"));
}

#[test]
fn without_a_network_there_is_none() {
    let Some(world) = world() else { return };
    settings(&world, "[executor]\ndefault = \"sandbox\"\n[executor.sandbox]\nnetwork = \"none\"\n");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let command = format!(
        "(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo open > net.txt || echo closed > net.txt; \
         ls /sys/class/net >> net.txt; cat /proc/net/dev | tail -n +3 | wc -l >> net.txt"
    );
    let ended = world.shell_task("Call home", &format!("bash -c '{command}'")).good().json();
    assert_eq!(ended["executor"], "sandbox", "the configured default counts: {ended}");
    let net = world.landed("net.txt");
    assert!(net.starts_with("closed\n") && net.ends_with("1\n"), "{net}");
}

#[test]
fn what_is_configured_may_be_written_and_what_is_hidden_is_not_there() {
    let Some(world) = world() else { return };
    for directory in ["home/cache", "home/secrets"] {
        fs::create_dir_all(world.path(directory)).unwrap();
    }
    fs::write(world.path("home/secrets/key"), "k").unwrap();
    fs::write(world.path("home/token"), "t").unwrap();
    settings(&world, "[executor.sandbox]\nwritable = [\"~/cache\"]\nhidden = [\"~/secrets\", \"~/token\"]\n");
    let command = "echo x > ~/cache/x; (cat ~/secrets/key ~/token; true) > seen.txt 2>/dev/null; echo end >> seen.txt";
    task(&world, "sandbox", "Look around", command).good();
    assert_eq!(fs::read_to_string(world.path("home/cache/x")).unwrap(), "x\n");
    assert_eq!(world.landed("seen.txt"), "end\n");
}

#[test]
fn an_interrupt_reaches_the_agent_and_not_the_fence() {
    let Some(world) = world() else { return };
    let command = "trap 'echo caught > caught.txt; exit 0' INT; echo up; while :; do sleep 0.1; done";
    let id = stories::start(&world, "sandbox", "Trap", command);
    let session = world.running_session(id);
    stories::until_shown(&world, &session, "up");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(session["pid"].as_u64().unwrap()).unwrap());
    nix::sys::signal::killpg(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    world.until_status(id, "completed", stories::PATIENCE);
    assert_eq!(world.landed("caught.txt"), "caught\n", "{}", screen(&world, &session));
}

#[test]
fn checks_run_behind_the_fence_too() {
    let Some(world) = world() else { return };
    world.write(
        "Makefile",
        "test:\n\ttouch \"$$HOME/by-a-check\" 2>/dev/null; git status >/dev/null && test -e made.txt\n",
    );
    world.commit("Checks");
    let ended = task(&world, "sandbox", "Make", "echo x > made.txt").good().json();
    assert_eq!(ended["checks"][0]["exit_code"], 0, "{ended}");
    assert!(!world.path("home/by-a-check").exists());
}

#[test]
fn what_the_agent_moves_aside_leads_nobody_away() {
    let Some(world) = world() else { return };
    // the file cannot be written, but the directory that it is in can be moved; a check then makes its own fence
    let command = "echo x > made.txt; cd \"$(git rev-parse --git-dir)/objects\" && mv info moved && mkdir info && \
                   echo /tmp > info/alternates";
    world.write("Makefile", "test:\n\tgit log --oneline -1 >/dev/null && test -e made.txt\n");
    world.commit("Checks");
    let ended = task(&world, "sandbox", "Move", command).good().json();
    assert_eq!(ended["checks"][0]["exit_code"], 0, "the project's objects are still there: {ended}");
}

#[test]
fn a_committed_link_leads_no_copy_away() {
    let world = World::new();
    let outside = world.path("outside");
    fs::create_dir_all(&outside).unwrap();
    fs::create_dir_all(world.repository().join("deep")).unwrap();
    world.write(".gitignore", ".env\ndeep\n");
    world.write(".env", "TOKEN=1\n");
    world.write(".quarterdeck.toml", "copy = [\".env\", \"deep/env\"]\n");
    world.commit("Settings");
    // a branch of somebody's has a link where the checkout has a directory
    world.git(&["checkout", "--quiet", "-b", "aside"]);
    fs::remove_dir(world.repository().join("deep")).unwrap();
    std::os::unix::fs::symlink(&outside, world.repository().join("deep")).unwrap();
    world.git(&["add", "--force", "deep"]);
    world.git(&["commit", "--quiet", "--message", "A link"]);
    world.git(&["update-ref", "refs/heads/main", "aside"]);
    world.git(&["rm", "--quiet", "--cached", "deep"]);
    fs::remove_file(world.repository().join("deep")).unwrap();
    fs::create_dir_all(world.repository().join("deep")).unwrap();
    world.write("deep/env", "SECRET=1\n");
    world.start_shell_task("Look", "cat .env; sleep 30");
    let session = world.running_session(1);
    stories::until_shown(&world, &session, "TOKEN=1");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0, "nothing was written through the link");
}

/// Whether overlays can be made here.
fn copies(world: &World) -> bool {
    let doctor = world.qd(&["doctor", "--json"]).json();
    let fence = doctor.as_array().unwrap().iter().find(|it| it["what"] == "sandbox").cloned().unwrap();
    let can = fence["detail"].as_str().unwrap().contains("is kept aside");
    if !can {
        skip(&format!("no overlays here: {fence}"));
    }
    can
}

#[test]
fn caches_can_be_written_to_and_stay_as_they_were() {
    let Some(world) = world() else { return };
    if !copies(&world) {
        return;
    }
    let registry = world.path("home/.cargo/registry");
    fs::create_dir_all(&registry).unwrap();
    fs::write(registry.join("crate"), "good\n").unwrap();
    world.write(
        "Makefile",
        "test:\n\tgrep -q good $(HOME)/.cargo/registry/crate\n\techo fetched >> $(HOME)/.cargo/registry/more\n\
         \tgrep -q fetched $(HOME)/.cargo/registry/more && test -e made.txt && test -n \"$$npm_config_cache\"\n\
         \t! mount -t tmpfs none /mnt\n",
    );
    world.commit("Checks");
    let command = "echo evil > ~/.cargo/registry/crate; cat ~/.cargo/registry/crate > made.txt; \
                   (echo x > ~/elsewhere) 2>/dev/null && echo home >> made.txt; \
                   ls -d \"$STATE\"/fence/*/*/*/up 2>/dev/null >> made.txt; true";
    let command = command.replace("$STATE", &world.path("qd/state").display().to_string());
    let ended = task(&world, "sandbox", "Fetch", &command).good().json();
    assert_eq!(ended["checks"][0]["exit_code"], 0, "{ended}");
    assert_eq!(world.landed("made.txt"), "evil\n", "it saw its own copy, and not where that is");
    assert_eq!(fs::read_to_string(registry.join("crate")).unwrap(), "good\n");
    assert_eq!(fs::read_dir(&registry).unwrap().count(), 1);
    until("what was kept aside goes with the task", stories::PATIENCE, || {
        fs::read_dir(world.path("qd/state/fence")).map_or(0, Iterator::count).eq(&0).then_some(())
    });
}

/// An agent of the person's own that writes a file and ends, headless or not.
fn robot(world: &World) {
    let program = world.path("robot.sh");
    let script =
        "#!/bin/sh\necho x > robot.txt\n(echo x > ~/robot-was-here) 2>/dev/null\necho state > ~/.robot/state\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let text = format!(
        "name = \"robot\"\ntitle = \"Robot\"\ncommand = \"{}\"\nstate = [\"~/.robot/\"]\nfence = true\nprompt = \"argument\"\n\
         [arguments]\ninteractive = [\"{{prompt}}\"]\nautonomous = [\"{{prompt}}\"]\n[screen]\nready = [\"^> \"]\n",
        program.display()
    );
    fs::create_dir_all(world.path("qd/config/agents")).unwrap();
    fs::write(world.path("qd/config/agents/robot.toml"), text).unwrap();
}

#[test]
fn headless_agents_run_behind_it_when_nothing_is_said() {
    let Some(world) = world() else { return };
    if !copies(&world) {
        return;
    }
    robot(&world);
    let add = ["task", "add", "Robot", "--agent", "robot", "--autonomy", "full", "--wait", "--json"];
    let ended = world.qd(&add).json();
    assert_eq!(ended["executor"], "sandbox", "{ended}");
    until("it ran", stories::PATIENCE, || world.path("home/.robot/state").exists().then_some(()));
    assert!(!world.path("home/robot-was-here").exists());
    // what a person types runs as they do
    assert_eq!(world.shell_task("Own", "echo x > own.txt").good().json()["executor"], "local");
}

#[test]
fn where_checks_would_fail_nothing_is_fenced_unless_asked() {
    let Some(mut world) = world() else { return };
    // no way to give up the right that overlays need
    let tools = world.path("tools");
    fs::create_dir_all(&tools).unwrap();
    fs::write(tools.join("setpriv"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(tools.join("setpriv"), fs::Permissions::from_mode(0o755)).unwrap();
    world.path_first.push(tools);
    robot(&world);
    let add = ["task", "add", "Robot", "--agent", "robot", "--autonomy", "full", "--wait", "--json"];
    assert_eq!(world.qd(&add).json()["executor"], "local");
    let session = world.sessions().remove(0);
    let warned = session["warnings"].to_string();
    assert!(warned.contains("NO FENCE"), "{session}");
    world.qd(&["daemon", "stop"]);
    settings(&world, "[executor]\ndefault = \"auto\"\n");
    assert_eq!(world.qd(&add).json()["executor"], "sandbox");
}

#[test]
fn a_fence_that_cannot_be_made_is_said_before_anything_is_made() {
    let mut world = World::new();
    let tools = world.path("tools");
    fs::create_dir_all(&tools).unwrap();
    let refuses = "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n";
    fs::write(tools.join("bwrap"), refuses).unwrap();
    fs::set_permissions(tools.join("bwrap"), fs::Permissions::from_mode(0o755)).unwrap();
    world.path_first.push(tools);
    let line = ["task", "add", "X", "--run", "true", "--agent", "shell", "--autonomy", "full", "--executor", "sandbox"];
    let ended = world.qd(&line);
    assert_ne!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("uid map") && ended.stderr.contains("user namespaces"), "{ended:?}");
    assert_eq!(world.qd(&["task", "list", "--json"]).good().json(), serde_json::json!([]));
    assert!(!world.repository().join(".git/quarterdeck/private").exists());
    let bad = world.qd(&["task", "add", "X", "--executor", "moon"]);
    assert!(bad.stderr.contains("local, sandbox, docker, tmux and ssh"), "{bad:?}");
    let doctor = world.qd(&["doctor", "--json"]).json();
    let of = |what: &str| doctor.as_array().unwrap().iter().find(|it| it["what"] == what).cloned().unwrap();
    assert!(of("sandbox")["detail"].as_str().unwrap().contains("uid map"), "{doctor}");
}

#[test]
fn a_project_may_not_take_the_fence_away() {
    let Some(world) = world() else { return };
    settings(&world, "[executor]\ndefault = \"sandbox\"\n");
    world.write(".quarterdeck.toml", "[executor]\ndefault = \"local\"\n");
    world.commit("Loosen");
    let ended = world.shell_task("Escape", "touch ~/escaped; echo x > x.txt").good().json();
    assert_eq!(ended["executor"], "sandbox", "{ended}");
    assert!(!world.path("home/escaped").exists());
}

#[test]
fn a_project_may_ask_for_the_fence() {
    let Some(world) = world() else { return };
    world.write(".quarterdeck.toml", "[executor]\ndefault = \"sandbox\"\n");
    world.commit("Fence");
    assert_eq!(world.shell_task("Stay in", "echo x > x.txt").good().json()["executor"], "sandbox");
}
