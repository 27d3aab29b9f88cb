//! Who gets a key, a paste, a click: rules 1 to 5 of the design.

use quarterdeck::config::Settings;
use quarterdeck::config::keymap::{Action, Chord, Context, Keymap};
use quarterdeck::model::*;
use quarterdeck::protocol::control::Request;
use quarterdeck::protocol::pane::{FromHost, Modes, MouseMode, Row, ToHost};
use quarterdeck::tui::clipboard::Copied;
use quarterdeck::tui::message::{Cmd, MouseKind, Msg};
use quarterdeck::tui::mode::{Mode, Owner};
use quarterdeck::tui::owner_words;
use quarterdeck::tui::state::Abilities;

use crate::support::*;

fn to_pane(out: &[Cmd]) -> Vec<(SessionId, Vec<u8>)> {
    out.iter()
        .filter_map(|cmd| match cmd {
            Cmd::ToPane(session, ToHost::Input(bytes)) => Some((session.clone(), bytes.clone())),
            _ => None,
        })
        .collect()
}

#[test]
fn the_label_names_where_the_next_byte_goes() {
    for keys in [
        "ctrl+space 2",
        "ctrl+space g",
        "ctrl+space c",
        "ctrl+space t",
        "ctrl+space [",
        "ctrl+space",
        "ctrl+space L",
        "ctrl+space enter",
        "ctrl+space ?",
    ] {
        let mut deck = Deck::open(busy(), 120, 36);
        deck.keys("ctrl+space 2").with_screens().keys(keys);
        let label = owner_words(&deck.state);
        let screen = deck.screen();
        assert!(screen.lines().last().unwrap().trim_start().starts_with(&label), "{keys}: {label}");
        let owner = deck.state.owner();
        deck.keys("F9");
        let sent = to_pane(&deck.out);
        match owner {
            Owner::Pane(worker, session) => {
                assert!(label.contains(&format!("keys -> {worker} ")), "{label}");
                assert_eq!(sent, vec![(session, b"\x1b[20~".to_vec())], "{keys}");
                assert!(screen.contains('╔'));
            }
            _ => assert_eq!(sent, vec![], "{keys}: {label}"),
        }
    }
}

#[test]
fn agents_get_every_key_but_the_listed_ones() {
    let mut deck =
        Deck::with(busy(), 120, 36, Abilities { enhanced_keyboard: true, ..Abilities::default() }, Settings::default());
    deck.keys("ctrl+space 2").with_screens();
    for key in [
        "a",
        "?",
        "q",
        "esc",
        "tab",
        "shift+tab",
        "ctrl+c",
        "ctrl+d",
        "ctrl+z",
        "ctrl+b",
        "ctrl+g",
        "ctrl+p",
        "f1",
        "alt+1",
        "alt+p",
        "enter",
        "pgup",
        "shift+pgup",
    ] {
        deck.keys(key);
        assert_eq!(to_pane(&deck.out).len(), 1, "{key} did not arrive");
    }
    deck.keys("ctrl+space L");
    for key in ["ctrl+1", "ctrl+h", "a"] {
        deck.keys(key);
        assert_eq!(to_pane(&deck.out).len(), 1, "{key} did not arrive while locked");
    }
    deck.keys("ctrl+space ctrl+space");
    assert_eq!(to_pane(&deck.out), vec![(session_id(2), vec![0])]);
    deck.keys("ctrl+space g");
    assert!(matches!(deck.state.mode, Mode::Locked), "only the lock key unlocks");
    deck.keys("ctrl+space L");
    assert!(matches!(deck.state.mode, Mode::Agent));
}

#[test]
fn direct_keys_hold_only_where_the_terminal_can_send_them() {
    let mut old = Deck::open(busy(), 120, 36);
    old.keys("ctrl+space 2").with_screens().keys("ctrl+4");
    assert_eq!(old.state.worker, WorkerNumber(2));
    old.keys("alt+3");
    assert_eq!(old.state.worker, WorkerNumber(3));
    let mut enhanced =
        Deck::with(busy(), 120, 36, Abilities { enhanced_keyboard: true, ..Abilities::default() }, Settings::default());
    enhanced.keys("ctrl+4");
    assert_eq!(enhanced.state.worker, WorkerNumber(4));
}

#[test]
fn ctrl_h_is_a_handoff_a_question_or_backspace() {
    let started = |out: &[Cmd]| out.iter().any(|cmd| matches!(cmd, Cmd::Call(Request::Handoff { .. }, _)));
    let mut enhanced =
        Deck::with(busy(), 120, 36, Abilities { enhanced_keyboard: true, ..Abilities::default() }, Settings::default());
    enhanced.keys("ctrl+2 ctrl+h");
    assert!(started(&enhanced.out));

    let mut old = Deck::open(busy(), 120, 36);
    old.keys("ctrl+space 2").with_screens().keys("ctrl+h");
    assert!(!started(&old.out), "an old terminal asks first");
    old.wait(600).keys("ctrl+h");
    assert_eq!(to_pane(&old.out), vec![(session_id(2), vec![8])]);
    old.keys("ctrl+h").wait(600).keys("enter");
    assert!(started(&old.out));

    let mut erase =
        Deck::with(busy(), 120, 36, Abilities { erase_is_ctrl_h: true, ..Abilities::default() }, Settings::default());
    erase.keys("ctrl+space 2").with_screens().keys("ctrl+h");
    assert_eq!(to_pane(&erase.out), vec![(session_id(2), vec![8])]);

    let mut chat = Deck::open(empty(), 120, 36);
    chat.text("ab").keys("ctrl+h");
    assert_eq!(chat.state.chat.draft.lines(), ["a"]);
}

#[test]
fn every_action_is_in_the_palette_and_every_help_key_works() {
    let mut deck = Deck::open(busy(), 120, 80);
    for action in Action::ALL {
        deck.keys("ctrl+space :").text(action.description());
        let start: String = action.description().chars().take(40).collect();
        assert!(deck.screen().contains(&start), "{} has no palette entry", action.name());
        deck.keys("esc");
    }
    let (keymap, _) = Keymap::load(None, None);
    for context in Context::ALL {
        for (action, chords) in keymap.bindings(*context) {
            for chord in chords {
                assert_eq!(keymap.action(*context, chord), Some(action));
                assert_eq!(chord.to_string().parse::<Chord>(), Ok(chord), "{chord} must be readable as it is shown");
            }
        }
    }
}

#[test]
fn the_wheel_scrolls_the_pane_under_the_pointer() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").with_screens();
    let (x, y) = deck.find("agent 3 line 1");
    deck.mouse(x, y, MouseKind::WheelUp);
    assert_eq!(deck.state.worker, WorkerNumber(1), "the wheel does not move the keyboard");
    assert!(deck.state.panes[&session_id(3)].reading.is_some());
    assert!(deck.state.panes[&session_id(1)].reading.is_none());
    let asked =
        deck.out.iter().any(|cmd| matches!(cmd, Cmd::ToPane(id, ToHost::History { .. }) if *id == session_id(3)));
    assert!(asked, "the page of history is asked for");
}

#[test]
fn what_is_read_stays_while_the_agent_goes_on() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2").with_screens().keys("ctrl+space [ pgup");
    let row = |n: u32| Row {
        runs: vec![quarterdeck::protocol::pane::Run { text: format!("old {n}"), ..Default::default() }],
        wrapped: false,
    };
    deck.tell(Msg::Pane(session_id(2), FromHost::History { lines: (0..100).map(row).collect(), back: 0, total: 100 }));
    let before = deck.screen().lines().nth(3).unwrap().to_owned();
    assert!(before.contains("old "), "{before}");
    deck.tell(Msg::Pane(session_id(2), screen(20, 58, 2, 10_100)));
    assert_eq!(deck.screen().lines().nth(3).unwrap(), before);
    deck.keys("end");
    assert!(deck.state.panes[&session_id(2)].reading.is_none());
}

#[test]
fn clicks_reach_what_they_look_like() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").with_screens();
    let (x, y) = deck.find("agent 2 line 0");
    deck.click(x, y);
    assert_eq!(deck.state.owner(), Owner::Pane(WorkerNumber(2), session_id(2)));
    let (x, y) = deck.find("Tasks");
    deck.click(x, y);
    assert!(deck.screen().contains("═ Tasks "));
    deck.keys("esc");
    let (x, y) = deck.find("[handoff]");
    deck.click(x, y);
    assert!(deck.screen().contains("Enter starts it"));
    assert!(!deck.out.iter().any(|cmd| matches!(cmd, Cmd::Call(..))), "a click only opens");
}

#[test]
fn a_program_that_asked_for_the_mouse_gets_it() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2").with_screens();
    let FromHost::Screen(mut update) = screen(20, 58, 2, 0) else { unreachable!() };
    update.modes = Modes { mouse: MouseMode::PressRelease, mouse_sgr: true, ..Modes::default() };
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update)));
    let (x, y) = deck.find("agent 2 line 1");
    deck.click(x + 3, y);
    assert_eq!(to_pane(&deck.out), vec![(session_id(2), b"\x1b[<0;4;2M".to_vec())]);
    let mut off = Deck::with(busy(), 120, 36, Abilities::default(), Settings { mouse: false, ..Settings::default() });
    off.click(20, 0);
    assert_eq!(off.out, vec![]);
}

#[test]
fn a_drag_selects_in_one_pane_and_tells_the_truth() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").with_screens();
    let (x, y) = deck.find("agent 1 line 0");
    deck.click(x, y).mouse(119, y + 1, MouseKind::Drag(0)).mouse(119, y + 1, MouseKind::Up(0));
    let text = "agent 1 line 0\nagent 1 line 1  ok".to_owned();
    assert_eq!(deck.out, vec![Cmd::Copy { text: text.clone(), what: "2 lines".to_owned() }]);
    assert!(!deck.screen().contains("copied"), "nothing is said before it is known");
    deck.tell(Msg::Copied(Copied { what: "2 lines".to_owned(), text: text.clone(), ..Copied::default() }));
    assert_eq!(deck.out, vec![Cmd::CopyToTerminal(text)]);
    assert!(deck.screen().contains("copied 2 lines via OSC 52 (sent to terminal, not confirmed)"));
}

#[test]
fn hidden_panes_are_let_go_and_keep_their_size() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").with_screens();
    deck.keys("2 ctrl+space 2");
    let visible: Vec<_> = deck
        .state
        .panes
        .iter()
        .filter(|(_, pane)| pane.link == quarterdeck::tui::pane::Link::Live)
        .map(|(id, _)| id.clone())
        .collect();
    assert_eq!(visible, vec![session_id(2)]);
    deck.tell(Msg::Resized(140, 40));
    let resized: Vec<_> = deck.out.iter().filter(|cmd| matches!(cmd, Cmd::ResizePane(..))).collect();
    assert_eq!(resized.len(), 1, "only the visible pane gets the new size");
}

#[test]
fn a_paste_is_never_a_command() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").tell(Msg::Paste("q\nQ\n".to_owned()));
    assert_eq!(deck.out, vec![]);
    deck.keys("ctrl+space 2").with_screens().tell(Msg::Paste("two\nlines".to_owned()));
    assert_eq!(deck.out, vec![Cmd::ToPane(session_id(2), ToHost::Paste("two\nlines".to_owned()))]);
    deck.keys("ctrl+space c").tell(Msg::Paste("one\r\ntwo\x1b[31m".to_owned()));
    assert_eq!(deck.state.chat.draft.lines(), ["one", "two"]);
}

#[test]
fn a_new_line_in_the_agents_prompt_needs_no_shift_enter() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2").with_screens().keys("ctrl+space j");
    assert_eq!(to_pane(&deck.out), vec![(session_id(2), b"\n".to_vec())]);
    let FromHost::Screen(mut update) = screen(20, 58, 2, 0) else { unreachable!() };
    update.modes = Modes { keyboard_flags: 1, ..Modes::default() };
    deck.tell(Msg::Pane(session_id(2), FromHost::Screen(update))).keys("ctrl+space j");
    assert_eq!(to_pane(&deck.out), vec![(session_id(2), b"\x1b[13;2u".to_vec())]);
    deck.keys("shift+enter");
    assert_eq!(to_pane(&deck.out), vec![(session_id(2), b"\x1b[13;2u".to_vec())]);
}

#[test]
fn a_tmux_that_keeps_keys_is_told_of_once_and_in_help() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.tell(Msg::TmuxKeepsKeys { tell: true });
    assert!(deck.screen().contains("extended-keys on") && deck.screen().contains("Ctrl+Space j"), "{}", deck.screen());
    let mut again = Deck::open(busy(), 120, 36);
    again.tell(Msg::TmuxKeepsKeys { tell: false });
    assert!(!again.screen().contains("extended-keys"));
    again.keys("ctrl+space ?");
    assert!(again.screen().contains("set -s extended-keys on"));
}
