//! What four panes cost while nothing happens: processor time, context switches, memory, of all processes.

use std::time::{Duration, Instant};

use crate::figures::Figures;
use crate::processes::{memory, used_by};
use crate::scene::{Scene, Who, everybody};
use crate::table::Row;

const WATCHED: Duration = Duration::from_secs(20);
/// As long as everything may take to settle before.
const SETTLING: Duration = Duration::from_secs(4);

struct Cost {
    per_cent: f64,
    switches: u64,
    memory: f64,
    hosts: Figures,
}

pub fn measure() -> Vec<Row> {
    let mut scenes: Vec<(Who, Scene)> =
        everybody().into_iter().map(|who| (who, Scene::open(who, &["exec cat"; 4]))).collect();
    let settled = Instant::now() + SETTLING;
    while Instant::now() < settled {
        for (_, scene) in &mut scenes {
            scene.outer.pump_for(Duration::from_millis(100));
        }
    }
    let before: Vec<_> = scenes.iter().map(|(_, scene)| (scene.pids(), used_by(&scene.pids()))).collect();
    // both at once: neither disturbs the other while nothing happens; nor do we, asleep
    std::thread::sleep(WATCHED);
    let costs: Vec<(Who, Cost)> = scenes
        .iter()
        .zip(before)
        .map(|((who, scene), (pids, before))| {
            let used = used_by(&pids).since(before);
            let processes = scene.processes();
            let hosts = processes.iter().filter(|(name, _)| name == "session host");
            let cost = Cost {
                per_cent: used.per_cent(WATCHED.as_secs_f64()),
                switches: used.switches,
                memory: pids.iter().map(|pid| memory(*pid)).sum(),
                hosts: hosts.map(|(_, pid)| memory(*pid)).collect(),
            };
            (*who, cost)
        })
        .collect();
    rows(&costs)
}

fn rows(costs: &[(Who, Cost)]) -> Vec<Row> {
    let of = |wanted: Who| costs.iter().find(|(who, _)| *who == wanted).map(|(_, cost)| cost);
    let Some(ours) = of(Who::Quarterdeck) else { return Vec::new() };
    let theirs = of(Who::Tmux);
    let told = |figure: fn(&Cost) -> String| theirs.map_or("–".to_owned(), figure);
    let seconds = WATCHED.as_secs();
    vec![
        Row::absolute(
            &format!("idle, four panes, {seconds} s: processor, % of a core"),
            format!("{:.3}", ours.per_cent),
            "< 0.05",
            ours.per_cent < 0.05,
        )
        .beside(told(|cost| format!("{:.3}", cost.per_cent)), None),
        Row::absolute(
            &format!("idle, four panes, {seconds} s: context switches"),
            ours.switches.to_string(),
            "0 (one redraw of ages a minute)",
            ours.switches <= 20,
        )
        .beside(told(|cost| cost.switches.to_string()), None),
        Row::absolute(
            "idle, four panes: memory of all processes, MB (PSS)",
            format!("{:.1}", ours.memory),
            "< 40",
            ours.memory < 40.0,
        )
        .beside(told(|cost| format!("{:.1}", cost.memory)), theirs.map(|theirs| ours.memory / theirs.memory)),
        Row::absolute("idle session host, MB (PSS)", ours.hosts.spread(1), "< 5", ours.hosts.quantile(1.0) < 5.0),
    ]
}
