//! The daemon goes and comes back: the screen says so, nothing on it lies, nothing is lost.

use quarterdeck::model::Kind;
use quarterdeck::protocol::control::{Failure, Request};
use quarterdeck::tui::message::{Cmd, Msg, Purpose};
use quarterdeck::tui::pane::Link;
use quarterdeck::tui::state::Daemon;

use crate::support::*;

fn away() -> Deck {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.state.returns = true;
    deck.keys("ctrl+space g").with_screens().tell(Msg::Lost);
    deck
}

fn pauses(deck: &Deck) -> Vec<u64> {
    deck.out
        .iter()
        .filter_map(|cmd| if let Cmd::Reconnect { after_ms, .. } = cmd { Some(*after_ms) } else { None })
        .collect()
}

#[test]
fn a_lost_daemon_is_said_and_tried_again() {
    let mut deck = away();
    assert_eq!(pauses(&deck), [200], "at once");
    let screen = deck.screen();
    for words in ["daemon away", "connecting again", "was working", "agent 1 line 0", "panes are live"] {
        assert!(screen.contains(words), "{words} in\n{screen}");
    }
    assert!(!screen.contains("* working"), "a status that is not known any more is not shown as one\n{screen}");
    assert!(deck.state.panes.values().all(|pane| pane.link == Link::Live), "panes belong to their hosts");
    let mut last = 0;
    for _ in 0..12 {
        deck.tell(Msg::StillLost(Failure {
            kind: Kind::Unavailable,
            message: "no daemon runs".to_owned(),
            hint: None,
        }));
        let pause = pauses(&deck)[0];
        assert!(pause >= last && pause <= 10_000);
        last = pause;
    }
    assert_eq!(last, 10_000);
    assert!(deck.wait(20_000).screen().contains("no daemon runs"), "why it fails stays on screen");
}

#[test]
fn the_cockpit_goes_on_when_it_is_back() {
    let mut deck = away();
    deck.tell(Msg::Back);
    let project = deck.state.project.id;
    assert_eq!(deck.out, vec![Cmd::Call(Request::Watch { project }, Purpose::Watch)]);
    assert!(deck.screen().contains("daemon away"), "connected is not yet told");
    deck.tell(Msg::Project(Box::new(busy())));
    assert_eq!(deck.state.daemon, Daemon::Here);
    let screen = deck.screen();
    assert!(screen.contains("* working") && screen.contains("is back") && !screen.contains("daemon away"), "{screen}");
    deck.tell(Msg::Lost);
    assert_eq!(pauses(&deck), [200], "the next loss is tried at once again");
}

#[test]
fn without_a_way_back_that_is_said() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.tell(Msg::Lost);
    assert_eq!(pauses(&deck), Vec::<u64>::new());
    assert!(deck.screen().contains("open the cockpit again"));
}

#[test]
fn a_draft_is_kept_while_the_daemon_is_away() {
    let mut deck = away();
    deck.keys("c").text("fix it").keys("enter");
    assert_eq!(deck.out, vec![]);
    assert_eq!(deck.state.chat.draft.lines(), ["fix it"]);
}

#[test]
fn a_daemon_that_was_stopped_stays_so_until_a_key_is_pressed() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.state.returns = true;
    deck.keys("ctrl+space g").tell(Msg::Stopped);
    let started = |deck: &Deck| deck.out.iter().any(|cmd| matches!(cmd, Cmd::Reconnect { start: true, .. }));
    assert!(!started(&deck) && !deck.out.is_empty());
    assert!(deck.screen().contains("The daemon was stopped; press a key to start it again"), "{}", deck.screen());
    deck.keys("t");
    assert!(started(&deck));
    assert!(deck.state.mode.dialog().is_none(), "the key was for the daemon");
}
