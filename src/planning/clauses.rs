//! Cutting a message into clauses. Quotes, backticks and code fences are never cut. Each clause keeps its text as it was
//! written, so that all clauses together have every word of the message.

use std::ops::Range;

use super::words::{is_own_request, is_request};

/// How a clause stands to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing is said, or it is said to run at the same time.
    Beside,
    /// After the one before.
    After,
}

/// A piece of the message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    /// As written, without list marks' white space.
    pub(super) text: String,
    /// What it may be named after: without list marks and ordering words.
    pub(super) title: String,
    /// It asks for something.
    pub(super) is_task: bool,
    /// It is an item of a list.
    pub(super) listed: bool,
    /// It began a line.
    pub(super) own_line: bool,
    /// Where it stands.
    pub(super) order: Order,
}

/// Joints between two requests in one sentence, longest first; the flag says that the second waits for the first.
const JOINTS: [(&str, Order); 17] = [
    (", and after that ", Order::After),
    (" and after that ", Order::After),
    (", and once that is done ", Order::After),
    (", after that ", Order::After),
    (" after that ", Order::After),
    (", and then ", Order::After),
    (" and then ", Order::After),
    (", then ", Order::After),
    ("; then ", Order::After),
    (" then ", Order::After),
    (", and in parallel ", Order::Beside),
    (" and in parallel ", Order::Beside),
    (", and also ", Order::Beside),
    (" and also ", Order::Beside),
    (", and ", Order::Beside),
    (" and ", Order::Beside),
    ("; ", Order::Beside),
];

/// Openings of a clause that order it.
const AFTER_OPENINGS: [&str; 10] = [
    "then ",
    "then, ",
    "after that",
    "afterwards",
    "finally",
    "next, ",
    "once ",
    "when that is done",
    "when this is done",
    "after this",
];

/// Cuts the message.
pub(super) fn cut(text: &str) -> Vec<Clause> {
    let quoted = quoted(text);
    let mut clauses = Vec::new();
    for block in blocks(text, &quoted) {
        let (mark, listed) = list_mark(text.get(block.clone()).unwrap_or_default());
        if listed {
            clauses.push(clause(text, block.clone(), mark, true, true));
            continue;
        }
        let mut first = true;
        for sentence in sentences(text, block, &quoted) {
            for (range, order) in joined(text, sentence, &quoted) {
                let mut piece = clause(text, range, 0, false, first);
                if let Some(order) = order {
                    piece.order = order;
                }
                first = false;
                clauses.push(piece);
            }
        }
    }
    clauses.retain(|clause| !clause.text.is_empty());
    announce(&mut clauses);
    clauses
}

/// A line that ends with a colon announces the list below it and is no task of its own.
fn announce(clauses: &mut [Clause]) {
    let listed: Vec<bool> = clauses.iter().skip(1).map(|clause| clause.listed).collect();
    for (clause, below) in clauses.iter_mut().zip(listed) {
        if below && !clause.listed && clause.text.ends_with(':') {
            clause.is_task = false;
        }
    }
}

fn clause(text: &str, range: Range<usize>, mark: usize, listed: bool, own_line: bool) -> Clause {
    let whole = text.get(range).unwrap_or_default();
    let inner = whole.get(mark..).unwrap_or(whole).trim();
    let (order, title) = opening_order(without_joint(inner));
    // an item of a list is a task even without a known verb, unless it is only marks
    let is_task = (listed && inner.chars().any(char::is_alphabetic)) || is_request(title);
    Clause { text: whole.trim().to_owned(), title: title.to_owned(), is_task, listed, own_line, order }
}

/// The clause without the joint that it was cut at: `, and in parallel fix …`.
fn without_joint(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([',', ';', ' ']);
        let joint = [
            "and ",
            "in parallel ",
            "in parallel, ",
            "also ",
            "meanwhile ",
            "meanwhile, ",
            "at the same time ",
            "at the same time, ",
        ];
        let known =
            joint.iter().find(|joint| rest.get(..joint.len()).is_some_and(|start| start.eq_ignore_ascii_case(joint)));
        match known {
            Some(joint) => rest = rest.get(joint.len()..).unwrap_or_default(),
            None => return rest,
        }
    }
}

/// `Then fix …`, `Once that is done, fix …`: the order, and the text behind the ordering words.
fn opening_order(text: &str) -> (Order, &str) {
    let starts = |opening: &&&str| text.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening));
    let Some(opening) = AFTER_OPENINGS.iter().find(|opening| starts(opening)) else {
        return (Order::Beside, text);
    };
    if opening.starts_with("once") || opening.starts_with("when") {
        // only with what follows its comma
        return match text.split_once(", ") {
            Some((_, after)) if is_request(after) => (Order::After, after),
            _ => (Order::Beside, text),
        };
    }
    (Order::After, text.get(opening.len()..).unwrap_or_default().trim_start_matches([',', ' ']))
}

/// Lines that belong together: an item of a list with its continuation lines, or a paragraph.
fn blocks(text: &str, quoted: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut fresh = true;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let inside = quoted.iter().any(|quote| quote.start < range.start && range.start < quote.end);
        let blank = line.trim().is_empty();
        let starts_item = list_mark(line).1;
        match blocks.last_mut() {
            Some(last) if inside => last.end = range.end,
            _ if blank => fresh = true,
            Some(last) if !fresh && !starts_item && continues(text, last, line) => last.end = range.end,
            _ => {
                fresh = false;
                blocks.push(range);
            }
        }
    }
    blocks
}

/// A line goes on with the one before when it is indented below an item, or the line before did not end a sentence.
fn continues(text: &str, last: &Range<usize>, line: &str) -> bool {
    let before = text.get(last.clone()).unwrap_or_default();
    if list_mark(before).1 {
        return line.starts_with([' ', '\t']);
    }
    !before.trim_end().ends_with(['.', '!', '?', ':', ';']) && !is_request(line)
}

/// The length of a list mark with the space after it: `- `, `* `, `• `, `1. `, `2) `, `- [ ] `; and whether there is one.
fn list_mark(line: &str) -> (usize, bool) {
    let indent = line.len() - line.trim_start().len();
    let rest = line.trim_start();
    let bullet =
        ["- [ ] ", "- [x] ", "* [ ] ", "- ", "* ", "+ ", "• ", "– "].iter().find(|mark| rest.starts_with(**mark));
    if let Some(mark) = bullet {
        return (indent + mark.len(), true);
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest.get(digits..).unwrap_or_default();
    if (1..=3).contains(&digits) && (after.starts_with(". ") || after.starts_with(") ")) {
        return (indent + digits + 2, true);
    }
    (0, false)
}

/// Sentences of a block: a mark, white space, and a capital letter or a request.
fn sentences(text: &str, block: Range<usize>, quoted: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = block.start;
    let inner = text.get(block.clone()).unwrap_or_default();
    for (offset, mark) in inner.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?')) {
        let after = block.start + offset + mark.len_utf8();
        let rest = text.get(after..block.end).unwrap_or_default();
        let next = rest.trim_start();
        let ends = rest.starts_with(char::is_whitespace)
            && (next.starts_with(|c: char| c.is_uppercase() || c == '@') || is_request(next));
        if ends && !inside(quoted, after) && !abbreviation(text.get(start..after).unwrap_or_default()) {
            found.push(start..after);
            start = after;
        }
    }
    found.push(start..block.end);
    found
}

fn abbreviation(sentence: &str) -> bool {
    ["e.g.", "i.e.", "etc.", "vs.", "cf.", "approx.", "no."]
        .iter()
        .any(|short| sentence.to_lowercase().ends_with(short))
}

/// Requests joined in one sentence, each with the order that its joint says (`None` for the first).
fn joined(text: &str, sentence: Range<usize>, quoted: &[Range<usize>]) -> Vec<(Range<usize>, Option<Order>)> {
    let inner = text.get(sentence.clone()).unwrap_or_default();
    let mut pieces = Vec::new();
    let mut start = sentence.start;
    let mut order = None;
    if is_request(opening_order(inner.trim_start()).1) {
        let mut at = 0;
        while let Some((place, joint, next)) = next_joint(inner, at) {
            at = place + 1;
            let mark = joint.len() - joint.trim_start_matches([',', ';']).len();
            let begin = sentence.start + place + mark;
            let after = inner.get(place + joint.len()..).unwrap_or_default();
            let own = if next == Order::After { is_request(after) } else { is_own_request(after) };
            if own && !inside(quoted, begin) && begin > start {
                pieces.push((start..begin, order));
                start = begin;
                order = Some(next);
                at = place + joint.len();
            }
        }
    }
    pieces.push((start..sentence.end, order));
    pieces
}

/// The next joint at or after a place; the longest of those that begin there.
fn next_joint(text: &str, from: usize) -> Option<(usize, &'static str, Order)> {
    text.char_indices().map(|(place, _)| place).filter(|place| *place >= from).find_map(|place| {
        let rest = text.get(place..)?;
        JOINTS
            .iter()
            .find(|(joint, _)| rest.get(..joint.len()).is_some_and(|start| start.eq_ignore_ascii_case(joint)))
            .map(|(joint, order)| (place, *joint, *order))
    })
}

fn inside(quoted: &[Range<usize>], at: usize) -> bool {
    quoted.iter().any(|range| range.start < at && at < range.end)
}

/// Stretches that are never cut: code fences, backticks, double quotes, and single quotes that stand around words.
pub(super) fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = quotation(text, at, rest);
        match length {
            Some(length) => {
                ranges.push(at..at + length);
                at += length;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    ranges
}

/// The length of the quotation that begins here, if one does.
fn quotation(text: &str, at: usize, rest: &str) -> Option<usize> {
    let closed =
        |open: &str, close: &str| rest.get(open.len()..)?.find(close).map(|end| open.len() + end + close.len());
    if rest.starts_with("```") {
        return Some(closed("```", "```").unwrap_or(rest.len()));
    }
    let one_line = |length: usize| !rest.get(..length).unwrap_or_default().contains("\n\n");
    match rest.chars().next()? {
        '`' => closed("`", "`").filter(|length| one_line(*length)),
        '"' => closed("\"", "\"").filter(|length| one_line(*length)),
        '“' => closed("“", "”").filter(|length| one_line(*length)),
        '\'' => {
            let opens = text
                .get(..at)
                .and_then(|before| before.chars().next_back())
                .is_none_or(|c| c.is_whitespace() || c == '(');
            if opens { closed("'", "'").filter(|length| one_line(*length)) } else { None }
        }
        _ => None,
    }
}
