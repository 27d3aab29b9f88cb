//! Where copied text goes, and what may be said of it. A program of the desktop that took the text is proof;
//! tmux's buffer is proof of itself; what a terminal does with OSC 52 nobody can know from here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::model::one_line;
use crate::process::{Detached, Finished, ProcessError, Program, spawn_detached};

/// How long a clipboard program may take; it stays behind in the background to serve the text.
const PATIENCE: Duration = Duration::from_secs(3);
/// Beyond this many bytes many terminals cut what OSC 52 brings (xterm's and tmux's limits are near it).
const LONGEST_SURE: usize = 74_000;

/// What is around us, as the environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of the environment")]
pub struct Surroundings {
    /// Inside tmux.
    pub tmux: bool,
    /// Over ssh: the desktop here is not the person's.
    pub remote: bool,
    /// A Wayland session.
    pub wayland: bool,
    /// An X display.
    pub x11: bool,
    /// macOS.
    pub macos: bool,
}

/// What was done with a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copied {
    /// What it is, in words.
    pub what: String,
    /// The text.
    pub text: String,
    /// The desktop's program that took it.
    pub native: Option<String>,
    /// tmux took it into its buffer.
    pub tmux: Option<TmuxCopy>,
    /// The desktop's program that there is but did not take it, and why.
    pub failed: Option<String>,
    /// There is a desktop but none of its programs; this one would do.
    pub absent: Option<&'static str>,
}

/// What tmux did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TmuxCopy {
    /// It keeps the text in its buffer.
    Kept,
    /// And it sent it on to its terminal.
    SentOn,
}

impl Surroundings {
    /// Reads them from the environment.
    pub fn detect() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            tmux: set("TMUX"),
            remote: set("SSH_CONNECTION") || set("SSH_TTY"),
            wayland: set("WAYLAND_DISPLAY"),
            x11: set("DISPLAY"),
            macos: cfg!(target_os = "macos"),
        }
    }

    /// The desktop's programs that can take a text, the best first.
    fn programs(self) -> Vec<(&'static str, &'static [&'static str])> {
        if self.remote {
            return Vec::new();
        }
        let wayland: &[_] = if self.wayland { &[("wl-copy", [].as_slice())] } else { &[] };
        let x11: &[_] = if self.x11 {
            &[("xclip", ["-selection", "clipboard"].as_slice()), ("xsel", ["--clipboard", "--input"].as_slice())]
        } else {
            &[]
        };
        let macos: &[_] = if self.macos { &[("pbcopy", [].as_slice())] } else { &[] };
        [wayland, x11, macos].concat()
    }
}

/// A text for the clipboard, and what it is, in words.
pub(super) type Text = (String, String);

/// Texts on their way to the clipboard: one at a time, and of those that come meanwhile only the newest, so
/// that a program that sends them without end keeps one thread busy and no more.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<Turn>>);

#[derive(Debug, Default)]
struct Turn {
    busy: bool,
    newest: Option<Text>,
}

impl Turns {
    /// Gives the text back when its turn is now; else it waits, in place of an older one.
    pub(super) fn begin(&self, text: Text) -> Option<Text> {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.busy {
            turn.newest = Some(text);
            return None;
        }
        turn.busy = true;
        Some(text)
    }

    /// A turn is over: the text that waits is the next.
    pub(super) fn next(&self) -> Option<Text> {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = turn.newest.take();
        turn.busy = next.is_some();
        next
    }
}

/// Gives an address to the desktop's browser, which goes on without us. Where the person does not sit there is none.
pub(super) fn open(surroundings: Surroundings, uri: &str) -> Result<(), String> {
    let opener = match surroundings {
        Surroundings { remote: true, .. } => return Err("this machine is not where you sit".to_owned()),
        Surroundings { macos: true, .. } => "open",
        Surroundings { wayland: true, .. } | Surroundings { x11: true, .. } => "xdg-open",
        _ => return Err("there is no desktop here".to_owned()),
    };
    let argv = [opener, uri].map(std::ffi::OsString::from).to_vec();
    let cwd = std::path::PathBuf::from("/");
    let detached = Detached { argv, env: Vec::new(), remove_env: Vec::new(), cwd, log: None };
    let mut child = spawn_detached(detached).map_err(|error| error.to_string())?;
    // it hands over to the browser, or is it; either way somebody must take its end
    std::thread::spawn(move || child.wait());
    Ok(())
}

/// Gives the text to whatever there is. Blocks for as long as those programs take.
pub(super) fn copy(surroundings: Surroundings, text: String, what: String) -> Copied {
    let mut copied = Copied { what, text, ..Copied::default() };
    let programs = surroundings.programs();
    for (name, arguments) in &programs {
        match took(Program::new(*name).args(arguments.iter().copied()), &copied.text) {
            Took::Yes => {
                copied.native = Some((*name).to_owned());
                copied.failed = None;
                break;
            }
            Took::Absent => {}
            Took::No(why) => copied.failed = Some(format!("{name} failed: {why}")),
        }
    }
    if copied.native.is_none() && copied.failed.is_none() {
        copied.absent = programs.first().map(|(name, _)| *name);
    }
    if surroundings.tmux {
        copied.tmux = into_tmux(&copied.text);
    }
    copied
}

/// `load-buffer -w` (tmux 3.2) also sends the text on to tmux's own terminal.
fn into_tmux(text: &str) -> Option<TmuxCopy> {
    let load = |flags: &[&'static str]| {
        let program = Program::new("tmux").arg("load-buffer").args(flags.iter().copied()).arg("-");
        matches!(took(program, text), Took::Yes)
    };
    if load(&["-w"]) { Some(TmuxCopy::SentOn) } else { load(&[]).then_some(TmuxCopy::Kept) }
}

/// Whether a program took a text.
enum Took {
    Yes,
    Absent,
    No(String),
}

fn took(program: Program, text: &str) -> Took {
    match program.stdin(text).timeout(PATIENCE).run() {
        Ok(finished) if finished.success() => Took::Yes,
        Ok(finished) => Took::No(why(&finished)),
        Err(ProcessError::NotFound { .. }) => Took::Absent,
        Err(error) => Took::No(error.to_string()),
    }
}

fn why(finished: &Finished) -> String {
    let said = String::from_utf8_lossy(&finished.stderr);
    match said.lines().find(|line| !line.trim().is_empty()) {
        _ if finished.timed_out => "it did not end".to_owned(),
        Some(line) => one_line(line),
        None => "it ended with an error".to_owned(),
    }
}

impl Copied {
    /// Whether only the terminal is left to take it.
    pub fn needs_terminal(&self) -> bool {
        self.native.is_none() && self.tmux != Some(TmuxCopy::SentOn)
    }

    /// What is told: only what is known. `write_key` writes the text to a file.
    pub fn words(&self, write_key: &str) -> String {
        let what = &self.what;
        let also = if self.tmux.is_some() { " and the tmux buffer" } else { "" };
        let sure = format!("; {write_key} writes it to a file");
        match (&self.native, self.tmux) {
            (Some(program), _) => format!("copied {what} to the clipboard ({program}){also}"),
            (None, Some(TmuxCopy::SentOn)) => {
                format!("copied {what} to the tmux buffer, and via OSC 52 (sent to terminal, not confirmed){sure}")
            }
            (None, kept) => {
                let buffer = if kept.is_some() { "to the tmux buffer, and " } else { "" };
                let long = if self.text.len() > LONGEST_SURE { "; it is long, many terminals cut it" } else { "" };
                let hint = match (&self.failed, self.absent) {
                    (Some(failed), _) => format!("; {failed}"),
                    (None, Some(program)) => format!("; with {program} installed it would be sure"),
                    (None, None) => String::new(),
                };
                format!("copied {what} {buffer}via OSC 52 (sent to terminal, not confirmed){long}{hint}{sure}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(surroundings: Surroundings) -> Vec<&'static str> {
        surroundings.programs().iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn the_desktop_counts_only_where_the_person_sits() {
        let here = Surroundings { wayland: true, x11: true, ..Surroundings::default() };
        assert_eq!(names(here), ["wl-copy", "xclip", "xsel"]);
        assert_eq!(names(Surroundings { remote: true, ..here }), [] as [&str; 0]);
        assert_eq!(names(Surroundings::default()), [] as [&str; 0]);
    }

    #[test]
    fn one_text_goes_at_a_time_and_the_newest_is_next() {
        let text = |n: u32| (n.to_string(), String::new());
        let turns = Turns::default();
        assert_eq!(turns.begin(text(0)), Some(text(0)));
        assert_eq!((1..1_000).find_map(|n| turns.begin(text(n))), None);
        assert_eq!((turns.next(), turns.next()), (Some(text(999)), None));
        assert_eq!(turns.begin(text(7)), Some(text(7)));
    }

    #[test]
    fn nothing_unproven_is_called_done() {
        let plain = Copied { what: "12 lines".to_owned(), ..Copied::default() };
        assert_eq!(
            plain.words("W"),
            "copied 12 lines via OSC 52 (sent to terminal, not confirmed); W writes it to a file"
        );
        let native = Copied { native: Some("xclip".to_owned()), ..plain.clone() };
        assert_eq!(native.words("W"), "copied 12 lines to the clipboard (xclip)");
        assert!(!native.needs_terminal());
        for tmux in [None, Some(TmuxCopy::Kept), Some(TmuxCopy::SentOn)] {
            let copied = Copied { tmux, failed: Some("xclip failed: no display".to_owned()), ..plain.clone() };
            assert!(copied.words("W").contains("not confirmed"));
        }
        assert!(Copied { tmux: Some(TmuxCopy::Kept), ..plain }.needs_terminal());
    }
}
