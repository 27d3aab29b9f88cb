//! A line of a terminal as text with styles: the form in which rows leave `term`.

use std::sync::Arc;

use unicode_width::UnicodeWidthChar;

/// Attribute bits of a `Style`.
pub mod attribute {
    /// Bold.
    pub const BOLD: u16 = 1;
    /// Dim.
    pub const DIM: u16 = 2;
    /// Italic.
    pub const ITALIC: u16 = 4;
    /// Underline.
    pub const UNDERLINE: u16 = 8;
    /// Inverse video.
    pub const INVERSE: u16 = 16;
    /// Struck through.
    pub const STRIKE: u16 = 32;
    /// Hidden (concealed): there, but not to be read.
    pub const HIDDEN: u16 = 64;
    /// Blinking, slow or rapid.
    pub const BLINK: u16 = 128;
    /// A line above.
    pub const OVERLINE: u16 = 256;
}

/// A colour that is not the default one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ink {
    /// Palette entry.
    Indexed(u8),
    /// True colour.
    Rgb(u8, u8, u8),
}

/// How a piece of text looks; `None` is the default colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Style {
    /// Foreground.
    pub fg: Option<Ink>,
    /// Background.
    pub bg: Option<Ink>,
    /// Bits of `attribute::*`.
    pub attributes: u16,
}

/// A hyperlink (OSC 8).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Link {
    /// Parts of one link that are apart on the screen have the same id; may be empty.
    pub id: String,
    /// Where it leads. Text of a program: never opened without a person's yes.
    pub uri: String,
}

/// Text with one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text, without controls.
    pub text: String,
    /// Its style.
    pub style: Style,
    /// The hyperlink it belongs to.
    pub link: Option<Arc<Link>>,
}

impl Span {
    fn is_plain(&self) -> bool {
        self.style == Style::default() && self.link.is_none()
    }
}

/// One line: spans from the left; what is missing on the right is blank.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The spans; neighbours differ in style.
    pub spans: Vec<Span>,
    /// Whether it goes on in the next line (soft wrap).
    pub wrapped: bool,
}

impl Line {
    /// The text without styles.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// A line of plain text.
    pub(super) fn plain(text: String, wrapped: bool) -> Line {
        let spans = if text.is_empty() { Vec::new() } else { vec![Span { text, style: Style::default(), link: None }] };
        Line { spans, wrapped }
    }

    /// Whether no part of it has a style or a link.
    pub(super) fn is_plain(&self) -> bool {
        self.spans.iter().all(Span::is_plain)
    }

    /// Whether there is nothing to see.
    pub fn is_blank(&self) -> bool {
        self.spans.is_empty()
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.spans.iter().flat_map(|span| span.text.chars()).map(|c| c.width().unwrap_or(0)).sum()
    }

    /// Its first `columns` columns; a wide character that does not fit is left out.
    #[must_use]
    pub fn clipped(&self, columns: usize) -> Line {
        let mut builder = LineBuilder::default();
        let mut used = 0;
        'spans: for span in &self.spans {
            for c in span.text.chars() {
                used += c.width().unwrap_or(0);
                if used > columns {
                    break 'spans;
                }
                builder.push(c.encode_utf8(&mut [0; 4]), span.style, span.link.as_ref());
            }
        }
        builder.finish(false)
    }
}

/// Puts a line together, joining what has the same style and dropping trailing blanks.
#[derive(Debug, Default)]
pub(super) struct LineBuilder {
    spans: Vec<Span>,
    blanks: usize,
}

impl LineBuilder {
    /// Adds text; plain trailing spaces only count when something follows them.
    pub(super) fn push(&mut self, text: &str, style: Style, link: Option<&Arc<Link>>) {
        let (kept, blanks) = if style == Style::default() && link.is_none() {
            let kept = text.trim_end_matches(' ');
            (kept, text.len() - kept.len())
        } else {
            (text, 0)
        };
        if !kept.is_empty() {
            for _ in 0..std::mem::take(&mut self.blanks) {
                self.join(" ", Style::default(), None);
            }
            self.join(kept, style, link);
        }
        self.blanks += blanks;
    }

    fn join(&mut self, text: &str, style: Style, link: Option<&Arc<Link>>) {
        match self.spans.last_mut() {
            Some(last) if last.style == style && last.link.as_ref() == link => last.text.push_str(text),
            _ => self.spans.push(Span { text: text.to_owned(), style, link: link.cloned() }),
        }
    }

    /// The line.
    pub(super) fn finish(self, wrapped: bool) -> Line {
        Line { spans: self.spans, wrapped }
    }
}
