//! What vt100's cells have no room for: struck through, hidden, blinking and overlined text, and hyperlinks.
//! Each combination gets a zero-width code point that Unicode leaves unassigned (U+E01F0–U+E0FFF, which are
//! default-ignorable); the prepass puts it behind every character that is printed so, vt100 carries it along
//! through every scroll, insertion and erasure as it carries a combining mark, and it is taken out again
//! wherever cells are read. Programs that print these code points themselves do not get them through.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::line::Link;

/// The first and the last code point that marks a cell.
const FIRST: u32 = 0xe_01f0;
const LAST: u32 = 0xe_0fff;
/// The first byte of every marker in UTF-8.
pub(super) const LEAD: u8 = 0xf3;
/// Bytes of a marker in UTF-8.
pub(super) const LENGTH: usize = 4;
/// The longest address of a link that is kept, in bytes (what other terminals keep).
const LONGEST_URI: usize = 2083;
/// The longest id of a link.
const LONGEST_ID: usize = 250;

/// What a character has beyond its vt100 attributes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Extra {
    /// Bits of `attribute::*`.
    pub(super) attributes: u16,
    /// The hyperlink.
    pub(super) link: Option<Arc<Link>>,
}

/// The combinations that are in use.
#[derive(Debug, Default)]
pub(super) struct Extras {
    entries: Vec<Option<Extra>>,
    numbers: HashMap<Extra, usize>,
    free: Vec<usize>,
    is_full: bool,
}

impl Extras {
    /// The code point for a combination; `None` for none, or when all are in use.
    pub(super) fn marker(&mut self, extra: &Extra) -> Option<char> {
        if *extra == Extra::default() {
            return None;
        }
        if let Some(&number) = self.numbers.get(extra) {
            return marker_of(number);
        }
        let number = self.free.pop().unwrap_or(self.entries.len());
        let Some(marker) = marker_of(number) else {
            self.is_full = true;
            return None;
        };
        if number == self.entries.len() {
            self.entries.push(None);
        }
        if let Some(entry) = self.entries.get_mut(number) {
            *entry = Some(extra.clone());
        }
        self.numbers.insert(extra.clone(), number);
        Some(marker)
    }

    /// Whether a combination found no place: what no cell shows any more should be forgotten.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Forgets every combination whose marker is not among these.
    pub(super) fn keep(&mut self, used: &HashSet<char>) {
        for (number, entry) in self.entries.iter_mut().enumerate() {
            let unused = marker_of(number).is_none_or(|marker| !used.contains(&marker));
            if let Some(extra) = entry.take_if(|_| unused) {
                self.numbers.remove(&extra);
                self.free.push(number);
            }
        }
        self.is_full = false;
    }

    /// What a marker says, if there is one.
    pub(super) fn of(&self, marker: Option<char>) -> Option<&Extra> {
        let number = usize::try_from(u32::from(marker?).checked_sub(FIRST)?).ok()?;
        self.entries.get(number)?.as_ref()
    }
}

fn marker_of(number: usize) -> Option<char> {
    let point = FIRST.checked_add(u32::try_from(number).ok()?)?;
    if point > LAST { None } else { char::from_u32(point) }
}

/// A cell's text without its marker, and the marker. It is the last character, unless something was combined
/// with the character after it was printed.
pub(super) fn unmarked(cell: &str) -> (Cow<'_, str>, Option<char>) {
    // a marker follows at least one byte
    if cell.len() <= LENGTH || !cell.as_bytes().contains(&LEAD) {
        return (Cow::Borrowed(cell), None);
    }
    let Some(marker) = cell.chars().find(|c| is_marker(*c)) else { return (Cow::Borrowed(cell), None) };
    match cell.strip_suffix(marker) {
        Some(text) if !text.as_bytes().contains(&LEAD) => (Cow::Borrowed(text), Some(marker)),
        _ => (Cow::Owned(cell.chars().filter(|c| !is_marker(*c)).collect()), Some(marker)),
    }
}

/// Whether a character marks a cell.
pub(super) fn is_marker(c: char) -> bool {
    (FIRST..=LAST).contains(&u32::from(c))
}

/// The link that the text of an OSC 8 (after `8;`) opens; `None` closes the one before.
pub(super) fn parse_link(text: &[u8]) -> Option<Arc<Link>> {
    let text = std::str::from_utf8(text).ok()?;
    let (parameters, uri) = text.split_once(';')?;
    if uri.is_empty() || uri.len() > LONGEST_URI || uri.chars().any(char::is_control) {
        return None;
    }
    let id = parameters.split(':').find_map(|pair| pair.strip_prefix("id=")).unwrap_or_default();
    let id = if id.len() > LONGEST_ID || id.chars().any(char::is_control) { "" } else { id };
    Some(Arc::new(Link { id: id.to_owned(), uri: uri.to_owned() }))
}
