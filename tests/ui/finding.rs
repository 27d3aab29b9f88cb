//! Links, the search in all panes, what can be taken back, and what a finished task's session showed last.

use quarterdeck::model::*;
use quarterdeck::protocol::UndoView;
use quarterdeck::protocol::control::{Request, Response};
use quarterdeck::protocol::pane::{Found, FromHost, Link, Look, MouseMode, Row, Run, ToHost};
use quarterdeck::tui::dialog::{Dialog, Hit};
use quarterdeck::tui::message::{Cmd, Mouse, MouseKind, Msg, Purpose};
use quarterdeck::tui::mode::Mode;
use ratatui::style::Modifier;

use crate::support::*;

const DOCS: &str = "https://docs.example/limits";

fn plain(text: &str) -> Run {
    Run { text: text.to_owned(), look: Look::default(), link: None }
}

/// Worker 2 shows a marked link, a plain address and a link that nobody may follow.
fn with_links(columns: u16, rows: u16) -> Deck {
    let mut deck = Deck::open(busy(), columns, rows);
    deck.keys("ctrl+space 2").with_screens();
    let FromHost::Screen(mut update) = screen(10, 58, 2, 0) else { unreachable!() };
    let link = |uri: &str| Some(Link { id: String::new(), uri: uri.to_owned() });
    let row = |runs| Row { runs, wrapped: false };
    update.changed = vec![
        (0, row(vec![plain("see "), Run { link: link(DOCS), ..plain("the limits") }, plain(" now")])),
        (1, row(vec![plain("or https://plain.example/a.")])),
        (2, row(vec![Run { link: link("javascript:alert(1)"), ..plain("not this") }])),
        (3, row(vec![Run { link: link("file:///etc/passwd"), ..plain("a file") }])),
    ];
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update)));
    deck
}

fn links(deck: &Deck) -> Vec<String> {
    match deck.state.mode.dialog() {
        Some(Dialog::Links(list)) => list.links.clone(),
        other => panic!("no list of links: {other:?}"),
    }
}

fn ctrl_click(deck: &mut Deck, (x, y): (u16, u16)) {
    let event = Mouse { x, y, what: MouseKind::Down(0), shift: false, alt: false, ctrl: true };
    deck.tell(Msg::Mouse(event));
}

#[test]
fn links_in_sight_are_listed_and_shown_before_they_are_opened() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut deck = with_links(columns, rows);
        deck.keys("ctrl+space u");
        assert_eq!(links(&deck), ["file:///etc/passwd", "https://plain.example/a", DOCS]);
        insta::assert_snapshot!(format!("links_{columns}x{rows}"), deck.screen());
        assert!(deck.out.is_empty(), "nothing is opened by looking: {:?}", deck.out);
        // a file is only copied
        deck.keys("enter");
        assert!(matches!(&deck.out[..], [Cmd::Copy { text, .. }] if text == "file:///etc/passwd"), "{:?}", deck.out);
        deck.keys("ctrl+space u j j enter");
        assert_eq!(deck.out, vec![Cmd::OpenLink(DOCS.to_owned())]);
        assert!(deck.screen().contains(&format!("opening {DOCS}")));
        deck.tell(Msg::NotOpened(DOCS.to_owned(), "there is no desktop here".to_owned()));
        assert!(matches!(&deck.out[..], [Cmd::Copy { text, .. }] if text == DOCS), "{:?}", deck.out);
    }
}

#[test]
fn a_click_with_control_and_the_cursor_of_scroll_find_the_link_under_them() {
    let mut deck = with_links(120, 36);
    let place = deck.find("limits");
    ctrl_click(&mut deck, place);
    assert_eq!(links(&deck), [DOCS]);
    deck.keys("esc");
    let place = deck.find("not this");
    ctrl_click(&mut deck, place);
    assert!(deck.screen().contains("no link is in sight here"), "{}", deck.screen());
    deck.keys("ctrl+space [ g l l l l l u");
    assert_eq!(links(&deck)[0], DOCS, "the one under the cursor is the first");
    deck.keys("esc");
    assert!(matches!(deck.state.mode, Mode::Scroll(_)));
    // a program that asked for the mouse gets the click
    let mut deck = with_links(120, 36);
    let FromHost::Screen(mut update) = screen(10, 58, 2, 0) else { unreachable!() };
    (update.full, update.changed) = (false, vec![]);
    (update.modes.mouse, update.modes.mouse_sgr) = (MouseMode::PressRelease, true);
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update)));
    let place = deck.find("limits");
    ctrl_click(&mut deck, place);
    assert!(matches!(&deck.out[..], [Cmd::ToPane(_, ToHost::Input(_))]), "{:?}", deck.out);
}

#[test]
fn a_link_is_underlined() {
    let deck = with_links(120, 36);
    let (x, y) = deck.find("the limits");
    let buffer = deck.buffer(&skin("dark", quarterdeck::config::theme::Depth::True));
    assert!(buffer[(x, y)].modifier.contains(Modifier::UNDERLINED));
    assert!(!buffer[(x - 2, y)].modifier.contains(Modifier::UNDERLINED));
}

fn hit(n: u8, line: u64, index: u32, total: u32, text: &str) -> Hit {
    let found = Found { id: 0, at: Some((line, 6)), index, total, wrapped: false };
    Hit { worker: WorkerNumber(u16::from(n)), session: session_id(n), found, text: text.to_owned() }
}

#[test]
fn a_text_is_looked_for_in_all_panes_and_one_place_is_gone_to() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut deck = Deck::open(busy(), columns, rows);
        deck.keys("ctrl+space 1").with_screens().keys("ctrl+space /").text("error").keys("enter");
        let [Cmd::SearchPanes { id, pattern, places }] = &deck.out[..] else { panic!("{:?}", deck.out) };
        let (id, workers) = (*id, places.iter().map(|place| place.worker.0).collect::<Vec<_>>());
        assert_eq!((pattern.as_str(), workers), ("error", vec![1, 2, 3, 4]));
        deck.tell(Msg::FoundIn(id, vec![hit(3, 900, 2, 2, "error: no such file"), hit(3, 20, 1, 2, "error: again")]));
        deck.tell(Msg::FoundIn(id, vec![hit(2, 77, 1, 1, "test error_is_told ... FAILED")]));
        deck.tell(Msg::FoundIn(id + 1, vec![hit(1, 1, 1, 1, "an older question's answer")]));
        insta::assert_snapshot!(format!("everywhere_{columns}x{rows}"), deck.screen());
        deck.keys("down down enter");
        assert!(deck.state.mode.dialog().is_none());
        assert_eq!(deck.state.worker, WorkerNumber(3));
        // its host says who it is, and what is there
        let hello = FromHost::Hello { version: 2, session: String::new(), pid: 1, host_pid: 1 };
        deck.tell(Msg::PaneOpen(session_id(3))).tell(Msg::Pane(session_id(3), hello));
        deck.tell(Msg::Pane(session_id(3), screen(20, 58, 3, 1_000)));
        assert_eq!(deck.state.mode.scroll().map(|scroll| scroll.cursor), Some((20, 6)));
        let asked =
            deck.out.iter().any(|cmd| matches!(cmd, Cmd::ToPane(id, ToHost::Lines { .. }) if *id == session_id(3)));
        assert!(asked, "the lines around it are asked for: {:?}", deck.out);
        assert!(deck.screen().contains("1 of 2: error"), "{}", deck.screen());
        deck.keys("n");
        let goes_on = |cmd: &Cmd| matches!(cmd, Cmd::ToPane(_, ToHost::Search { pattern, from: (20, 6), .. }) if pattern == "error");
        assert!(deck.out.iter().any(goes_on), "{:?}", deck.out);
    }
}

#[test]
fn nothing_found_is_said_and_another_text_is_a_new_question() {
    let mut deck = Deck::open(busy(), 80, 24);
    deck.keys("ctrl+space /").text("nowhere").keys("enter");
    for _ in 0..4 {
        deck.tell(Msg::FoundIn(1, vec![]));
    }
    assert!(deck.screen().contains("no pane shows nowhere"), "{}", deck.screen());
    deck.text("!").keys("enter");
    assert!(matches!(&deck.out[..], [Cmd::SearchPanes { id: 2, pattern, .. }] if pattern == "nowhere!"));
    deck.keys("esc");
    assert!(deck.state.mode.dialog().is_none());
}

fn undo(id: &str, what: &str) -> UndoView {
    UndoView {
        id: id.to_owned(),
        what: what.to_owned(),
        at: "2026-11-20T18:00:00Z".to_owned(),
        task: Some(TaskId(6)),
        broken: id == "broken",
        not: (id == "gone").then(|| "taken back already".to_owned()),
        next: id == "u2",
    }
}

#[test]
fn what_can_be_taken_back_is_listed_asked_about_and_done() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut deck = Deck::open(busy(), columns, rows);
        deck.keys("ctrl+space U");
        assert_eq!(deck.out, vec![Cmd::Call(Request::Undos { project: ProjectId(1) }, Purpose::Undos)]);
        let undos = vec![
            undo("gone", "landed #7 a later one"),
            undo("u2", "landed #6 changelog entry on main"),
            undo("broken", "moved main"),
        ];
        deck.tell(Msg::Answered(Purpose::Undos, Ok(Response::Undos(undos))));
        insta::assert_snapshot!(format!("undo_{columns}x{rows}"), deck.screen());
        deck.keys("enter");
        assert!(deck.out.is_empty() && deck.screen().contains("Take it back?"), "{}", deck.screen());
        // the safe answer has the focus
        deck.keys("enter");
        assert!(deck.out.is_empty(), "{:?}", deck.out);
        deck.keys("enter down enter");
        let asked = Request::Undo { project: ProjectId(1), id: Some("u2".to_owned()) };
        assert_eq!(deck.out, vec![Cmd::Call(asked, Purpose::Tell)]);
        deck.keys("j enter");
        assert!(deck.screen().contains("cannot be taken back"), "{}", deck.screen());
    }
}

#[test]
fn what_a_finished_tasks_session_showed_is_reachable_from_the_task() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut project = busy();
        // its worker is at something else by now
        project.tasks[5].worker = Some(WorkerNumber(1));
        project.tasks[5].session = Some(session_id(9));
        let mut deck = Deck::open(project, columns, rows);
        deck.keys("ctrl+space t j j j j j enter");
        assert_eq!(deck.out, vec![Cmd::Recall(session_id(9))]);
        let text: String = (0..100).map(|n| format!("line {n}\n")).collect();
        deck.tell(Msg::Recalled(session_id(9), Ok(format!("{text}\x1b[31mthe last words\n"))));
        assert!(
            deck.screen().contains("the last words") && deck.screen().contains("Output of #6"),
            "{}",
            deck.screen()
        );
        deck.keys("g");
        assert!(deck.screen().contains("line 0") && !deck.screen().contains("the last words"));
        deck.keys("esc");
        assert!(deck.screen().contains("═ Tasks "));
        // of a task at work it is a key away
        deck.keys("k k k k v");
        assert_eq!(deck.out, vec![Cmd::Recall(session_id(2))]);
    }
}
