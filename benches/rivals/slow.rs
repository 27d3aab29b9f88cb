//! A viewer behind a link of 10 kB/s, beside one that reads at once, of a session that floods.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quarterdeck::protocol::pane::{FromHost, ToHost, VERSION, encode, read_from};

use crate::effort::pick;
use crate::processes::memory;
use crate::scene::{PATIENCE, hosts, start_workers};
use crate::table::Row;
use crate::world::{World, until};

const WATCHED: Duration = Duration::from_secs(8);
/// What the link lets through: so many bytes, so often.
const PIECE: usize = 500;
const EVERY: Duration = Duration::from_millis(50);

/// Floods, and writes down what it is told.
const PROGRAM: &str = "stty -echo; yes 'the quick brown fox jumps over the lazy dog' & cat > heard";

pub fn measure() -> Vec<Row> {
    let watched = pick(WATCHED, Duration::from_secs(4));
    let world = World::new();
    start_workers(&world, &[PROGRAM]);
    let session = world.sessions().into_iter().next().expect("one session");
    let socket = PathBuf::from(session["socket"].as_str().expect("it has a socket"));
    let host = hosts(&world)[0];
    let alone = frames(&socket, watched);
    let before = memory(host);
    let slow = Slow::begin(&socket);
    let mut typed = slow.stream.try_clone().unwrap();
    let beside = frames(&socket, watched);
    for n in 0..100 {
        let line = format!("line {n} from afar\n").into_bytes();
        typed.write_all(&encode(&ToHost::Input(line)).unwrap()).unwrap();
    }
    let heard = world.repository().join("heard");
    let lines = || std::fs::read_to_string(&heard).unwrap_or_default().lines().count();
    until("all that was typed behind the slow link has arrived", PATIENCE, || (lines() >= 100).then_some(()));
    let grown = memory(host) - before;
    let got = slow.end();
    vec![
        Row {
            rival: format!("{alone} (no slow viewer)"),
            ratio: Some(ratio(beside, alone)),
            ..Row::absolute(
                &format!(
                    "frames of a flood in {} s, beside a viewer at 10 kB/s (which got {got} kB)",
                    watched.as_secs()
                ),
                beside.to_string(),
                "≥ 0.8 of those without it",
                ratio(beside, alone) >= 0.8,
            )
        },
        Row::absolute(
            "memory that a host takes for a viewer at 10 kB/s, MB",
            format!("{grown:.1}"),
            "< 1, and all its input arrives",
            grown < 1.0,
        ),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred frames")]
fn ratio(one: usize, other: usize) -> f64 {
    one as f64 / other.max(1) as f64
}

fn view(socket: &Path) -> UnixStream {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(&encode(&ToHost::View { version: VERSION, rows: 50, cols: 150, resize: false }).unwrap()).unwrap();
    stream
}

/// Frames that a viewer gets in this time that reads at once.
fn frames(socket: &Path, time: Duration) -> usize {
    let mut stream = view(socket);
    let end = Instant::now() + time;
    let mut frames = 0;
    while Instant::now() < end {
        if let Ok(Some(FromHost::Screen(_))) = read_from(&mut stream) {
            frames += 1;
        }
    }
    frames
}

/// A viewer that takes what the link lets through.
struct Slow {
    stream: UnixStream,
    over: Arc<AtomicBool>,
    got: Arc<AtomicUsize>,
}

impl Slow {
    fn begin(socket: &Path) -> Self {
        let stream = view(socket);
        let (over, got) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (mut link, until, count) = (stream.try_clone().unwrap(), Arc::clone(&over), Arc::clone(&got));
        std::thread::spawn(move || {
            let mut piece = [0; PIECE];
            while !until.load(Ordering::Relaxed) {
                count.fetch_add(link.read(&mut piece).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(EVERY);
            }
        });
        Self { stream, over, got }
    }

    /// Kilobytes that it got.
    fn end(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        self.got.load(Ordering::Relaxed) / 1000
    }
}
