//! What the machine costs when nothing happens: processor time and context switches from `/proc`, per process.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::terminal::Terminal;
use super::world::{World, until};

/// As long as is measured.
const WATCHED: Duration = Duration::from_secs(20);

/// Before that, as long as everything may take to settle.
const SETTLING: Duration = Duration::from_secs(4);

/// Clock ticks of a second in `/proc/PID/stat` (`USER_HZ`, fixed at 100 on Linux).
const TICKS: f64 = 100.0;

#[derive(Clone, Copy)]
struct Used {
    ticks: u64,
    switches: u64,
}

pub fn measure() {
    let world = World::new();
    for worker in 1..=4 {
        let text = format!("echo pane-{worker}-idles; sleep 1000");
        world.qd(&["worker", "start", &worker.to_string(), "--agent", "shell", "--run", &text]).good();
    }
    let terminal = Terminal::open(&world, &[], 50, 200);
    terminal.until_shows("idles", Duration::from_secs(30));
    let sessions = until("four sessions run", Duration::from_secs(30), || {
        let sessions = world.sessions();
        (sessions.iter().filter(|session| session["host_pid"].is_u64()).count() == 4).then_some(sessions)
    });
    let daemon = world.qd(&["daemon", "status", "--json"]).good().json();
    let mut processes = vec![("cockpit".to_owned(), terminal.process()), ("daemon".to_owned(), daemon["pid"].clone())];
    processes.extend(
        sessions.iter().map(|session| (format!("host of worker {}", session["worker"]), session["host_pid"].clone())),
    );
    std::thread::sleep(SETTLING);
    let before: Vec<Used> = processes.iter().map(|(_, pid)| used(pid)).collect();
    std::thread::sleep(WATCHED);
    println!(
        "\n| idle for {} s | % of a core | context switches | memory, MB (PSS) |\n|---|---|---|---|",
        WATCHED.as_secs()
    );
    let mut sum = 0.0;
    for ((name, pid), before) in processes.iter().zip(before) {
        let after = used(pid);
        let share = difference(after.ticks, before.ticks) / TICKS / WATCHED.as_secs_f64() * 100.0;
        sum += share;
        println!("| {name} | {share:.2} | {:.0} | {:.1} |", difference(after.switches, before.switches), memory(pid));
    }
    println!("| all (to be under 0.5 %) | {sum:.2} | | |");
}

fn difference(after: u64, before: u64) -> f64 {
    f64::from(u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX))
}

/// Processor time of the process, and context switches of all its threads.
fn used(pid: &Value) -> Used {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    // fields 14 and 15 of proc_pid_stat(5); the first one here is field 3
    let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let switches = threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok())
        .flat_map(|status| numbers(&status, "ctxt_switches:"))
        .sum();
    Used { ticks, switches }
}

/// Proportional set size in megabytes.
fn memory(pid: &Value) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let kilobytes = numbers(&rollup, "Pss:").into_iter().next().unwrap_or(0);
    f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX)) / 1024.0
}

/// The numbers of the lines with this mark.
fn numbers(text: &str, mark: &str) -> Vec<u64> {
    let lines = text.lines().filter(|line| line.contains(mark));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse().ok()).collect()
}
