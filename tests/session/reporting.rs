//! Reports: numbered, on disk, resent until collected.

use quarterdeck::model::Report;
use quarterdeck::protocol::pane::{FromHost, SessionReport, ToHost};

use crate::support::{Connection, Session};

fn report(text: &str) -> SessionReport {
    SessionReport::Said(Report::Progress { text: text.to_owned() })
}

fn tell(session: &Session, text: &str) {
    let mut reporter = session.connect();
    reporter.send(&ToHost::Report(report(text)));
    reporter.until("a note", |message| matches!(message, FromHost::Noted).then_some(()));
}

fn hear(daemon: &mut Connection) -> (u64, SessionReport) {
    daemon.until("a report", |message| match message {
        FromHost::Reported { number, report } => Some((*number, report.clone())),
        _ => None,
    })
}

#[test]
fn reports_wait_for_the_daemon_and_come_in_order_until_collected() {
    let session = Session::started("read end");
    tell(&session, "one");
    tell(&session, "two");
    let mut daemon = session.watch();
    assert_eq!((hear(&mut daemon), hear(&mut daemon)), ((1, report("one")), (2, report("two"))));
    tell(&session, "three");
    assert_eq!(hear(&mut daemon), (3, report("three")));
    daemon.send(&ToHost::Collected { up_to: 2 });
    // an answer to what was sent after it means that it was done
    daemon.write("probe", "", "");
    drop(daemon);
    let mut daemon = session.watch();
    assert_eq!(hear(&mut daemon), (3, report("three")));
    assert_eq!(quarterdeck::session::uncollected(&session.directory()), [(3, report("three"))]);
    daemon.send(&ToHost::Collected { up_to: 3 });
    daemon.write("probe again", "", "");
    tell(&session, "four");
    assert_eq!(hear(&mut daemon), (4, report("four")));
    assert_eq!(quarterdeck::session::uncollected(&session.directory()), [(4, report("four"))]);
}

#[test]
fn a_flood_of_reports_loses_none_and_holds_nobody_up() {
    const ROUNDS: u64 = 20;
    const EACH: u64 = 50;
    let session = Session::started("read end");
    let mut daemon = session.watch();
    let mut hostile = session.connect();
    let flood = std::thread::spawn(move || {
        for round in 0..ROUNDS {
            for number in 0..EACH {
                hostile.send(&ToHost::Report(report(&format!("flood {round} {number} {}", "x".repeat(200)))));
            }
            // who reads no answers is not read any more, so it has to
            for _ in 0..EACH {
                hostile.until("a note", |message| matches!(message, FromHost::Noted).then_some(()));
            }
        }
    });
    tell(&session, "one of the others");
    let mut viewer = session.view();
    viewer.type_in("still here");
    viewer.wait_for_text("still here");
    let mut heard = Vec::new();
    while heard.len() < usize::try_from(ROUNDS * EACH).unwrap() + 1 {
        let (number, said) = hear(&mut daemon);
        assert_eq!(number, heard.len() as u64 + 1, "in order, each once");
        heard.push(said);
        daemon.send(&ToHost::Collected { up_to: number });
    }
    assert!(heard.contains(&report("one of the others")));
    flood.join().unwrap();
}

#[test]
fn a_daemon_that_says_hello_twice_is_served_as_one() {
    let session = Session::started("read end");
    tell(&session, "one");
    let mut daemon = session.watch();
    assert_eq!(hear(&mut daemon), (1, report("one")));
    daemon.send(&ToHost::Watch { version: quarterdeck::protocol::pane::VERSION });
    daemon.send(&ToHost::Collected { up_to: 1 });
    daemon.write("probe", "", "");
    tell(&session, "two");
    // what was not collected when it said hello again may come again: its number tells
    let second = std::iter::repeat_with(|| hear(&mut daemon)).find(|(number, _)| *number > 1);
    assert_eq!(second, Some((2, report("two"))));
}
