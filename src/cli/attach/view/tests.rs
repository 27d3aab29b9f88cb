//! What is drawn for input and updates.

use std::time::Instant;

use super::*;
use crate::config::keymap::Keymap;
use crate::protocol::pane::{Look, Run};
use crate::term::input::Input;

fn view(count: u16, size: (u16, u16)) -> View {
    let title = |number| Title { text: format!("worker {number} · claude"), worker: WorkerNumber(number) };
    let mut view =
        View::new((1..=count).map(title).collect(), Keys::new(Keymap::load(None, None).0), size, None, true).unwrap();
    (0..usize::from(count)).for_each(|number| view.speaks(number, 2));
    view
}

/// What some bytes are that the terminal sends, with nothing after them.
fn typed(bytes: &[u8]) -> Vec<Piece> {
    let (mut input, now) = (Input::default(), Instant::now());
    let mut pieces = input.feed(bytes, now);
    while let Some(due) = input.due() {
        pieces.extend(input.settle(due));
    }
    pieces
}

fn said(number: usize, bytes: &[u8]) -> Deed {
    Deed::Say(number, ToHost::Input(bytes.to_vec()))
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
    assert!(view.begin().contains("\x1b[5;1H\x1b[0;7m worker 1 · claude –  Ctrl+Space q leaves, ? help "));
    assert!(!view.whole().is_empty());
    let (text, deeds) = view.input(typed(b"\x00"));
    assert!(text.contains("q leave"), "{text:?}");
    assert_eq!(deeds, []);
    assert_eq!(view.input(typed(b"q")).1, [Deed::Detach]);
}

#[test]
fn what_only_the_cockpit_can_do_is_said_and_reaches_no_program() {
    let mut view = view(1, (5, 90));
    view.begin();
    view.show(0, update(4, &[(0, "screen")], 0));
    for (key, words) in
        [("t", "tasks is the cockpit's"), ("%", "% is no command after Ctrl+Space"), ("5", "worker 5 is not shown")]
    {
        let (text, deeds) = view.input(typed(format!("\0{key}").as_bytes()));
        assert!(text.contains(words), "{key}: {text:?}");
        assert_eq!(deeds, []);
    }
    assert_eq!(view.input(typed(b"t")).1, [said(0, b"t")], "and the next key is the program's");
}

#[test]
fn help_is_made_from_the_keymap_and_covers_the_panes_until_it_is_closed() {
    let mut view = view(1, (24, 80));
    view.begin();
    view.show(0, update(23, &[(0, "screen")], 0));
    let (text, _) = view.input(typed(b"\x00?"));
    assert!(text.contains("  q                      leave; workers keep running"), "{text:?}");
    assert!(!view.show(0, update(23, &[(0, "later")], 0)).contains("later"));
    let (text, deeds) = view.input(typed(b"j\x1b[6~x"));
    assert!(text.contains("While history is read"), "{text:?}");
    assert_eq!(deeds, []);
    let (text, deeds) = view.input(typed(b"\x1b"));
    assert!(text.contains("later"), "{text:?}");
    assert_eq!(deeds, []);
}

#[test]
fn an_update_draws_what_changed_and_keeps_the_cursor_in_sight() {
    let mut view = view(1, (5, 60));
    view.begin();
    let text = view.show(0, ScreenUpdate { cursor: Some((3, 0)), ..update(10, &[(0, "top"), (9, "below")], 0) });
    assert!(text.contains("\x1b[1;1H\x1b[0mtop"), "{text:?}");
    assert!(!text.contains("below"));
    let next = ScreenUpdate { full: false, cursor_shape: 2, cursor: Some((3, 1)), ..update(10, &[(1, "more")], 0) };
    let text = view.show(0, next);
    assert!(text.contains("more") && !text.contains("top") && text.contains("\x1b[2 q"), "{text:?}");
    let text = view.show(0, ScreenUpdate { full: false, cursor: Some((9, 0)), ..update(10, &[], 0) });
    assert!(text.contains("\x1b[4;1H\x1b[0mbelow") && text.contains("\x1b[4;1H\x1b[?25h"), "{text:?}");
}

#[test]
fn keys_go_to_the_pane_in_front_and_the_leader_switches() {
    let mut view = view(2, (24, 80));
    view.begin();
    view.show(0, update(11, &[(0, "one")], 0));
    let text = view.show(1, update(11, &[(0, "two")], 0));
    assert!(text.contains("\x1b[13;1H\x1b[0mtwo"), "{text:?}");
    assert!(text.contains("\x1b[1;4H\x1b[?25h"), "the cursor is in the pane with the keyboard: {text:?}");
    let (text, deeds) = view.input(typed(b"a\x00\tb\x00\x1b[Ac\x002d"));
    assert_eq!(deeds, [said(0, b"a"), said(1, b"b"), said(0, b"c"), said(1, b"d")]);
    assert!(text.contains("\x1b[13;4H\x1b[?25h"), "{text:?}");
    let (text, deeds) = view.input(typed(b"\x1b[<0;5;2M\x1b[<0;5;2mx"));
    assert_eq!(deeds, [said(0, b"x")], "a click gives the keyboard and is not for a program that did not ask");
    assert!(text.contains("\x1b[1;4H\x1b[?25h"), "{text:?}");
    view.end(0, "ended: exit code 0".to_owned());
    assert_eq!(view.input(typed(b"x")).1, [], "nobody takes it");
    assert!(!view.is_over());
    view.end(1, "gone".to_owned());
    assert!(view.is_over());
}

#[test]
fn a_zoomed_pane_has_the_terminal_for_itself() {
    let mut view = view(2, (24, 80));
    view.begin();
    view.show(0, update(11, &[(0, "one")], 0));
    view.show(1, update(11, &[(0, "two")], 0));
    let (text, deeds) = view.input(typed(b"\x00z"));
    assert_eq!((deeds, view.sizes()), (vec![Deed::Sizes], vec![(23, 80), (11, 80)]));
    assert!(text.contains("one") && !text.contains("two"), "{text:?}");
    assert!(!view.show(1, update(11, &[(0, "later")], 0)).contains("later"));
    let (text, _) = view.input(typed(b"\x00\t"));
    assert!(text.contains("later") && !text.contains("one"), "{text:?}");
    let (text, deeds) = view.input(typed(b"\x00z"));
    assert_eq!((deeds, view.sizes()), (vec![Deed::Sizes], vec![(11, 80), (11, 80)]));
    assert!(text.contains("one") && text.contains("later"), "{text:?}");
}

#[test]
fn a_grid_has_a_line_between_its_columns() {
    let mut view = view(4, (24, 81));
    assert_eq!(view.sizes(), [(11, 40); 4]);
    assert!(view.begin().contains("\x1b[24;41H│"));
}

#[test]
fn history_is_read_by_pages_and_stays_while_more_arrives_and_old_lines_go() {
    let mut view = view(1, (5, 70));
    view.begin();
    view.show(0, update(4, &[(0, "screen")], 10));
    let (_, deeds) = view.input(typed(b"\x00\x1b[5~"));
    assert_eq!(deeds, [Deed::Say(0, ToHost::Lines { from: 0, count: 10 })]);
    let lines: Vec<Row> = (0..10).map(|number| line(&format!("line {number}"))).collect();
    let (text, more) = view.fill(0, 0, &lines, 0);
    assert_eq!(more, None);
    assert!(text.contains("\x1b[1;1H\x1b[0mline 7") && text.contains("\x1b[4;1H\x1b[0mscreen"), "{text:?}");
    assert!(text.contains("SCROLL line 8 of 10 above"), "{text:?}");
    // the history is full: as many are dropped as come
    let text = view.show(0, ScreenUpdate { dropped: 3, ..update(4, &[(0, "later")], 10) });
    assert!(text.contains("\x1b[1;1H\x1b[0mline 7") && !text.contains("later"), "it does not jump: {text:?}");
    assert!(text.contains("line 5 of 10 above, 3 new"), "{text:?}");
    let (text, deeds) = view.input(typed(b"q"));
    assert_eq!(deeds, []);
    assert!(text.contains("\x1b[1;1H\x1b[0mlater"), "{text:?}");
    assert_eq!(view.input(typed(b"x")).1, [said(0, b"x")]);
}

#[test]
fn the_wheel_reads_history_and_a_paste_ends_that() {
    let (up, down) = (b"\x1b[<64;3;2M", b"\x1b[<65;3;2M");
    let mut view = view(1, (5, 70));
    assert!(view.begin().contains("\x1b[?1000h\x1b[?1006h"));
    view.show(0, update(4, &[(0, "screen")], 10));
    assert_eq!(view.input(typed(down)).1, [], "there is nothing below");
    let (text, deeds) = view.input(typed(up));
    assert!(text.contains("SCROLL line 8 of 10"), "{text:?}");
    assert!(matches!(deeds[..], [Deed::Say(0, ToHost::Lines { .. })]), "{deeds:?}");
    view.fill(0, 0, &(0..10).map(|number| line(&format!("line {number}"))).collect::<Vec<_>>(), 0);
    let (text, _) = view.input(typed(down));
    assert!(text.contains("worker 1 · claude") && !text.contains("SCROLL"), "the end leaves it: {text:?}");
    view.input(typed(up));
    let pasted = view.input(typed(b"\x1b[200~rm\0q\x1b[201~")).1;
    assert_eq!(pasted, [Deed::Say(0, ToHost::Paste("rm\0q".to_owned()))]);
}

#[test]
fn a_program_gets_the_wheel_as_it_asked_for_it() {
    let mut view = view(2, (24, 80));
    view.begin();
    view.show(0, update(11, &[(0, "one")], 5));
    let asked = |modes| ScreenUpdate { modes, ..update(11, &[(0, "two")], 0) };
    view.show(1, asked(Modes { alternate_screen: true, application_cursor: true, ..Modes::default() }));
    let up = b"\x1b[<64;3;15M";
    assert_eq!(view.input(typed(up)).1, [said(1, b"\x1bOA\x1bOA\x1bOA")], "arrow keys, as in other terminals");
    view.show(1, asked(Modes { mouse: MouseMode::Any, mouse_sgr: true, ..Modes::default() }));
    assert_eq!(view.input(typed(up)).1, [said(1, b"\x1b[<64;3;3M")]);
    view.show(1, asked(Modes { mouse: MouseMode::Any, ..Modes::default() }));
    assert_eq!(view.input(typed(up)).1, [said(1, b"\x1b[M`##")]);
    assert_eq!(view.input(typed(b"\x1b[<64;3;12M")).1, [], "the bar is ours");
}

#[test]
fn keys_are_put_into_the_form_that_the_program_asked_for() {
    let mut view = view(1, (24, 80));
    view.begin();
    let asked = |modes| ScreenUpdate { modes, ..update(23, &[(0, "x")], 0) };
    let shift_enter: [&[u8]; 2] = [b"\x1b[13;2u", b"\x1b[27;2;13~"];
    let text = view.show(0, asked(Modes { keyboard_flags: 1, ..Modes::default() }));
    assert!(text.contains("\x1b[=1u") && text.contains("\x1b[>4;1m"), "asked in both ways: {text:?}");
    for form in shift_enter {
        assert_eq!(view.input(typed(form)).1, [said(0, b"\x1b[13;2u")]);
    }
    view.show(0, asked(Modes { modify_other_keys: 2, ..Modes::default() }));
    for form in shift_enter {
        assert_eq!(view.input(typed(form)).1, [said(0, b"\x1b[27;2;13~")]);
    }
    assert_eq!(view.input(typed(b"\x00j")).1, [said(0, b"\x1b[27;2;13~")], "also by the leader");
    view.show(0, asked(Modes { keyboard_flags: 31, ..Modes::default() }));
    assert_eq!(view.input(typed(b"\x1b[97;;97u\x1b[97;1:3u")).1, [said(0, b"\x1b[97;;97u"), said(0, b"\x1b[97;1:3u")]);
    view.show(0, asked(Modes::default()));
    assert_eq!(view.input(typed(b"\x00j")).1, [said(0, b"\n")]);
}

#[test]
fn without_history_the_key_says_so() {
    let mut view = view(1, (5, 80));
    view.begin();
    view.show(0, update(4, &[(0, "screen")], 0));
    let (text, deeds) = view.input(typed(b"\x00["));
    assert!(text.contains("nothing has scrolled away yet"), "{text:?}");
    assert_eq!(deeds, []);
    assert_eq!(view.input(typed(b"q")).1, [said(0, b"q")]);
}
