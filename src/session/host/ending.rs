//! How a session ends: asked, told, forced; its last output read, its end put on record, itself buried.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use portable_pty::SlavePty;

use super::doors;
use super::pty::now;
use super::state::{Shared, State, wait};
use crate::model::{Exit, sanitize};
use crate::process::{descendants, send_signal};
use crate::session::error::SessionError;
use crate::session::executor::Presence;
use crate::session::files::replace_json;
use crate::session::launch::Directory;
use crate::session::leftovers;
use crate::session::say::say;

/// Output that is still in the PTY is read for at most this long.
const DRAINED_WITHIN: Duration = Duration::from_secs(2);
/// Between two keys that ask an agent to end.
const KEY_APART: Duration = Duration::from_millis(200);
/// Without a daemon an ended session waits this long to be buried; the record stays on disk.
const BURIED_WITHIN: Duration = Duration::from_secs(600);
/// Between two tries to write the exit record on a full disk.
const RECORD_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Between two tries to end a process elsewhere, doubled up to the second number.
const FIRST_TRY_AFTER: Duration = Duration::from_secs(1);
const LAST_TRY_AFTER: Duration = Duration::from_secs(30);
/// Lines of the screen in the exit record.
const TAIL: usize = 20;

/// How the agent's process ended.
#[derive(Debug, Clone, Copy)]
struct Ending {
    code: Option<i32>,
    signal: Option<i32>,
}

/// Stays with the agent to its end and beyond. Returns when the host may go.
pub(super) fn see_off(shared: &Arc<Shared>, slave: Box<dyn SlavePty + Send>) -> Result<(), SessionError> {
    let ending = reap_until_agent_ends(shared.agent_pid);
    if goes_on_elsewhere(shared) {
        // like a host that was killed: another one shows it again
        say!("what showed the session ended ({ending:?}), and the session did not; this host gives its place up");
        return Ok(());
    }
    {
        let mut state = shared.state();
        state.agent_ended = true;
        shared.turned.ring();
        shared.room.ring();
    }
    end_leftovers();
    end_elsewhere(shared);
    drop(slave);
    let exit = {
        let mut state = wait_until(shared, DRAINED_WITHIN, |state| state.drained);
        Exit { code: ending.code, signal: ending.signal, at: now(), tail: tail(&mut state) }
    };
    record(shared, &exit);
    {
        let mut state = shared.state();
        state.exit = Some(exit);
        state.changed();
        state.peers.values().for_each(|peer| peer.waker.ring());
    }
    wait_for_burial(shared);
    doors::remove(&shared.launch)
}

/// Whether only what showed the session is over: nobody asked the session to end, and it runs, or may.
fn goes_on_elsewhere(shared: &Shared) -> bool {
    let Some(elsewhere) = &shared.launch.place.elsewhere else { return false };
    !shared.state().stopping && matches!(elsewhere.presence(&shared.directory), Presence::Here | Presence::Unknown(_))
}

/// Ends the session's process that is no child of ours. It is over only when that is proven.
fn end_elsewhere(shared: &Shared) {
    let Some(elsewhere) = &shared.launch.place.elsewhere else { return };
    let mut pause = FIRST_TRY_AFTER;
    loop {
        match elsewhere.end(shared.launch.session.as_str(), &shared.directory) {
            Presence::Gone => return,
            left => say!("the session's process does not end: {left:?}"),
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LAST_TRY_AFTER);
    }
}

/// Waits for every child, also adopted ones, until the agent is among them.
fn reap_until_agent_ends(agent: u32) -> Ending {
    loop {
        let (pid, ending) = match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, Ending { code: Some(code), signal: None }),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, Ending { code: None, signal: Some(signal as i32) }),
            Ok(_) | Err(Errno::EINTR) => continue,
            // no child is left: somebody else waited for it
            Err(_) => return Ending { code: None, signal: None },
        };
        if u32::try_from(pid.as_raw()) == Ok(agent) {
            return ending;
        }
    }
}

/// Ends what the agent started and left, however it tried to get away: orphans come to this process.
fn end_leftovers() {
    let left = leftovers::end(|| {
        let left = descendants(std::process::id());
        // after the look, so that none is left to be collected when it found nothing
        while matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Ok(status) if status != WaitStatus::StillAlive) {}
        left
    });
    if !left.is_empty() {
        say!("processes of the session do not end: {left:?}");
    }
}

fn wait_until(shared: &Shared, patience: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
    let deadline = Instant::now() + patience;
    let mut state = shared.state();
    while !done(&state) && Instant::now() < deadline {
        state = wait(shared, &shared.turned, state, Some(deadline));
    }
    state
}

fn tail(state: &mut State) -> String {
    let text = state.terminal.capture(false, true);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let used = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let last = lines.get(used.saturating_sub(TAIL)..used).unwrap_or_default();
    sanitize(last.join("\n").trim_start_matches('\n'))
}

/// Writes the exit record, however long the disk is full: without it the session would count as lost.
fn record(shared: &Shared, exit: &Exit) {
    while let Err(error) = replace_json(&Directory(&shared.directory).exit(), exit) {
        say!("{error}");
        std::thread::sleep(RECORD_AGAIN_AFTER);
    }
}

/// Until `Bury`; without a daemon for a bounded time.
fn wait_for_burial(shared: &Shared) {
    let mut state = shared.state();
    let mut deadline = Instant::now() + BURIED_WITHIN;
    while !state.buried {
        if state.is_watched() {
            state = wait(shared, &shared.turned, state, None);
            deadline = Instant::now() + BURIED_WITHIN;
        } else if Instant::now() < deadline {
            state = wait(shared, &shared.turned, state, Some(deadline));
        } else {
            return;
        }
    }
}

/// Asks the agent to end, tells it to, forces it. Its leftovers follow when it is gone.
pub(super) fn stop(shared: &Shared, grace_ms: u64, ask: Vec<u8>) {
    let deadline = Instant::now() + Duration::from_millis(grace_ms);
    if grace_ms > 0 && !ask.is_empty() {
        for key in keys(&ask) {
            shared.state().type_bytes(shared, key.to_vec());
            if wait_until(shared, KEY_APART, |state| state.agent_ended).agent_ended {
                return;
            }
        }
        if wait_until(shared, Duration::from_millis(grace_ms / 2), |state| state.agent_ended).agent_ended {
            return;
        }
    }
    if grace_ms > 0 {
        for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGCONT] {
            signal_group(shared.agent_pid, signal);
        }
        let rest = deadline.saturating_duration_since(Instant::now());
        if wait_until(shared, rest, |state| state.agent_ended).agent_ended {
            return;
        }
    }
    force(shared.agent_pid);
}

/// Control keys are pressed one after the other: some agents take several in one piece for one. Text stays whole.
fn keys(ask: &[u8]) -> impl Iterator<Item = &[u8]> {
    let each = if ask.iter().all(u8::is_ascii_control) { 1 } else { ask.len().max(1) };
    ask.chunks(each)
}

/// Kills the agent, its process group and everything that came from it.
pub(super) fn force(agent: u32) {
    signal_group(agent, Signal::SIGKILL);
    for pid in descendants(std::process::id()) {
        send_signal(pid, Signal::SIGKILL);
    }
}

fn signal_group(leader: u32, signal: Signal) {
    if let Ok(leader) = i32::try_from(leader) {
        // a group that is gone already is no error
        let _ = killpg(Pid::from_raw(leader), signal);
    }
}
