//! Reading and searching history by absolute line numbers, while output floods and old lines go.

use quarterdeck::protocol::pane::{Found, FromHost, ToHost};

use crate::support::{Connection, Session};

/// The text of lines from an absolute number on, and the number of the first.
fn lines(viewer: &mut Connection, from: u64, count: u32) -> (u64, Vec<String>) {
    viewer.send(&ToHost::Lines { from, count });
    viewer.until("the lines", |message| match message {
        FromHost::Lines { first, lines, .. } => {
            let text = |row: &quarterdeck::protocol::pane::Row| row.runs.iter().map(|run| run.text.as_str()).collect();
            Some((*first, lines.iter().map(text).collect()))
        }
        _ => None,
    })
}

fn search(viewer: &mut Connection, pattern: &str, from: (u64, u16), backward: bool) -> Found {
    viewer.send(&ToHost::Search { id: 7, pattern: pattern.to_owned(), from, backward });
    viewer.until("the match", |message| match message {
        FromHost::Found(found) => Some(*found),
        _ => None,
    })
}

#[test]
fn a_line_keeps_its_number_when_older_ones_are_dropped() {
    let mut session = Session::new("seq 0 4999; read go; seq 5000 9999; read end");
    session.launch.scrollback = 1_000;
    session.start().unwrap();
    let mut viewer = session.view();
    viewer.wait_for_text("4999");
    assert_eq!(lines(&mut viewer, 4_500, 2), (4_500, vec!["4500".to_owned(), "4501".to_owned()]));
    let (first, rest) = lines(&mut viewer, 0, 10);
    assert_eq!((first, rest.len()), (3_977, 0), "what is dropped is not there, and nothing else is given for it");
    viewer.type_in("\n");
    viewer.wait_for_text("9999");
    // the newline that was typed is echoed as a line of its own
    assert_eq!(lines(&mut viewer, 9_500, 1), (9_500, vec!["9499".to_owned()]));
    let last = viewer.last.as_ref().unwrap();
    assert_eq!((last.history, last.dropped + u64::from(last.history) + 24), (1_000, 10_002));
}

#[test]
fn a_search_goes_through_history_and_screen_and_wraps() {
    let session = Session::started("seq 1 900; echo Needle; seq 901 990; printf 'nee\\033[0mdle'; read end");
    let mut viewer = session.view();
    viewer.wait_for_text("needle");
    let found = search(&mut viewer, "needle", (0, 0), false);
    assert_eq!((found.at, found.index, found.total, found.wrapped), (Some((900, 0)), 1, 2, false));
    let next = search(&mut viewer, "needle", found.at.unwrap(), false);
    assert_eq!((next.at, next.index), (Some((991, 0)), 2));
    let around = search(&mut viewer, "needle", next.at.unwrap(), false);
    assert_eq!((around.at, around.wrapped), (Some((900, 0)), true));
    let back = search(&mut viewer, "needle", (950, 0), true);
    assert_eq!((back.at, back.wrapped), (Some((900, 0)), false));
    assert_eq!(search(&mut viewer, "Needle", (0, 0), false).total, 1, "a capital letter makes case count");
    assert_eq!(search(&mut viewer, "no such text", (0, 0), false), Found { id: 7, ..Found::default() });
    viewer.send(&ToHost::Search { id: 8, pattern: String::new(), from: (0, 0), backward: false });
    viewer.until("a refusal", |message| matches!(message, FromHost::Refused(_)).then_some(()));
}

#[test]
fn a_match_over_a_soft_wrap_is_found() {
    let session = Session::started("printf '%078d' 0; printf 'needle\\n'; seq 1 60; read end");
    let mut viewer = session.view();
    viewer.wait_for_text("60");
    assert_eq!(search(&mut viewer, "needle", (0, 0), false).at, Some((0, 78)));
}

#[test]
fn searching_works_while_output_floods() {
    let mut session =
        Session::new("stty -echo; (while :; do echo flood; done) & read line; kill $!; wait; echo got:$line; read end");
    session.launch.scrollback = 20_000;
    session.start().unwrap();
    let mut viewer = session.view();
    viewer.until("a long history", |message| match message {
        FromHost::Screen(update) => (update.history == 20_000).then_some(()),
        _ => None,
    });
    let found = search(&mut viewer, "flood", (0, 0), false);
    assert!(found.total >= 19_000, "{found:?}");
    viewer.type_in("key\n");
    viewer.wait_for_text("got:key");
}

#[test]
fn what_is_on_the_alternate_screen_is_found() {
    let session = Session::started("seq 1 50; printf '\\033[?1049h\\033[Hdrawn needle'; read end");
    let mut viewer = session.view();
    viewer.wait_for_text("drawn");
    let found = search(&mut viewer, "needle", (0, 0), false);
    assert_eq!((found.at.map(|(_, column)| column), found.total), (Some(6), 1));
}
