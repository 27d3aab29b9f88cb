//! A daemon that answers what a test tells it to, on a socket where `qd` looks for one; and views to
//! answer with.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use quarterdeck::config::{Environment, Paths};
use quarterdeck::model::*;
use quarterdeck::protocol::control::*;
use quarterdeck::protocol::*;

/// A temporary `QD_HOME`.
pub struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn paths(&self) -> Paths {
        let environment = Environment { qd_home: Some(self.path().to_owned()), ..Environment::default() };
        Paths::new(&environment).unwrap()
    }

    /// Runs `qd` with this home, outside every session, and waits for its end.
    pub fn qd(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.args(arguments).env("QD_HOME", self.path()).current_dir(self.path()).stdin(Stdio::null());
        for name in ["QD_SESSION", "QD_SESSION_SOCKET", "NO_COLOR", "XDG_RUNTIME_DIR"] {
            command.env_remove(name);
        }
        command
    }
}

type Answers = Arc<dyn Fn(&Request) -> Result<Response, Failure> + Send + Sync>;

/// The daemon, and what it was asked.
pub struct Fake {
    pub asked: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    /// Listens where the daemon of this home would.
    pub fn start(home: &Home, answers: impl Fn(&Request) -> Result<Response, Failure> + Send + Sync + 'static) -> Self {
        Self::at(&home.paths().control_socket(), answers)
    }

    /// Listens on a socket of the test's choice. The threads end with the test's process.
    pub fn at(socket: &Path, answers: impl Fn(&Request) -> Result<Response, Failure> + Send + Sync + 'static) -> Self {
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, seen): (Answers, _) = (Arc::new(answers), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &answers, &seen));
            }
        });
        Self { asked }
    }

    /// Every request but the greetings.
    pub fn requests(&self) -> Vec<Request> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|request| !matches!(request, Request::Hello { .. })).cloned().collect()
    }
}

fn serve(stream: UnixStream, answers: &Answers, asked: &Mutex<Vec<Request>>) {
    let mut to = stream.try_clone().unwrap();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let call: Call = serde_json::from_str(&line).unwrap();
        asked.lock().unwrap().push(call.request.clone());
        let outcome = match &call.request {
            Request::Hello { .. } => Ok(hello(VERSION)),
            request => answers(request),
        };
        let mut line = serde_json::to_string(&Frame::Reply { id: call.id, outcome }).unwrap();
        line.push('\n');
        if to.write_all(line.as_bytes()).is_err() || matches!(call.request, Request::Shutdown) {
            return;
        }
    }
}

pub fn hello(version: u32) -> Response {
    Response::Hello { version, program: "9.9.9".to_owned(), pid: 1 }
}

pub fn refusal(kind: Kind, message: &str, hint: &str) -> Failure {
    Failure { kind, message: message.to_owned(), hint: Some(hint.to_owned()) }
}

pub fn task(id: u64, title: &str, status: TaskStatus) -> TaskView {
    TaskView {
        id: TaskId(id),
        project: ProjectId(1),
        plan: Some(PlanId(4)),
        title: title.to_owned(),
        body: title.to_owned(),
        task_type: TaskType::Bug,
        complexity: Complexity::Simple,
        confidence: 0.5,
        status,
        reason: None,
        needs: None,
        waits_for: None,
        agent: "claude".to_owned(),
        model: None,
        route: None,
        forecast: Default::default(),
        run: None,
        role: None,
        autonomy: Autonomy::Confirm,
        executor: Default::default(),
        mode: SessionMode::Interactive,
        worker: None,
        branch: format!("qd/{}", slug(title)),
        worktree: None,
        base: None,
        session: None,
        priority: quarterdeck::model::Priority::Normal,
        waits_on: None,
        depends: vec![],
        attempts: 0,
        summary: None,
        checks: vec![],
        created_at: "2026-01-02T03:04:05.000Z".to_owned(),
        updated_at: "2026-01-02T03:04:05.000Z".to_owned(),
        started_at: None,
        completed_at: None,
        commit: None,
        usage: None,
    }
}

pub fn session(id: &str, socket: PathBuf) -> SessionView {
    SessionView {
        id: SessionId::parse(id).unwrap(),
        project: ProjectId(1),
        task: Some(TaskId(7)),
        worker: WorkerNumber(2),
        agent: "claude".to_owned(),
        executor: Default::default(),
        mode: SessionMode::Interactive,
        pid: Some(4001),
        host_pid: Some(4000),
        state: SessionState::Working,
        state_source: StateSource::Hook,
        evidence: "a prompt was submitted".to_owned(),
        state_at: Timestamp(0),
        conversation: None,
        parked: false,
        over_budget: false,
        warnings: Vec::new(),
        created_at: "2026-01-02T03:04:05.000Z".to_owned(),
        started_at: None,
        ended_at: None,
        exit: None,
        socket,
        usage: None,
        back_at: None,
    }
}

pub fn project() -> ProjectView {
    ProjectView {
        id: ProjectId(1),
        name: "inkwell".to_owned(),
        root: PathBuf::from("/src/inkwell"),
        target: "main".to_owned(),
        autonomy: Autonomy::Confirm,
        now: Timestamp(0),
        workers: vec![WorkerView {
            number: WorkerNumber(2),
            name: None,
            session: None,
            task: None,
            title: None,
            agent: None,
            state: None,
            needs: None,
            failures: 0,
            offline: None,
            warnings: Vec::new(),
        }],
        tasks: vec![],
        sessions: vec![],
        approvals: vec![],
        plans: vec![],
        handoffs: vec![],
        chat: vec![],
        last: None,
        today: Default::default(),
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}
