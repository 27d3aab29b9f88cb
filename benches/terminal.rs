//! How fast the terminal takes output, in MB/s for each kind of it, as Markdown:
//!
//! `cargo bench --bench terminal`; with `-- seq` only the kinds whose name has that word.
//!
//! Pieces are as long as a PTY gives them (4095 bytes); somebody looks at the screen every 64 KiB, which is
//! about what passes between two frames of a pane that is flooded.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use quarterdeck::term::Terminal;

const ROWS: u16 = 60;
const COLS: u16 = 200;
const HISTORY: usize = 20_000;
/// Bytes of each corpus.
const SIZE: usize = 16 * 1024 * 1024;
const PIECE: usize = 4095;
const LOOK_EVERY: usize = 64 * 1024;
/// How often each is measured; the best counts.
const ROUNDS: usize = 3;

/// Repeats what is written for 0, 1, 2, … until there is enough.
fn corpus(mut write: impl FnMut(usize, &mut String)) -> Vec<u8> {
    let mut text = String::with_capacity(SIZE + 4096);
    let mut number = 0;
    while text.len() < SIZE {
        write(number, &mut text);
        number += 1;
    }
    text.into_bytes()
}

fn corpora() -> Vec<(&'static str, Vec<u8>)> {
    let word = |number: usize| ["compiling", "checking", "running", "finished", "linking", "warning:"][number % 6];
    vec![
        (
            "plain logs, 80 to 120 columns",
            corpus(|n, to| {
                let rest = "abcdefghij klmnopqrst uvwxyz".repeat(4);
                let _ = write!(
                    to,
                    "2026-11-20T15:{:02}:{:02} {} step {n} {}\r\n",
                    n / 60 % 60,
                    n % 60,
                    word(n),
                    &rest[..40 + n % 40]
                );
            }),
        ),
        (
            "seq",
            corpus(|n, to| {
                let _ = write!(to, "{}\r\n", n + 1);
            }),
        ),
        (
            "plain lines that wrap, 500 columns",
            corpus(|n, to| {
                let _ = write!(to, "{n} {}\r\n", "word and word ".repeat(35));
            }),
        ),
        (
            "dense SGR",
            corpus(|n, to| {
                let _ = write!(
                    to,
                    "\x1b[1;3{}m{}\x1b[0m \x1b[38;5;{}m{n}\x1b[39m \x1b[48;2;{};20;30mtrue colour\x1b[m text after it\r\n",
                    n % 8,
                    word(n),
                    n % 256,
                    n % 256
                );
            }),
        ),
        (
            "Ink redraws in ?2026",
            corpus(|n, to| {
                to.push_str("\x1b[?2026h\x1b[8A");
                for row in 0..8 {
                    let _ = write!(
                        to,
                        "\x1b[2K\x1b[G\x1b[2m│\x1b[22m \x1b[36m{}\x1b[39m working on it … {} s\r\n",
                        word(n + row),
                        n / 10
                    );
                }
                to.push_str("\x1b[?2026l");
            }),
        ),
        (
            "CJK and emoji",
            corpus(|n, to| {
                let _ = write!(to, "{n} 漢字かな混じり文と絵文字🎉を含む行です ✓ done\r\n");
            }),
        ),
        (
            "struck and linked",
            corpus(|n, to| {
                let _ = write!(
                    to,
                    "\x1b[9mold {n}\x1b[29m \x1b]8;;file:///src/{}.rs\x1b\\src/{}.rs\x1b]8;;\x1b\\ changed\r\n",
                    n % 200,
                    n % 200
                );
            }),
        ),
    ]
}

fn measure(bytes: &[u8]) -> (Duration, usize) {
    let mut terminal = Terminal::new(ROWS, COLS, HISTORY);
    let started = Instant::now();
    for stretch in bytes.chunks(LOOK_EVERY) {
        stretch.chunks(PIECE).for_each(|piece| terminal.process(piece));
        std::hint::black_box(terminal.frame());
    }
    (started.elapsed(), terminal.history().weight())
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    println!("{ROWS} rows, {COLS} columns, {HISTORY} lines of history, {} MiB each, best of {ROUNDS}\n", SIZE >> 20);
    println!("| output | MB/s | history, bytes per line |\n|---|---:|---:|");
    for (name, bytes) in corpora() {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let rounds: Vec<(Duration, usize)> = (0..ROUNDS).map(|_| measure(&bytes)).collect();
        let best = rounds.iter().map(|(took, _)| *took).min().unwrap_or_default();
        let weight = rounds.last().map_or(0, |(_, weight)| weight / HISTORY);
        #[allow(clippy::cast_precision_loss, reason = "megabytes fit")]
        let speed = bytes.len() as f64 / best.as_secs_f64() / 1e6;
        println!("| {name} | {speed:.0} | {weight} |");
    }
}
