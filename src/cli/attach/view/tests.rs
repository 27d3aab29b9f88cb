//! What is drawn for input and updates.

use super::*;
use crate::protocol::pane::{Look, Run};

fn view(count: usize, size: (u16, u16)) -> View {
    let titles = (1..=count).map(|number| format!("worker {number} · claude")).collect();
    View::new(titles, Keys::new(None, count > 1), size, None).unwrap()
}

fn line(text: &str) -> Row {
    Row { runs: vec![Run { text: text.to_owned(), look: Look::default(), link: None }], wrapped: false }
}

fn update(rows: u16, lines: &[(u16, &str)], history: u32) -> ScreenUpdate {
    ScreenUpdate {
        rows,
        cols: 40,
        full: true,
        changed: lines.iter().map(|(number, text)| (*number, line(text))).collect(),
        cursor: Some((0, 3)),
        cursor_shape: 0,
        modes: Modes::default(),
        title: String::new(),
        history,
        locked: false,
        dropped: 0,
    }
}

#[test]
fn the_last_row_says_how_to_leave_when_there_is_room() {
    assert_eq!(view(1, (24, 60)).sizes(), [(23, 60)]);
    assert_eq!(view(1, (3, 60)).sizes(), [(3, 60)]);
    let mut view = view(1, (5, 60));
    assert!(view.begin().contains("\x1b[5;1H\x1b[0;7m worker 1 · claude –  Ctrl+Space d detaches "));
    assert!(!view.whole().is_empty());
    let (text, deeds) = view.input(b"\x00");
    assert!(text.contains("d detach"));
    assert_eq!(deeds, []);
    assert_eq!(view.input(b"d").1, [Deed::Detach]);
}

#[test]
fn an_update_draws_what_changed_and_nothing_below_the_pane() {
    let mut view = view(1, (5, 60));
    view.begin();
    let text = view.show(0, ScreenUpdate { cursor: Some((9, 0)), ..update(10, &[(0, "top"), (9, "below")], 0) });
    assert!(text.contains("\x1b[1;1H\x1b[0mtop"));
    assert!(!text.contains("below"));
    assert!(text.ends_with("\x1b[?25l\x1b[?2026l"), "a cursor below the pane is hidden: {text:?}");
    let next = ScreenUpdate { full: false, cursor_shape: 2, ..update(10, &[(1, "more")], 0) };
    let text = view.show(0, next);
    assert!(text.contains("more") && !text.contains("top") && text.contains("\x1b[2 q"), "{text:?}");
}

#[test]
fn keys_go_to_the_pane_in_front_and_the_leader_switches() {
    let mut view = view(2, (24, 80));
    view.begin();
    view.show(0, update(11, &[(0, "one")], 0));
    let text = view.show(1, update(11, &[(0, "two")], 0));
    assert!(text.contains("\x1b[13;1H\x1b[0mtwo"), "{text:?}");
    assert!(text.contains("\x1b[1;4H\x1b[?25h"), "the cursor is in the pane with the keyboard: {text:?}");
    let (text, deeds) = view.input(b"a\x00nb");
    assert_eq!(deeds, [Deed::Input(0, b"a".to_vec()), Deed::Input(1, b"b".to_vec())]);
    assert!(text.contains("\x1b[13;4H\x1b[?25h"), "{text:?}");
    let (_, deeds) = view.input(b"\x1b[<0;5;2M");
    assert_eq!(deeds, [Deed::Input(0, b"\x1b[<0;5;2M".to_vec())], "a click gives the keyboard");
    view.end(0, "ended: exit code 0".to_owned());
    assert_eq!(view.input(b"x").1, [], "nobody takes it");
    assert!(!view.is_over());
    view.end(1, "gone".to_owned());
    assert!(view.is_over());
}

#[test]
fn a_grid_has_a_line_between_its_columns() {
    let mut view = view(4, (24, 81));
    assert_eq!(view.sizes(), [(11, 40); 4]);
    assert!(view.begin().contains("\x1b[24;41H│"));
}

#[test]
fn history_is_read_by_pages_and_stays_while_more_arrives() {
    let mut view = view(1, (5, 60));
    view.begin();
    view.show(0, update(4, &[(0, "screen")], 10));
    let (_, deeds) = view.input(b"\x00\x1b[5~");
    assert_eq!(deeds, [Deed::Page(0, Page { back: 0, count: 3 })]);
    let (text, more) = view.fill(0, vec![line("seven"), line("eight"), line("nine")], 0, 10);
    assert_eq!(more, None);
    assert!(text.contains("\x1b[1;1H\x1b[0mseven") && text.contains("\x1b[4;1H\x1b[0mscreen"), "{text:?}");
    assert!(text.contains("line 8 of 10 above"), "{text:?}");
    let text = view.show(0, update(4, &[(0, "later")], 11));
    assert!(text.contains("\x1b[1;1H\x1b[0mseven") && !text.contains("later"), "it does not jump: {text:?}");
    let (text, deeds) = view.input(b"q");
    assert_eq!(deeds, []);
    assert!(text.contains("\x1b[1;1H\x1b[0mlater"), "{text:?}");
    assert_eq!(view.input(b"x").1, [Deed::Input(0, b"x".to_vec())]);
}

#[test]
fn without_history_the_key_says_so() {
    let mut view = view(1, (5, 80));
    view.begin();
    view.show(0, update(4, &[(0, "screen")], 0));
    let (text, deeds) = view.input(b"\x00[");
    assert!(text.contains("nothing has scrolled away yet"), "{text:?}");
    assert_eq!(deeds, []);
    assert_eq!(view.input(b"q").1, [Deed::Input(0, b"q".to_vec())]);
}
