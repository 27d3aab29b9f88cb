//! Panes outside the cockpit: attached side by side, streamed, and read after their end.

use std::time::Duration;

use super::terminal::{LEADER, Terminal};
use super::world::{World, until};

const SOON: Duration = Duration::from_secs(30);

/// A shell pane on a worker, once its process runs.
fn pane(world: &World, worker: u64, command: &str) -> String {
    world.qd(&["worker", "start", &worker.to_string(), "--agent", "shell", "--run", command]).good();
    until(&format!("the pane of worker {worker} runs"), SOON, || {
        let session = world.sessions().into_iter().find(|it| it["worker"] == worker && it["pid"].is_u64())?;
        session["id"].as_str().map(str::to_owned)
    })
}

#[test]
fn two_panes_share_a_terminal_and_the_leader_gives_the_keyboard_to_the_other() {
    let world = World::new();
    let one = pane(&world, 1, "echo pane-one-is-here; exec cat");
    let two = pane(&world, 2, "seq 1 100; echo pane-two-is-here; exec cat");
    let mut terminal = Terminal::open(&world, &["attach", "1", "@2"], 24, 80);
    terminal.until_shows("pane-one-is-here", SOON);
    terminal.until_shows("pane-two-is-here", SOON);
    terminal.until_shows("Ctrl+Space q leaves", SOON);
    terminal.type_in("only-for-one\r");
    terminal.type_in(LEADER);
    terminal.type_in("\tonly-for-two\r");
    let captured = |id: &str| world.qd(&["session", "capture", id]).good().stdout;
    until("both panes have what was typed for them", SOON, || {
        let (one, two) = (captured(&one), captured(&two));
        (one.contains("only-for-one") && two.contains("only-for-two")).then_some((one, two))
    });
    assert!(!captured(&one).contains("only-for-two"));
    // what has scrolled away is a key away, and does not reach the program
    terminal.type_in(LEADER);
    terminal.type_in("[g");
    terminal.until_shows("line 1 of", SOON);
    terminal.type_in("q");
    terminal.until_shows("only-for-two", SOON);
    terminal.type_in(LEADER);
    terminal.type_in("q");
    assert_eq!(terminal.until_ended(SOON), 0);
    until("the terminal is restored", SOON, || terminal.is_restored().then_some(()));
    assert!(terminal.text().contains("detached; 2 sessions run on"), "{}", terminal.text());
}

#[test]
fn a_task_is_followed_to_its_end_and_its_output_is_there_afterwards() {
    let world = World::new();
    let task = world.start_shell_task("Say something", "echo something-was-said; echo x > said.txt").to_string();
    let live = world.qd(&["task", "live", &task]).good();
    assert!(live.stdout.contains("something-was-said"), "{live:?}");
    assert!(live.stdout.lines().last().is_some_and(|line| line.contains(" completed ")), "{live:?}");
    let of_task = format!("#{task}");
    let captured = world.qd(&["session", "capture", &of_task]).good().stdout;
    assert!(captured.contains("something-was-said"), "{captured}");
    let id = world.qd(&["session", "get", &of_task, "--json"]).good().json()["id"].as_str().unwrap().to_owned();
    // the record needs no daemon
    world.qd(&["daemon", "stop"]).good();
    let logs = world.qd(&["session", "logs", &id, "--follow"]).good().stdout;
    assert!(logs.contains("something-was-said"), "{logs}");
    assert_eq!(world.qd(&["daemon", "status"]).code, Some(6), "none was started for it");
}

#[test]
fn a_followed_log_ends_with_its_session() {
    let world = World::new();
    let id = pane(&world, 1, "while [ ! -e go ]; do sleep 0.05; done; echo the-last-words");
    std::thread::scope(|scope| {
        let following = scope.spawn(|| world.qd(&["session", "logs", &id, "--follow"]));
        world.write("go", "");
        let followed = following.join().unwrap().good();
        assert!(followed.stdout.contains("the-last-words"), "{followed:?}");
    });
}

#[test]
fn a_line_sent_to_a_shell_pane_is_typed_into_it() {
    let world = World::new();
    let id = pane(&world, 1, "exec sh");
    world.qd(&["worker", "send", "1", "echo sent-by-$((1 + 1))"]).good();
    world.qd(&["session", "continue", &id, "--say", "echo said-by-$((1 + 2))"]).good();
    until("both lines were run", SOON, || {
        let screen = world.qd(&["session", "capture", &id]).good().stdout;
        (screen.contains("sent-by-2") && screen.contains("said-by-3")).then_some(())
    });
}
