//! Finds a session again. Never guesses: the exit record, else the host's record and process.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::files::read_json;
use super::launch::{Directory, Found, HostRecord, Launch, Started};
use crate::model::Exit;
use crate::process::{is_alive, send_signal};

/// How long a host may take between its own record and the agent's process id.
const AGENT_STARTS_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks at a host that is just starting.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(2);

/// What became of the session in `directory`. A host whose socket was swept away is told to make it anew.
pub fn find(directory: &Path) -> Found {
    let deadline = Instant::now() + AGENT_STARTS_WITHIN;
    loop {
        if let Some(found) = look(directory) {
            return found;
        }
        if Instant::now() >= deadline {
            return Found::Lost;
        }
        thread::sleep(LOOK_AGAIN_AFTER);
    }
}

/// `None` while a host is there and its agent is not yet.
fn look(directory: &Path) -> Option<Found> {
    let names = Directory(directory);
    // the host's record first: a host that ends in between has written its exit record by then
    let Ok(Some(record)) = read_json::<HostRecord>(&names.host()) else {
        return Some(match read_json::<Exit>(&names.exit()) {
            Ok(Some(exit)) => Found::Ended(exit),
            // a new host was to take the place of one that was lost, and has not come
            _ if names.host_before().exists() => Found::Lost,
            _ => Found::NeverStarted,
        });
    };
    let alive = is_alive(record.identity());
    if let Ok(Some(exit)) = read_json::<Exit>(&names.exit()) {
        return Some(Found::Ended(exit));
    }
    if !alive {
        return Some(Found::Lost);
    }
    let pid = record.agent_pid?;
    restore_socket(&names, &record);
    Some(Found::Running(Started { pid, host: record.identity() }))
}

fn restore_socket(names: &Directory<'_>, record: &HostRecord) {
    if let Ok(Some(launch)) = read_json::<Launch>(&names.launch())
        && !launch.socket.exists()
    {
        send_signal(record.pid, Signal::SIGUSR1);
    }
}
