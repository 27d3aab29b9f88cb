//! What the machine costs when nothing happens: processor time and context switches from `/proc`, per process.

use std::time::Duration;

use serde_json::Value;

use super::processes::{Used, memory, used};
use super::terminal::Terminal;
use super::world::{World, until};

/// As long as is measured.
const WATCHED: Duration = Duration::from_secs(20);

/// Before that, as long as everything may take to settle.
const SETTLING: Duration = Duration::from_secs(4);

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
    let before: Vec<Used> = processes.iter().map(|(_, pid)| used(self::pid(pid))).collect();
    std::thread::sleep(WATCHED);
    println!(
        "\n| idle for {} s | % of a core | context switches | memory, MB (PSS) |\n|---|---|---|---|",
        WATCHED.as_secs()
    );
    let mut sum = 0.0;
    for ((name, pid), before) in processes.iter().zip(before) {
        let since = used(self::pid(pid)).since(before);
        let share = since.per_cent(WATCHED.as_secs_f64());
        sum += share;
        println!("| {name} | {share:.2} | {} | {:.1} |", since.switches, memory(self::pid(pid)));
    }
    println!("| all (to be under 0.5 %) | {sum:.2} | | |");
}

fn pid(number: &Value) -> u32 {
    u32::try_from(number.as_u64().expect("a process number")).unwrap()
}
