//! Recordings of agent CLIs (asciicast v2), replayed into our terminal and into tmux at the same size: the same
//! rows and the same cursor at every second of the recording and at its end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use quarterdeck::term::Terminal;
use serde_json::Value;

use super::reference::{Tmux, is_there};

/// Seconds of the recording between two comparisons.
const EVERY: f64 = 1.0;
/// How long tmux may take to show what it was fed.
const PATIENCE: Duration = Duration::from_secs(10);

struct Recording {
    rows: u16,
    cols: u16,
    /// Seconds and output.
    events: Vec<(f64, String)>,
}

fn recordings() -> PathBuf {
    std::env::var_os("QD_RECORDINGS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents/recordings"),
        PathBuf::from,
    )
}

fn read(path: &PathBuf) -> Recording {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let size = |key: &str| u16::try_from(header[key].as_u64().unwrap()).unwrap();
    let events = lines
        .map(|line| serde_json::from_str::<(f64, String, String)>(line).unwrap())
        .filter(|(_, kind, _)| kind == "o")
        .map(|(at, _, output)| (at, output))
        .collect();
    Recording { rows: size("height"), cols: size("width"), events }
}

/// What tmux 3.3 shows otherwise, and why that is no fault of ours.
fn as_tmux_shows(row: &str) -> String {
    // tmux drops the request for the emoji form (U+FE0F)
    row.chars().filter(|c| *c != '\u{fe0f}').collect::<String>().trim_end().to_owned()
}

fn compare(name: &str, at: f64, ours: &mut Terminal, tmux: &Tmux) -> Result<(), String> {
    let rows: Vec<String> = ours.text().iter().map(|row| as_tmux_shows(row)).collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let theirs: Vec<String> = tmux.rows().iter().map(|row| as_tmux_shows(row)).collect();
        let cursor = tmux.cursor();
        let position = ours.frame().position;
        let same_column = cursor.1 == position.1 || cursor.1 == ours.size().1;
        if theirs == rows && (cursor.0, same_column) == (position.0, true) {
            return Ok(());
        }
        if Instant::now() > deadline {
            let different: Vec<String> = (0..rows.len())
                .filter(|row| theirs.get(*row) != rows.get(*row))
                .map(|row| format!("{row}\n  ours {:?}\n  tmux {:?}", rows[row], theirs.get(row)))
                .collect();
            return Err(format!(
                "{name} at {at:.1} s: cursor {position:?}, tmux {cursor:?}; rows {}",
                different.join("\n")
            ));
        }
        std::thread::yield_now();
    }
}

fn replay(path: &PathBuf) -> Result<usize, String> {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let recording = read(path);
    let mut ours = Terminal::new(recording.rows, recording.cols, 1000);
    let tmux = Tmux::start(recording.rows, recording.cols);
    let mut next = EVERY;
    let mut waiting = Vec::new();
    let mut compared = 0;
    for (index, (at, output)) in recording.events.iter().enumerate() {
        ours.process(output.as_bytes());
        waiting.extend_from_slice(output.as_bytes());
        let last = index + 1 == recording.events.len();
        if *at >= next || last {
            tmux.show(&std::mem::take(&mut waiting));
            compare(&name, *at, &mut ours, &tmux)?;
            compared += 1;
            next = at + EVERY;
        }
    }
    Ok(compared)
}

#[test]
fn recordings_of_agents_look_as_in_tmux() {
    if !is_there() {
        return;
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(recordings())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cast"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 7, "recordings are missing: {paths:?}");
    let outcomes: Vec<Result<usize, String>> = std::thread::scope(|scope| {
        let running: Vec<_> = paths.iter().map(|path| scope.spawn(move || replay(path))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let faults: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!(faults.is_empty(), "{}", faults.iter().map(|fault| format!("{fault}\n")).collect::<String>());
    eprintln!("{} screens of {} recordings compared", outcomes.iter().flatten().sum::<usize>(), paths.len());
}
