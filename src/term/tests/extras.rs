//! Attributes and links that vt100 does not keep.

use super::*;

fn spans(bytes: &[u8]) -> Vec<(String, u16, Option<String>)> {
    let line = after(bytes).frame().lines[0].clone();
    line.spans
        .into_iter()
        .map(|span| (span.text, span.style.attributes, span.link.map(|link| link.uri.clone())))
        .collect()
}

fn plain(text: &str, attributes: u16) -> (String, u16, Option<String>) {
    (text.to_owned(), attributes, None)
}

#[test]
fn strike_blink_hidden_and_overline_stay_with_their_characters() {
    assert_eq!(
        spans(b"a\x1b[9mb\x1b[5mc\x1b[29;25;8md\x1b[28;53me\x1b[mf"),
        [
            plain("a", 0),
            plain("b", attribute::STRIKE),
            plain("c", attribute::STRIKE | attribute::BLINK),
            plain("d", attribute::HIDDEN),
            plain("e", attribute::OVERLINE),
            plain("f", 0)
        ]
    );
    // colours are not attributes
    assert_eq!(spans(b"\x1b[38;5;9;48;5;8mx")[0].1, 0);
    // moved by insertion and deletion, overwritten by plain text
    assert_eq!(spans(b"\x1b[9mabc\x1b[m\r\x1b[2@xy\x1b[3G\x1b[P"), [plain("xy", 0), plain("bc", attribute::STRIKE)]);
    assert_eq!(spans(b"\x1b[9ma\x1b[2b\x1b[m\x1b[2Gz"), [plain("a", 32), plain("z", 0), plain("a", 32)]);
}

#[test]
fn links_are_kept_on_screen_and_in_history() {
    let (link, text) = ("https://example.org/a;b", "\x1b]8;id=x;https://example.org/a;b\x1b\\here\x1b]8;;\x07 not");
    assert_eq!(spans(text.as_bytes()), [("here".to_owned(), 0, Some(link.to_owned())), plain(" not", 0)]);
    let mut terminal = terminal(2, 20);
    terminal.process(format!("{text}\r\n\r\n\r\n").as_bytes());
    let line = terminal.history().lines().next().unwrap();
    assert_eq!(line.text(), "here not");
    let kept = line.spans[0].link.clone().unwrap();
    assert_eq!((kept.uri.as_str(), kept.id.as_str()), (link, "x"));
    assert_eq!(line.spans[1].link, None);
    assert!(terminal.capture(true, true).contains("\x1b]8;id=x;https://example.org/a;b\x1b\\here\x1b]8;;\x1b\\"));
}

#[test]
fn wide_and_combined_characters_carry_them_too() {
    assert_eq!(spans("\x1b[9m漢e\u{301}❤\u{fe0f}x".as_bytes()), [plain("漢e\u{301}❤\u{fe0f}x", attribute::STRIKE)]);
    let mut plain = after("❤\u{fe0f}x".as_bytes());
    let mut struck = after("\x1b[9m❤\u{fe0f}x".as_bytes());
    assert_eq!(plain.frame().position, struck.frame().position);
}

#[test]
fn they_survive_a_narrower_screen_and_saved_cursors() {
    let mut terminal = terminal(4, 20);
    terminal.process(b"\x1b[9ma long struck line\x1b[m\r\n");
    let before = terminal.frame();
    terminal.resize(4, 5);
    terminal.resize(4, 20);
    assert_eq!(terminal.frame().lines, before.lines);
    assert_eq!(spans(b"\x1b[9m\x1b7\x1b[ma\x1b8b"), [plain("b", attribute::STRIKE)]);
}

#[test]
fn markers_of_strangers_do_not_come_through() {
    let mut terminal = after("a\u{e01f0}b\u{e0fff}c\u{e0100}".as_bytes());
    assert_eq!(terminal.frame().lines[0].text(), "abc\u{e0100}");
}

#[test]
fn any_number_of_links_finds_room() {
    let mut terminal = terminal(4, 20);
    for number in 0..10_000 {
        terminal.process(format!("\r\x1b]8;;http://{number}\x07x\x1b]8;;\x07").as_bytes());
    }
    let line = terminal.frame().lines[0].clone();
    assert_eq!(line.spans[0].link.as_ref().unwrap().uri, "http://9999");
}

#[test]
fn titles_are_pushed_and_popped() {
    let mut terminal = after(b"\x1b]2;one\x07\x1b[22;2t\x1b]0;two\x07\x1b[23;2t");
    assert_eq!(terminal.frame().title, "one");
    terminal.process(b"\x1b[23t");
    assert_eq!(terminal.frame().title, "one");
}
