//! The outer terminal: set up once, restored on every way out, and what is known of it.

use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::Backend as _;
use ratatui::layout::Position;

use crate::config::theme::Depth;

use super::clipboard::Surroundings;
use super::error::TuiError;
use super::links::Spot;
use super::outer::Outer;
use super::painter::Painter;
use super::skin::Skin;
use super::state::State;
use super::view::{self, Whose};

/// Presses, releases and drags in SGR form; not all motion (1003), which would wake us for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// The same, off.
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Asks for the enhanced keyboard's state, and then for something that every terminal answers.
const ASK_KEYBOARD: &str = "\x1b[?u\x1b[c";
/// The first flag of the enhanced keyboard protocol: keys that looked alike are told apart.
const KEYBOARD_ON: &str = "\x1b[>1u";
/// The same, off.
const KEYBOARD_OFF: &str = "\x1b[<1u";
/// xterm's way to the same (modifyOtherKeys), which tmux understands too.
const MODIFIED_ON: &str = "\x1b[>4;1m";
/// The same, off.
const MODIFIED_OFF: &str = "\x1b[>4;0m";
/// Saves and restores the window's title (xterm's window operations 22 and 23).
const TITLE_SAVE: &str = "\x1b[22;2t";
/// See [`TITLE_SAVE`].
const TITLE_RESTORE: &str = "\x1b[23;2t";

/// What the environment says of the terminal.
#[derive(Debug, Clone, Default)]
pub struct TerminalEnvironment {
    /// `COLORTERM`.
    pub colorterm: String,
    /// `TERM`.
    pub term: String,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// We run inside tmux.
    pub tmux: bool,
    /// We run inside xterm itself.
    pub xterm: bool,
    /// The tty's erase character is ^H.
    pub erase_is_ctrl_h: bool,
    /// Where copied text can go.
    pub surroundings: Surroundings,
}

impl TerminalEnvironment {
    /// Reads it from the environment and the tty.
    pub fn detect() -> Self {
        let text = |name: &str| std::env::var(name).unwrap_or_default();
        Self {
            colorterm: text("COLORTERM"),
            term: text("TERM"),
            no_color: !text("NO_COLOR").is_empty(),
            tmux: !text("TMUX").is_empty(),
            xterm: !text("XTERM_VERSION").is_empty(),
            erase_is_ctrl_h: erase_character() == Some(0x08),
            surroundings: Surroundings::detect(),
        }
    }

    /// Whether the terminal fills what it erases with the background that is set, as every one does whose name is
    /// known here (and as `bce` says in their descriptions; GNU screen does it only when told).
    pub fn erases_in_colour(&self) -> bool {
        let family = self.term.split('-').next().unwrap_or_default();
        let known = ["xterm", "tmux", "alacritty", "foot", "rxvt", "kitty", "wezterm", "ghostty", "contour", "linux"];
        self.tmux || known.contains(&family)
    }

    /// Whether it is known to send modified keys in xterm's way when asked to; others might take the question for
    /// something else.
    pub(super) fn modifies_keys(&self) -> bool {
        self.tmux || self.xterm
    }

    /// Whether links may be passed on to it: the consoles that write them out as text are none for it.
    pub(super) fn takes_links(&self) -> bool {
        !matches!(self.term.as_str(), "" | "dumb" | "linux" | "vt100" | "vt220")
    }

    /// How many colours the terminal has.
    pub fn depth(&self) -> Depth {
        Depth::of(&self.colorterm, &self.term, self.no_color)
    }
}

fn erase_character() -> Option<u8> {
    use nix::sys::termios::{SpecialCharacterIndices, tcgetattr};
    let terminal = tcgetattr(io::stdin()).ok()?;
    terminal.control_chars.get(SpecialCharacterIndices::VERASE as usize).copied()
}

/// Whether the terminal is in our hands, for the panic hook.
static OURS: AtomicBool = AtomicBool::new(false);
/// Whether the keyboard flags were pushed and must be popped.
static ENHANCED: AtomicBool = AtomicBool::new(false);
/// Whether modified keys were asked for in xterm's way.
static MODIFIED: AtomicBool = AtomicBool::new(false);
/// The panic hook is set once.
static HOOK: Once = Once::new();

/// The terminal while it is ours; gives it back when dropped.
pub(super) struct Screen {
    painter: Painter<Outer<Stdout>>,
    mouse: bool,
    erases: bool,
    /// Links are passed on.
    links: bool,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn open(mouse: bool, environment: &TerminalEnvironment) -> Result<Self, TuiError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(TuiError::NotATerminal);
        }
        restore_on_panic();
        let failed = |source| TuiError::Terminal { doing: "set up", source };
        let (erases, links) = (environment.erases_in_colour(), environment.takes_links());
        let screen = take(mouse).and_then(|()| on_stdout(erases));
        screen.map(|terminal| Self { painter: Painter::new(terminal), mouse, erases, links }).map_err(|source| {
            give_back();
            failed(source)
        })
    }

    /// Gives the terminal to another program for a while.
    #[expect(clippy::unused_self, reason = "the one who has the terminal gives it")]
    pub(super) fn suspend(&mut self) {
        give_back();
    }

    /// Takes it back as it was, to be drawn anew.
    pub(super) fn resume(&mut self, enhanced: bool, modified: bool) -> Result<(), TuiError> {
        let failed = |source| TuiError::Terminal { doing: "set up again", source };
        take(self.mouse).map_err(failed)?;
        // nothing is shown any more of what was
        self.painter = Painter::new(on_stdout(self.erases).map_err(failed)?);
        self.painter.backend_mut().clear().map_err(failed)?;
        if enhanced {
            self.enhance_keyboard()?;
        }
        if modified { self.modify_keys() } else { Ok(()) }
    }

    /// Asks whether the terminal speaks the enhanced keyboard protocol; the answer comes as input.
    pub(super) fn ask_keyboard(&mut self) -> Result<(), TuiError> {
        self.raw(ASK_KEYBOARD)
    }

    /// Turns the first flag of the enhanced keyboard protocol on, for a terminal that speaks it.
    pub(super) fn enhance_keyboard(&mut self) -> Result<(), TuiError> {
        if ENHANCED.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        self.raw(KEYBOARD_ON)
    }

    /// Asks for modified keys in xterm's way.
    pub(super) fn modify_keys(&mut self) -> Result<(), TuiError> {
        MODIFIED.store(true, Ordering::SeqCst);
        self.raw(MODIFIED_ON)
    }

    /// The size: columns and rows.
    pub(super) fn size(&self) -> Result<(u16, u16), TuiError> {
        let size = self.painter.terminal().size().map_err(|source| TuiError::Terminal { doing: "measured", source })?;
        Ok((size.width, size.height))
    }

    /// Draws one frame: changed cells only, inside one synchronized update.
    pub(super) fn draw(&mut self, state: &State, skin: &Skin) -> Result<(), TuiError> {
        let failed = |source| TuiError::Terminal { doing: "drawn on", source };
        let spots = self.spots(state);
        if spots != self.painter.backend_mut().spots {
            let old = std::mem::replace(&mut self.painter.backend_mut().spots, spots.clone());
            let cells = |spot: &Spot| (spot.from..=spot.to).map(|x| Position::new(x, spot.y)).collect::<Vec<_>>();
            let changed =
                old.iter().filter(|spot| !spots.contains(spot)).chain(spots.iter().filter(|spot| !old.contains(spot)));
            self.painter.touch(changed.flat_map(cells).collect::<Vec<_>>().into_iter());
        }
        queue!(self.painter.backend_mut(), BeginSynchronizedUpdate).map_err(failed)?;
        self.painter.frame(state, skin).map_err(failed)?;
        execute!(self.painter.backend_mut(), EndSynchronizedUpdate).map_err(failed)
    }

    /// Draws rows of agents' screens alone; answers whether that was enough.
    pub(super) fn patch(&mut self, state: &State, skin: &Skin, whose: Whose) -> Result<bool, TuiError> {
        let failed = |source| TuiError::Terminal { doing: "drawn on", source };
        if self.spots(state) != self.painter.backend_mut().spots {
            return Ok(false);
        }
        queue!(self.painter.backend_mut(), BeginSynchronizedUpdate).map_err(failed)?;
        let enough = self.painter.patch(state, skin, whose).map_err(failed)?;
        execute!(self.painter.backend_mut(), EndSynchronizedUpdate).map_err(failed)?;
        Ok(enough)
    }

    /// What leads somewhere now.
    fn spots(&self, state: &State) -> Vec<Spot> {
        if self.links { view::spots(state) } else { Vec::new() }
    }

    /// Hands text to the terminal's clipboard (OSC 52).
    pub(super) fn copy(&mut self, text: &str) -> Result<(), TuiError> {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        self.raw(&format!("\x1b]52;c;{encoded}\x07"))
    }

    /// Rings the bell.
    pub(super) fn bell(&mut self) -> Result<(), TuiError> {
        self.raw("\x07")
    }

    /// Sets the window's title; the text must be one line without controls.
    pub(super) fn title(&mut self, title: &str) -> Result<(), TuiError> {
        self.raw(&format!("\x1b]2;{title}\x1b\\"))
    }

    fn raw(&mut self, text: &str) -> Result<(), TuiError> {
        let out = self.painter.backend_mut();
        out.write_all(text.as_bytes())
            .and_then(|()| Write::flush(out))
            .map_err(|source| TuiError::Terminal { doing: "written to", source })
    }
}

fn on_stdout(erases: bool) -> io::Result<Terminal<Outer<Stdout>>> {
    Terminal::new(Outer::new(io::stdout(), erases))
}

/// Makes the terminal ours.
fn take(mouse: bool) -> io::Result<()> {
    OURS.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut out = io::stdout();
    write!(out, "{TITLE_SAVE}")?;
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, cursor::Hide)?;
    if mouse {
        write!(out, "{MOUSE_ON}")?;
        out.flush()?;
    }
    Ok(())
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Undoes everything, in reverse; does nothing the second time.
fn give_back() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if ENHANCED.swap(false, Ordering::SeqCst) {
        let _ = write!(out, "{KEYBOARD_OFF}");
    }
    if MODIFIED.swap(false, Ordering::SeqCst) {
        let _ = write!(out, "{MODIFIED_OFF}");
    }
    // each of these may fail when the terminal is gone; then there is nothing left to restore
    let _ = write!(out, "{MOUSE_OFF}");
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        cursor::Show,
        LeaveAlternateScreen
    );
    let _ = write!(out, "{TITLE_RESTORE}");
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// The message of a panic must be readable: the terminal is given back before it is printed.
fn restore_on_panic() {
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |information| {
            give_back();
            print(information);
        }));
    });
}
