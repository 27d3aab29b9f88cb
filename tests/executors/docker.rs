//! Containers, with real podman and an image that is made here from the machine's own files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::stories;
use super::world::{World, kill_now, runs, skip, until};

const IMAGE: &str = "localhost/qd-test:1";
/// What works where control groups are of the old kind and limits may not be raised.
const OPTIONS: [&str; 2] = ["--runtime", "runc"];
const RUN_OPTIONS: [&str; 3] = ["--network=none", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];

/// A world whose containers end with it, however its story ended.
struct Engine(World);

impl std::ops::Deref for Engine {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // who would start one again ends first
        let _ = self.0.try_qd(&["daemon", "stop"]);
        for session in fs::read_dir(self.0.path("qd/state/sessions")).into_iter().flatten().flatten() {
            let name = format!("qd-task-{}", session.file_name().to_string_lossy());
            // most are gone already
            let _ = podman(&["rm", "--force", "--ignore", "--time", "0", &name]);
        }
    }
}

fn world() -> Option<Engine> {
    if let Err(why) = image() {
        skip(&format!("{why} (Debian: podman, runc, catatonit, busybox-static)"));
        return None;
    }
    let world = World::new();
    fs::create_dir_all(world.path("qd/config")).unwrap();
    fs::create_dir_all(world.path("home/.ssh")).unwrap();
    fs::write(world.path("home/.ssh/id"), "key").unwrap();
    let settings = format!(
        "[executor.docker]\nprogram = \"podman\"\noptions = {OPTIONS:?}\nrun_options = {RUN_OPTIONS:?}\nimage = \"{IMAGE}\"\nhome = \"/root\"\n"
    );
    fs::write(world.path("qd/config/config.toml"), settings).unwrap();
    Some(Engine(world))
}

/// Makes the image once: a shell, git, and the libraries that these and `qd` need.
fn image() -> Result<(), String> {
    static MADE: std::sync::OnceLock<Result<(), String>> = std::sync::OnceLock::new();
    MADE.get_or_init(make_image).clone()
}

fn make_image() -> Result<(), String> {
    podman(&["--version"])?;
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("root");
    for directory in ["bin", "etc", "tmp", "root", "proc", "dev", "sys", "usr/local/bin", "workspace"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
    fs::write(root.join("root/.gitconfig"), "[user]\nname = Inside\nemail = inside@example.invalid\n").unwrap();
    let busybox = which("busybox").ok_or("busybox is not installed")?;
    copy(&busybox, &root, "bin/busybox");
    for name in
        ["sh", "cat", "echo", "sleep", "touch", "rm", "ls", "env", "id", "mkdir", "hostname", "test", "wc", "head"]
    {
        std::os::unix::fs::symlink("busybox", root.join("bin").join(name)).unwrap();
    }
    let git = which("git").ok_or("git is not installed")?;
    copy(&git, &root, "bin/git");
    for program in [git, PathBuf::from(env!("CARGO_BIN_EXE_qd"))] {
        for library in libraries(&program) {
            let to = library.strip_prefix("/").unwrap().to_str().unwrap().to_owned();
            copy(&library, &root, &to);
        }
    }
    let tar = place.path().join("root.tar");
    let packed = Command::new("tar").args(["-C", root.to_str().unwrap(), "-cf", tar.to_str().unwrap(), "."]).status();
    packed.map_err(|error| error.to_string())?;
    podman(&["import", "--change", "CMD [\"/bin/sh\"]", tar.to_str().unwrap(), IMAGE])?;
    let trial = [&OPTIONS[..], &["run", "--rm", "--init"], &RUN_OPTIONS[..], &[IMAGE, "git", "--version"]].concat();
    podman(&trial)
}

fn podman(arguments: &[&str]) -> Result<(), String> {
    match Command::new("podman").args(arguments).output() {
        Ok(ended) if ended.status.success() => Ok(()),
        Ok(ended) => Err(format!("podman {arguments:?}: {}", String::from_utf8_lossy(&ended.stderr).trim())),
        Err(error) => Err(format!("podman cannot be started: {error}")),
    }
}

fn which(name: &str) -> Option<PathBuf> {
    let found = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(found.stdout).ok()?.trim())).filter(|path| path.is_absolute())
}

fn libraries(program: &Path) -> Vec<PathBuf> {
    let said = Command::new("ldd").arg(program).output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    said.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

fn copy(from: &Path, root: &Path, to: &str) {
    let to = root.join(to);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}

/// Whether the container of any session of this world is there.
fn containers(world: &World) -> usize {
    let all = Command::new("podman").args(["ps", "--all", "--format", "{{.Names}}"]).output().unwrap().stdout;
    let all = String::from_utf8(all).unwrap();
    let own = world.sessions();
    all.lines().filter(|name| own.iter().any(|it| *name == format!("qd-task-{}", it["id"].as_str().unwrap()))).count()
}

#[test]
fn work_lands_and_nothing_else_is_writable() {
    let Some(world) = world() else { return };
    stories::work_lands(&world, "docker");
    let project = world.repository().join("greeting.txt").display().to_string();
    let look = "id -u > seen.txt; ls / | head -20 >> seen.txt; cat ~/.ssh/id >> seen.txt; \
                (touch ~/.ssh/evil) 2>/dev/null && echo keys writable >> seen.txt; \
                (echo evil > PROJECT) 2>/dev/null && echo project writable >> seen.txt; \
                qd report progress 'hello from the container' && echo reported >> seen.txt; \
                test -e /etc/shadow && echo the host is visible >> seen.txt; pwd >> seen.txt";
    stories::task(&world, "docker", "Look", &look.replace("PROJECT", &project)).good();
    let seen = world.landed("seen.txt");
    assert!(seen.contains("key") && seen.contains("reported") && seen.contains("/workspace"), "{seen}");
    assert!(!seen.contains("writable") && !seen.contains("visible"), "{seen}");
}

#[test]
fn a_kill_ends_it() {
    let Some(world) = world() else { return };
    stories::a_kill_ends_it_with(&world, "docker", "echo up; sleep 8543 & sleep 8543", || containers(&world) > 0);
}

#[test]
fn a_killed_daemon_finds_it_again() {
    let Some(world) = world() else { return };
    stories::a_killed_daemon_finds_it_again(&world, "docker");
}

#[test]
fn a_killed_host_finds_it_again() {
    let Some(world) = world() else { return };
    let wait = "until [ -e go.txt ]; do sleep 0.1; done";
    let command = format!("echo up; {wait}; rm go.txt; echo here > patient.txt; echo done; sleep 1");
    let id = stories::start(&world, "docker", "Patient", &command);
    let session = world.running_session(id);
    stories::until_shown(&world, &session, "up");
    kill_now(&session["host_pid"]);
    until("the host is gone", stories::PATIENCE, || (!runs(&session["host_pid"])).then_some(()));
    assert_eq!(containers(&world), 1, "the container goes on");
    let worktree = PathBuf::from(world.task(id)["worktree"].as_str().unwrap());
    fs::write(worktree.join("go.txt"), "").unwrap();
    world.until_status(id, "completed", stories::PATIENCE);
    assert_eq!(world.arrivals("patient.txt"), 1);
    assert_eq!(world.sessions().len(), 1, "it was the same session all the time");
}

#[test]
fn a_crash_while_it_gets_a_new_host_loses_nothing() {
    let Some(world) = world() else { return };
    stories::a_crash_while_it_gets_a_new_host_loses_nothing(&world, "docker", |id| stories::worktree(&world, id));
    assert_eq!(containers(&world), 0, "nothing is left of it");
}

#[test]
fn a_client_that_dies_takes_nothing_along() {
    let Some(world) = world() else { return };
    stories::what_shows_it_may_die(&world, "docker", &["run"]);
}

#[test]
fn an_exit_code_outlives_everything_that_waited_for_it() {
    let Some(world) = world() else { return };
    let id = stories::start(&world, "docker", "Fail", "echo up; until [ -e go.txt ]; do sleep 0.1; done; exit 7");
    let session = world.running_session(id);
    stories::until_shown(&world, &session, "up");
    stories::kill_the_daemon(&world);
    stories::kill_the_host(&session);
    let name = format!("qd-task-{}", session["id"].as_str().unwrap());
    let directory = Command::new("podman")
        .args([
            "inspect",
            "--format",
            "{{range .Mounts}}{{if eq .Destination \"/workspace\"}}{{.Source}}{{end}}{{end}}",
            &name,
        ])
        .output()
        .unwrap();
    let worktree = PathBuf::from(String::from_utf8(directory.stdout).unwrap().trim());
    fs::write(worktree.join("go.txt"), "").unwrap();
    until("the container ended", stories::PATIENCE, || {
        let asked = Command::new("podman").args(["inspect", "--format", "{{.State.Status}}", &name]).output().unwrap();
        (String::from_utf8_lossy(&asked.stdout).trim() == "exited").then_some(())
    });
    let ended = until("its end is known", stories::PATIENCE, || {
        world.sessions().into_iter().find(|it| it["id"] == session["id"] && !it["ended_at"].is_null())
    });
    assert!(ended["exit"].as_str().unwrap().contains("exit code 7"), "{ended}");
    until("the container is cleared away", stories::PATIENCE, || (containers(&world) == 0).then_some(()));
}

/// An engine that can be made to fail: every call but one that already runs.
fn failing_engine(world: &World) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let (broken, program) = (world.path("broken"), world.path("tools/podman"));
    fs::create_dir_all(world.path("tools")).unwrap();
    let real = which("podman").unwrap();
    let text = format!(
        "#!/bin/sh\n[ -e '{}' ] && {{ echo 'Cannot connect to the engine' >&2; exit 125; }}\nexec '{}' \"$@\"\n",
        broken.display(),
        real.display()
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = world.path("qd/config/config.toml");
    let settings = fs::read_to_string(&path).unwrap();
    fs::write(&path, settings.replace("\"podman\"", &format!("\"{}\"", program.display()))).unwrap();
    broken
}

#[test]
fn an_engine_that_does_not_answer_proves_nothing() {
    let Some(world) = world() else { return };
    let broken = failing_engine(&world);
    let (id, session) = stories::start_patient(&world, "docker");
    fs::write(&broken, "").unwrap();
    stories::kill_the_host(&session);
    let unreachable = || {
        let now = world.sessions().into_iter().find(|it| it["id"] == session["id"]).unwrap();
        let why = now["evidence"].as_str().unwrap_or_default().contains("Cannot connect to the engine");
        (now["state"] == "unreachable" && why).then_some(())
    };
    until("it is said that nobody knows", stories::PATIENCE, unreachable);
    stories::kill_the_daemon(&world);
    until("the next daemon says so too", stories::PATIENCE, unreachable);
    assert_eq!((containers(&world), world.sessions().len()), (1, 1), "nothing was removed, nothing was started");
    fs::remove_file(&broken).unwrap();
    stories::until_adopted(&world, &session);
    stories::let_it_end(&world, id, &stories::worktree(&world, id));
}

#[test]
fn a_kill_that_the_engine_does_not_hear_is_done_when_it_does() {
    let Some(world) = world() else { return };
    let broken = failing_engine(&world);
    let (_, session) = stories::start_patient(&world, "docker");
    fs::write(&broken, "").unwrap();
    let id = session["id"].as_str().unwrap().to_owned();
    // answered in time or not: what counts is what it comes to
    let asked = std::thread::scope(|scope| {
        let asked = scope.spawn(|| world.qd(&["session", "kill", &id]));
        until("the client is gone", stories::PATIENCE, || (!runs(&session["pid"])).then_some(()));
        assert!(world.sessions()[0]["ended_at"].is_null(), "it is not called over while its container may run");
        fs::remove_file(&broken).unwrap();
        asked.join().unwrap()
    });
    until("it is over", stories::PATIENCE, || (!world.sessions()[0]["ended_at"].is_null()).then_some(()));
    assert_eq!(containers(&world), 0, "{asked:?}");
}

#[test]
fn an_image_that_is_not_there_is_said_before_anything_is_made() {
    let Some(world) = world() else { return };
    let settings = "[executor.docker]\nprogram = \"podman\"\nimage = \"localhost/nobody-made-this:1\"\n";
    fs::write(world.path("qd/config/config.toml"), settings).unwrap();
    let ended = world.qd(&["task", "add", "X", "--run", "true", "--executor", "docker"]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.stderr.contains("nobody-made-this") && ended.stderr.contains("glibc"), "{ended:?}");
    assert_eq!(world.qd(&["task", "list", "--json"]).good().json(), serde_json::json!([]));
}
