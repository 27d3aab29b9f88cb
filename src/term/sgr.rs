//! SGR sequences: read (as vt100 writes them for rows that scroll away), written, and rewritten where
//! vt100 would misread what programs send.

use std::fmt::Write as _;
use std::sync::Arc;

use unicode_width::UnicodeWidthChar as _;

use super::extras::{self, Extra, Extras};
use super::line::{Ink, Line, Link, Style, attribute};

/// A piece of a row: its text, its style, the link it belongs to.
type Piece<'a> = (&'a str, Style, Option<&'a Arc<Link>>);

/// Reads a row as vt100 formats it: text and SGR sequences only. `style` carries over from row to row.
pub(super) fn read_row(row: &str, style: &mut Style, extras: &Extras, take: &mut impl FnMut(Piece<'_>)) {
    let mut rest = row;
    while let Some((text, after)) = rest.split_once('\u{1b}') {
        read_text(text, *style, extras, take);
        let Some((parameters, tail)) = after.split_once('m') else { return };
        apply(style, parameters.trim_start_matches('['));
        rest = tail;
    }
    read_text(rest, *style, extras, take);
}

/// Reads text of one style; a marker belongs to the character before it.
fn read_text(text: &str, style: Style, extras: &Extras, take: &mut impl FnMut(Piece<'_>)) {
    if text.is_empty() {
        return;
    }
    if !text.as_bytes().contains(&extras::LEAD) {
        return take((text, style, None));
    }
    let mut run = String::with_capacity(text.len());
    let mut of: Option<char> = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (cell, after) = rest.split_at(first_cell(rest));
        let (cell, marker) = extras::unmarked(cell);
        if marker != of {
            give(&run, style, extras.of(of), take);
            run.clear();
            of = marker;
        }
        run.push_str(&cell);
        rest = after;
    }
    give(&run, style, extras.of(of), take);
}

fn give(text: &str, style: Style, extra: Option<&Extra>, take: &mut impl FnMut(Piece<'_>)) {
    if !text.is_empty() {
        let attributes = style.attributes | extra.map_or(0, |extra| extra.attributes);
        take((text, Style { attributes, ..style }, extra.and_then(|extra| extra.link.as_ref())));
    }
}

/// The bytes of the first character with what is combined with it, its marker among that.
fn first_cell(text: &str) -> usize {
    let mut chars = text.char_indices();
    chars.next();
    chars
        .find(|(_, c)| !extras::is_marker(*c) && (c.is_ascii() || c.width() != Some(0)))
        .map_or(text.len(), |(at, _)| at)
}

/// Changes the attributes that vt100 does not keep by the parameters of one SGR sequence.
pub(super) fn extra(parameters: &[u8], attributes: &mut u16) {
    let mut parts = parameters.split(|byte| *byte == b';');
    while let Some(part) = parts.next() {
        match part {
            b"" | b"0" => *attributes = 0,
            b"5" | b"6" => *attributes |= attribute::BLINK,
            b"8" => *attributes |= attribute::HIDDEN,
            b"9" => *attributes |= attribute::STRIKE,
            b"53" => *attributes |= attribute::OVERLINE,
            b"25" => *attributes &= !attribute::BLINK,
            b"28" => *attributes &= !attribute::HIDDEN,
            b"29" => *attributes &= !attribute::STRIKE,
            b"55" => *attributes &= !attribute::OVERLINE,
            // the numbers of a colour are no attributes
            b"38" | b"48" | b"58" => match parts.next() {
                Some(b"2") => drop(parts.nth(2)),
                Some(b"5") => drop(parts.next()),
                _ => {}
            },
            _ => {}
        }
    }
}

/// Changes a style by the parameters of one SGR sequence.
fn apply(style: &mut Style, parameters: &str) {
    let mut numbers = parameters.split(';').map(|number| number.parse::<u16>().unwrap_or(0));
    while let Some(number) = numbers.next() {
        match number {
            0 => *style = Style::default(),
            1 => style.attributes = style.attributes & !attribute::DIM | attribute::BOLD,
            2 => style.attributes = style.attributes & !attribute::BOLD | attribute::DIM,
            3 => style.attributes |= attribute::ITALIC,
            4 => style.attributes |= attribute::UNDERLINE,
            7 => style.attributes |= attribute::INVERSE,
            22 => style.attributes &= !(attribute::BOLD | attribute::DIM),
            23 => style.attributes &= !attribute::ITALIC,
            24 => style.attributes &= !attribute::UNDERLINE,
            27 => style.attributes &= !attribute::INVERSE,
            30..=37 => style.fg = Some(Ink::Indexed(low_byte(number - 30))),
            90..=97 => style.fg = Some(Ink::Indexed(low_byte(number - 82))),
            40..=47 => style.bg = Some(Ink::Indexed(low_byte(number - 40))),
            100..=107 => style.bg = Some(Ink::Indexed(low_byte(number - 92))),
            38 => style.fg = extended(&mut numbers),
            48 => style.bg = extended(&mut numbers),
            39 => style.fg = None,
            49 => style.bg = None,
            _ => {}
        }
    }
}

fn extended(numbers: &mut impl Iterator<Item = u16>) -> Option<Ink> {
    match numbers.next()? {
        5 => Some(Ink::Indexed(low_byte(numbers.next()?))),
        2 => {
            let (red, green, blue) = (numbers.next()?, numbers.next()?, numbers.next()?);
            Some(Ink::Rgb(low_byte(red), low_byte(green), low_byte(blue)))
        }
        _ => None,
    }
}

fn low_byte(number: u16) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// The line as text with SGR sequences and links, ending in the default style.
pub(super) fn format_line(line: &Line, out: &mut String) {
    for span in &line.spans {
        format_style(span.style, out);
        if let Some(link) = &span.link {
            let id = if link.id.is_empty() { String::new() } else { format!("id={}", link.id) };
            // Writing to a `String` cannot fail.
            let _ = write!(out, "\u{1b}]8;{id};{}\u{1b}\\", link.uri);
        }
        out.push_str(&span.text);
        if span.link.is_some() {
            out.push_str("\u{1b}]8;;\u{1b}\\");
        }
    }
    if line.spans.last().is_some_and(|span| span.style != Style::default()) {
        out.push_str("\u{1b}[0m");
    }
}

fn format_style(style: Style, out: &mut String) {
    out.push_str("\u{1b}[0");
    let attributes = [
        (attribute::BOLD, ";1"),
        (attribute::DIM, ";2"),
        (attribute::ITALIC, ";3"),
        (attribute::UNDERLINE, ";4"),
        (attribute::BLINK, ";5"),
        (attribute::INVERSE, ";7"),
        (attribute::HIDDEN, ";8"),
        (attribute::STRIKE, ";9"),
        (attribute::OVERLINE, ";53"),
    ];
    for (bit, code) in attributes {
        if style.attributes & bit != 0 {
            out.push_str(code);
        }
    }
    format_ink(style.fg, 38, out);
    format_ink(style.bg, 48, out);
    out.push('m');
}

fn format_ink(ink: Option<Ink>, kind: u8, out: &mut String) {
    // Writing to a `String` cannot fail.
    let _ = match ink {
        None => Ok(()),
        Some(Ink::Indexed(index)) => write!(out, ";{kind};5;{index}"),
        Some(Ink::Rgb(red, green, blue)) => write!(out, ";{kind};2;{red};{green};{blue}"),
    };
}

/// Whether `rewrite` has anything to do: vt100 knows no underline styles (`4:3`, `21`), reads the numbers
/// of an underline colour (`58;5;1`) as attributes, and misses colours with a colour space (`38:2::r:g:b`).
pub(super) fn needs_rewrite(parameters: &[u8]) -> bool {
    parameters.contains(&b':') || parameters.windows(2).any(|pair| pair == b"58" || pair == b"21")
}

/// The parameters of an SGR sequence in words that vt100 understands; `None` when nothing is left.
pub(super) fn rewrite(parameters: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(parameters);
    let mut kept: Vec<String> = Vec::new();
    let mut parts = text.split(';');
    while let Some(part) = parts.next() {
        match part {
            "21" => kept.push("4".to_owned()),
            "38" | "48" => kept.extend(colour(part, &mut parts)),
            "58" => {
                colour(part, &mut parts);
            }
            _ if part.starts_with("58:") => {}
            _ if part.starts_with("4:") => kept.push(if part == "4:0" { "24" } else { "4" }.to_owned()),
            _ => kept.push(without_colour_space(part)),
        }
    }
    if kept.is_empty() { None } else { Some(kept.join(";")) }
}

fn colour<'a>(kind: &str, parts: &mut impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = vec![kind.to_owned()];
    let Some(model) = parts.next() else { return taken };
    taken.push(model.to_owned());
    let count = match model {
        "2" => 3,
        "5" => 1,
        _ => 0,
    };
    taken.extend(parts.take(count).map(str::to_owned));
    taken
}

/// `38:2:SPACE:r:g:b` (ITU T.416) as `38:2:r:g:b`.
fn without_colour_space(part: &str) -> String {
    let pieces: Vec<&str> = part.split(':').collect();
    match pieces.as_slice() {
        [kind, "2", _, red, green, blue] => format!("{kind}:2:{red}:{green}:{blue}"),
        _ => part.to_owned(),
    }
}
