//! `docs/benchmarks.md`: the table with what it was measured on, written anew after every row, so that a run that
//! is broken off leaves what it found out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::effort;
use crate::scene::tmux_version;
use crate::table::{self, Row};

/// What the reader must know before the figures.
const ABOUT: &str = "\
Written by `cargo bench --bench rivals`, which measures all of it again; with `-- --quick` in less than four minutes
and fewer rounds; with the names of rows (`-- --list`) only these, the others stay as they were. Quarterdeck is run
as people run it: the cockpit in a terminal of 200x60, the daemon, one host process for each session. tmux runs in the
same terminal in the same run, in turns. A figure is the median, with the fastest and the slowest of its rounds; the
ratio is Quarterdeck's figure by tmux's (or by what stands in that column).

Load is that of the last minute before the row was written, the measuring included; beyond the number of processors
all times are longer, and only ratios to a rival in the same row say much.

With one pane Quarterdeck shows 114 columns of it beside chat and queue, tmux 200; in the grid of four 56 and 100.
";

/// The file, as far as it is known.
pub struct Document {
    file: PathBuf,
    lines: Vec<String>,
}

impl Document {
    /// Over what the file has of an earlier run, or with nothing.
    pub fn open(keeps: bool) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/benchmarks.md");
        let before = fs::read_to_string(&file).unwrap_or_default();
        let rows = before.lines().filter(|line| line.starts_with("| ")).skip(1).map(str::to_owned);
        let lines = rows.filter(|_| keeps).collect();
        Self { file, lines }
    }

    /// One more row, or a newer one: printed, and the file is written.
    pub fn add(&mut self, row: &Row) {
        let line = row.markdown(&load());
        println!("{line}");
        let same = |other: &&mut String| table::name(other) == table::name(&line);
        match self.lines.iter_mut().find(same) {
            Some(other) => *other = line,
            None => self.lines.push(line),
        }
        if let Err(error) = self.write() {
            eprintln!("cannot write {}: {error}", self.file.display());
        }
    }

    /// The old file or the new one, whatever happens meanwhile.
    fn write(&self) -> io::Result<()> {
        let met = self.lines.iter().filter(|line| line.ends_with("| met |")).count();
        let missed = self.lines.iter().filter(|line| line.ends_with("| **missed** |")).count();
        let quick = if effort::is_quick() { " The last run was a quick one." } else { "" };
        let text = format!(
            "# How fast it is\n\n{ABOUT}\n{}{quick}\n\n{met} of {} targets met.\n\n{}{}\n",
            machine(),
            met + missed,
            table::HEADING,
            self.lines.join("\n"),
        );
        let beside = self.file.with_extension("new");
        fs::write(&beside, text)?;
        fs::rename(&beside, &self.file)
    }
}

/// What else the machine did: the load of the last minute.
fn load() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or("?").to_owned()
}

fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let model = read("/proc/cpuinfo");
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let tmux = tmux_version().unwrap_or_else(|| "no tmux".to_owned());
    format!(
        "Measured {} on {cores} × {}, Linux {kernel}, {tmux}.",
        Timestamp::now().strftime("%Y-%m-%d"),
        model.trim_start_matches([':', '\t', ' '])
    )
}
