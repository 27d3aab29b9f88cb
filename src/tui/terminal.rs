//! The outer terminal: set up once, restored on every way out, and what is known of it.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, supports_keyboard_enhancement,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::{Backend as _, CrosstermBackend};

use crate::config::theme::Depth;

use super::clipboard::Surroundings;
use super::error::TuiError;
use super::painter::Painter;
use super::skin::Skin;
use super::state::State;
use super::view::Whose;

/// Presses, releases and drags in SGR form; not all motion (1003), which would wake us for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// The same, off.
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
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
            erase_is_ctrl_h: erase_character() == Some(0x08),
            surroundings: Surroundings::detect(),
        }
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
/// The panic hook is set once.
static HOOK: Once = Once::new();

/// The terminal while it is ours; gives it back when dropped.
pub(super) struct Screen {
    painter: Painter<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn open(mouse: bool) -> Result<Self, TuiError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(TuiError::NotATerminal);
        }
        restore_on_panic();
        let failed = |source| TuiError::Terminal { doing: "set up", source };
        let screen = take(mouse).and_then(|()| on_stdout());
        screen.map(|terminal| Self { painter: Painter::new(terminal), mouse }).map_err(|source| {
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
    pub(super) fn resume(&mut self, enhanced: bool) -> Result<(), TuiError> {
        let failed = |source| TuiError::Terminal { doing: "set up again", source };
        take(self.mouse).map_err(failed)?;
        if enhanced {
            self.push_keyboard();
        }
        // nothing is shown any more of what was
        self.painter = Painter::new(on_stdout().map_err(failed)?);
        self.painter.backend_mut().clear().map_err(failed)
    }

    /// Asks whether the terminal speaks the enhanced keyboard protocol, and turns its first flag on if so.
    /// Must come before events are read; a terminal that does not answer says no.
    pub(super) fn ask_keyboard(&mut self) -> bool {
        if !matches!(supports_keyboard_enhancement(), Ok(true)) {
            return false;
        }
        self.push_keyboard()
    }

    fn push_keyboard(&mut self) -> bool {
        let flags = PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES);
        let pushed = execute!(self.painter.backend_mut(), flags).is_ok();
        ENHANCED.store(pushed, Ordering::SeqCst);
        pushed
    }

    /// The size: columns and rows.
    pub(super) fn size(&self) -> Result<(u16, u16), TuiError> {
        let size = self.painter.terminal().size().map_err(|source| TuiError::Terminal { doing: "measured", source })?;
        Ok((size.width, size.height))
    }

    /// Draws one frame: changed cells only, inside one synchronized update.
    pub(super) fn draw(&mut self, state: &State, skin: &Skin) -> Result<(), TuiError> {
        let failed = |source| TuiError::Terminal { doing: "drawn on", source };
        queue!(self.painter.backend_mut(), BeginSynchronizedUpdate).map_err(failed)?;
        self.painter.frame(state, skin).map_err(failed)?;
        execute!(self.painter.backend_mut(), EndSynchronizedUpdate).map_err(failed)
    }

    /// Draws rows of agents' screens alone; answers whether that was enough.
    pub(super) fn patch(&mut self, state: &State, skin: &Skin, whose: Whose) -> Result<bool, TuiError> {
        let failed = |source| TuiError::Terminal { doing: "drawn on", source };
        queue!(self.painter.backend_mut(), BeginSynchronizedUpdate).map_err(failed)?;
        let enough = self.painter.patch(state, skin, whose).map_err(failed)?;
        execute!(self.painter.backend_mut(), EndSynchronizedUpdate).map_err(failed)?;
        Ok(enough)
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

fn on_stdout() -> io::Result<Terminal<CrosstermBackend<BufWriter<Stdout>>>> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout())))
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
        let _ = queue!(out, PopKeyboardEnhancementFlags);
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
