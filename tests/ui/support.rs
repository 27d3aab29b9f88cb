//! A project to look at, a cockpit to type into, and screens as text.

use std::path::PathBuf;

use quarterdeck::config::Settings;
use quarterdeck::config::keymap::Keymap;
use quarterdeck::config::theme::{Depth, Theme};
use quarterdeck::model::{
    ApprovalId, Autonomy, ChatLine, Complexity, Dialog, DialogKind, PlanId, PlanStatus, ProjectId, Route, RoutedBy,
    SessionId, SessionMode, SessionState, Speaker, StateSource, Subject, TaskId, TaskStatus, TaskType, Timestamp,
    WorkerNumber, slug,
};
use quarterdeck::protocol::pane::{Colour, FromHost, Look, Modes, Row, Run, ScreenUpdate, look};
use quarterdeck::protocol::{ApprovalView, LogLine, PlanView, ProjectView, SessionView, TaskView, WorkerView};
use quarterdeck::tui::message::{Cmd, Mouse, MouseKind, Msg};
use quarterdeck::tui::state::{Abilities, State};
use quarterdeck::tui::{Skin, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// When everything happens.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub fn session_id(n: u8) -> SessionId {
    SessionId::parse(&format!("00000000-0000-4000-8000-0000000000{n:02}")).unwrap()
}

fn ago(minutes: i64) -> Timestamp {
    Timestamp(NOW.0 - minutes * 60_000)
}

pub fn task(id: u64, title: &str, status: TaskStatus, worker: Option<u16>) -> TaskView {
    TaskView {
        id: TaskId(id),
        project: ProjectId(1),
        plan: Some(PlanId(1)),
        title: title.to_owned(),
        body: title.to_owned(),
        task_type: TaskType::Feature,
        complexity: Complexity::Medium,
        confidence: 0.8,
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
        worker: worker.map(WorkerNumber),
        branch: format!("feat/{}-{id:06}", slug(title)),
        worktree: None,
        base: None,
        session: worker.map(|n| session_id(u8::try_from(n).unwrap())),
        priority: quarterdeck::model::Priority::Normal,
        waits_on: None,
        depends: vec![],
        attempts: 1,
        summary: None,
        checks: vec![],
        created_at: NOW.rfc3339(),
        updated_at: NOW.rfc3339(),
        started_at: None,
        completed_at: None,
        commit: None,
        usage: None,
    }
}

fn session(n: u8, agent: &str, state: SessionState, minutes: i64) -> SessionView {
    SessionView {
        id: session_id(n),
        project: ProjectId(1),
        task: Some(TaskId(u64::from(n))),
        worker: WorkerNumber(u16::from(n)),
        agent: agent.to_owned(),
        executor: Default::default(),
        mode: SessionMode::Interactive,
        pid: Some(100),
        host_pid: Some(99),
        state,
        state_source: StateSource::Hook,
        evidence: "hook".to_owned(),
        state_at: ago(minutes),
        conversation: None,
        parked: false,
        over_budget: false,
        warnings: Vec::new(),
        created_at: NOW.rfc3339(),
        started_at: Some(NOW.rfc3339()),
        ended_at: None,
        exit: None,
        socket: PathBuf::from(format!("/run/s/{n}.sock")),
        usage: None,
        back_at: None,
    }
}

fn seat(n: u16, name: &str, task: &TaskView) -> WorkerView {
    WorkerView {
        number: WorkerNumber(n),
        name: Some(name.to_owned()),
        session: Some(session_id(u8::try_from(n).unwrap())),
        task: Some(task.id),
        title: Some(task.title.clone()),
        agent: Some("claude".to_owned()),
        state: Some(SessionState::Working),
        needs: None,
        failures: 0,
        offline: None,
        warnings: Vec::new(),
    }
}

pub fn permission(detail: &str) -> ApprovalView {
    ApprovalView {
        id: ApprovalId(7),
        project: ProjectId(1),
        subject: Subject::Dialog {
            session: session_id(2),
            dialog: Dialog {
                yes: vec!["1".to_owned()],
                no: vec!["3".to_owned()],
                ..Dialog::told(DialogKind::Permission, detail)
            },
        },
        kind: "permission".to_owned(),
        task: Some(TaskId(2)),
        worker: Some(WorkerNumber(2)),
        title: "cargo add --dev fakeredis@0.4".to_owned(),
        detail: detail.to_owned(),
        answerable: true,
        asked_at: ago(3),
    }
}

pub fn landing() -> ApprovalView {
    ApprovalView {
        id: ApprovalId(8),
        subject: Subject::Landing { task: TaskId(1) },
        kind: "landing".to_owned(),
        task: Some(TaskId(1)),
        worker: Some(WorkerNumber(1)),
        title: "limiter middleware is ready to land".to_owned(),
        detail: "checks passed".to_owned(),
        ..permission("")
    }
}

/// A project in which nothing has happened.
pub fn empty() -> ProjectView {
    ProjectView {
        id: ProjectId(1),
        name: "shop".to_owned(),
        root: PathBuf::from("/home/dev/shop"),
        target: "main".to_owned(),
        autonomy: Autonomy::Confirm,
        now: NOW,
        workers: (1..=4)
            .map(|n| WorkerView {
                number: WorkerNumber(n),
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
            })
            .collect(),
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

/// Four workers at work, two requests, a chat.
pub fn busy() -> ProjectView {
    let mut tasks = vec![
        task(1, "limiter middleware", TaskStatus::NeedsReview, Some(1)),
        task(2, "limiter test suite", TaskStatus::Executing, Some(2)),
        task(3, "config and env docs", TaskStatus::Executing, Some(3)),
        task(4, "429 banner", TaskStatus::Executing, Some(4)),
        task(5, "e2e test for banner", TaskStatus::Blocked, None),
        task(6, "changelog entry", TaskStatus::Completed, None),
    ];
    tasks[4].depends = vec![TaskId(1), TaskId(4)];
    tasks[4].reason = Some("waits for #1, #4".to_owned());
    tasks[5].commit = Some("a41c9e20b1".to_owned());
    let line = |who, text: &str| ChatLine { who, text: text.to_owned(), plan: None, at: ago(14) };
    ProjectView {
        workers: vec![
            seat(1, "api", &tasks[0]),
            seat(2, "tests", &tasks[1]),
            seat(3, "docs", &tasks[2]),
            seat(4, "ui", &tasks[3]),
        ],
        sessions: vec![
            session(1, "claude", SessionState::WaitingInput, 3),
            session(2, "claude", SessionState::WaitingPermission, 3),
            session(3, "claude", SessionState::Working, 9),
            session(4, "codex", SessionState::Limited, 22),
        ],
        approvals: vec![permission("cargo add --dev fakeredis@0.4"), landing()],
        plans: vec![PlanView {
            id: PlanId(1),
            text: "add rate limiting to the API, with tests and docs".to_owned(),
            tasks: vec![TaskId(1), TaskId(2)],
            status: PlanStatus::Confirmed,
            by: "rules".to_owned(),
            note: None,
        }],
        chat: vec![
            line(Speaker::You, "add rate limiting to the API, with tests and docs"),
            line(Speaker::Lead, "Plan: 4 tasks for 4 workers. Approved."),
        ],
        last: Some(LogLine {
            id: 9,
            at: NOW.rfc3339(),
            task: Some(TaskId(1)),
            text: "#1 limiter middleware is ready to land".to_owned(),
        }),
        today: Default::default(),
        tasks,
        ..empty()
    }
}

/// A plan that waits.
pub fn planned() -> ProjectView {
    let mut project = empty();
    project.tasks = vec![
        task(1, "limiter middleware", TaskStatus::Proposed, None),
        task(2, "limiter test suite", TaskStatus::Proposed, None),
        task(3, "config and env docs", TaskStatus::Proposed, None),
    ];
    project.tasks[1].depends = vec![TaskId(1)];
    let why = "claude: claude (haiku) chose it (middleware); model sonnet: for medium tasks".to_owned();
    for task in &mut project.tasks {
        task.model = Some("sonnet".to_owned());
        task.route = Some(Route::new(RoutedBy::Planner, why.clone()));
        task.forecast.minutes = Some(20);
        task.forecast.files = vec!["src/limiter.rs".to_owned()];
    }
    project.plans = vec![PlanView {
        id: PlanId(3),
        text: "add rate limiting to the API, then test it, and document it".to_owned(),
        tasks: vec![TaskId(1), TaskId(2), TaskId(3)],
        status: PlanStatus::Proposed,
        by: "claude (haiku)".to_owned(),
        note: None,
    }];
    project.approvals = vec![ApprovalView {
        id: ApprovalId(5),
        subject: Subject::Plan { plan: PlanId(3) },
        kind: "plan".to_owned(),
        task: None,
        worker: None,
        title: "a plan of 3 tasks waits".to_owned(),
        detail: String::new(),
        ..permission("")
    }];
    project
}

/// A cockpit under test.
pub struct Deck {
    pub state: State,
    pub now: Timestamp,
    pub out: Vec<Cmd>,
}

impl Deck {
    pub fn open(project: ProjectView, columns: u16, rows: u16) -> Self {
        Self::with(project, columns, rows, Abilities::default(), Settings::default())
    }

    pub fn with(project: ProjectView, columns: u16, rows: u16, abilities: Abilities, settings: Settings) -> Self {
        let (keymap, _) = Keymap::load(None, None);
        let state = State::new(project, settings, keymap, abilities, NOW);
        let mut deck = Self { state, now: NOW, out: vec![] };
        deck.tell(Msg::Resized(columns, rows));
        deck
    }

    pub fn tell(&mut self, message: Msg) -> &mut Self {
        self.out = update(&mut self.state, message, self.now);
        self
    }

    /// Waits, then types keys in the keymap's notation.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.tell(Msg::Key(key.parse().unwrap()));
        }
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.tell(Msg::Key(quarterdeck::config::keymap::Chord::char(c)));
        }
        self
    }

    pub fn wait(&mut self, milliseconds: i64) -> &mut Self {
        self.now = Timestamp(self.now.0 + milliseconds);
        self.tell(Msg::Tick)
    }

    pub fn click(&mut self, x: u16, y: u16) -> &mut Self {
        self.mouse(x, y, MouseKind::Down(0))
    }

    pub fn mouse(&mut self, x: u16, y: u16, what: MouseKind) -> &mut Self {
        self.tell(Msg::Mouse(Mouse { x, y, what, shift: false, alt: false, ctrl: false }))
    }

    /// Every visible worker shows a screen.
    pub fn with_screens(&mut self) -> &mut Self {
        for n in 1..=4 {
            self.tell(Msg::PaneOpen(session_id(n))).tell(Msg::Pane(session_id(n), screen(20, 58, n, 100)));
        }
        self
    }

    pub fn buffer(&self, skin: &Skin) -> Buffer {
        let (columns, rows) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| view(&self.state, skin, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    pub fn screen(&self) -> String {
        text_of(&self.buffer(&skin("dark", Depth::True)))
    }

    /// Where a text is on screen.
    pub fn find(&self, text: &str) -> (u16, u16) {
        let screen = self.screen();
        let found = screen.lines().enumerate().find_map(|(y, line)| {
            let byte = line.find(text)?;
            Some((u16::try_from(line[..byte].chars().count()).unwrap(), u16::try_from(y).unwrap()))
        });
        found.unwrap_or_else(|| panic!("`{text}` is not on screen:\n{screen}"))
    }
}

pub fn skin(theme: &str, depth: Depth) -> Skin {
    Skin { theme: Theme::load(theme, None).0, depth }
}

pub fn text_of(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer
        .content()
        .chunks(width)
        .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned());
    rows.collect::<Vec<_>>().join("\n")
}

/// A screen of an agent.
pub fn screen(rows: u16, cols: u16, n: u8, history: u32) -> FromHost {
    let plain = |text: String| Row { runs: vec![Run { text, look: Look::default(), link: None }], wrapped: false };
    let mut changed: Vec<(u16, Row)> =
        (0..rows.min(6)).map(|row| (row, plain(format!("agent {n} line {row}")))).collect();
    let green = Look { fg: Some(Colour::Rgb(0, 200, 80)), bg: None, attributes: look::BOLD };
    changed[1].1.runs.push(Run { text: "  ok".to_owned(), look: green, link: None });
    changed[2].1 = plain("wide 漢字 and e\u{301}".to_owned());
    FromHost::Screen(ScreenUpdate {
        rows,
        cols,
        full: true,
        changed,
        cursor: Some((5, 4)),
        cursor_shape: 0,
        modes: Modes::default(),
        title: String::new(),
        history,
        locked: false,
        dropped: 0,
    })
}
