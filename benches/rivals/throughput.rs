//! How long a flood takes from its first byte to the moment when what follows it is on screen.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::effort::pick;
use crate::figures::Figures;
use crate::scene::{Scene, Who, everybody};
use crate::table::Row;

/// Bytes of the file.
const BYTES: usize = 100_000_000;
/// What comes last: never in the flood itself.
const LAST: &str = "@@@@@@@@@@@@";
/// As long as one flood may take.
const LIMIT: Duration = Duration::from_secs(120);
const ROUNDS: usize = 5;

pub fn cat() -> Vec<Row> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("log.txt");
    write_log(&file, BYTES);
    vec![race("`cat` of 100 MB in a pane, s", &format!("cat {}", file.display()), 0.6)]
}

pub fn seq() -> Vec<Row> {
    vec![race("`seq 1 2000000` in a pane, s", "seq 1 2000000", 0.9)]
}

/// A log as programs write it: about ninety characters a line.
pub fn write_log(file: &Path, bytes: usize) {
    let mut out = BufWriter::new(File::create(file).unwrap());
    let (mut written, mut n) = (0, 0u32);
    while written < bytes {
        let (minute, second, thousandth, worker, took) = (n / 60 % 60, n % 60, n % 1000, n % 8, n % 97);
        let line = format!(
            "2026-11-20T10:{minute:02}:{second:02}.{thousandth:03}Z INFO [worker-{worker}] request {n} served in {took}ms by handler\n"
        );
        out.write_all(line.as_bytes()).unwrap();
        written += line.len();
        n += 1;
    }
    out.flush().unwrap();
}

fn race(what: &str, command: &str, at_most: f64) -> Row {
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    for _ in 0..pick(ROUNDS, 2) {
        for who in everybody() {
            let seconds = flood(who, command).as_secs_f64();
            if who == Who::Tmux { theirs.push(seconds) } else { ours.push(seconds) }
        }
    }
    Row::against(what, &ours, &theirs, at_most, 2)
}

fn flood(who: Who, command: &str) -> Duration {
    let mut scene = Scene::open(who, &["exec sh"]);
    let (script, began) = (scene.path("flood.sh"), scene.path("began"));
    let text = format!("date +%s%N > {0}; {command}; printf '\\n{LAST}\\n'\n", began.display());
    fs::write(&script, text).unwrap();
    scene.outer.type_in(&format!("sh {}\r", script.display()));
    scene.outer.until_sent(LAST.as_bytes(), LIMIT).expect("the flood has an end");
    SystemTime::now().duration_since(time_in(&began)).unwrap_or_default()
}

/// The time that `date +%s%N` wrote.
pub fn time_in(file: &Path) -> SystemTime {
    let nanoseconds: u64 = fs::read_to_string(file).unwrap().trim().parse().unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds)
}
