//! What has to happen between two bytes of the output, because it needs the screen as it is at that moment,
//! or because vt100 does not know it: tab stops, margins, resets, the alignment pattern, requests.

use vt100::Color;

use super::answers;
use super::extras::Extra;
use super::frame;
use super::line::{Line, attribute};
use super::tabs::Tabs;
use super::terminal::Terminal;

/// Something that must happen between two bytes of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// `CSI 2 J` follows.
    EraseScreen,
    /// `CSI 3 J` follows.
    EraseHistory,
    /// RIS: `ESC c` follows.
    Reset,
    /// DECSTR: `CSI ! p`.
    SoftReset,
    /// 1049: the cursor is saved, and the alternate screen cleared and entered.
    AlternateCleared,
    /// 47 or 1047: the other screen is shown; the second says that the alternate one is cleared on leaving.
    Alternate(bool, bool),
    /// BS or CUB.
    Back(u16),
    /// The text that follows is printed in insert mode or without wrapping, until `Plain`.
    Careful(Careful),
    /// Text is printed as usual again.
    Plain,
    /// DECSTBM: top and bottom as given (one-based, 0 for the default).
    Margins(u16, u16),
    /// HT or CHT.
    TabForward(u16),
    /// CBT.
    TabBack(u16),
    /// HTS.
    SetTab,
    /// TBC 0.
    ClearTab,
    /// TBC 3.
    ClearTabs,
    /// DECST8C.
    DefaultTabs,
    /// DECALN.
    Align,
    /// An answer whose words the prepass knows.
    Answer(Vec<u8>),
    /// A DCS request: XTGETTCAP or DECRQSS, with what is held beyond vt100's attributes.
    Request(Vec<u8>, Extra),
}

/// How text is printed otherwise than vt100 does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Careful {
    /// IRM: what is under the cursor moves to the right.
    pub(super) insert: bool,
    /// DECAWM is off: the last column is overwritten.
    pub(super) no_wrap: bool,
}

impl Terminal {
    /// Does what a mark says.
    pub(super) fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::EraseScreen => self.keep_screen(),
            Mark::EraseHistory => self.forget_history(),
            Mark::Reset => self.reset(),
            Mark::SoftReset => self.soft_reset(),
            Mark::AlternateCleared => self.enter_cleared(),
            Mark::Alternate(on, clears) => self.switch_screen(*on, *clears),
            Mark::Back(count) => self.go_back(*count),
            Mark::Careful(careful) => self.careful = Some(*careful),
            Mark::Plain => self.careful = None,
            Mark::Margins(top, bottom) => self.set_margins(*top, *bottom),
            Mark::TabForward(count) => self.tab(*count, true),
            Mark::TabBack(count) => self.tab(*count, false),
            Mark::SetTab => self.set_tab(true),
            Mark::ClearTab => self.set_tab(false),
            Mark::ClearTabs => self.tabs = Tabs::none(),
            Mark::DefaultTabs => self.tabs = Tabs::default(),
            Mark::Align => self.align(),
            Mark::Answer(bytes) => self.parser.callbacks_mut().answer(bytes),
            Mark::Request(request, pen) => self.request(request, pen),
        }
    }

    /// What is about to be erased from the main screen goes to the history.
    fn keep_screen(&mut self) {
        if self.parser.screen().alternate_screen() {
            return;
        }
        let (screen, listener) = self.parser.screen_and_callbacks_mut();
        let lines: Vec<Line> =
            (0..screen.size().0.get()).map(|row| frame::read_line(screen, row, &listener.extras)).collect();
        let used = lines.iter().rposition(|line| !line.is_blank()).map_or(0, |last| last + 1);
        for line in lines.iter().take(used) {
            listener.history.push(line);
        }
    }

    fn forget_history(&mut self) {
        if self.parser.screen().alternate_screen() {
            self.alternate.clear();
        } else {
            self.parser.callbacks_mut().history.clear();
        }
    }

    fn reset(&mut self) {
        self.parser.callbacks_mut().reset();
        self.margins = [None; 2];
        self.tabs = Tabs::default();
    }

    /// DECSTR leaves screen and cursor, and resets what would surprise the next program.
    fn soft_reset(&mut self) {
        self.parser.callbacks_mut().reset();
        let (row, col) = frame::position(self.parser.screen());
        self.margins[self.screen_number()] = None;
        self.parse(b"\x1b[?25h\x1b[?6l\x1b[r\x1b[m\x1b[?1l\x1b>\x1b[H\x1b7");
        self.go_to(row, col);
    }

    /// The cursor stays where it was; vt100 would send it home.
    fn enter_cleared(&mut self) {
        let (row, col) = frame::position(self.parser.screen());
        self.margins[1] = None;
        self.parse(b"\x1b[?1049h");
        self.go_to(row, col);
    }

    /// Both screens have one cursor; vt100 has one for each.
    fn switch_screen(&mut self, on: bool, clears: bool) {
        if on == self.parser.screen().alternate_screen() {
            return;
        }
        let (row, col) = frame::position(self.parser.screen());
        if clears && !on {
            self.parse(b"\x1b[2J");
        }
        self.parse(if on { b"\x1b[?47h" } else { b"\x1b[?47l" });
        self.go_to(row, col);
    }

    /// Behind the last column the cursor is on it; vt100 counts it as one further.
    fn go_back(&mut self, count: u16) {
        let (_, col) = self.parser.screen().cursor_position();
        let beyond = u32::from(col >= self.size().1);
        self.parse(format!("\x1b[{}D", u32::from(count.max(1)) + beyond).as_bytes());
    }

    fn screen_number(&self) -> usize {
        usize::from(self.parser.screen().alternate_screen())
    }

    /// The margins of the screen that is shown, zero-based and inclusive, unless they are its edges.
    pub(super) fn margins(&self) -> Option<(u16, u16)> {
        self.margins[self.screen_number()]
    }

    /// vt100 would accept an impossible region as «none», and would leave the cursor at its top.
    fn set_margins(&mut self, top: u16, bottom: u16) {
        let rows = self.size().0;
        let top = top.max(1);
        let bottom = if bottom == 0 { rows } else { bottom.min(rows) };
        if top < bottom {
            self.margins[self.screen_number()] = ((top, bottom) != (1, rows)).then(|| (top - 1, bottom - 1));
            self.parse(format!("\x1b[{top};{bottom}r\x1b[H").as_bytes());
        }
    }

    /// Goes to a zero-based place, whatever origin mode says.
    fn go_to(&mut self, row: u16, col: u16) {
        self.parse(format!("\x1b[{}d\x1b[{}G", u32::from(row) + 1, u32::from(col) + 1).as_bytes());
    }

    fn tab(&mut self, count: u16, forward: bool) {
        let (_, col) = self.parser.screen().cursor_position();
        let cols = self.size().1;
        if col >= cols && forward {
            return;
        }
        let to = (0..count.max(1)).try_fold(col.min(cols - 1), |col, _| {
            let next = if forward { self.tabs.after(col, cols) } else { self.tabs.before(col) };
            if next == col { Err(col) } else { Ok(next) }
        });
        let (Ok(to) | Err(to)) = to;
        self.parse(format!("\x1b[{}G", u32::from(to) + 1).as_bytes());
    }

    fn set_tab(&mut self, on: bool) {
        let (_, col) = frame::position(self.parser.screen());
        self.tabs.set(col, on);
    }

    /// The screen full of E, for people who adjust tubes (and for test programs).
    fn align(&mut self) {
        let (rows, cols) = self.size();
        let attributes = self.parser.screen().attributes_formatted();
        self.margins[self.screen_number()] = None;
        let mut drawing = String::from("\x1b[?6l\x1b[r\x1b[m");
        for row in 1..=rows {
            drawing.push_str(&format!("\x1b[{row};1H"));
            drawing.push_str(&"E".repeat(usize::from(cols)));
        }
        drawing.push_str("\x1b[H");
        drawing.push_str(&attributes);
        self.parse(drawing.as_bytes());
    }

    fn request(&mut self, request: &[u8], pen: &Extra) {
        let answer = if let Some(names) = request.strip_prefix(b"+q") {
            answers::capabilities(names)
        } else if let Some(setting) = request.strip_prefix(b"$q") {
            answers::setting(self.setting(setting, pen))
        } else {
            return;
        };
        self.parser.callbacks_mut().answer(&answer);
    }

    /// DECRQSS: a setting in the words of the sequence that would set it.
    fn setting(&self, which: &[u8], pen: &Extra) -> Option<String> {
        let screen = self.parser.screen();
        match which {
            b"m" => Some(format!("{}m", attributes(screen, pen))),
            b"r" => {
                let (top, bottom) = self.margins().unwrap_or((0, self.size().0 - 1));
                Some(format!("{};{}r", top + 1, bottom + 1))
            }
            b" q" => Some(format!("{} q", frame::cursor_shape(screen))),
            b"\"p" => Some("62;1\"p".to_owned()),
            _ => None,
        }
    }

    /// Prints text in insert mode, or without wrapping: one character at a time.
    pub(super) fn print_carefully(&mut self, bytes: &[u8], careful: Careful) {
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                self.print_one(c, careful);
            }
            self.parse(chunk.invalid());
        }
    }

    fn print_one(&mut self, c: char, careful: Careful) {
        use unicode_width::UnicodeWidthChar as _;
        let cols = self.size().1;
        let (_, col) = self.parser.screen().cursor_position();
        let width = if c.is_control() {
            0
        } else {
            c.width().map_or(1, |width| if width > 1 { 2 } else { u16::from(width == 1) })
        };
        if width > 0 && col + width > cols {
            if careful.no_wrap {
                self.parse(format!("\x1b[{}G", cols - width + 1).as_bytes());
            } else {
                self.parse(b"\r\n");
            }
        }
        if width > 0 && careful.insert {
            self.parse(format!("\x1b[{width}@").as_bytes());
        }
        self.parse(c.encode_utf8(&mut [0; 4]).as_bytes());
        if careful.no_wrap && width > 0 && self.parser.screen().cursor_position().1 >= cols {
            self.parse(format!("\x1b[{cols}G").as_bytes());
        }
    }
}

/// The pen as SGR parameters.
fn attributes(screen: &vt100::Screen, pen: &Extra) -> String {
    let mut words = String::from("0");
    let has = |bit| pen.attributes & bit != 0;
    let switches = [
        (screen.bold(), ";1"),
        (screen.dim(), ";2"),
        (screen.italic(), ";3"),
        (screen.underline(), ";4"),
        (has(attribute::BLINK), ";5"),
        (screen.inverse(), ";7"),
        (has(attribute::HIDDEN), ";8"),
        (has(attribute::STRIKE), ";9"),
        (has(attribute::OVERLINE), ";53"),
    ];
    switches.iter().filter(|(on, _)| *on).for_each(|(_, word)| words.push_str(word));
    words.push_str(&colour(screen.fgcolor(), 3));
    words.push_str(&colour(screen.bgcolor(), 4));
    words
}

fn colour(colour: Color, ground: u8) -> String {
    match colour {
        Color::Default => String::new(),
        Color::Idx(index @ 0..=7) => format!(";{ground}{index}"),
        Color::Idx(index @ 8..=15) => format!(";{}{}", ground + 6, index - 8),
        Color::Idx(index) => format!(";{ground}8:5:{index}"),
        Color::Rgb(red, green, blue) => format!(";{ground}8:2::{red}:{green}:{blue}"),
    }
}
