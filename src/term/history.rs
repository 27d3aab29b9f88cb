//! Lines that scrolled off a screen, kept small: text in blocks of a few lines, and where it is styled, runs of
//! bytes with a number into the block's table of styles. A plain line costs its bytes and eight more; nothing is
//! allocated for a line, and blocks that fall out at the old end are used again at the new one.

use std::collections::VecDeque;
use std::sync::Arc;

use super::line::{Line, Link, Span, Style};

/// Lines of a block; with the widest screen a block has fewer cells than a run can number styles.
const BLOCK: usize = 64;
/// How far back in a block's table a style is looked for before it is entered once more.
const LOOK_BACK: usize = 24;
/// The most bytes of one run (it is a `u16`).
const LONGEST_RUN: usize = 65_535;

/// Some lines.
#[derive(Debug, Default)]
struct Block {
    text: String,
    /// Where each line's text and runs end.
    ends: Vec<(u32, u32)>,
    /// Bytes of text and the number of a style; none for a line that is plain throughout.
    runs: Vec<(u16, u16)>,
    styles: Vec<(Style, Option<Arc<Link>>)>,
}

/// What scrolled away, oldest first, at most `limit` lines.
#[derive(Debug)]
pub struct History {
    /// All but the last are full.
    blocks: VecDeque<Block>,
    /// Lines of the first block that were dropped.
    dropped: usize,
    length: usize,
    limit: usize,
    reserve: usize,
    /// Lines that were forgotten since the beginning.
    forgotten: u64,
}

/// The highest bit of where a line's text ends: it goes on in the next line.
const WRAPPED: u32 = 1 << 31;

impl History {
    /// An empty history.
    pub fn new(limit: usize) -> Self {
        Self { blocks: VecDeque::new(), dropped: 0, length: 0, limit, reserve: 0, forgotten: 0 }
    }

    /// An empty history whose lines are numbered from here on.
    pub(super) fn numbered_from(first: u64, limit: usize) -> Self {
        Self { forgotten: first, ..Self::new(limit) }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing scrolled away yet.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds the newest line; the oldest goes when there are too many.
    pub fn push(&mut self, line: &Line) {
        if self.limit + self.reserve == 0 {
            self.forgotten += 1;
            return;
        }
        let Some(block) = self.newest() else { return };
        let plain = line.is_plain() || line.spans.iter().any(|span| span.text.len() > LONGEST_RUN);
        for span in &line.spans {
            block.text.push_str(&span.text);
            if !plain {
                let number = block.number(span.style, span.link.as_ref());
                block.runs.push((u16::try_from(span.text.len()).unwrap_or(u16::MAX), number));
            }
        }
        block.end_line(line.wrapped);
        self.added();
    }

    /// Adds the newest line as it is written piece by piece; blanks at its end do not count.
    pub(super) fn push_pieces(&mut self, wrapped: bool, write: impl FnOnce(&mut Pieces<'_>)) {
        if self.limit + self.reserve == 0 {
            self.forgotten += 1;
            let mut nowhere = Block::default();
            return write(&mut Pieces::of(&mut nowhere));
        }
        let Some(block) = self.newest() else { return };
        let mut pieces = Pieces::of(block);
        write(&mut pieces);
        pieces.finish(wrapped);
        self.added();
    }

    /// Adds a line of plain text; trailing blanks do not count.
    pub(super) fn push_text(&mut self, text: &str, wrapped: bool) {
        if self.limit + self.reserve == 0 {
            self.forgotten += 1;
            return;
        }
        let Some(block) = self.newest() else { return };
        block.text.push_str(text.trim_end_matches(' '));
        block.end_line(wrapped);
        self.added();
    }

    /// The block that has room for one more line.
    fn newest(&mut self) -> Option<&mut Block> {
        if self.blocks.back().is_none_or(|block| block.ends.len() >= BLOCK) {
            let fresh = if self.dropped >= BLOCK { self.recycled() } else { Block::default() };
            if let Some(full) = self.blocks.back_mut() {
                full.shrink();
            }
            self.blocks.push_back(fresh);
        }
        self.blocks.back_mut()
    }

    /// The oldest block, emptied; nobody sees its lines any more.
    fn recycled(&mut self) -> Block {
        let mut block = self.blocks.pop_front().unwrap_or_default();
        self.dropped = 0;
        block.text.clear();
        block.ends.clear();
        block.runs.clear();
        block.styles.clear();
        block
    }

    fn added(&mut self) {
        self.length += 1;
        if self.length > self.limit + self.reserve {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        // a whole block that was dropped before is not needed for reuse any more
        if self.dropped >= BLOCK {
            self.blocks.pop_front();
            self.dropped = 0;
        }
        self.dropped += 1;
        self.length -= 1;
        self.forgotten += 1;
    }

    /// Lets it hold some lines more than its limit for a while; what is too much afterwards goes at once.
    pub(super) fn set_reserve(&mut self, lines: usize) {
        self.reserve = lines;
        while self.length > self.limit + self.reserve {
            self.drop_oldest();
        }
    }

    /// Takes the newest line back.
    pub(super) fn pop(&mut self) -> Option<Line> {
        let line = self.line(self.length.checked_sub(1)?);
        self.length -= 1;
        if let Some(block) = self.blocks.back_mut() {
            block.pop();
            if block.ends.is_empty() {
                self.blocks.pop_back();
            }
        }
        if self.length == 0 {
            self.blocks.clear();
            self.dropped = 0;
        }
        line
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        let (reserve, forgotten) = (self.reserve, self.forgotten + u64::try_from(self.length).unwrap_or(0));
        *self = Self { reserve, forgotten, ..Self::new(self.limit) };
    }

    /// How many lines were forgotten so far; with the place in the history added, a line's number never changes.
    pub fn dropped(&self) -> u64 {
        self.forgotten
    }

    /// At most `count` lines that end `back` lines above the newest, oldest first.
    pub fn page(&self, back: usize, count: usize) -> Vec<Line> {
        let end = self.length.saturating_sub(back);
        (end.saturating_sub(count)..end).filter_map(|index| self.line(index)).collect()
    }

    /// All lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        (0..self.length).filter_map(|index| self.line(index))
    }

    fn line(&self, index: usize) -> Option<Line> {
        let place = index + self.dropped;
        self.blocks.get(place / BLOCK)?.line(place % BLOCK)
    }

    /// Bytes that it takes, about.
    pub fn weight(&self) -> usize {
        self.blocks.iter().map(Block::weight).sum()
    }
}

impl Block {
    fn end_line(&mut self, wrapped: bool) {
        let text = u32::try_from(self.text.len()).unwrap_or(WRAPPED - 1);
        let runs = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        self.ends.push((if wrapped { text | WRAPPED } else { text }, runs));
    }

    fn start(&self, index: usize) -> (usize, usize) {
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or((0, 0), |&(text, runs)| (place(text & !WRAPPED), place(runs)))
    }

    fn line(&self, index: usize) -> Option<Line> {
        let &(text_end, runs_end) = self.ends.get(index)?;
        let wrapped = text_end & WRAPPED != 0;
        let (mut at, runs_start) = self.start(index);
        let runs = self.runs.get(runs_start..place(runs_end)).unwrap_or_default();
        if runs.is_empty() {
            let text = self.text.get(at..place(text_end & !WRAPPED)).unwrap_or_default();
            return Some(Line::plain(text.to_owned(), wrapped));
        }
        let mut spans = Vec::with_capacity(runs.len());
        for &(length, number) in runs {
            let end = at + usize::from(length);
            let text = self.text.get(at..end).unwrap_or_default().to_owned();
            let (style, link) = self.styles.get(usize::from(number)).cloned().unwrap_or_default();
            spans.push(Span { text, style, link });
            at = end;
        }
        Some(Line { spans, wrapped })
    }

    fn pop(&mut self) {
        if let Some(last) = self.ends.len().checked_sub(1) {
            let (text, runs) = self.start(last);
            self.text.truncate(text);
            self.runs.truncate(runs);
            self.ends.truncate(last);
        }
    }

    fn number(&mut self, style: Style, link: Option<&Arc<Link>>) -> u16 {
        let from = self.styles.len().saturating_sub(LOOK_BACK);
        // the same link is the same one in memory nearly always; where it is not, it is only entered once more
        let same = |at: &Option<Arc<Link>>| match (at, link) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let recent = self.styles.get(from..).unwrap_or_default();
        let known = recent.iter().rev().position(|(known, at)| *known == style && same(at));
        let number = known.map_or(self.styles.len(), |back| self.styles.len() - 1 - back);
        if known.is_none() {
            self.styles.push((style, link.cloned()));
        }
        u16::try_from(number).unwrap_or(u16::MAX)
    }

    /// A full block keeps no room for more.
    fn shrink(&mut self) {
        if self.text.capacity() > self.text.len() + self.text.len() / 8 {
            self.text.shrink_to_fit();
        }
        self.runs.shrink_to_fit();
        self.styles.shrink_to_fit();
    }

    fn weight(&self) -> usize {
        size_of::<Self>()
            + self.text.capacity()
            + self.ends.capacity() * size_of::<(u32, u32)>()
            + self.runs.capacity() * size_of::<(u16, u16)>()
            + self.styles.capacity() * size_of::<(Style, Option<Arc<Link>>)>()
    }
}

/// A line that is being written into a block.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    block: &'a mut Block,
    /// Where its runs begin.
    runs: usize,
    /// Plain blanks that only count when something follows them.
    blanks: usize,
    plain: bool,
}

impl<'a> Pieces<'a> {
    fn of(block: &'a mut Block) -> Self {
        Self { runs: block.runs.len(), block, blanks: 0, plain: true }
    }

    /// Adds text.
    pub(super) fn push(&mut self, text: &str, style: Style, link: Option<&Arc<Link>>) {
        let plain = style == Style::default() && link.is_none();
        let kept = if plain { text.trim_end_matches(' ') } else { text };
        if !kept.is_empty() {
            let blanks = std::mem::take(&mut self.blanks);
            if blanks > 0 {
                self.block.text.extend(std::iter::repeat_n(' ', blanks));
                self.run(blanks, Style::default(), None);
            }
            self.plain &= plain;
            self.block.text.push_str(kept);
            self.run(kept.len(), style, link);
        }
        self.blanks += text.len() - kept.len();
    }

    fn run(&mut self, length: usize, style: Style, link: Option<&Arc<Link>>) {
        let number = self.block.number(style, link);
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        let line = self.block.runs.get_mut(self.runs..).unwrap_or_default();
        if let Some((before, of)) = line.last_mut()
            && *of == number
            && let Some(both) = before.checked_add(length)
        {
            *before = both;
        } else {
            self.block.runs.push((length, number));
        }
    }

    fn finish(self, wrapped: bool) {
        if self.plain {
            self.block.runs.truncate(self.runs);
        }
        self.block.end_line(wrapped);
    }
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
