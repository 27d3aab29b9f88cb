//! `docs/benchmarks.md`: the table with what it was measured on.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::scene::tmux_version;
use crate::table::{self, Row};

/// What the reader must know before the figures.
const ABOUT: &str = "\
Written by `cargo bench --bench rivals`, which measures all of it again; `-- --list` names single rows. Quarterdeck
is run as people run it: the cockpit in a terminal of 200x60, the daemon, one host process for each session. tmux
runs in the same terminal in the same run, in turns. A figure is the median, with the fastest and the slowest of its
rounds; the ratio is Quarterdeck's figure by tmux's (or by what stands in that column).

With one pane Quarterdeck shows 114 columns of it beside chat and queue, tmux 200; in the grid of four 56 and 100.
";

pub fn write(rows: &[Row]) {
    let met = rows.iter().filter(|row| row.met == Some(true)).count();
    let held = rows.iter().filter(|row| row.met.is_some()).count();
    let text = format!(
        "# How fast it is\n\n{ABOUT}\n{}\n\n{met} of {held} targets met.\n\n{}",
        machine(),
        table::markdown(rows)
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/benchmarks.md");
    match fs::write(&file, text) {
        Ok(()) => eprintln!("written to {}", file.display()),
        Err(error) => eprintln!("cannot write {}: {error}", file.display()),
    }
}

fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let model = read("/proc/cpuinfo");
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let tmux = tmux_version().unwrap_or_else(|| "no tmux".to_owned());
    format!(
        "Measured {} on {cores} × {}, Linux {kernel}, {tmux}, load {} at the end.",
        Timestamp::now().strftime("%Y-%m-%d"),
        model.trim_start_matches([':', '\t', ' ']),
        read("/proc/loadavg").split(' ').next().unwrap_or("?")
    )
}
