//! Rows drawn alone must leave what a whole frame would.

use ratatui::Terminal;
use ratatui::backend::{Backend as _, TestBackend};
use ratatui::buffer::{Buffer, Cell};

use super::Painter;
use crate::config::Settings;
use crate::config::keymap::{Chord, Keymap};
use crate::config::theme::{Depth, Theme};
use crate::model::{Autonomy, ProjectId, SessionId, SessionMode, SessionState, StateSource, Timestamp, WorkerNumber};
use crate::protocol::pane::{Colour, FromHost, Look, Modes, Row, Run, ScreenUpdate};
use crate::protocol::{ProjectView, SessionView, WorkerView};
use crate::tui::cells::width;
use crate::tui::message::Msg;
use crate::tui::skin::Skin;
use crate::tui::state::{Abilities, State};
use crate::tui::update::update;
use crate::tui::view::Whose;

const SIZE: (u16, u16) = (200, 60);
const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn id(n: u16) -> SessionId {
    SessionId::parse(&format!("00000000-0000-4000-8000-0000000000{n:02}")).unwrap()
}

fn session(n: u16) -> SessionView {
    SessionView {
        id: id(n),
        project: ProjectId(1),
        task: None,
        worker: WorkerNumber(n),
        agent: "shell".to_owned(),
        mode: SessionMode::Interactive,
        executor: crate::model::ExecutorKind::default(),
        pid: Some(1),
        host_pid: Some(2),
        state: SessionState::Working,
        state_source: StateSource::Process,
        evidence: String::new(),
        state_at: NOW,
        conversation: None,
        parked: false,
        over_budget: false,
        warnings: Vec::new(),
        created_at: NOW.rfc3339(),
        started_at: None,
        ended_at: None,
        exit: None,
        socket: "/nowhere".into(),
        usage: None,
        back_at: None,
    }
}

fn seat(n: u16) -> WorkerView {
    WorkerView {
        number: WorkerNumber(n),
        name: None,
        session: Some(id(n)),
        task: None,
        title: None,
        agent: Some("shell".to_owned()),
        state: Some(SessionState::Working),
        needs: None,
        failures: 0,
        offline: None,
        warnings: Vec::new(),
    }
}

fn project() -> ProjectView {
    ProjectView {
        id: ProjectId(1),
        name: "shop".to_owned(),
        root: "/shop".into(),
        target: "main".to_owned(),
        autonomy: Autonomy::Confirm,
        now: NOW,
        workers: (1..=4).map(seat).collect(),
        tasks: vec![],
        sessions: (1..=4).map(session).collect(),
        approvals: vec![],
        plans: vec![],
        handoffs: vec![],
        chat: vec![],
        last: None,
        today: Default::default(),
    }
}

/// A grid of four panes, each with a screen, the keyboard in the first.
fn cockpit() -> State {
    let (keymap, _) = Keymap::load(None, None);
    let mut state = State::new(project(), Settings::default(), keymap, Abilities::default(), NOW);
    update(&mut state, Msg::Resized(SIZE.0, SIZE.1), NOW);
    for key in ["ctrl+space", "g", "enter"] {
        update(&mut state, Msg::Key(key.parse::<Chord>().unwrap()), NOW);
    }
    for n in 1..=4 {
        update(&mut state, Msg::PaneOpen(id(n)), NOW);
        update(&mut state, screen(n, true, (0..24).map(|row| (row, text(row))).collect(), (0, 0)), NOW);
    }
    state
}

fn text(row: u16) -> Row {
    Row {
        runs: vec![Run { text: format!("line {row} 漢字 of what was"), look: Look::default(), link: None }],
        wrapped: false,
    }
}

fn coloured(n: u32) -> Row {
    let words = ["漢字", "plain", "e\u{301}", "", "🦀 crab", "tail"];
    let run = |at: u32| Run {
        text: words[(n + at) as usize % words.len()].to_owned(),
        look: Look { fg: Some(Colour::Indexed((n + at).to_le_bytes()[0])), bg: None, attributes: 0 },
        link: None,
    };
    Row { runs: (0..n % 5).map(run).collect(), wrapped: false }
}

fn screen(n: u16, full: bool, changed: Vec<(u16, Row)>, cursor: (u16, u16)) -> Msg {
    let (rows, cols, modes) = (24, 56, Modes::default());
    let update = ScreenUpdate {
        rows,
        cols,
        full,
        changed,
        cursor: Some(cursor),
        cursor_shape: 0,
        modes,
        title: String::new(),
        history: 0,
        locked: false,
        dropped: 0,
    };
    Msg::Pane(id(n), FromHost::Screen(update))
}

fn painter() -> Painter<TestBackend> {
    Painter::new(Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap())
}

/// What can be seen: the cell behind a wide character is not written when the character is.
fn visible(buffer: &Buffer) -> Vec<&Cell> {
    let mut hidden = 0;
    let seen = buffer.content.iter().filter(|cell| {
        let shown = hidden == 0;
        hidden = if shown { width(cell.symbol()).saturating_sub(1) } else { hidden - 1 };
        shown
    });
    seen.collect()
}

#[test]
fn rows_drawn_alone_leave_what_a_whole_frame_would() {
    let skin = Skin { theme: Theme::load("dark", None).0, depth: Depth::True };
    let (mut state, mut painter) = (cockpit(), painter());
    painter.frame(&state, &skin).unwrap();
    state.dirty = false;
    let mut random = 7u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) % below
    };
    for round in 0..300 {
        let pane = u16::try_from(1 + next(4)).unwrap();
        let cursor = (u16::try_from(next(24)).unwrap(), u16::try_from(next(56)).unwrap());
        let rows = (0..next(3)).map(|_| (u16::try_from(next(24)).unwrap(), coloured(next(1000)))).collect();
        update(&mut state, screen(pane, false, rows, cursor), NOW);
        assert!(!state.dirty, "only rows changed");
        if round % 7 == 0 {
            painter.frame(&state, &skin).unwrap();
            state.damaged.clear();
        } else if round % 3 == 0 {
            assert!(painter.patch(&state, &skin, Whose::Active).unwrap());
            state.damaged.remove(&id(1));
        } else {
            assert!(painter.patch(&state, &skin, Whose::All).unwrap());
            state.damaged.clear();
        }
        if state.damaged.is_empty() {
            let mut whole = self::painter();
            whole.frame(&state, &skin).unwrap();
            assert_eq!(painter.shown, whole.shown, "round {round}");
            let [ours, theirs] = [&painter, &whole].map(|one| visible(one.terminal.backend().buffer()));
            assert_eq!(ours, theirs, "round {round}");
            assert_eq!(painter.cursor, whole.cursor);
        }
    }
}

#[test]
fn what_lies_over_a_pane_or_changes_around_it_takes_a_whole_frame() {
    let skin = Skin { theme: Theme::load("dark", None).0, depth: Depth::True };
    let (mut state, mut painter) = (cockpit(), painter());
    painter.frame(&state, &skin).unwrap();
    state.dirty = false;
    update(&mut state, screen(1, false, vec![(0, coloured(3))], (0, 0)), NOW);
    state.toast("a message", false);
    assert!(!painter.patch(&state, &skin, Whose::All).unwrap());
    state.toasts.clear();
    state.dirty = false;
    assert!(painter.patch(&state, &skin, Whose::All).unwrap());
    update(&mut state, Msg::Key("ctrl+space".parse().unwrap()), NOW);
    state.dirty = false;
    assert!(!painter.patch(&state, &skin, Whose::All).unwrap(), "the leader's strip may lie over it");
}

#[test]
fn cells_that_were_touched_are_written_again() {
    let skin = Skin { theme: Theme::load("dark", None).0, depth: Depth::True };
    let (state, mut painter) = (cockpit(), painter());
    painter.frame(&state, &skin).unwrap();
    let whole = painter.terminal().backend().buffer().clone();
    let place = ratatui::layout::Position::new(10, 5);
    let foreign = Cell::new("#");
    painter.backend_mut().draw([(place.x, place.y, &foreign)].into_iter()).unwrap();
    painter.frame(&state, &skin).unwrap();
    assert_eq!(painter.terminal().backend().buffer()[place].symbol(), "#", "nothing is known of it");
    painter.touch([place].into_iter());
    painter.frame(&state, &skin).unwrap();
    assert_eq!(painter.terminal().backend().buffer(), &whole);
}
