//! `qd transcript`: stands between a headless agent and its PTY. The agent's structured output is shown
//! readable, every line goes to the session's host as it came, and the run is judged by its result and
//! not by the exit code alone. Started by the daemon, not by people.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, ExitCode, ExitStatus};
use std::time::Duration;

use clap::Args;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

use crate::agents::transcript::Transcript as Reader;
use crate::client::ClientError;
use crate::client::pane::BlockingPane;
use crate::config::StreamFormat;
use crate::model::{Kind, sanitize};
use crate::process;
use crate::protocol::pane::{SessionReport, ToHost};

use super::{Done, Stop};

/// The longest line that is taken whole, in bytes; a message to the host holds it.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// How long the host may take to write a line down.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// After so many failures in a row the host is taken for gone, and the run goes on without it.
const PATIENCE: u32 = 3;

/// `qd transcript`.
#[derive(Debug, Args)]
pub struct Transcript {
    /// The format of its output
    #[arg(long)]
    agent: String,
    /// The program and its arguments
    #[arg(required = true, last = true)]
    argv: Vec<OsString>,
}

/// Runs the agent to its end and gives the exit code of the verdict.
pub(super) fn run(arguments: Transcript) -> Done {
    let Some((program, rest)) = arguments.argv.split_first() else {
        return Err(Stop::new(Kind::Invalid, "there is no program to run"));
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Stop::system("the system gives no threads", &error))?;
    let code = runtime.block_on(async {
        // before the child starts, so that no signal finds the default
        let signals = Signals::listen().map_err(|error| Stop::system("signals cannot be received", &error))?;
        let piped = process::spawn_piped(program, rest)?;
        let passing = tokio::spawn(signals.pass_to(piped.child.id()));
        let (agent, host) = (arguments.agent, Host::of_session());
        let judged = tokio::task::spawn_blocking(move || follow(&agent, host, piped.stdout, piped.child)).await;
        passing.abort();
        judged.map_err(|error| Stop::new(Kind::Internal, format!("the transcript was cut off: {error}")))?
    })?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Reads every line, shows it, passes it on; then waits for the end and judges it.
fn follow(agent: &str, mut host: Host, output: ChildStdout, mut child: Child) -> Result<i32, Stop> {
    let mut reader = Reader::new(StreamFormat::named(agent));
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while next_line(&mut output, &mut line)
        .map_err(|error| Stop::system("the agent's output cannot be read", &error))?
    {
        let text = String::from_utf8_lossy(&line);
        host.tell(&text);
        show(&reader.line(&text).text);
    }
    let status = child.wait().map_err(|error| Stop::system("the agent's end cannot be seen", &error))?;
    let verdict = reader.finish(code_of(status));
    show(&verdict.text);
    Ok(verdict.code)
}

/// The exit code as a shell has it: 128 and the number for a signal.
fn code_of(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| status.signal().map(|number| 128 + number))
}

/// One line without its end; what is beyond the longest is dropped. `false` at the end of the output.
fn next_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let limit = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
    let read = from.by_ref().take(limit).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() >= LONGEST_LINE {
        from.skip_until(b'\n')?;
    }
    Ok(true)
}

/// Shows text in the pane. A PTY that is gone must not end the run: its lines still go to the host.
fn show(text: &str) {
    let mut pane = std::io::stdout().lock();
    let _ = pane.write_all(text.as_bytes()).and_then(|()| pane.flush());
}

/// The session's host, which keeps every line.
struct Host {
    socket: Option<PathBuf>,
    pane: Option<BlockingPane>,
    failures: u32,
}

impl Host {
    /// As the environment names it; outside a session the transcript is only shown.
    fn of_session() -> Self {
        let socket = std::env::var_os("QD_SESSION_SOCKET").filter(|socket| !socket.is_empty()).map(PathBuf::from);
        Self { socket, pane: None, failures: 0 }
    }

    /// Passes a line on; tries once more over a fresh connection.
    fn tell(&mut self, line: &str) {
        if line.trim().is_empty() || self.failures >= PATIENCE {
            return;
        }
        let message = ToHost::Report(SessionReport::Stream { line: line.to_owned() });
        let told = self.send(&message).or_else(|_| self.send(&message));
        match told {
            Ok(()) => self.failures = 0,
            Err(error) => {
                self.failures += 1;
                show(&format!("\x1b[2mthe session's host does not answer: {}\x1b[0m\n", sanitize(&error.to_string())));
            }
        }
    }

    fn send(&mut self, message: &ToHost) -> Result<(), ClientError> {
        let Some(socket) = &self.socket else { return Ok(()) };
        // taken out, and put back only when it still works
        let mut pane = match self.pane.take() {
            Some(pane) => pane,
            None => BlockingPane::connect(socket, ANSWER_LIMIT)?,
        };
        pane.call(message)?;
        self.pane = Some(pane);
        Ok(())
    }
}

/// Signals that are for the agent. Those from the PTY's keys reach the agent by themselves, as it is in
/// the same process group; here they must only not end us before the agent.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn pass_to(mut self, pid: u32) {
        let Ok(pid) = i32::try_from(pid) else { return };
        loop {
            let pass = tokio::select! {
                _ = self.interrupt.recv() => None,
                _ = self.quit.recv() => None,
                _ = self.terminate.recv() => Some(Signal::SIGTERM),
                _ = self.hang_up.recv() => Some(Signal::SIGHUP),
            };
            if let Some(signal) = pass {
                // the agent may be over already
                let _ = kill(Pid::from_raw(pid), signal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_one_by_one_whatever_ends_the_output() {
        let mut from = &b"one\n\ntwo"[..];
        let mut line = Vec::new();
        let mut lines = Vec::new();
        while next_line(&mut from, &mut line).unwrap() {
            lines.push(String::from_utf8(line.clone()).unwrap());
        }
        assert_eq!(lines, ["one", "", "two"]);
    }
}
