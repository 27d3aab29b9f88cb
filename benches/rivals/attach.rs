//! From opening a terminal to a full frame of a pane that holds 20,000 lines of history; and what such
//! history takes in memory.

use std::fs;
use std::time::{Duration, Instant};

use crate::effort::pick;
use crate::figures::Figures;
use crate::processes::memory;
use crate::scene::{PATIENCE, Scene, Who, everybody};
use crate::table::Row;
use crate::throughput::write_log;

/// On the last line of the screen.
const LAST: &str = "ЖЖЩЫЪЮ";
const ROUNDS: usize = 10;
const LINES: usize = 20_000;

pub fn attach() -> Vec<Row> {
    let mut scenes: Vec<(Who, Scene)> =
        everybody().into_iter().map(|who| (who, Scene::open(who, &["exec sh"]))).collect();
    let (mut cockpit, mut alone, mut theirs) = (Figures::default(), Figures::default(), Figures::default());
    for (_, scene) in &mut scenes {
        fill(scene, LINES);
    }
    for _ in 0..pick(ROUNDS, 4) {
        for (who, scene) in &mut scenes {
            scene.detach();
            let figures = if *who == Who::Tmux { &mut theirs } else { &mut cockpit };
            if *who == Who::Quarterdeck {
                alone.push_ms(timed(scene, Scene::attach_alone));
                scene.detach_alone();
            }
            figures.push_ms(timed(scene, Scene::attach));
        }
    }
    let row = |what: &str, ours: &Figures| {
        let ratio = (!theirs.is_empty()).then(|| ours.median() / theirs.median());
        Row::absolute(what, ours.spread(1), "< 15", ours.median() < 15.0).beside(theirs.spread(1), ratio)
    };
    vec![
        row("attach to 20,000 lines of history (`qd attach`), first full frame, ms", &alone),
        row("the whole cockpit opened on it (`qd`), first full frame, ms", &cockpit),
    ]
}

fn timed(scene: &mut Scene, attach: fn(&mut Scene)) -> Duration {
    let began = Instant::now();
    attach(scene);
    let at = scene.outer.until_sent(LAST.as_bytes(), PATIENCE).expect("the pane is shown again");
    scene.outer.settle(Duration::from_millis(150), Duration::from_secs(2));
    at - began
}

/// Lines into the pane, and a mark below them.
fn fill(scene: &mut Scene, lines: usize) {
    let (log, script) = (scene.path("log.txt"), scene.path("fill.sh"));
    write_log(&log, lines * 100);
    fs::write(&script, format!("head -n {lines} {}; echo {LAST}\n", log.display())).unwrap();
    scene.outer.type_in(&format!("sh {}\r", script.display()));
    scene.outer.until_shows(LAST, PATIENCE);
    scene.outer.settle(Duration::from_millis(300), Duration::from_secs(5));
}

pub fn history() -> Vec<Row> {
    const MEASURED: usize = 10_000;
    let mut grown = everybody().into_iter().map(|who| {
        let mut scene = Scene::open(who, &["exec sh"]);
        let holder = |scene: &Scene| {
            let wanted = if who == Who::Tmux { "server" } else { "session host" };
            scene.processes().into_iter().find(|(name, _)| name == wanted).map_or(0, |(_, pid)| pid)
        };
        let before = memory(holder(&scene));
        fill(&mut scene, MEASURED);
        memory(holder(&scene)) - before
    });
    let ours = grown.next().unwrap_or(f64::NAN);
    let theirs = grown.next();
    vec![
        Row::absolute("memory of 10,000 lines of history, MB", format!("{ours:.1}"), "< 5", ours < 5.0)
            .beside(theirs.map_or("–".to_owned(), |theirs| format!("{theirs:.1}")), theirs.map(|theirs| ours / theirs)),
    ]
}
