//! Moving over the cells of lines: vi's words, whole words for the mouse, wrapped rows as one line. Lines that
//! are not known are where a motion ends.

use crate::protocol::pane::Row;

use super::cells;

/// A cell: the line's absolute number, and the column.
pub type Point = (u64, u16);

/// No motion looks at more characters than this.
const FARTHEST: usize = 20_000;
/// Rows that one wrapped line is followed.
const LONGEST_WRAP: u64 = 500;

/// What a character is to a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Word,
    Mark,
}

/// vi's words.
fn of_vi(text: &str) -> Class {
    match text.chars().next() {
        None => Class::Blank,
        Some(c) if c.is_whitespace() => Class::Blank,
        Some(c) if c.is_alphanumeric() || c == '_' => Class::Word,
        Some(_) => Class::Mark,
    }
}

/// What a double click takes for one word: paths, addresses, branches.
fn of_mouse(text: &str) -> Class {
    match text.chars().next() {
        Some(c) if "-./~:@%+#?&=".contains(c) => Class::Word,
        _ => of_vi(text),
    }
}

/// A place among the characters of lines; the end of a line that is not wrapped is a blank of its own.
struct Walker<'l, F> {
    line: &'l F,
    class: fn(&str) -> Class,
    at: (u64, usize),
    left: usize,
}

impl<'l, 'a, F: Fn(u64) -> Option<&'a Row>> Walker<'l, F> {
    fn new(line: &'l F, class: fn(&str) -> Class, (number, column): Point) -> Self {
        let place = line(number).map_or(0, |row| {
            let clusters = cells::clusters(row);
            clusters.iter().rposition(|cluster| cluster.column <= column).unwrap_or(0)
        });
        Self { line, class, at: (number, place), left: FARTHEST }
    }

    /// How many places a line has.
    fn places(&self, number: u64) -> Option<usize> {
        let row = (self.line)(number)?;
        let count = cells::clusters(row).len();
        Some(if row.wrapped && count > 0 { count } else { count + 1 })
    }

    fn class_at(&self, (number, place): (u64, usize)) -> Class {
        let row = (self.line)(number);
        row.and_then(|row| cells::clusters(row).get(place).map(|cluster| (self.class)(cluster.text)))
            .unwrap_or(Class::Blank)
    }

    fn class(&self) -> Class {
        self.class_at(self.at)
    }

    fn after(&self) -> Option<(u64, usize)> {
        let (number, place) = self.at;
        if place + 1 < self.places(number)? {
            return Some((number, place + 1));
        }
        self.places(number + 1).map(|_| (number + 1, 0))
    }

    fn before(&self) -> Option<(u64, usize)> {
        let (number, place) = self.at;
        if let Some(place) = place.checked_sub(1) {
            return Some((number, place));
        }
        let above = number.checked_sub(1)?;
        Some((above, self.places(above)?.checked_sub(1)?))
    }

    /// Goes one place on; answers whether there was one.
    fn step(&mut self, forward: bool) -> bool {
        let next = if forward { self.after() } else { self.before() };
        match next.filter(|_| self.left > 0) {
            Some(next) => {
                self.at = next;
                self.left -= 1;
                true
            }
            None => false,
        }
    }

    /// Goes on while the class stays; answers whether there is more after it.
    fn pass(&mut self, class: Class, forward: bool) -> bool {
        while self.class() == class {
            if !self.step(forward) {
                return false;
            }
        }
        true
    }

    /// Goes on to the last place of the run of this class.
    fn go_to_last(&mut self, forward: bool) {
        let class = self.class();
        loop {
            let next = if forward { self.after() } else { self.before() };
            match next {
                Some(next) if self.class_at(next) == class && self.left > 0 => {
                    self.at = next;
                    self.left -= 1;
                }
                _ => return,
            }
        }
    }

    fn point(&self) -> Point {
        let (number, place) = self.at;
        let Some(row) = (self.line)(number) else { return (number, 0) };
        let clusters = cells::clusters(row);
        let cluster = clusters.get(place).or(clusters.last());
        (number, cluster.map_or(0, |cluster| cluster.column))
    }
}

/// vi's `w`: the start of the next word.
pub(crate) fn next_word<'a>(line: &impl Fn(u64) -> Option<&'a Row>, from: Point) -> Point {
    let mut walker = Walker::new(line, of_vi, from);
    let class = walker.class();
    if class == Class::Blank || walker.pass(class, true) {
        walker.pass(Class::Blank, true);
    }
    walker.point()
}

/// vi's `e`: the end of this word, or of the next one.
pub(crate) fn next_end<'a>(line: &impl Fn(u64) -> Option<&'a Row>, from: Point) -> Point {
    let mut walker = Walker::new(line, of_vi, from);
    if walker.step(true) && walker.pass(Class::Blank, true) {
        walker.go_to_last(true);
    }
    walker.point()
}

/// vi's `b`: the start of this word, or of the one before.
pub(crate) fn previous_word<'a>(line: &impl Fn(u64) -> Option<&'a Row>, from: Point) -> Point {
    let mut walker = Walker::new(line, of_vi, from);
    if walker.step(false) && walker.pass(Class::Blank, false) {
        walker.go_to_last(false);
    }
    walker.point()
}

/// The first cell of the word under a cell, as the mouse takes it.
pub(crate) fn word_start<'a>(line: &impl Fn(u64) -> Option<&'a Row>, from: Point) -> Point {
    let mut walker = Walker::new(line, of_mouse, from);
    walker.go_to_last(false);
    walker.point()
}

/// The last cell of the word under a cell, as the mouse takes it; a comma or full stop after it is none of it.
pub(crate) fn word_end<'a>(line: &impl Fn(u64) -> Option<&'a Row>, from: Point) -> Point {
    let mut walker = Walker::new(line, of_mouse, from);
    walker.go_to_last(true);
    walker.point()
}

/// The last column with something in it.
pub(crate) fn line_end(row: Option<&Row>) -> u16 {
    row.and_then(|row| cells::clusters(row).iter().rfind(|cluster| !cluster.text.trim().is_empty()).map(|c| c.column))
        .unwrap_or(0)
}

/// The first row of the line that was wrapped into this row.
pub(crate) fn first_row<'a>(line: &impl Fn(u64) -> Option<&'a Row>, number: u64) -> u64 {
    let lowest = number.saturating_sub(LONGEST_WRAP);
    let goes_on = |above: u64| line(above).is_some_and(|row| row.wrapped);
    (lowest..number).rev().take_while(|above| goes_on(*above)).last().unwrap_or(number)
}

/// The last row of the line that was wrapped into this row.
pub(crate) fn last_row<'a>(line: &impl Fn(u64) -> Option<&'a Row>, number: u64) -> u64 {
    let goes_on = |row: u64| line(row).is_some_and(|row| row.wrapped) && line(row + 1).is_some();
    (number..number + LONGEST_WRAP).find(|row| !goes_on(*row)).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::{Look, Run};

    fn row(text: &str, wrapped: bool) -> Row {
        Row { runs: vec![Run { text: text.to_owned(), look: Look::default(), link: None }], wrapped }
    }

    #[test]
    fn words_are_vi_s_and_cross_lines() {
        let rows = [row("let x = fo", true), row("o(); 漢字", false), row("", false), row("  end", false)];
        let line = |number: u64| rows.get(usize::try_from(number).unwrap());
        let mut at = (0, 0);
        let mut seen = vec![];
        for _ in 0..7 {
            at = next_word(&line, at);
            seen.push(at);
        }
        assert_eq!(seen, [(0, 4), (0, 6), (0, 8), (1, 1), (1, 5), (3, 2), (3, 4)]);
        let mut back = vec![];
        at = (3, 4);
        for _ in 0..4 {
            at = previous_word(&line, at);
            back.push(at);
        }
        assert_eq!(back, [(3, 2), (1, 5), (1, 1), (0, 8)]);
        assert_eq!(next_end(&line, (0, 8)), (1, 0));
        assert_eq!(next_end(&line, (0, 0)), (0, 2));
        assert_eq!((first_row(&line, 1), last_row(&line, 0)), (0, 1));
    }
}
