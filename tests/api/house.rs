//! A throw-away home and repository with a daemon in this process. Everything ends with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use quarterdeck::client::Client;
use quarterdeck::config::{Environment, Paths, PlannerBackend, PlannerSettings, Settings};
use quarterdeck::daemon::{self, ServeOptions};
use quarterdeck::model::{ProjectId, TaskStatus};
use quarterdeck::protocol::control::{AddOptions, Failure, Request, Response};
use quarterdeck::protocol::{ProjectView, TaskView};

/// How long any single thing may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub struct House {
    pub root: tempfile::TempDir,
    pub client: Client,
    pub paths: Paths,
}

/// No model is asked here, whatever is installed.
fn rules() -> PlannerSettings {
    PlannerSettings { backend: PlannerBackend::Rules, ..PlannerSettings::default() }
}

impl House {
    pub async fn new() -> Self {
        Self::with(Settings { planner: rules(), ..Settings::default() }).await
    }

    /// A daemon with these settings.
    pub async fn with(settings: Settings) -> Self {
        let root = tempfile::Builder::new().prefix("qd").tempdir_in("/tmp").unwrap();
        repository(&root.path().join("shop"));
        Self::open(root, settings).await
    }

    async fn open(root: tempfile::TempDir, settings: Settings) -> Self {
        let environment = Environment {
            qd_home: Some(root.path().join("h")),
            xdg_runtime_dir: None,
            uid: nix::unistd::getuid().as_raw(),
        };
        let paths = Paths::new(&environment).unwrap();
        let options = ServeOptions { paths: paths.clone(), settings, qd: PathBuf::from(env!("CARGO_BIN_EXE_qd")) };
        let stream = daemon::in_process(options).await.unwrap();
        Self { root, client: Client::over(stream), paths }
    }

    /// Ends the daemon as a person would and starts another on the same home.
    pub async fn restart(self) -> Self {
        self.restart_with(Settings { planner: rules(), ..Settings::default() }).await
    }

    /// The same, with other settings.
    pub async fn restart_with(self, settings: Settings) -> Self {
        let Self { root, client, paths } = self;
        client.call(Request::Shutdown).await.unwrap();
        client.closed().await;
        drop(client);
        for _ in 0..600 {
            if !paths.control_socket().exists() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self::open(root, settings).await
    }

    pub fn repository(&self) -> PathBuf {
        self.root.path().join("shop")
    }

    pub async fn call(&self, request: Request) -> Result<Response, Failure> {
        match tokio::time::timeout(PATIENCE, self.client.call(request)).await.expect("an answer in time") {
            Ok(response) => Ok(response),
            Err(error) => Err(Failure::of(&error)),
        }
    }

    pub async fn project(&self) -> ProjectView {
        match self.call(Request::OpenProject { path: self.repository() }).await.unwrap() {
            Response::Project(view) => *view,
            other => panic!("not a project: {other:?}"),
        }
    }

    pub async fn add(&self, project: ProjectId, text: &str, options: AddOptions) -> Vec<TaskView> {
        match self.call(Request::Add { project, text: text.to_owned(), options: Box::new(options) }).await.unwrap() {
            Response::Tasks(tasks) => tasks,
            other => panic!("not tasks: {other:?}"),
        }
    }

    pub async fn wait(&self, tasks: &[TaskView]) -> Vec<TaskView> {
        match self.call(Request::WaitTasks { tasks: tasks.iter().map(|task| task.id).collect() }).await.unwrap() {
            Response::Tasks(tasks) => tasks,
            other => panic!("not tasks: {other:?}"),
        }
    }

    /// Waits until a task is in a status.
    pub async fn until(&self, task: &TaskView, status: TaskStatus) -> TaskView {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let Response::Task(view) = self.call(Request::Task { task: task.id }).await.unwrap() else { panic!() };
            if view.status == status {
                return *view;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "#{} is {} ({:?}), not {status}",
                view.id,
                view.status,
                view.reason
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Git with nothing of the machine's own configuration.
pub fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn repository(path: &Path) {
    std::fs::create_dir_all(path).unwrap();
    git(path, &["init", "-q"]);
    git(path, &["config", "user.name", "Ada"]);
    git(path, &["config", "user.email", "ada@example.org"]);
    std::fs::write(path.join("list.txt"), "one\ntwo\nthree\n").unwrap();
    git(path, &["add", "."]);
    git(path, &["commit", "-qm", "start"]);
}
