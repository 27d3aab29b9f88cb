//! The packed history against a plain list.

use std::collections::VecDeque;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn line() -> impl Strategy<Value = Line> {
    let span = ("[a-z漢é]{1,8}", 0u16..4, 0u8..3).prop_map(|(text, attributes, link)| Span {
        text,
        style: Style { attributes, ..Style::default() },
        link: (link > 0).then(|| Arc::new(Link { id: String::new(), uri: format!("http://{link}") })),
    });
    (proptest::collection::vec(span, 0..4), any::<bool>()).prop_map(|(spans, wrapped)| Line { spans, wrapped })
}

proptest! {
    #[test]
    fn it_holds_the_newest_lines(limit in 0usize..200, steps in proptest::collection::vec((line(), 0u8..6), 0..600)) {
        // neighbours of one look are one run for plain lines only, so lines are compared by character
        let looks = |line: &Line| {
            let chars = line.spans.iter().flat_map(|span| span.text.chars().map(move |c| (c, span.style, span.link.clone())));
            (chars.collect::<Vec<_>>(), line.wrapped)
        };
        let mut history = History::new(limit);
        let mut plain: VecDeque<Line> = VecDeque::new();
        for (line, what) in steps {
            if what == 0 {
                prop_assert_eq!(history.pop().as_ref().map(looks), plain.pop_back().as_ref().map(looks));
            } else {
                history.push(&line);
                plain.push_back(line);
                if plain.len() > limit {
                    plain.pop_front();
                }
            }
            prop_assert_eq!(history.len(), plain.len());
        }
        let lines: Vec<_> = history.lines().map(|line| looks(&line)).collect();
        let expected: Vec<_> = plain.iter().map(looks).collect();
        prop_assert_eq!(lines, expected);
    }
}

#[test]
fn ten_thousand_wide_lines_take_less_than_five_megabytes() {
    let mut history = History::new(10_000);
    for number in 0..25_000 {
        history.push(&Line::plain(format!("{number:0>200}"), false));
    }
    assert_eq!(history.len(), 10_000);
    assert!(history.weight() < 3_000_000, "{} bytes", history.weight());
    let mut short = History::new(10_000);
    (0..25_000).for_each(|number| short.push_text(&number.to_string(), false));
    assert!(short.weight() < 400_000, "{} bytes", short.weight());
}

proptest::proptest! {
    /// Lines that scrolled away are those that a screen high enough still shows.
    #[test]
    fn what_scrolls_away_keeps_its_looks(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "word", " ", "   ", "漢字", "e\u{301}", "🎉", "a long piece of text ", "\r\n", "\r\n", "\x1b[K",
                "\x1b[1;31m", "\x1b[m", "\x1b[48;2;1;2;3m", "\x1b[49m", "\x1b[9m", "\x1b[29m", "\x1b[4;38;5;9m",
                "\x1b]8;;http://a\x07", "\x1b]8;id=1;http://b\x07", "\x1b]8;;\x07", "\x1b[53;5m",
            ]),
            1..150,
        ),
    ) {
        let (mut low, mut high) = (Terminal::new(3, 24, 500), Terminal::new(400, 24, 500));
        for piece in &pieces {
            low.process(piece.as_bytes());
            high.process(piece.as_bytes());
        }
        let mut lines: Vec<Line> = low.history().lines().collect();
        lines.extend(low.frame().lines);
        let shown = high.frame().lines;
        proptest::prop_assert_eq!(&lines[..], &shown[..lines.len()]);
    }
}
