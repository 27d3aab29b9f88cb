//! The window of one session in tmux. Each session has a tmux session of its own, `qd-<id>`, which holds one window
//! and is what our host shows (without status line and prefix key, so that every key is the agent's). The window is
//! linked into the session `quarterdeck` too, where plain `tmux attach -t quarterdeck` shows all of them.
//! A session that showed several windows would turn to another task's when its own ends: hence two.
//!
//! Whether the session is there is told by the process in the window (`inside`), which wrote itself down, not by
//! tmux: a server that does not answer, or whose socket was swept away, ends nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

use super::Job;
use super::presence::{Inside, Patience, Presence, exit_of};
use crate::process::{self, Finished, ProcessError, Program, is_alive, send_signal};
use crate::session::say::say;

/// Each call takes milliseconds.
pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// A window that is gone may take this long to leave its exit behind.
const EXIT_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// A client that shows it for less than this is not asked again at once.
const SHOWN_FOR: Duration = Duration::from_secs(1);
/// The window that keeps the shared session open until the first task's is there.
pub(super) const STARTING: &str = "starting";

/// The window of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// tmux and its options.
    pub(super) tmux: Vec<String>,
    /// The session's own tmux session.
    pub(super) name: String,
    /// What the window is called.
    pub(super) title: String,
    /// The session that shows all windows.
    pub(super) shared: String,
    /// Our own program.
    pub(super) qd: String,
    /// What runs in it.
    pub(super) job: Job,
}

impl Window {
    /// Whether the process in it runs.
    pub(super) fn presence(&self, directory: &Path) -> Presence {
        if exit_of(directory).is_some() {
            return Presence::Over;
        }
        if let Some(inside) = Inside::of(directory) {
            let is_gone = !is_alive(inside.run) && exit_of(directory).is_none();
            return if is_gone { Presence::Gone } else { Presence::Here };
        }
        // made a moment ago, or never
        match self.ask(&["has-session", "-t", &exactly(&self.name)]) {
            Ok(ended) if ended.success() => Presence::Here,
            Ok(ended) if ended.code == Some(1) && !ended.timed_out => Presence::Gone,
            Ok(_) => Presence::Unknown(format!("tmux does not say whether `{}` is there", self.name)),
            Err(error) => Presence::Unknown(format!("tmux cannot be asked for `{}`: {error}", self.name)),
        }
    }

    /// Takes it away; its processes get SIGHUP. What does not end by that is ended by `end` of the session.
    pub(super) fn kill(&self, directory: &Path) {
        // one that is gone already is no error
        let _ = self.ask(&["kill-session", "-t", &exactly(&self.name)]);
        if let Some(inside) = Inside::of(directory).filter(|inside| is_alive(inside.run)) {
            // a server that does not answer did not tell it
            send_signal(inside.run.pid, Signal::SIGHUP);
        }
    }

    /// Shows it until it is over. A client that was detached or killed comes back. `again`: it was started before,
    /// and is never started a second time.
    pub(super) fn show(&self, directory: &Path, again: bool) -> Result<Option<u8>, ProcessError> {
        let (mut made, mut patience) = (again, Patience::default());
        loop {
            match self.presence(directory) {
                Presence::Over => return Ok(None),
                Presence::Gone if made => break,
                Presence::Gone => {
                    made = true;
                    self.make(directory)?;
                }
                Presence::Here => self.client(directory, &mut patience)?,
                Presence::Unknown(why) => patience.wait(&why),
            }
        }
        let deadline = Instant::now() + EXIT_WITHIN;
        while exit_of(directory).is_none() && Instant::now() < deadline {
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
        Ok(None)
    }

    /// A client on our own terminal, until it ends. A server whose socket was swept away makes it anew (tmux(1)).
    fn client(&self, directory: &Path, patience: &mut Patience) -> Result<(), ProcessError> {
        let began = Instant::now();
        let mut line = self.tmux.clone();
        line.extend(["attach-session".to_owned(), "-t".to_owned(), exactly(&self.name)]);
        let inside = ["TMUX".to_owned(), "TMUX_PANE".to_owned()];
        let status = process::run_here(&line, &[], &inside, Path::new("/"))?;
        if began.elapsed() >= SHOWN_FOR {
            patience.renew();
        } else if !status.success() && self.presence(directory) == Presence::Here {
            if let Some(server) = Inside::of(directory).and_then(|inside| inside.server).filter(|it| is_alive(*it)) {
                send_signal(server.pid, Signal::SIGUSR1);
            }
            patience.wait(&format!("tmux does not show `{}` ({status})", self.name));
        }
        Ok(())
    }

    /// Makes the window with the session's command in it, and links it into the shared session.
    fn make(&self, directory: &Path) -> Result<(), ProcessError> {
        let cwd = self.job.cwd.to_string_lossy();
        let directory = directory.to_string_lossy();
        // the mark of the session, in the first environment of whatever starts in the window
        let mark = self.job.env.iter().find(|(name, _)| name == "QD_SESSION");
        let mark = mark.map_or_else(|| "QD_SESSION=".to_owned(), |(name, value)| format!("{name}={value}"));
        self.must(&[
            "new-session",
            "-d",
            "-s",
            &self.name,
            "-n",
            &self.title,
            "-c",
            &cwd,
            "-e",
            &mark,
            "--",
            &self.qd,
            "elsewhere",
            "run",
            &directory,
        ])?;
        match self.dress() {
            // a quick command is over by now, and its window gone
            Err(_) if exit_of(Path::new(directory.as_ref())).is_some() => Ok(()),
            // it runs; that it is not dressed, or not in the shared session, is no reason to end it
            Err(error) => {
                say!("{error}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Only the agent is shown, and every key is its own; the name stays; the shared session shows it too.
    fn dress(&self) -> Result<(), ProcessError> {
        let own = format!("{}:", exactly(&self.name));
        for (option, value) in
            [("status", "off"), ("prefix", "None"), ("prefix2", "None"), ("destroy-unattached", "off")]
        {
            self.must(&["set-option", "-t", &own, option, value])?;
        }
        for option in ["automatic-rename", "allow-rename"] {
            self.must(&["set-option", "-w", "-t", &own, option, "off"])?;
        }
        self.link()
    }

    /// Shows it in the shared session, instead of what keeps that open while nothing runs.
    fn link(&self) -> Result<(), ProcessError> {
        let shared = exactly(&self.shared);
        let own = format!("{}:", exactly(&self.name));
        self.must(&["link-window", "-d", "-a", "-s", &own, "-t", &format!("{shared}:")])?;
        self.ask(&["kill-window", "-t", &format!("{shared}:{STARTING}")]).map(drop)
    }

    fn ask(&self, arguments: &[&str]) -> Result<Finished, ProcessError> {
        // never starts a server: it would be a child of our host, and end with it
        ask(&self.tmux, &[&["-N"], arguments].concat())
    }

    fn must(&self, arguments: &[&str]) -> Result<(), ProcessError> {
        let ended = self.ask(arguments)?;
        if ended.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
        Err(ProcessError::Start {
            program: format!("tmux {}", arguments.first().copied().unwrap_or_default()),
            source: std::io::Error::other(said),
        })
    }
}

/// One call of tmux. A server that it starts must not carry a session's mark, nor be waited for.
pub(super) fn ask(tmux: &[String], arguments: &[&str]) -> Result<Finished, ProcessError> {
    let (name, options) = tmux.split_first().map_or(("tmux", [].as_slice()), |(name, rest)| (name.as_str(), rest));
    let ended = Program::new(name)
        .args(options)
        .args(arguments.iter().copied())
        .remove_env("TMUX")
        .remove_env("QD_SESSION")
        .remove_env("QD_SESSION_SOCKET");
    ended.own_session().timeout(LIMIT).run()
}

/// A target that is not taken for the beginning of another name.
pub(super) fn exactly(name: &str) -> String {
    format!("={name}")
}
