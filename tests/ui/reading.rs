//! Reading, searching, marking and copying in a pane: rules 6, 7 and 15 of the design.

use quarterdeck::config::theme::Depth;
use quarterdeck::model::*;
use quarterdeck::protocol::pane::{Found, FromHost, Look, MouseMode, Row, Run, ToHost};
use quarterdeck::tui::clipboard::Copied;
use quarterdeck::tui::message::{Cmd, Mouse, MouseKind, Msg};
use quarterdeck::tui::mode::Mode;
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use crate::support::*;

fn text(n: u64) -> String {
    match n {
        _ if n % 10 == 7 => format!("line {n}: error: widget not found"),
        _ => format!("line {n}"),
    }
}

fn row(text: String) -> Row {
    Row { runs: vec![Run { text, look: Look::default(), link: None }], wrapped: false }
}

/// A host of this version that has printed lines up to `last` and keeps the latest hundred thousand.
struct Host {
    rows: u16,
    cols: u16,
    first: u64,
}

impl Host {
    /// Worker 2's, in a cockpit of this size.
    fn of(columns: u16, rows: u16, history: u64) -> (Deck, Host) {
        let mut deck = Deck::open(busy(), columns, rows);
        deck.keys("ctrl+space 2");
        let (rows, cols) = deck.state.panes[&session_id(2)].wanted;
        let host = Host { rows, cols, first: history };
        let hello = FromHost::Hello { version: 2, session: String::new(), pid: 1, host_pid: 1 };
        deck.tell(Msg::PaneOpen(session_id(2))).tell(Msg::Pane(session_id(2), hello));
        deck.tell(Msg::Pane(session_id(2), host.screen(0)));
        (deck, host)
    }

    fn screen(&self, dropped: u64) -> FromHost {
        let FromHost::Screen(mut update) = screen(self.rows, self.cols, 2, 0) else { unreachable!() };
        update.changed = (0..self.rows).map(|n| (n, row(text(self.first + u64::from(n))))).collect();
        update.cursor = Some((self.rows - 1, 0));
        update.history = u32::try_from(self.first - dropped).unwrap();
        update.dropped = dropped;
        FromHost::Screen(update)
    }

    /// Answers all questions, until there are none.
    fn answer(&self, deck: &mut Deck) {
        for _ in 0..100 {
            let Some(answer) = deck.out.iter().find_map(|cmd| match cmd {
                Cmd::ToPane(_, question) => self.reply(question),
                _ => None,
            }) else {
                return;
            };
            deck.tell(Msg::Pane(session_id(2), answer));
        }
        panic!("the questions have no end: {:?}", deck.out);
    }

    fn reply(&self, question: &ToHost) -> Option<FromHost> {
        match question {
            ToHost::Lines { from, count } => {
                let to = (from + u64::from(*count)).min(self.first);
                let lines = (*from..to).map(|n| row(text(n))).collect();
                let history = u32::try_from(self.first).unwrap();
                Some(FromHost::Lines { first: *from, lines, dropped: 0, history })
            }
            ToHost::Search { id, pattern, from, backward } => {
                let end = self.first + u64::from(self.rows);
                let hits: Vec<(u64, u16)> =
                    (0..end).filter_map(|n| Some((n, u16::try_from(text(n).find(pattern)?).unwrap()))).collect();
                let ahead = if *backward {
                    hits.iter().rposition(|hit| hit < from)
                } else {
                    hits.iter().position(|hit| hit > from)
                };
                let index = ahead.or(if *backward { hits.len().checked_sub(1) } else { hits.first().map(|_| 0) });
                Some(FromHost::Found(Found {
                    id: *id,
                    at: index.map(|index| hits[index]),
                    index: index.map_or(0, |index| u32::try_from(index).unwrap() + 1),
                    total: u32::try_from(hits.len()).unwrap(),
                    wrapped: ahead.is_none() && index.is_some(),
                }))
            }
            _ => None,
        }
    }
}

fn press(deck: &mut Deck, host: &Host, keys: &str) {
    for key in keys.split(' ') {
        deck.keys(key);
        host.answer(deck);
    }
}

fn copied(deck: &Deck) -> Option<String> {
    deck.out.iter().find_map(|cmd| match cmd {
        Cmd::Copy { text, .. } => Some(text.clone()),
        _ => None,
    })
}

/// The screen, and below it a map of what is marked (`#`), found (`+`) and where the search is (`@`).
fn with_marks(deck: &Deck) -> String {
    let skin = skin("dark", Depth::None);
    let buffer: Buffer = deck.buffer(&skin);
    let width = usize::from(buffer.area.width);
    let mut map = String::new();
    let panes = 2..buffer.content().len() / width - 5;
    for line in panes {
        let cells = &buffer.content()[line * width..(line + 1) * width];
        let marks: String = cells
            .iter()
            .map(|cell| match cell.modifier {
                m if m.contains(Modifier::REVERSED | Modifier::BOLD) => '@',
                m if m.contains(Modifier::REVERSED) => '#',
                m if m.contains(Modifier::UNDERLINED) => '+',
                _ => ' ',
            })
            .collect();
        if !marks.trim().is_empty() {
            map.push_str(&format!("{line:>3} {}\n", marks.trim_end()));
        }
    }
    format!("{}\n\n{map}", deck.screen())
}

#[test]
fn reading_looks_like_this() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let size = format!("{columns}x{rows}");
        let (mut deck, mut host) = Host::of(columns, rows, 500);
        press(&mut deck, &host, "ctrl+space [ pgup pgup");
        host.first = 534;
        deck.tell(Msg::Pane(session_id(2), host.screen(0)));
        host.answer(&mut deck);
        insta::assert_snapshot!(format!("reading_new_lines_{size}"), deck.screen());
        press(&mut deck, &host, "?");
        deck.text("error");
        insta::assert_snapshot!(format!("reading_search_typed_{size}"), with_marks(&deck));
        press(&mut deck, &host, "enter");
        insta::assert_snapshot!(format!("reading_search_found_{size}"), with_marks(&deck));
        press(&mut deck, &host, "v j w w");
        insta::assert_snapshot!(format!("reading_marked_{size}"), with_marks(&deck));
    }
}

#[test]
fn text_stays_under_the_reader_while_ten_thousand_lines_come_and_old_ones_go() {
    let (mut deck, mut host) = Host::of(80, 24, 500);
    press(&mut deck, &host, "ctrl+space [ pgup pgup pgup");
    let before: Vec<String> = deck.screen().lines().skip(3).take(14).map(str::to_owned).collect();
    host.first = 10_500;
    deck.tell(Msg::Pane(session_id(2), host.screen(10_000)));
    let after: Vec<String> = deck.screen().lines().skip(3).take(14).map(str::to_owned).collect();
    assert_eq!(before, after);
    assert!(deck.screen().contains("10000 new lines, End to follow"), "{}", deck.screen());
    deck.keys("end");
    assert!(deck.screen().contains("line 10500"));
    assert!(deck.state.panes[&session_id(2)].reading.is_none());
}

#[test]
fn only_what_is_near_is_fetched_and_kept() {
    let (mut deck, host) = Host::of(80, 24, 20_000);
    press(&mut deck, &host, "ctrl+space [ g");
    assert!(deck.screen().contains("line 0"), "{}", deck.screen());
    press(&mut deck, &host, "G ctrl+u ctrl+u");
    let reading = deck.state.panes[&session_id(2)].reading.as_ref().unwrap();
    assert!(reading.lines.len() < 200, "{} lines are kept", reading.lines.len());
}

#[test]
fn a_search_counts_goes_round_and_says_when_there_is_nothing() {
    let (mut deck, host) = Host::of(80, 24, 500);
    press(&mut deck, &host, "ctrl+space [ g /");
    deck.text("ERROR").keys("enter");
    host.answer(&mut deck);
    assert!(deck.screen().contains("no match for ERROR"), "{}", deck.screen());
    press(&mut deck, &host, "/");
    deck.text("error").keys("enter");
    host.answer(&mut deck);
    assert!(deck.screen().contains("1 of 51: error"), "{}", deck.screen());
    press(&mut deck, &host, "n");
    assert!(deck.screen().contains("2 of 51: error"));
    assert!(deck.screen().contains("line 17: error"));
    press(&mut deck, &host, "N N");
    assert!(deck.screen().contains("51 of 51, from the other end"), "{}", deck.screen());
    assert!(matches!(deck.state.mode, Mode::Scroll(_)));
    press(&mut deck, &host, "esc");
    assert!(matches!(deck.state.mode, Mode::Agent));
    assert!(deck.state.panes[&session_id(2)].reading.is_none());
}

#[test]
fn an_old_host_is_searched_as_far_as_it_is_loaded_and_says_so() {
    let (mut deck, host) = Host::of(80, 24, 500);
    let hello = FromHost::Hello { version: 1, session: String::new(), pid: 1, host_pid: 1 };
    deck.tell(Msg::Pane(session_id(2), hello));
    press(&mut deck, &host, "ctrl+space [ ?");
    deck.text("error").keys("enter");
    assert!(!deck.out.iter().any(|cmd| matches!(cmd, Cmd::ToPane(_, ToHost::Search { .. }))));
    assert!(deck.screen().contains("in what is loaded (an older host)"), "{}", deck.screen());
}

#[test]
fn keys_mark_and_copy_more_than_what_is_loaded() {
    let (mut deck, host) = Host::of(80, 24, 5_000);
    press(&mut deck, &host, "ctrl+space [ g V G");
    deck.keys("y");
    let mut taken = copied(&deck);
    for _ in 0..20 {
        if taken.is_some() {
            break;
        }
        let answer = deck.out.iter().find_map(|cmd| match cmd {
            Cmd::ToPane(_, question) => host.reply(question),
            _ => None,
        });
        deck.tell(Msg::Pane(session_id(2), answer.expect("lines are asked for until all are there")));
        taken = copied(&deck);
    }
    let taken = taken.unwrap();
    assert_eq!(taken.lines().count(), 5_000 + usize::from(host.rows));
    assert!(taken.lines().zip(0..).all(|(line, n)| line == text(n)), "every line, in order");
}

#[test]
fn vi_keys_move_mark_and_swap() {
    let (mut deck, host) = Host::of(80, 24, 500);
    press(&mut deck, &host, "ctrl+space [ g j j j j j j j");
    press(&mut deck, &host, "w w v 0");
    deck.keys("y");
    assert_eq!(copied(&deck), Some("line 7:".to_owned()), "{:?}", deck.out);
    press(&mut deck, &host, "0 v e o");
    assert_eq!(deck.state.mode.scroll().unwrap().cursor.1, 0);
    press(&mut deck, &host, "w o $");
    deck.keys("enter");
    assert_eq!(copied(&deck), Some("7: error: widget not found".to_owned()));
    press(&mut deck, &host, "0 ctrl+v j l l l");
    deck.keys("y");
    assert_eq!(copied(&deck), Some("line\nline".to_owned()));
    press(&mut deck, &host, "v esc");
    assert!(deck.state.panes[&session_id(2)].selection.is_none());
    assert!(matches!(deck.state.mode, Mode::Scroll(_)), "Esc ends the marking, not the reading");
}

#[test]
fn clicks_take_words_and_lines_and_edges_scroll() {
    let (mut deck, host) = Host::of(80, 24, 500);
    let (x, y) = deck.find("error: widget");
    deck.click(x, y).mouse(x, y, MouseKind::Up(0)).click(x, y).mouse(x, y, MouseKind::Up(0));
    assert_eq!(copied(&deck), Some("error:".to_owned()));
    deck.click(x, y).mouse(x, y, MouseKind::Up(0));
    assert_eq!(copied(&deck).as_deref(), Some("line 507: error: widget not found"));
    deck.wait(1_000).click(x, y).mouse(x, 0, MouseKind::Drag(0));
    host.answer(&mut deck);
    for _ in 0..10 {
        deck.wait(50);
        host.answer(&mut deck);
    }
    deck.mouse(x, 0, MouseKind::Up(0));
    let taken = copied(&deck).unwrap();
    assert!(taken.lines().count() >= 20, "the text went on by itself: {taken}");
    assert!(taken.ends_with(&text(507)[..=usize::from(x - 1)]), "{taken}");
    let lines: Vec<&str> = taken.lines().skip(1).collect();
    assert!(lines.windows(2).all(|two| two[0] != two[1]));
}

#[test]
fn alt_and_drag_take_a_rectangle() {
    let (mut deck, _) = Host::of(80, 24, 500);
    let (x, y) = deck.find("line 500");
    let event = |x, y, what| Msg::Mouse(Mouse { x, y, what, shift: false, alt: true, ctrl: false });
    deck.tell(event(x + 5, y, MouseKind::Down(0)));
    deck.tell(event(x + 7, y + 2, MouseKind::Drag(0))).tell(event(x + 7, y + 2, MouseKind::Up(0)));
    assert_eq!(copied(&deck), Some("500\n501\n502".to_owned()));
}

#[test]
fn what_is_told_of_a_copy_is_what_was_done() {
    let (mut deck, _) = Host::of(120, 36, 500);
    let text = "three\nlines\nhere".to_owned();
    deck.tell(Msg::Pane(session_id(2), FromHost::Clipboard(text.clone())));
    assert_eq!(deck.out, vec![Cmd::Copy { text: text.clone(), what: "3 lines that worker 2 sent".to_owned() }]);
    let plain = Copied { what: "3 lines".to_owned(), text: text.clone(), ..Copied::default() };
    deck.tell(Msg::Copied(plain.clone()));
    assert!(deck.screen().contains("not confirmed"), "{}", deck.screen());
    assert!(deck.screen().contains("Ctrl+Space w writes it to a file"));
    deck.tell(Msg::Copied(Copied { native: Some("wl-copy".to_owned()), ..plain }));
    assert_eq!(deck.out, vec![]);
    assert!(deck.screen().contains("copied 3 lines to the clipboard (wl-copy)"));
    deck.keys("ctrl+space w");
    assert_eq!(deck.out, vec![Cmd::Write(text)]);
    deck.tell(Msg::Written(Ok("/tmp/copy-1.txt".into())));
    assert!(deck.screen().contains("written to /tmp/copy-1.txt"));
}

#[test]
fn the_whole_text_goes_to_the_editor_and_the_last_code_to_the_clipboard() {
    let (mut deck, host) = Host::of(80, 24, 500);
    press(&mut deck, &host, "ctrl+space [");
    deck.keys("o");
    assert_eq!(deck.out, vec![Cmd::ToPane(session_id(2), ToHost::Capture { ansi: false, history: true })]);
    deck.tell(Msg::Pane(session_id(2), FromHost::Captured("all of it\n".to_owned())));
    assert_eq!(deck.out, vec![Cmd::Edit("all of it\n".to_owned())]);
    deck.keys("Y").tell(Msg::Pane(session_id(2), FromHost::Captured("a\n```sh\nmake\n```\nb".to_owned())));
    assert_eq!(copied(&deck), Some("make".to_owned()));
    deck.keys("Y").tell(Msg::Pane(session_id(2), FromHost::Captured("nothing".to_owned())));
    assert!(deck.screen().contains("there is no block of code"));
}

#[test]
fn the_alternate_screen_says_who_keeps_its_history() {
    let (mut deck, host) = Host::of(80, 24, 0);
    let FromHost::Screen(mut update) = host.screen(0) else { unreachable!() };
    update.modes.alternate_screen = true;
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update.clone())));
    let (x, y) = deck.find("line 3");
    deck.mouse(x, y, MouseKind::WheelUp);
    let up = ToHost::Input(b"\x1b[A\x1b[A\x1b[A".to_vec());
    assert_eq!(deck.out, vec![Cmd::ToPane(session_id(2), up)], "the wheel is arrow keys there");
    deck.keys("ctrl+space [");
    assert!(deck.screen().contains("this agent keeps its own history: Ctrl+O (Claude)"), "{}", deck.screen());
    press(&mut deck, &host, "?");
    deck.text("error").keys("enter");
    host.answer(&mut deck);
    assert!(deck.screen().contains("1 of 1"), "{}", deck.screen());
    deck.keys("q");
    update.modes.mouse = MouseMode::PressRelease;
    update.modes.mouse_sgr = true;
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update))).mouse(x, y, MouseKind::WheelUp);
    assert!(matches!(&deck.out[..], [Cmd::ToPane(_, ToHost::Input(bytes))] if bytes.starts_with(b"\x1b[<64")));
}

/// What a host sends when the program leaves its alternate screen.
fn on_alternate(deck: &mut Deck, host: &Host) {
    let FromHost::Screen(mut update) = host.screen(0) else { unreachable!() };
    update.modes.alternate_screen = true;
    (update.history, update.dropped) = (0, 1 << 48);
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update)));
}

#[test]
fn a_mark_ends_with_the_screen_that_it_was_made_on() {
    let (mut deck, host) = Host::of(80, 24, 500);
    on_alternate(&mut deck, &host);
    let (x, y) = deck.find("line 503");
    deck.click(x, y).mouse(x, y + 3, MouseKind::Drag(0));
    deck.tell(Msg::Pane(session_id(2), host.screen(0)));
    assert!(deck.screen().contains("the program shows another screen"), "{}", deck.screen());
    deck.mouse(x, y + 5, MouseKind::Drag(0)).mouse(x, y + 5, MouseKind::Up(0));
    assert_eq!(copied(&deck), None);
    assert_eq!(deck.state.panes[&session_id(2)].reading, None, "the screen is followed again");
}

#[test]
fn keys_that_mark_over_the_end_of_a_screen_do_not_count_to_the_other() {
    let (mut deck, host) = Host::of(80, 24, 500);
    on_alternate(&mut deck, &host);
    press(&mut deck, &host, "ctrl+space [");
    press(&mut deck, &host, "v");
    deck.tell(Msg::Pane(session_id(2), host.screen(0)));
    // begun once more on what is shown of the other screen, and taken to the end of this one
    press(&mut deck, &host, "v G y");
    let told = deck.out.iter().find_map(|cmd| match cmd {
        Cmd::Copy { what, .. } => Some(what.clone()),
        _ => None,
    });
    assert!(told.is_none_or(|what| what.contains("gone")));
}

#[test]
fn lines_that_are_gone_are_told() {
    let (mut deck, host) = Host::of(80, 24, 500);
    press(&mut deck, &host, "ctrl+space [ v k");
    deck.tell(Msg::Pane(session_id(2), Host { first: 5_000, ..host }.screen(4_990)));
    deck.keys("y");
    let gone = FromHost::Lines { first: 4_990, lines: vec![], dropped: 4_990, history: 10 };
    deck.tell(Msg::Pane(session_id(2), gone));
    let told = deck.out.iter().find_map(|cmd| match cmd {
        Cmd::Copy { what, .. } => Some(what.clone()),
        _ => None,
    });
    assert!(told.as_ref().is_some_and(|what| what.contains("gone")) || deck.screen().contains("are gone"), "{told:?}");
}

#[test]
fn another_viewer_s_size_is_said() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let (mut deck, host) = Host::of(columns, rows, 500);
        assert!(!deck.screen().contains("another viewer"));
        let smaller = Host { rows: 10, cols: 40, ..host };
        deck.tell(Msg::Pane(session_id(2), smaller.screen(0)));
        insta::assert_snapshot!(format!("reading_clipped_{columns}x{rows}"), deck.screen());
        assert!(deck.screen().contains("40x10 here, set by another viewer"));
        deck.tell(Msg::Resized(columns + 2, rows));
        assert!(!deck.screen().contains("another viewer"), "a size that is on its way is no news");
    }
}

#[test]
fn an_unfocused_worker_s_pane_scrolls_without_the_keyboard() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").with_screens();
    let (x, y) = deck.find("agent 3 line 1");
    deck.mouse(x, y, MouseKind::WheelUp);
    assert_eq!(deck.state.worker, WorkerNumber(1));
    assert!(deck.screen().contains("End to follow"), "{}", deck.screen());
    deck.mouse(x, y, MouseKind::WheelDown);
    assert!(!deck.screen().contains("End to follow"));
}

/// Worker 2's session is over.
fn ended() -> quarterdeck::protocol::ProjectView {
    let mut project = busy();
    let session = project.sessions.iter_mut().find(|session| session.id == session_id(2)).unwrap();
    session.state = SessionState::Exited;
    session.exit = Some("exit code 0".to_owned());
    project.approvals.clear();
    project
}

#[test]
fn a_session_without_a_host_is_read_and_searched_from_its_record() {
    let (mut deck, host) = Host::of(120, 36, 500);
    deck.keys("ctrl+space [ / n e 4 2");
    deck.keys("enter");
    deck.tell(Msg::Project(Box::new(ended())));
    deck.tell(Msg::PaneLost(session_id(2), "the host closed the connection".to_owned()));
    let size = Some((host.rows, host.cols));
    let asks = |cmd: &Cmd| matches!(cmd, Cmd::Attach { over: true, last, .. } if *last == size);
    assert!(deck.out.iter().any(asks), "{:?}", deck.out);
    deck.tell(Msg::PaneRecord(session_id(2)));
    let again = |cmd: &Cmd| matches!(cmd, Cmd::ToPane(_, ToHost::Search { pattern, .. }) if pattern == "ne42");
    assert!(deck.out.iter().any(again), "what the host did not answer is asked again: {:?}", deck.out);
    deck.tell(Msg::Pane(session_id(2), host.screen(0)));
    deck.keys("g");
    host.answer(&mut deck);
    let screen = deck.screen();
    assert!(screen.contains("line 0") && screen.contains("shown from its record"), "{screen}");
}

#[test]
fn keys_that_were_meant_for_a_session_that_ended_are_no_commands() {
    let (mut deck, _) = Host::of(120, 36, 0);
    assert!(matches!(deck.state.mode, Mode::Agent));
    deck.tell(Msg::Project(Box::new(ended())));
    deck.keys("q t 1");
    assert!(matches!(deck.state.mode, Mode::Cockpit) && deck.state.worker == WorkerNumber(2) && deck.out.is_empty());
    assert!(deck.screen().contains("the session is over: Esc or"), "{}", deck.screen());
    deck.keys("esc 1");
    assert!(matches!(deck.state.mode, Mode::Cockpit), "a bare number chooses and does not give the keyboard away");
    assert_eq!(deck.state.worker, WorkerNumber(1));
    deck.keys("enter");
    assert!(matches!(deck.state.mode, Mode::Agent));
}

#[test]
fn the_wheel_begins_to_read_never_jumps_and_is_left_at_the_end() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let (mut deck, host) = Host::of(columns, rows, 1_000);
        let (x, y) = deck.find("line 1000");
        deck.mouse(x, y, MouseKind::WheelUp);
        host.answer(&mut deck);
        assert!(matches!(deck.state.mode, Mode::Scroll(_)), "the keyboard reads");
        assert!(deck.screen().contains("line 997") && deck.screen().contains("SCROLL | reading 2 tests"));
        let before = deck.screen().lines().nth(4).unwrap().to_owned();
        let later = Host { first: 1_500, ..host };
        deck.tell(Msg::Pane(session_id(2), later.screen(0)));
        later.answer(&mut deck);
        assert_eq!(deck.screen().lines().nth(4).unwrap(), before, "it does not jump");
        deck.keys("j j");
        assert!(
            deck.out.iter().all(|cmd| !matches!(cmd, Cmd::ToPane(_, ToHost::Input(_)))),
            "no key reaches the agent"
        );
        for _ in 0..200 {
            deck.mouse(x, y, MouseKind::WheelDown);
            later.answer(&mut deck);
        }
        assert!(matches!(deck.state.mode, Mode::Agent), "the end leaves it, and the agent has the keyboard again");
        assert!(deck.state.panes[&session_id(2)].reading.is_none());
        assert!(deck.screen().contains("line 1500"));
    }
}

#[test]
fn the_wheel_gives_the_keyboard_back_to_who_had_it() {
    let (mut deck, host) = Host::of(120, 36, 1_000);
    deck.keys("ctrl+space enter");
    let (x, y) = deck.find("line 1000");
    deck.mouse(x, y, MouseKind::WheelUp);
    host.answer(&mut deck);
    press(&mut deck, &host, "pgup q");
    assert!(matches!(deck.state.mode, Mode::Cockpit));
    deck.keys("enter ctrl+space L");
    deck.mouse(x, y, MouseKind::WheelUp).mouse(x, y, MouseKind::WheelDown);
    assert!(matches!(deck.state.mode, Mode::Locked));
    // who came by a key stays at the end, and leaves with one turn more
    press(&mut deck, &host, "ctrl+space L ctrl+space [ pgup");
    for _ in 0..40 {
        deck.mouse(x, y, MouseKind::WheelDown);
        host.answer(&mut deck);
    }
    assert!(matches!(deck.state.mode, Mode::Agent));
    // the chat keeps the keyboard
    deck.keys("ctrl+space c").mouse(x, y, MouseKind::WheelUp);
    assert!(matches!(deck.state.mode, Mode::Chat) && deck.state.panes[&session_id(2)].reading.is_some());
    // and a pane that is read goes on being read when it gets the keyboard
    deck.keys("ctrl+space 2");
    assert!(matches!(deck.state.mode, Mode::Scroll(_)));
}

#[test]
fn the_wheel_belongs_to_a_program_that_asked_for_the_mouse() {
    let (mut deck, host) = Host::of(120, 36, 1_000);
    let FromHost::Screen(mut update) = host.screen(0) else { unreachable!() };
    update.modes.mouse = MouseMode::PressRelease;
    update.modes.mouse_sgr = true;
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update)));
    let (x, y) = deck.find("line 1000");
    deck.mouse(x, y, MouseKind::WheelUp);
    assert_eq!(deck.out, vec![Cmd::ToPane(session_id(2), ToHost::Input(b"\x1b[<64;1;1M".to_vec()))]);
    assert!(matches!(deck.state.mode, Mode::Agent));
}
