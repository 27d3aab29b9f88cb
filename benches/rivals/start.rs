//! Beginnings: the cockpit from nothing, and a session beyond its agent's own start.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use quarterdeck::model::SessionId;
use quarterdeck::session::{self, Launch};

use crate::figures::Figures;
use crate::scene::{PATIENCE, Who, cold_start, everybody, qd};
use crate::support_confirm;
use crate::table::Row;
use crate::throughput::time_in;
use crate::world::until;

const ROUNDS: usize = 7;

pub fn cold() -> Vec<Row> {
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    for _ in 0..ROUNDS {
        for who in everybody() {
            if who == Who::Tmux { theirs.push_ms(cold_start(who)) } else { ours.push_ms(cold_start(who)) }
        }
    }
    let ratio = (!theirs.is_empty()).then(|| ours.median() / theirs.median());
    vec![
        Row::absolute(
            "cold start to the first frame, daemon start included, ms",
            ours.spread(0),
            "< 100",
            ours.median() < 100.0,
        )
        .beside(theirs.spread(0), ratio),
    ]
}

/// A session whose agent writes down when it began, beside the same program started alone.
pub fn session() -> Vec<Row> {
    let directory = tempfile::tempdir().unwrap();
    let (mut ours, mut alone) = (Figures::default(), Figures::default());
    for round in 0..ROUNDS * 3 {
        let note = directory.path().join(format!("alone{round}"));
        let began = SystemTime::now();
        let mut child = Command::new("sh").args(["-c", &writes_down(&note)]).spawn().unwrap();
        alone.push_ms(time_when_there(&note).duration_since(began).unwrap_or_default());
        child.wait().unwrap();
        ours.push_ms(session_start(directory.path(), round));
    }
    let beyond = ours.median() - alone.median();
    vec![Row {
        rival: format!("{} (the program alone)", alone.spread(1)),
        ..Row::absolute(
            "session start to the agent's first instruction, ms",
            format!("{}; {beyond:.1} beyond", ours.spread(1)),
            "< 300 beyond the agent's own start",
            beyond < 300.0,
        )
    }]
}

fn writes_down(note: &Path) -> String {
    format!("date +%s%N > '{0}.new' && mv '{0}.new' '{0}'", note.display())
}

fn time_when_there(note: &Path) -> SystemTime {
    until("the program has written down its time", PATIENCE, || note.exists().then_some(()));
    time_in(note)
}

fn session_start(directory: &Path, round: usize) -> Duration {
    let note = directory.join(format!("session{round}"));
    let session = SessionId::from_entropy(*uuid::Uuid::new_v4().as_bytes());
    let socket = directory.join("run").join(format!("{}.sock", session.short()));
    let launch = Launch {
        env: vec![
            ("QD_SESSION".to_owned(), session.as_str().to_owned()),
            ("QD_SESSION_SOCKET".to_owned(), socket.display().to_string()),
        ],
        session,
        argv: vec!["sh".to_owned(), "-c".to_owned(), format!("{}; sleep 5", writes_down(&note))],
        remove_env: Vec::new(),
        cwd: directory.to_path_buf(),
        rows: 24,
        cols: 80,
        scrollback: 1000,
        socket,
        log_limit: 64 * 1024,
        place: Default::default(),
    };
    let place = directory.join("sessions").join(launch.session.as_str());
    let began = SystemTime::now();
    let started = session::start(&place, &launch, qd(), PATIENCE).unwrap();
    let took = time_when_there(&note).duration_since(began).unwrap_or_default();
    crate::world::kill_now(&started.pid.into());
    crate::world::kill_now(&started.host.pid.into());
    took
}

pub fn confirm() -> Vec<Row> {
    let began = Instant::now();
    let times = support_confirm::measure();
    eprintln!("  (confirm took {:.0} s)", began.elapsed().as_secs_f64());
    let (ours, git) = (times.confirm.median(), times.worktree.median());
    vec![Row {
        rival: format!("{} (`git worktree add`)", times.worktree.spread(0)),
        ratio: Some(ours / git),
        ..Row::absolute(
            &format!("confirm to the live agent, {} files, ms", support_confirm::FILES),
            format!("{}, {:.0} of it a `qd` command line", times.confirm.spread(0), times.command_line.median()),
            "≤ `git worktree add` + 300 (then ≤ 1.1 ×)",
            ours - git <= 300.0,
        )
    }]
}
