//! What one frame of 200x60 with four panes costs in this process: screens taken over, drawn, and written
//! to a sink. What it costs in a real terminal is in the rows of the whole program.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use quarterdeck::config::theme::Depth;
use quarterdeck::protocol::pane::{Colour, FromHost, Look, Modes, Row as Line, Run, ScreenUpdate, look};
use quarterdeck::tui::message::Msg;
use quarterdeck::tui::{Outer, Painter, Skin, Whose};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use crate::deck::{Deck, busy, session_id, skin};
use crate::figures::Figures;
use crate::outer::{COLUMNS, ROWS};
use crate::table::Row;

const FRAMES: u32 = 300;
/// The screen of one of four panes.
const PANE: (u16, u16) = (26, 56);

/// Counts what is written to it.
#[derive(Clone, Default)]
struct Sink(Arc<AtomicU64>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub fn measure() -> Vec<Row> {
    let plain = frames(|n, row| vec![run(&format!("{:<50}", format!("line {} of a log", n + row)), Look::default())]);
    let dense = frames(|n, row| (0..10).map(|column| coloured(n, row, column)).collect());
    let unchanged = unchanged();
    let limit = 0.7;
    vec![
        Row::absolute("frame, four panes scrolling plain text, ms", plain.spread(2), "≤ 0.7", plain.median() <= limit),
        Row::absolute(
            "frame, four panes scrolling, each word in another colour, ms",
            dense.spread(2),
            "≤ 0.7",
            dense.median() <= limit,
        ),
        Row::absolute("frames drawn for messages that change nothing", unchanged.to_string(), "0", unchanged == 0),
    ]
}

fn run(text: &str, look: Look) -> Run {
    Run { text: text.to_owned(), look, link: None }
}

fn coloured(n: u32, row: u32, column: u32) -> Run {
    let [_, red, green, blue] = (n * 7 + row * 31 + column * 53).wrapping_mul(2_654_435_761).to_be_bytes();
    let look = Look { fg: Some(Colour::Rgb(red, green, blue)), bg: None, attributes: look::BOLD };
    run(&format!("w{:03} ", (n + row * 7 + column) % 1000), look)
}

fn deck() -> Deck {
    let mut deck = Deck::open(busy(), COLUMNS, ROWS);
    deck.keys("ctrl+space g");
    (1..=4).for_each(|n| {
        deck.tell(Msg::PaneOpen(session_id(n)));
    });
    deck
}

fn frames(runs: impl Fn(u32, u32) -> Vec<Run>) -> Figures {
    let (mut deck, skin, sink) = (deck(), skin("dark", Depth::True), Sink::default());
    let backend = Outer::new(sink.clone(), true);
    let viewport = Viewport::Fixed(Rect::new(0, 0, COLUMNS, ROWS));
    let mut painter = Painter::new(Terminal::with_options(backend, TerminalOptions { viewport }).unwrap());
    draw(&mut painter, &mut deck, &skin);
    let figures = (0..FRAMES)
        .map(|n| {
            let screens: Vec<FromHost> = (1..=4).map(|_| screen(|row| runs(n, row), n)).collect();
            let began = Instant::now();
            for (pane, screen) in (1..).zip(screens) {
                deck.tell(Msg::Pane(session_id(pane), screen));
            }
            draw(&mut painter, &mut deck, &skin);
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    assert!(sink.0.load(Ordering::Relaxed) > u64::from(FRAMES) * 1000, "the frames were drawn");
    figures
}

/// As the cockpit's loop does it: changed rows alone where that is enough.
fn draw(painter: &mut Painter<impl Backend<Error = std::io::Error>>, deck: &mut Deck, skin: &Skin) {
    if deck.state.dirty || !painter.patch(&deck.state, skin, Whose::All).unwrap() {
        painter.frame(&deck.state, skin).unwrap();
    }
    Backend::flush(painter.backend_mut()).unwrap();
    deck.state.dirty = false;
    deck.state.damaged.clear();
}

fn screen(runs: impl Fn(u32) -> Vec<Run>, history: u32) -> FromHost {
    let (rows, cols) = PANE;
    let changed = (0..rows).map(|row| (row, Line { runs: runs(u32::from(row)), wrapped: false })).collect();
    FromHost::Screen(ScreenUpdate {
        rows,
        cols,
        full: false,
        changed,
        cursor: Some((rows - 1, 0)),
        cursor_shape: 0,
        modes: Modes::default(),
        title: String::new(),
        history,
        locked: false,
        dropped: 0,
    })
}

/// How many of a hundred messages that say what is known already ask for a frame.
fn unchanged() -> usize {
    let mut deck = deck();
    let same = || screen(|row| vec![run(&format!("line {row}"), Look::default())], 1);
    // the size of the busy deck's screens is new to it the first time
    deck.tell(Msg::Pane(session_id(1), same()));
    let frames = |deck: &mut Deck, message: Msg| {
        deck.state.dirty = false;
        deck.state.damaged.clear();
        deck.tell(message);
        usize::from(deck.state.dirty || !deck.state.damaged.is_empty())
    };
    (0..50)
        .map(|_| {
            let project = deck.state.project.clone();
            frames(&mut deck, Msg::Project(Box::new(project))) + frames(&mut deck, Msg::Pane(session_id(1), same()))
        })
        .sum()
}
