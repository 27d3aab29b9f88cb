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
