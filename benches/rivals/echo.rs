//! From a key to its echo on screen, with nothing else to do and beside three panes that flood. The pane
//! runs `cat`: the echo is the kernel's, so what is timed is the multiplexer alone.

use std::time::{Duration, Instant};

use crate::effort::pick;
use crate::figures::Figures;
use crate::scene::{Scene, Who, everybody};
use crate::table::Row;

/// A line of a log, without an end.
const FLOOD: &str = "exec yes '2026-11-20T10:00:00.000Z INFO [worker] the quick brown fox jumps over the lazy dog and latency=12ms module thread'";
const KEYS: u32 = 150;
const ROUNDS: usize = 3;
/// After which a key counts as lost.
const LOST: Duration = Duration::from_secs(3);

pub fn idle() -> Vec<Row> {
    let [ours, theirs] = both("exec cat");
    let mut rows = rows("key to echo, idle", &ours, &theirs, 2.0);
    rows.push(
        Row::absolute("key to echo, idle, p99, ms", format!("{:.2}", ours.quantile(0.99)), "< 5 ms", {
            ours.quantile(0.99) < 5.0
        })
        .beside(shown(&theirs, 0.99), ratio(&ours, &theirs, 0.99)),
    );
    rows
}

pub fn flooded() -> Vec<Row> {
    let [ours, theirs] = both(FLOOD);
    let mut rows = rows("key to echo, three panes flooding", &ours, &theirs, 1.0);
    let p99 = ratio(&ours, &theirs, 0.99);
    rows.push(Row {
        what: "key to echo, three panes flooding, p99, ms".to_owned(),
        ours: format!("{:.2}", ours.quantile(0.99)),
        rival: shown(&theirs, 0.99),
        ratio: p99,
        target: "≤ 2 × tmux".to_owned(),
        met: p99.map(|ratio| ratio <= 2.0),
    });
    rows
}

fn rows(what: &str, ours: &Figures, theirs: &Figures, at_most: f64) -> Vec<Row> {
    vec![Row::against(&format!("{what}, p50, ms"), ours, theirs, at_most, 2)]
}

fn shown(figures: &Figures, share: f64) -> String {
    if figures.is_empty() { "–".to_owned() } else { format!("{:.2}", figures.quantile(share)) }
}

fn ratio(ours: &Figures, theirs: &Figures, share: f64) -> Option<f64> {
    (!theirs.is_empty()).then(|| ours.quantile(share) / theirs.quantile(share))
}

fn both(beside: &str) -> [Figures; 2] {
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    for round in 0..pick(ROUNDS, 1) {
        for who in everybody() {
            let figures = if who == Who::Tmux { &mut theirs } else { &mut ours };
            type_keys(&mut Scene::open(who, &["exec cat", beside, beside, beside]), round, figures);
        }
    }
    [ours, theirs]
}

fn type_keys(scene: &mut Scene, round: usize, figures: &mut Figures) {
    let mut random = round as u64 + 1;
    scene.outer.pump_for(Duration::from_millis(500));
    for n in 0..KEYS {
        if n % 40 == 39 {
            scene.outer.type_in("\r");
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        scene.outer.pump_for(Duration::from_micros(20_000 + (random >> 40) % 20_000));
        // each letter is new on screen, so that its bytes show it and nothing else
        let key = char::from_u32(0x410 + n % 56).unwrap().to_string();
        let began = Instant::now();
        scene.outer.type_in(&key);
        match scene.outer.until_sent(key.as_bytes(), LOST) {
            Some(at) => figures.push_ms(at - began),
            None => figures.push_ms(LOST),
        }
    }
}
