//! Feeds a child, drains its pipes and waits for its end, all at once and within limits. One `poll` loop:
//! nothing ticks, no thread outlives the call by more than the child does.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

/// How long output is still read after the program itself has ended: something it left behind may hold
/// the pipe for ever.
const AFTER_EXIT: Duration = Duration::from_millis(500);

/// How long a program may take to end after it was told that its time is over: a guard first ends what left its group,
/// for which it takes three seconds at most.
const AFTER_TOLD: Duration = Duration::from_secs(4);

/// The bounds of one run.
pub(super) struct Limits {
    /// When the group is killed.
    pub deadline: Option<Instant>,
    /// Bytes kept per stream.
    pub output: usize,
}

/// What one run left.
pub(super) struct Ended {
    pub status: ExitStatus,
    pub stdout: Capture,
    pub stderr: Capture,
    pub timed_out: bool,
}

/// The head and the tail of a stream.
pub(super) struct Capture {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: usize,
}

impl Capture {
    fn new(limit: usize) -> Self {
        Self { half: limit.div_ceil(2), head: Vec::new(), tail: VecDeque::new(), dropped: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        let (head, tail) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        self.tail.extend(tail);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
        self.dropped += over;
    }

    /// Whether something was left out.
    pub fn truncated(&self) -> bool {
        self.dropped > 0
    }

    /// Head and tail, with a line between them that says what is missing.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.head;
        if self.dropped > 0 {
            bytes.extend_from_slice(format!("\n… {} bytes left out …\n", self.dropped).as_bytes());
        }
        bytes.extend(self.tail);
        bytes
    }
}

/// One pipe from the child.
struct Outlet<R> {
    pipe: Option<R>,
    capture: Capture,
}

impl<R: Read + AsFd> Outlet<R> {
    fn new(pipe: Option<R>, limit: usize) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            nonblocking(pipe)?;
        }
        Ok(Self { pipe, capture: Capture::new(limit) })
    }

    /// Reads what is there; at the end of the stream the pipe is let go.
    fn drain(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        match pipe.read(buffer) {
            Ok(0) => self.pipe = None,
            Ok(count) => self.capture.push(buffer.get(..count).unwrap_or_default()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Runs the child to its end.
pub(super) fn watch(mut child: Child, input: &[u8], limits: &Limits) -> io::Result<Ended> {
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    let result = pump(&mut child, group, input, limits);
    if result.is_err() {
        end(group);
    }
    let status = child.wait()?;
    let (stdout, stderr, timed_out) = result?;
    Ok(Ended { status, stdout, stderr, timed_out })
}

/// The loop: until the child has ended and its pipes are closed (or the grace for them is over).
fn pump(child: &mut Child, group: Pid, input: &[u8], limits: &Limits) -> io::Result<(Capture, Capture, bool)> {
    let mut stdin = child.stdin.take().filter(|_| !input.is_empty());
    if let Some(stdin) = &stdin {
        nonblocking(stdin)?;
    }
    let mut stdout = Outlet::new(child.stdout.take(), limits.output)?;
    let mut stderr = Outlet::new(child.stderr.take(), limits.output)?;
    let exit = exit_signal(group)?;
    let mut buffer = vec![0; 64 * 1024];
    let mut rest = input;
    let mut deadline = limits.deadline;
    let mut ended = false;
    let mut limit = Limit::Within;
    while !(ended && stdout.pipe.is_none() && stderr.pipe.is_none()) {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            if ended || limit == Limit::Forced {
                break;
            }
            limit = limit.pressed(group);
            deadline = Some(Instant::now() + limit.patience());
            continue;
        }
        let exit = (!ended).then_some(&exit);
        let ready = wait_any(exit, stdin.as_ref(), &stdout, &stderr, left)?;
        if ready.stdin {
            feed(&mut stdin, &mut rest);
        }
        if ready.stdout {
            stdout.drain(&mut buffer)?;
        }
        if ready.stderr {
            stderr.drain(&mut buffer)?;
        }
        if ready.exit {
            ended = true;
            if limit == Limit::Told {
                // others of its group may not have listened
                end(group);
            }
            deadline = Some(Instant::now() + AFTER_EXIT);
        }
    }
    Ok((stdout.capture, stderr.capture, limit != Limit::Within))
}

/// Where a program stands with its time limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// It may run.
    Within,
    /// It was told to end: a guard ends first what left its group.
    Told,
    /// It was killed.
    Forced,
}

impl Limit {
    /// The next step against a group that is over its time.
    fn pressed(self, group: Pid) -> Self {
        if self == Limit::Within {
            let _ = killpg(group, Signal::SIGTERM);
            // a stopped one listens only when it goes on
            let _ = killpg(group, Signal::SIGCONT);
            return Limit::Told;
        }
        end(group);
        Limit::Forced
    }

    /// How long until the step after that.
    fn patience(self) -> Duration {
        if self == Limit::Told { AFTER_TOLD } else { AFTER_EXIT }
    }
}

/// Which ends have news.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "four independent ends, not a state")]
struct Ready {
    exit: bool,
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

/// Waits until one of the ends has news or the time is over.
fn wait_any<I: AsFd, O: AsFd, E: AsFd>(
    exit: Option<&UnixStream>,
    stdin: Option<&I>,
    stdout: &Outlet<O>,
    stderr: &Outlet<E>,
    left: Option<Duration>,
) -> io::Result<Ready> {
    let ends = [
        exit.map(|end| PollFd::new(end.as_fd(), PollFlags::POLLIN)),
        stdin.map(|end| PollFd::new(end.as_fd(), PollFlags::POLLOUT)),
        stdout.pipe.as_ref().map(|end| PollFd::new(end.as_fd(), PollFlags::POLLIN)),
        stderr.pipe.as_ref().map(|end| PollFd::new(end.as_fd(), PollFlags::POLLIN)),
    ];
    let open: [bool; 4] = ends.each_ref().map(Option::is_some);
    let mut ends: Vec<PollFd<'_>> = ends.into_iter().flatten().collect();
    match poll(&mut ends, left.map_or(PollTimeout::NONE, rounded_up)) {
        Ok(_) => {}
        Err(Errno::EINTR) => return Ok(Ready::default()),
        Err(error) => return Err(error.into()),
    }
    let mut news = ends.iter().map(|end| end.any().unwrap_or(true));
    let [exit, stdin, stdout, stderr] = open.map(|open| open && news.next().unwrap_or(false));
    Ok(Ready { exit, stdin, stdout, stderr })
}

/// A timeout that never fires early: `poll` counts whole milliseconds.
fn rounded_up(left: Duration) -> PollTimeout {
    PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
}

/// Writes what fits; when all is written or nobody reads, the pipe is closed.
fn feed(stdin: &mut Option<impl Write>, rest: &mut &[u8]) {
    let Some(pipe) = stdin else { return };
    match pipe.write(rest) {
        Ok(count) => *rest = rest.get(count..).unwrap_or_default(),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return,
        Err(_) => *rest = &[],
    }
    if rest.is_empty() {
        *stdin = None;
    }
}

/// A stream whose other end closes when the process has ended. The process stays a zombie until it is
/// reaped by us, so that its number cannot belong to another one meanwhile.
fn exit_signal(process: Pid) -> io::Result<UnixStream> {
    let (ours, theirs) = UnixStream::pair()?;
    std::thread::Builder::new().name("wait".to_owned()).spawn(move || {
        while waitid(Id::Pid(process), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
        drop(theirs);
    })?;
    Ok(ours)
}

/// Ends the whole group. It cannot refuse.
fn end(group: Pid) {
    // An error means that the group is gone already.
    let _ = killpg(group, Signal::SIGKILL);
}

fn nonblocking(end: &impl AsFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(end, FcntlArg::F_GETFL)?);
    fcntl(end, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}
