//! The process in a tmux window: `qd elsewhere run DIR`. It writes itself down, lets the session's command run below
//! a guard of ours (so that whatever it starts can be told from the person's programs, with an empty environment and
//! without parents too, and ends with it), has the window's output put into the session's log, and puts on record
//! how it ended.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::Elsewhere;
use super::presence::{Inside, NOT_STARTED, code_of_status, exit_of, record_exit};
use super::window::{Window, ask};
use crate::process::{self, ProcessError, identity, shell_line};
use crate::session::files::read_json;
use crate::session::launch::{Directory, Launch};
use crate::session::say::say;
use crate::session::stream_log::StreamLog;

/// The last output may take this long to reach the log.
const LOGGED_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(10);
/// Output that is read at once.
const PIECE: usize = 32 * 1024;

/// There when all output up to the end is in the log.
fn logged_file(directory: &Path) -> PathBuf {
    directory.join("elsewhere-logged")
}

/// Runs the session's own command where it is called, and puts its exit on record.
pub fn run(directory: &Path) -> ExitCode {
    let launch: Option<Launch> = read_json(&Directory(directory).launch()).ok().flatten();
    let Some(Elsewhere::Tmux(window)) = launch.and_then(|launch| launch.place.elsewhere) else {
        say!("`{}` holds no session that runs in tmux", directory.display());
        return ExitCode::from(NOT_STARTED);
    };
    if exit_of(directory).is_some() {
        // it was given up before it began
        return ExitCode::from(NOT_STARTED);
    }
    let terminal = Terminal::of_environment();
    let written = identity(std::process::id()).map(|run| {
        let server = terminal.as_ref().and_then(|terminal| identity(terminal.server));
        Inside { run, server }.record(directory)
    });
    if let Some(Err(error)) = written {
        say!("{error}");
        return ExitCode::from(NOT_STARTED);
    }
    let mark = terminal.and_then(|terminal| terminal.log(&window, directory));
    let code = match guarded(&window) {
        Ok(code) => code,
        Err(error) => {
            say!("{error}");
            NOT_STARTED
        }
    };
    if let Some(mark) = mark {
        wait_for_log(directory, &mark);
    }
    if let Err(error) = record_exit(directory, code) {
        say!("{error}");
    }
    ExitCode::from(code)
}

/// The command below a guard, in its own environment and place.
fn guarded(window: &Window) -> Result<u8, ProcessError> {
    let job = &window.job;
    let guard = [window.qd.clone(), "guard".to_owned(), "--".to_owned()];
    let argv: Vec<String> = guard.into_iter().chain(job.argv.iter().cloned()).collect();
    process::run_for_keys(&argv, &job.env, &job.remove_env, &job.cwd).map(code_of_status)
}

/// The window that this process is in, as tmux tells it.
struct Terminal {
    socket: String,
    server: u32,
    pane: String,
}

impl Terminal {
    /// `$TMUX` is `socket,server,session` (tmux(1), ENVIRONMENT).
    fn of_environment() -> Option<Self> {
        let (tmux, pane) = (std::env::var("TMUX").ok()?, std::env::var("TMUX_PANE").ok()?);
        let mut parts = tmux.rsplitn(3, ',').skip(1);
        let server = parts.next()?.parse().ok()?;
        Some(Self { socket: parts.next()?.to_owned(), server, pane })
    }

    /// Has tmux pass all output on to `log`. Returns what tells that nothing more comes.
    fn log(&self, window: &Window, directory: &Path) -> Option<String> {
        let name = format!("7777;quarterdeck-end-{}", random()?);
        let directory = directory.to_str()?;
        let line = shell_line(&[&window.qd, "elsewhere", "log", directory, &name]);
        // tmux expands formats and dates in it (tmux(1), pipe-pane)
        let line = format!("exec {}", line.replace('#', "##").replace('%', "%%"));
        let tmux = [window.tmux.first()?.clone(), "-N".to_owned(), "-S".to_owned(), self.socket.clone()];
        let piped = ask(&tmux, &["pipe-pane", "-t", &self.pane, &line]);
        match piped {
            Ok(ended) if ended.success() => Some(osc(&name)),
            _ => {
                say!("the output of this session is not kept");
                None
            }
        }
    }
}

/// An operating system command that no terminal knows.
fn osc(name: &str) -> String {
    format!("\x1b]{name}\x07")
}

/// What no program prints by chance.
fn random() -> Option<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn wait_for_log(directory: &Path, mark: &str) {
    let told = io::stdout().write_all(mark.as_bytes()).and_then(|()| io::stdout().flush());
    let deadline = Instant::now() + LOGGED_WITHIN;
    while told.is_ok() && !logged_file(directory).exists() && Instant::now() < deadline {
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
}

/// What `qd elsewhere log` does: puts standard input into the session's log, up to the mark or the end.
pub fn log(directory: &Path, mark: &str) -> io::Result<()> {
    let launch: Option<Launch> = read_json(&Directory(directory).launch()).map_err(io::Error::other)?;
    let limit = launch.map_or(0, |launch| launch.log_limit);
    let mut log = StreamLog::open(Directory(directory).stream_log(), limit)?;
    put_all(&mut io::stdin().lock(), &mut log, osc(mark).as_bytes())?;
    File::create(logged_file(directory)).map(drop)
}

fn put_all(from: &mut impl io::Read, log: &mut StreamLog, mark: &[u8]) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    // the end of what was read may be the beginning of the mark
    let mut held: Vec<u8> = Vec::new();
    loop {
        let count = match from.read(&mut piece) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        held.extend_from_slice(piece.get(..count).unwrap_or_default());
        if let Some(at) = held.windows(mark.len()).position(|window| window == mark) {
            held.truncate(at);
            log.write(&held);
            log.flush();
            return Ok(());
        }
        let keep = if count == 0 { 0 } else { beginning_at_end(&held, mark) };
        let rest = held.split_off(held.len() - keep);
        log.write(&held);
        log.flush();
        held = rest;
        if count == 0 {
            return Ok(());
        }
    }
}

/// How many bytes at the end of a text may be the beginning of the mark.
fn beginning_at_end(text: &[u8], mark: &[u8]) -> usize {
    let longest = text.len().min(mark.len().saturating_sub(1));
    (1..=longest).rev().find(|length| text.ends_with(mark.get(..*length).unwrap_or_default())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl io::Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            to[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn everything_before_the_mark_is_kept_however_it_comes() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("stream.log");
        let mark = b"\x1b]end\x07";
        let put = |text: &[u8]| {
            let mut log = StreamLog::open(path.clone(), 1 << 20).unwrap();
            put_all(&mut Slow(text), &mut log, mark).unwrap();
            let kept = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            kept
        };
        assert_eq!(put(b"one\x1b]en two\x1b]end\x07 after"), b"one\x1b]en two");
        assert_eq!(put(b"no mark, but its beginning \x1b]en"), b"no mark, but its beginning \x1b]en");
        assert_eq!(put(b""), b"");
    }
}
