//! The terminal as programs and viewers see it.

mod ahead;
mod alternate;
mod extras;
mod history;
mod key_tables;
mod touched;

use proptest::prelude::*;

use super::keys::{Code, Key, Modifiers};
use super::mouse::{Action, Button, MouseEvent};
use super::*;

fn terminal(rows: u16, cols: u16) -> Terminal {
    Terminal::new(rows, cols, 1000)
}

fn after(bytes: &[u8]) -> Terminal {
    let mut terminal = terminal(4, 20);
    terminal.process(bytes);
    terminal
}

fn history(terminal: &mut Terminal) -> Vec<String> {
    terminal.history().lines().map(|line| line.text()).collect()
}

#[test]
fn queries_are_answered() {
    let cases: [(&[u8], &[u8]); 33] = [
        (b"\x1b[c", b"\x1b[?62;22c"),
        (b"\x1b[>c", b"\x1b[>1;10;0c"),
        (b"\x1b[5n", b"\x1b[0n"),
        (b"ab\r\ncd\x1b[6n", b"\x1b[2;3R"),
        (b"\x1b[?u", b"\x1b[?0u"),
        (b"\x1b[>5u\x1b[?u", b"\x1b[?5u"),
        (b"\x1b[>5u\x1b[>1u\x1b[<u\x1b[?u", b"\x1b[?5u"),
        (b"\x1b[=3;1u\x1b[=1;3u\x1b[?u", b"\x1b[?2u"),
        (b"\x1b[18t", b"\x1b[8;4;20t"),
        (b"\x1b[14t", b"\x1b[4;64;160t"),
        (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
        (b"\x1b[?2004h\x1b[?2004$p", b"\x1b[?2004;1$y"),
        (b"\x1b[?4242$p", b"\x1b[?4242;0$y"),
        (b"\x1b]11;?\x07", b"\x1b]11;rgb:0b0b/0f0f/1919\x1b\\"),
        (b"\x1b]4;196;?\x1b\\", b"\x1b]4;196;rgb:ffff/0000/0000\x1b\\"),
        (b"\x1b[>4;2m\x1b[?4m", b"\x1b[>4;2m"),
        (b"\x1b[=c", b"\x1bP!|5144434b\x1b\\"),
        (b"\x1b[16t", b"\x1b[6;16;8t"),
        (b"\x1b[4h\x1b[4$p", b"\x1b[4;1$y"),
        (b"\x1b[20$p", b"\x1b[20;2$y"),
        (b"\x1b[?6h\x1b7\x1b[?6l\x1b8\x1b[?6$p", b"\x1b[?6;1$y"),
        (b"\x1b[99$p", b"\x1b[99;0$y"),
        (b"\x1b]10;#102030\x07\x1b]10;?;?\x07", b"\x1b]10;rgb:1010/2020/3030\x1b\\\x1b]11;rgb:0b0b/0f0f/1919\x1b\\"),
        (
            b"\x1b]4;1;rgb:f/f/0\x07\x1b]4;1;?\x07\x1b]104;1\x07\x1b]4;1;?\x07",
            b"\x1b]4;1;rgb:ffff/ffff/0000\x1b\\\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
        ),
        (b"\x1b]12;#fff\x07\x1b]12;?\x07", b"\x1b]12;rgb:e5e5/e7e7/ebeb\x1b\\"),
        (b"\x1bP+q5463\x1b\\", b"\x1bP1+r5463\x1b\\"),
        (b"\x1bP+q436f;6162\x1b\\", b"\x1bP1+r436f=323536\x1b\\\x1bP0+r6162\x1b\\"),
        (b"\x1b[1;9;38;2;1;2;3;104m\x1bP$qm\x1b\\", b"\x1bP1$r0;1;9;38:2::1:2:3;104m\x1b\\"),
        (b"\x1b[2;3r\x1bP$qr\x1b\\", b"\x1bP1$r2;3r\x1b\\"),
        (b"\x1bP$qr\x1b\\", b"\x1bP1$r1;4r\x1b\\"),
        (b"\x1b[4 q\x1bP$q q\x1b\\", b"\x1bP1$r4 q\x1b\\"),
        (b"\x1bP$qz\x1b\\", b"\x1bP0$r\x1b\\"),
        (b"\x1bZ", b"\x1b[?62;22c"),
    ];
    for (asked, answer) in cases {
        let mut terminal = after(asked);
        let said = terminal.take_answers();
        assert_eq!(
            String::from_utf8_lossy(&said),
            String::from_utf8_lossy(answer),
            "to {:?}",
            String::from_utf8_lossy(asked)
        );
    }
    assert!(after(b"\x1b[>q").take_answers().starts_with(b"\x1bP>|Quarterdeck "));
}

#[test]
fn a_query_cut_anywhere_is_answered_once() {
    let query = b"\x1b[?2026$p\x1b]10;?\x1b\\\x1b[6n";
    let whole = after(query).take_answers();
    for cut in 0..query.len() {
        let mut terminal = terminal(4, 20);
        terminal.process(&query[..cut]);
        terminal.process(&query[cut..]);
        assert_eq!(terminal.take_answers(), whole, "cut at {cut}");
    }
}

#[test]
fn each_screen_has_its_own_keyboard_flags() {
    let mut terminal = after(b"\x1b[>1u\x1b[?1049h\x1b[>8u");
    assert_eq!(terminal.modes().keyboard_flags, 8);
    terminal.process(b"\x1b[?1049l");
    assert_eq!(terminal.modes().keyboard_flags, 1);
}

#[test]
fn modes_titles_and_news() {
    let mut terminal = after(b"\x1b]2;at work\x07\x1b[?1h\x1b[?1004h\x1b[?1002h\x1b[?1006h\x1b]52;c;aGk=\x07\x07\x1b]9;done\x07\x1b]777;notify;a;b\x07");
    let frame = terminal.frame();
    assert_eq!(frame.title, "at work");
    assert!(frame.modes.application_cursor && frame.modes.focus_events && frame.modes.mouse_sgr);
    assert_eq!(frame.modes.mouse, Mouse::Drag);
    let alert = |text: &str| News::Alert(text.to_owned());
    assert_eq!(terminal.take_news(), [News::Clipboard("hi".to_owned()), alert(""), alert("done"), alert("a: b")]);
    terminal.process(b"\x1bc");
    assert_eq!(terminal.modes(), Modes::default());
}

#[test]
fn line_drawing_is_mapped_and_switched_off() {
    assert_eq!(after(b"\x1b(0lqk\x1b(Bq").text()[0], "┌─┐q");
    assert_eq!(after(b"\x1b)0q\x0eq\x0fq").text()[0], "q─q");
    assert_eq!(after(b"\x1b(0\x1b]2;qqq\x07q").text()[0], "─");
}

#[test]
fn underline_styles_and_colours_do_not_become_other_attributes() {
    let style = |bytes: &[u8]| after(bytes).frame().lines[0].spans[0].style;
    assert_eq!(style(b"\x1b[4:3mx").attributes, attribute::UNDERLINE);
    assert_eq!(style(b"\x1b[4m\x1b[4:0;1mx").attributes, attribute::BOLD);
    assert_eq!(style(b"\x1b[58;5;1mx"), Style::default());
    assert_eq!(style(b"\x1b[38:2::1:2:3mx").fg, Some(Ink::Rgb(1, 2, 3)));
    assert_eq!(style(b"\x1b[38;5;158;48;2;5;58;9mx").bg, Some(Ink::Rgb(5, 58, 9)));
}

#[test]
fn lines_that_scroll_away_keep_text_and_style() {
    let mut terminal = terminal(2, 10);
    terminal.process(b"plain\r\n\x1b[1;31mred\x1b[0m end\r\n0123456789abc\r\nx\r\ny");
    assert_eq!(history(&mut terminal), ["plain", "red end", "0123456789", "abc"]);
    let lines: Vec<Line> = terminal.history().lines().collect();
    assert_eq!(lines[1].spans[0].style, Style { fg: Some(Ink::Indexed(1)), bg: None, attributes: attribute::BOLD });
    assert_eq!(lines[1].spans[1].style, Style::default());
    assert_eq!(lines.iter().map(|line| line.wrapped).collect::<Vec<_>>(), [false, false, true, false]);
    assert_eq!(terminal.capture(false, true), "plain\nred end\n0123456789abc\nx\ny\n");
    assert_eq!(terminal.history().page(1, 2).iter().map(Line::text).collect::<Vec<_>>(), ["red end", "0123456789"]);
}

#[test]
fn the_alternate_screen_leaves_no_history() {
    let mut terminal = terminal(2, 10);
    terminal.process(b"\x1b[?1049ha\r\nb\r\nc\r\nd\x1b[2J\x1b[?1049l");
    assert!(terminal.history().is_empty());
}

#[test]
fn an_erased_screen_goes_to_history_unless_that_is_erased_too() {
    let mut terminal = after(b"one\r\ntwo\x1b[2J\x1b[H");
    assert_eq!(history(&mut terminal), ["one", "two"]);
    terminal.process(b"three\x1b[2J\x1b[3J");
    assert!(terminal.history().is_empty());
}

#[test]
fn history_is_bounded() {
    let mut terminal = Terminal::new(2, 10, 5);
    terminal.process("line\r\n".repeat(50).as_bytes());
    assert_eq!(terminal.history().len(), 5);
}

#[test]
fn narrowing_and_widening_gives_the_text_back() {
    let mut terminal = terminal(4, 20);
    terminal.process(b"a long line of text\r\nshort\r\n\x1b[32m12345678901234\x1b[0m\r\n$ ");
    let before = terminal.frame();
    terminal.resize(4, 8);
    assert_eq!(terminal.text()[0], "a long l");
    terminal.resize(4, 5);
    terminal.resize(4, 20);
    let frame = terminal.frame();
    assert_eq!(frame.lines, before.lines);
    assert_eq!(frame.position, before.position);
    terminal.process(b"x");
    assert_eq!(terminal.text()[3], "$ x");
}

#[test]
fn lowering_and_raising_gives_the_rows_back() {
    let mut terminal = terminal(4, 20);
    terminal.process(b"one\r\n\x1b[1mtwo\x1b[0m\r\nthree\r\nfour");
    let before = terminal.frame();
    terminal.resize(2, 20);
    assert_eq!(
        (history(&mut terminal), terminal.text()),
        (vec!["one".to_owned(), "two".to_owned()], vec!["three".to_owned(), "four".to_owned()])
    );
    terminal.resize(4, 20);
    assert_eq!(terminal.frame().lines, before.lines);
    assert_eq!(terminal.frame().position, before.position);
    assert!(terminal.history().is_empty());
}

#[test]
fn the_main_screen_is_kept_while_the_alternate_one_is_resized() {
    let mut terminal = terminal(4, 20);
    terminal.process(b"a long line of text\r\nprompt\x1b[?1049h");
    terminal.resize(3, 6);
    terminal.resize(4, 20);
    terminal.process(b"\x1b[?1049l");
    assert_eq!(&terminal.text()[..2], ["a long line of text", "prompt"]);
}

#[test]
fn a_resize_inside_a_sequence_does_not_break_it() {
    let mut terminal = terminal(4, 20);
    terminal.process(b"a long line of text\x1b[3");
    terminal.resize(4, 8);
    terminal.resize(4, 20);
    terminal.process(b"1mx");
    // the cursor stays where the narrow screen put it
    assert_eq!(terminal.frame().lines[0].text(), "a long xine of text");
}

#[test]
fn the_frame_before_a_synchronized_update_can_be_kept() {
    let mut terminal = after(b"old\x1b[?2026h");
    terminal.keep_settled();
    terminal.process(b"\r\x1b[Knew\x1b[?2026l\x1b[?2026h\r\x1b[K");
    assert!(terminal.is_synchronizing());
    assert_eq!(terminal.take_settled().expect("a frame").lines[0].text(), "new");
    assert!(terminal.take_settled().is_none());
}

#[test]
fn keys_become_what_was_asked_for() {
    let key = |code, modifiers| Key { code, modifiers };
    let legacy = Modes::default();
    let application = Modes { application_cursor: true, ..Modes::default() };
    let kitty = Modes { keyboard_flags: 1, ..Modes::default() };
    let everything = Modes { keyboard_flags: 8 | 16, ..Modes::default() };
    let other = Modes { modify_other_keys: 1, ..Modes::default() };
    let none = Modifiers::default();
    let control = Modifiers::CONTROL;
    let cases = [
        (key(Code::Char('a'), none), &legacy, "a"),
        (key(Code::Char('c'), control), &legacy, "\x03"),
        (key(Code::Char('é'), Modifiers::ALT), &legacy, "\x1bé"),
        (key(Code::Char('a'), Modifiers::SHIFT), &legacy, "A"),
        (key(Code::Enter, none), &legacy, "\r"),
        (key(Code::Tab, Modifiers::SHIFT), &legacy, "\x1b[Z"),
        (key(Code::Backspace, none), &legacy, "\x7f"),
        (key(Code::Up, none), &legacy, "\x1b[A"),
        (key(Code::Up, none), &application, "\x1bOA"),
        (key(Code::Up, control), &application, "\x1b[1;5A"),
        (key(Code::Delete, Modifiers::SHIFT), &legacy, "\x1b[3;2~"),
        (key(Code::Function(1), none), &legacy, "\x1bOP"),
        (key(Code::Function(5), none), &legacy, "\x1b[15~"),
        (key(Code::Function(12), control), &legacy, "\x1b[24;5~"),
        (key(Code::Escape, none), &kitty, "\x1b[27u"),
        (key(Code::Enter, none), &kitty, "\r"),
        (key(Code::Enter, Modifiers::SHIFT), &kitty, "\x1b[13;2u"),
        (key(Code::Char('i'), control), &kitty, "\x1b[105;5u"),
        (key(Code::Char('H'), control.and(Modifiers::SHIFT)), &kitty, "\x1b[104;6u"),
        (key(Code::Char('a'), none), &kitty, "a"),
        (key(Code::Function(3), none), &kitty, "\x1b[13~"),
        (key(Code::Char('A'), Modifiers::SHIFT), &everything, "\x1b[97;2;65u"),
        (key(Code::Enter, Modifiers::SHIFT), &other, "\x1b[27;2;13~"),
        (key(Code::Char('1'), control), &other, "\x1b[27;5;49~"),
        (key(Code::Char('c'), control), &other, "\x03"),
    ];
    for (key, modes, bytes) in cases {
        assert_eq!(String::from_utf8_lossy(&keys::encode(key, modes)), bytes, "{key:?} with {modes:?}");
    }
}

#[test]
fn pasted_text_cannot_leave_its_marks() {
    let modes = Modes { bracketed_paste: true, ..Modes::default() };
    assert_eq!(paste("a\nb\x1b[201~c", &modes), b"\x1b[200~a\rb[201~c\x1b[201~");
    assert_eq!(paste("a\r\nb", &Modes::default()), b"a\rb");
    assert_eq!((focus(true, &modes), focus(true, &Modes { focus_events: true, ..modes })), (&b""[..], &b"\x1b[I"[..]));
}

#[test]
fn the_mouse_reports_what_was_asked_for() {
    let event = |action, col| MouseEvent { action, row: 1, col, modifiers: Modifiers::CONTROL };
    let modes = |mouse, mouse_sgr| Modes { mouse, mouse_sgr, ..Modes::default() };
    let press = Action::Press(Button::Left);
    assert_eq!(mouse::encode(event(press, 2), &modes(Mouse::Off, true)), None);
    assert_eq!(mouse::encode(event(press, 2), &modes(Mouse::PressRelease, true)).unwrap(), b"\x1b[<16;3;2M");
    assert_eq!(
        mouse::encode(event(Action::Release(Button::Right), 2), &modes(Mouse::Any, true)).unwrap(),
        b"\x1b[<18;3;2m"
    );
    assert_eq!(mouse::encode(event(press, 2), &modes(Mouse::Press, false)).unwrap(), b"\x1b[M #\"");
    assert_eq!(
        mouse::encode(event(Action::Release(Button::Left), 2), &modes(Mouse::PressRelease, false)).unwrap(),
        b"\x1b[M3#\""
    );
    assert_eq!(mouse::encode(event(press, 223), &modes(Mouse::Any, false)), None);
    assert_eq!(mouse::encode(event(Action::Move, 2), &modes(Mouse::Drag, true)), None);
    assert_eq!(mouse::encode(event(Action::ScrollDown, 2), &modes(Mouse::Drag, true)).unwrap(), b"\x1b[<81;3;2M");
}

#[test]
fn endless_strings_are_cut() {
    let mut terminal = terminal(2, 10);
    terminal.process(b"\x1b]2;");
    for _ in 0..64 {
        terminal.process(&vec![b'x'; 64 * 1024]);
    }
    terminal.process(b"\x07ok");
    assert_eq!(terminal.text()[0], "ok");
    assert!(terminal.frame().title.len() <= 512);
}

#[test]
fn a_character_that_a_shift_breaks_off_is_broken_wherever_the_output_is_cut() {
    let bytes = b"a \xc2\x0e\x0e\x80 \xe4\xb8\x0f\xadb\xf0\x9f\x08c";
    let whole = after(bytes).frame();
    for cut in 0..bytes.len() {
        let mut parts = after(&bytes[..cut]);
        parts.process(&bytes[cut..]);
        assert_eq!(parts.frame(), whole, "{cut}");
    }
}

#[test]
fn an_emoji_in_the_last_column_breaks_nothing() {
    let bytes = "\x1b[6;12H❤\u{fe0f}\x1b[F     \x0e   AaA aAa0A".as_bytes();
    let mut whole = terminal(6, 12);
    whole.process(bytes);
    let mut parts = terminal(6, 12);
    for byte in bytes {
        parts.process(&[*byte]);
    }
    assert_eq!(whole.frame(), parts.frame());
    assert_eq!(whole.text()[4..], ["        AaA", "aAa0A      ❤"]);
}

/// Bytes that look like terminal output often enough to get deep into the parser.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..12),
        4 => "[ -~]{0,12}".prop_map(String::into_bytes),
        2 => "[中🎉é\u{301}\u{fe0f}\u{200d}a❤]{0,6}".prop_map(String::into_bytes),
        6 => ("[?<=>!]{0,1}", "[0-9;:]{0,6}", "[@-~]").prop_map(|(mark, numbers, last)| format!("\x1b[{mark}{numbers}{last}").into_bytes()),
        1 => Just(b"\x1b[?1049h".to_vec()),
        1 => Just(b"\x1b[?1049l".to_vec()),
        1 => Just(b"\r\n\x0e\x1b)0".to_vec()),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics_and_frames_fit(chunks in proptest::collection::vec((output(), 0u16..40, 0u16..40), 1..6)) {
        let mut terminal = terminal(1, 1);
        for (bytes, rows, cols) in chunks {
            terminal.process(&bytes);
            terminal.resize(rows, cols);
            let frame = terminal.frame();
            prop_assert_eq!(frame.lines.len(), usize::from(frame.rows));
            prop_assert!(frame.position.0 < frame.rows && frame.position.1 < frame.cols);
            terminal.capture(true, true);
        }
    }

    #[test]
    fn where_the_output_is_cut_makes_no_difference(bytes in output(), cut in any::<prop::sample::Index>()) {
        let mut whole = terminal(6, 12);
        whole.process(&bytes);
        let mut parts = terminal(6, 12);
        let cut = cut.index(bytes.len() + 1);
        parts.process(&bytes[..cut]);
        parts.process(&bytes[cut..]);
        prop_assert_eq!(whole.frame(), parts.frame());
        prop_assert_eq!(history(&mut whole), history(&mut parts));
        prop_assert_eq!(whole.take_answers(), parts.take_answers());
    }
}
