//! Lines that scrolled off the main screen, kept small: text, and styles as numbers into one table.
//! A plain line of 200 characters takes about 250 bytes; 10,000 of them 2.5 MB.

use std::collections::{HashMap, VecDeque};

use super::line::{Line, Span, Style};

/// One line, packed.
#[derive(Debug)]
struct Packed {
    text: Box<str>,
    /// Bytes of text and the style's number; empty for a line that is plain throughout.
    runs: Box<[(u16, u16)]>,
    wrapped: bool,
}

/// What scrolled away, oldest first, at most `limit` lines.
#[derive(Debug)]
pub struct History {
    lines: VecDeque<Packed>,
    limit: usize,
    dropped: u64,
    styles: Vec<Style>,
    numbers: HashMap<Style, u16>,
}

impl History {
    /// An empty history.
    pub fn new(limit: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            limit,
            dropped: 0,
            styles: vec![Style::default()],
            numbers: HashMap::from([(Style::default(), 0)]),
        }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing scrolled away yet.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds the newest line; the oldest goes when there are too many.
    pub fn push(&mut self, line: &Line) {
        if self.limit == 0 {
            return;
        }
        if self.lines.len() >= self.limit && self.lines.pop_front().is_some() {
            self.dropped += 1;
        }
        let packed = self.pack(line);
        self.lines.push_back(packed);
    }

    /// Takes the newest line back.
    pub(super) fn pop(&mut self) -> Option<Line> {
        let packed = self.lines.pop_back()?;
        Some(self.unpack(&packed))
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        let dropped = self.dropped + u64::try_from(self.lines.len()).unwrap_or(0);
        *self = Self { dropped, ..Self::new(self.limit) };
    }

    /// How many lines were forgotten so far; with the place in the history added, a line's number never changes.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// At most `count` lines that end `back` lines above the newest, oldest first.
    pub fn page(&self, back: usize, count: usize) -> Vec<Line> {
        let end = self.lines.len().saturating_sub(back);
        let start = end.saturating_sub(count);
        self.lines.range(start..end).map(|packed| self.unpack(packed)).collect()
    }

    /// All lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.lines.iter().map(|packed| self.unpack(packed))
    }

    fn pack(&mut self, line: &Line) -> Packed {
        let text = line.text().into_boxed_str();
        let plain = line.spans.iter().all(|span| span.style == Style::default());
        let runs = if plain || text.len() > usize::from(u16::MAX) {
            Box::default()
        } else {
            line.spans
                .iter()
                .map(|span| (u16::try_from(span.text.len()).unwrap_or(0), self.number(span.style)))
                .collect()
        };
        Packed { text, runs, wrapped: line.wrapped }
    }

    fn unpack(&self, packed: &Packed) -> Line {
        let mut spans = Vec::with_capacity(packed.runs.len().max(1));
        if packed.runs.is_empty() {
            if !packed.text.is_empty() {
                spans.push(Span { text: packed.text.to_string(), style: Style::default() });
            }
            return Line { spans, wrapped: packed.wrapped };
        }
        let mut at = 0;
        for &(length, number) in &packed.runs {
            let end = at + usize::from(length);
            let text = packed.text.get(at..end).unwrap_or_default().to_owned();
            let style = self.styles.get(usize::from(number)).copied().unwrap_or_default();
            spans.push(Span { text, style });
            at = end;
        }
        Line { spans, wrapped: packed.wrapped }
    }

    /// The style's number; a history that has seen 65,536 styles shows further ones as plain.
    fn number(&mut self, style: Style) -> u16 {
        if let Some(&number) = self.numbers.get(&style) {
            return number;
        }
        let Ok(number) = u16::try_from(self.styles.len()) else { return 0 };
        self.styles.push(style);
        self.numbers.insert(style, number);
        number
    }
}
