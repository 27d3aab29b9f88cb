//! Many sessions: the cockpit must cost what is visible costs, the daemon must not cost more for more output.

use std::io::Write as _;
use std::time::Duration;

use crate::outer::Outer;
use crate::processes::{used, used_by};
use crate::scene::{PATIENCE, daemon, hosts, open_cockpit, start_workers};
use crate::table::Row;
use crate::world::World;

const WATCHED: Duration = Duration::from_secs(10);
const SESSIONS: usize = 64;
const VISIBLE: usize = 4;
const NOISY: usize = 16;

/// Bytes a second of one noisy session: an agent that talks, and one that talks a hundred times as much.
const TALK: u32 = 5_000;
const SHOUT: u32 = 500_000;

/// Processor time in per cent of a core.
struct Cost {
    cockpit: f64,
    daemon: f64,
    hosts: f64,
}

/// The body of a noisy session: so many bytes a second, in lines, ten times a second.
pub fn noise(bytes: usize) {
    let line = "2026-11-20T10:00:00.000Z INFO [worker] the quick brown fox jumps over the lazy dog\n";
    let burst: String = line.chars().cycle().take(bytes / 10).collect();
    let mut out = std::io::stdout();
    while out.write_all(burst.as_bytes()).and_then(|()| out.flush()).is_ok() {
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub fn measure() -> Vec<Row> {
    let few = cost(VISIBLE, None);
    let quiet = cost(SESSIONS, None);
    let talk = cost(SESSIONS, Some(TALK));
    let shout = cost(SESSIONS, Some(SHOUT));
    let total = quiet.cockpit + quiet.daemon + quiet.hosts;
    let seconds = WATCHED.as_secs();
    vec![
        Row {
            rival: format!("{:.2} (4 sessions, quiet)", few.cockpit),
            ..Row::absolute(
                &format!(
                    "cockpit, {SESSIONS} sessions, {VISIBLE} visible, {NOISY} hidden ones noisy, {seconds} s: % of a core"
                ),
                format!("{:.2}", shout.cockpit),
                "as with 4 (within 0.5)",
                shout.cockpit - few.cockpit < 0.5,
            )
        },
        Row::absolute(
            &format!("{SESSIONS} sessions, all idle, all processes: % of a core"),
            format!("{total:.2}"),
            "< 0.5",
            total < 0.5,
        ),
        Row {
            rival: format!("{:.3} (each {} kB/s)", talk.daemon, TALK / 1000),
            ratio: (talk.daemon > 0.0).then(|| shout.daemon / talk.daemon),
            ..Row::absolute(
                &format!("daemon, {NOISY} of {SESSIONS} sessions noisy, each {} kB/s: % of a core", SHOUT / 1000),
                format!("{:.3}", shout.daemon),
                "no growth with output (≤ 1.5 × at 100 × the output)",
                shout.daemon <= talk.daemon * 1.5 + 0.1,
            )
        },
    ]
}

/// The first ones are visible and quiet; the noisy ones come last.
fn cost(sessions: usize, noise: Option<u32>) -> Cost {
    let world = World::new();
    let own = std::env::current_exe().unwrap();
    let noisy = noise.map(|bytes| format!("exec '{}' noise {bytes}", own.display()));
    let commands: Vec<&str> = (0..sessions)
        .map(|n| match &noisy {
            Some(noisy) if n >= sessions - NOISY => noisy.as_str(),
            _ => "exec cat",
        })
        .collect();
    start_workers(&world, &commands);
    let mut cockpit = open_cockpit(&world);
    cockpit.until_shows("Needs you", PATIENCE);
    cockpit.type_in("\0");
    cockpit.settle(Duration::from_millis(150), Duration::from_secs(1));
    cockpit.type_in("g");
    cockpit.until_shows("COCKPIT", PATIENCE);
    cockpit.settle(Duration::from_secs(2), Duration::from_secs(6));
    watch(&world, &mut cockpit)
}

fn watch(world: &World, cockpit: &mut Outer) -> Cost {
    let (own, daemon, hosts) = (cockpit.pid(), daemon(world), hosts(world));
    // the questions above cost the daemon something; that is over before the watch begins
    cockpit.pump_for(Duration::from_secs(1));
    let before = (used(own), used(daemon), used_by(&hosts));
    cockpit.pump_for(WATCHED);
    let seconds = WATCHED.as_secs_f64();
    Cost {
        cockpit: used(own).since(before.0).per_cent(seconds),
        daemon: used(daemon).since(before.1).per_cent(seconds),
        hosts: used_by(&hosts).since(before.2).per_cent(seconds),
    }
}
