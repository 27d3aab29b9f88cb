//! Control sequences that vt100 lacks or misreads, in words that it understands; and the settings of a terminal
//! that it does not keep.

use super::extras::{Extra, Extras};
use super::mark::{Careful, Mark};
use super::prepass::{Filtered, Prepass};
use super::sgr;

/// The most characters that one REP makes of one here.
const MOST_REPEATS: u16 = 4096;

/// What is set beyond vt100's own state.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent switch of a terminal")]
pub(super) struct Settings {
    drawing: [bool; 2],
    pub(super) shifted: bool,
    /// What is printed has this beyond vt100's attributes.
    pub(super) extra: Extra,
    /// The mark of it.
    pub(super) marker: Option<char>,
    insert: bool,
    no_wrap: bool,
    pub(super) newline: bool,
    pub(super) own_tabs: bool,
    origin: bool,
}

impl Settings {
    /// Whether text goes through as it is.
    pub(super) fn is_plain(&self) -> bool {
        !self.is_drawing()
            && self.marker.is_none()
            && !self.newline
            && !self.own_tabs
            && self.careful() == Careful::default()
    }

    /// Whether the line drawing charset is chosen.
    pub(super) fn is_drawing(&self) -> bool {
        let [first, second] = self.drawing;
        if self.shifted { second } else { first }
    }

    /// How text is to be printed.
    pub(super) fn careful(&self) -> Careful {
        Careful { insert: self.insert, no_wrap: self.no_wrap }
    }

    /// SCS for G0 or G1.
    pub(super) fn choose_charset(&mut self, slot: usize, which: u8) {
        if let Some(drawing) = self.drawing.get_mut(slot) {
            *drawing = which == b'0';
        }
    }

    /// What DECRC brings back.
    pub(super) fn restore(&mut self, saved: &Settings, extras: &mut Extras) {
        self.drawing = saved.drawing;
        self.shifted = saved.shifted;
        self.origin = saved.origin;
        self.extra = saved.extra.clone();
        self.marker = extras.marker(&self.extra);
    }
}

/// The number at a place of `1;2;3`; nothing there is 0.
fn number(parameters: &[u8], index: usize) -> u16 {
    let part = parameters.split(|byte| *byte == b';').nth(index).unwrap_or_default();
    std::str::from_utf8(part)
        .ok()
        .and_then(|part| part.parse::<u32>().ok())
        .map_or(0, |number| u16::try_from(number).unwrap_or(u16::MAX))
}

impl Prepass {
    /// Passes a control sequence on, or what vt100 understands instead. `last` is the last marked character.
    pub(super) fn finish_control(
        &mut self,
        parameters: &[u8],
        last: u8,
        printed: Option<char>,
        out: &mut Filtered,
        extras: &mut Extras,
    ) {
        let handled = match parameters.first() {
            Some(b'?') => self.private_control(parameters.get(1..).unwrap_or_default(), last, out, extras),
            Some(b'!') if last == b'p' && parameters.len() == 1 => {
                self.soft_reset(out);
                true
            }
            Some(b'<'..=b'>') => false,
            _ if parameters.iter().any(|byte| (0x20..0x30).contains(byte)) => {
                self.ansi_mode_query(parameters, last, out)
            }
            _ => self.plain_control(parameters, last, printed, out, extras),
        };
        if !handled {
            pass(parameters, last, out);
        }
    }

    fn plain_control(
        &mut self,
        parameters: &[u8],
        last: u8,
        printed: Option<char>,
        out: &mut Filtered,
        extras: &mut Extras,
    ) -> bool {
        if last == b'm' {
            return self.attributes(parameters, out, extras);
        }
        let first = number(parameters, 0);
        match last {
            b'J' => match first {
                2 => out.mark(Mark::EraseScreen),
                3 => out.mark(Mark::EraseHistory),
                _ => {}
            },
            b'b' => return self.repeat(first, printed, out),
            b'h' | b'l' => self.ansi_modes(parameters, last == b'h'),
            b'r' => out.mark(Mark::Margins(first, number(parameters, 1))),
            b's' if parameters.is_empty() => self.save(out),
            b'u' if parameters.is_empty() => self.restore(out, extras),
            b'a' => pass(parameters, b'C', out),
            b'e' => pass(parameters, b'B', out),
            b'D' => out.mark(Mark::Back(first)),
            b'I' => out.mark(Mark::TabForward(first)),
            b'Z' => out.mark(Mark::TabBack(first)),
            b'g' => {
                self.settings.own_tabs = true;
                out.mark(if first == 3 { Mark::ClearTabs } else { Mark::ClearTab });
            }
            _ => return false,
        }
        !matches!(last, b'J')
    }

    fn private_control(&mut self, parameters: &[u8], last: u8, out: &mut Filtered, extras: &mut Extras) -> bool {
        match (parameters, last) {
            (_, b'h' | b'l') => {
                for index in 0..=parameters.iter().filter(|byte| **byte == b';').count() {
                    self.private_mode(number(parameters, index), last, out, extras);
                }
            }
            (b"2" | b"3", b'J') => {
                out.mark(if parameters == b"2" { Mark::EraseScreen } else { Mark::EraseHistory });
                return false;
            }
            (b"6$", b'p') => out.mark(Mark::Answer(mode_answer("?6", self.settings.origin))),
            (b"5", b'W') => {
                self.settings.own_tabs = false;
                out.mark(Mark::DefaultTabs);
            }
            _ => return false,
        }
        true
    }

    fn private_mode(&mut self, mode: u16, last: u8, out: &mut Filtered, extras: &mut Extras) {
        let on = last == b'h';
        match mode {
            6 => self.settings.origin = on,
            7 => self.settings.no_wrap = !on,
            1049 if on => {
                self.save_silently();
                return out.mark(Mark::AlternateCleared);
            }
            1049 => self.restore_silently(extras),
            1048 if on => return self.save(out),
            1048 => return self.restore(out, extras),
            47 | 1047 => return out.mark(Mark::Alternate(on, mode == 1047)),
            _ => {}
        }
        pass(format!("?{mode}").as_bytes(), last, out);
    }

    fn ansi_modes(&mut self, parameters: &[u8], on: bool) {
        for index in 0..=parameters.iter().filter(|byte| **byte == b';').count() {
            match number(parameters, index) {
                4 => self.settings.insert = on,
                20 => self.settings.newline = on,
                _ => {}
            }
        }
    }

    /// DECRQM for the modes of ECMA-48 that are kept here.
    fn ansi_mode_query(&self, parameters: &[u8], last: u8, out: &mut Filtered) -> bool {
        let answer = match (parameters, last) {
            (b"4$", b'p') => mode_answer("4", self.settings.insert),
            (b"20$", b'p') => mode_answer("20", self.settings.newline),
            _ => return false,
        };
        out.mark(Mark::Answer(answer));
        true
    }

    fn soft_reset(&mut self, out: &mut Filtered) {
        let own_tabs = self.settings.own_tabs;
        self.settings = Settings { own_tabs, ..Settings::default() };
        self.forget_saved();
        out.mark(Mark::SoftReset);
    }

    /// SGR: what vt100 has no room for is kept, what it misreads is rewritten.
    fn attributes(&mut self, parameters: &[u8], out: &mut Filtered, extras: &mut Extras) -> bool {
        let before = self.settings.extra.attributes;
        if before != 0 || parameters.iter().any(|byte| matches!(byte, b'5' | b'6' | b'8' | b'9')) {
            sgr::extra(parameters, &mut self.settings.extra.attributes);
            if self.settings.extra.attributes != before {
                self.settings.marker = extras.marker(&self.settings.extra);
            }
        }
        if !sgr::needs_rewrite(parameters) {
            return false;
        }
        if let Some(rewritten) = sgr::rewrite(parameters) {
            pass(rewritten.as_bytes(), b'm', out);
        }
        true
    }

    /// REP of a marked character: vt100 would repeat it without its mark.
    fn repeat(&mut self, count: u16, printed: Option<char>, out: &mut Filtered) -> bool {
        let (Some(c), false) = (printed, self.settings.is_plain()) else { return false };
        let text: String = std::iter::repeat_n(c, usize::from(count.clamp(1, MOST_REPEATS))).collect();
        self.text(text.as_bytes(), out);
        true
    }
}

fn pass(parameters: &[u8], last: u8, out: &mut Filtered) {
    out.say(b"\x1b[");
    out.say(parameters);
    out.say(&[last]);
}

fn mode_answer(name: &str, on: bool) -> Vec<u8> {
    format!("\x1b[{name};{}$y", if on { 1 } else { 2 }).into_bytes()
}
