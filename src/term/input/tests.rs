//! What terminals send, in every form.

use proptest::prelude::*;

use super::*;
use crate::term::mouse::{Action, Button};
use crate::term::{Modes, keys};

fn sent(bytes: &[u8]) -> Vec<Sent> {
    words(typed(bytes))
}

/// What some bytes are when nothing comes after them.
fn typed(bytes: &[u8]) -> Vec<Piece> {
    let (mut typing, now) = (Input::default(), Instant::now());
    let mut pieces = typing.feed(bytes, now);
    pieces.extend(typing.settle(now + KEY_WAITS));
    pieces
}

fn words(pieces: Vec<Piece>) -> Vec<Sent> {
    pieces.into_iter().map(|piece| piece.sent).collect()
}

fn key(code: Code, modifiers: Modifiers) -> Sent {
    Sent::Key(Key { code, modifiers })
}

#[test]
fn every_form_of_a_key_is_that_key() {
    let (none, shift, alt, control) = (Modifiers::default(), Modifiers::SHIFT, Modifiers::ALT, Modifiers::CONTROL);
    let cases: &[(&[&[u8]], Sent)] = &[
        (&[b"\x1b[13;2u", b"\x1b[27;2;13~", b"\x1b[13;2:1u"], key(Code::Enter, shift)),
        (&[b"\x1b[13;5u", b"\x1b[27;5;13~"], key(Code::Enter, control)),
        (&[b"\x1b\r", b"\x1b[13;3u"], key(Code::Enter, alt)),
        (&[b"\x1b[Z", b"\x1b[9;2u", b"\x1b[27;2;9~"], key(Code::Tab, shift)),
        (&[b"\x00", b"\x1b[32;5u", b"\x1b[27;5;32~"], key(Code::Char(' '), control)),
        (&[b"\x1c", b"\x1b[92;5u"], key(Code::Char('\\'), control)),
        (&[b"\x1b[52;5u", b"\x1b[27;5;52~"], key(Code::Char('4'), control)),
        (&[b"\x08", b"\x1b[104;5u"], key(Code::Char('h'), control)),
        (&[b"\x7f", b"\x1b[127u"], key(Code::Backspace, none)),
        (&[b"\x1b[127;5u"], key(Code::Backspace, control)),
        (&[b"\x1b", b"\x1b[27u"], key(Code::Escape, none)),
        (&[b"\x1bb", b"\x1b[98;3u"], key(Code::Char('b'), alt)),
        (&[b"\x1bO", b"\x1b[79;3u"], key(Code::Char('O'), alt)),
        (&[b"\x1b["], key(Code::Char('['), alt)),
        (&[b"\x1b[A", b"\x1bOA", b"\x1b[57419u"], key(Code::Up, none)),
        (&[b"\x1b[1;5C"], key(Code::Right, control)),
        (&[b"\x1bOP", b"\x1b[11~", b"\x1b[[A"], key(Code::Function(1), none)),
        (&[b"\x1b[24;5~"], key(Code::Function(12), control)),
        (&[b"\x1b[5~"], key(Code::PageUp, none)),
        (&["é".as_bytes(), b"\x1b[233u"], key(Code::Char('é'), none)),
        (&["\x1bé".as_bytes()], key(Code::Char('é'), alt)),
        (&[b"\x1b[97;9u"], key(Code::Char('a'), Modifiers::SUPER)),
        (&[b"\x1b[97;1:3u", b"\x1b]11;rgb:0/0/0\x07", b"\x1bP>|x\x1b\\", b"\xff", b"\x1b[57441u"], Sent::Unknown),
        (&[b"\x1b[?1u"], Sent::KeyboardFlags),
        (&[b"\x1b[?62;22c"], Sent::Attributes),
        (&[b"\x1b[I"], Sent::Focus(true)),
    ];
    for (forms, expected) in cases {
        for form in *forms {
            assert_eq!(sent(form), std::slice::from_ref(expected), "{:?}", String::from_utf8_lossy(form));
        }
    }
}

#[test]
fn several_in_one_piece_are_told_apart_and_keep_their_bytes() {
    let input = b"a\x1b\x1b[A\x1b\x1b\x1b[<65;3;4Mz";
    let pieces = typed(input);
    let wheel = MouseEvent { action: Action::ScrollDown, row: 3, col: 2, modifiers: Modifiers::default() };
    let none = Modifiers::default();
    let expected = [
        key(Code::Char('a'), none),
        key(Code::Escape, none),
        key(Code::Up, none),
        key(Code::Escape, none),
        key(Code::Escape, none),
        Sent::Mouse(wheel),
        key(Code::Char('z'), none),
    ];
    assert_eq!(pieces.iter().map(|piece| piece.sent.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(pieces.iter().flat_map(|piece| piece.bytes.clone()).collect::<Vec<u8>>(), input);
}

#[test]
fn keys_that_look_like_the_beginning_of_a_string_swallow_no_later_key() {
    let (none, alt, control) = (Modifiers::default(), Modifiers::ALT, Modifiers::CONTROL);
    for introducer in ['P', 'X', ']', '^', '_', '[', 'O'] {
        let held = key(Code::Char(introducer), alt);
        let repeated = sent(format!("\x1b{introducer}\x1b{introducer}\x1b{introducer}").as_bytes());
        assert_eq!(repeated, [held.clone(), held.clone(), held], "{introducer}");
    }
    let keys = [key(Code::Char(']'), alt), key(Code::Char('a'), none), key(Code::Up, none)];
    assert_eq!(sent(b"\x1b]a\x1b[A"), keys, "what stands between is typed");
    let keys = [key(Code::Char('P'), alt), key(Code::Char(' '), control), key(Code::Char('q'), none)];
    assert_eq!(sent(b"\x1bP\0q"), keys, "the leader comes through");
    assert_eq!(sent(b"\x1b]11;rgb:0/0/0\x1b\\"), [Sent::Unknown], "an answer is one still");
}

#[test]
fn a_sequence_that_comes_in_pieces_is_no_escape() {
    let wholes: [&[u8]; 6] =
        [b"\x1b[1;5C", b"\x1bOP", b"\x1b[<65;3;4M", b"\x1b[13;2u", b"\x1b]11;rgb:0/0/0\x1b\\", "\x1bé".as_bytes()];
    for whole in wholes {
        for cut in 1..whole.len() {
            let (mut typing, now) = (Input::default(), Instant::now());
            assert_eq!(typing.feed(&whole[..cut], now), [], "{whole:?} {cut}");
            let due = typing.due().unwrap();
            assert_eq!(typing.settle(now + KEY_WAITS / 2), []);
            assert_eq!(words(typing.feed(&whole[cut..], due)), sent(whole), "{whole:?} {cut}");
            assert_eq!(typing.due(), None);
        }
    }
}

#[test]
fn what_waits_for_the_rest_of_a_sequence_is_a_key_soon() {
    let (none, alt) = (Modifiers::default(), Modifiers::ALT);
    let (mut typing, now) = (Input::default(), Instant::now());
    assert_eq!(words(typing.feed(b"a\x1b", now)), [key(Code::Char('a'), none)]);
    assert_eq!(typing.due(), Some(now + KEY_WAITS));
    assert_eq!(typing.settle(now), []);
    assert_eq!(words(typing.settle(now + KEY_WAITS)), [key(Code::Escape, none)]);
    assert_eq!(typing.due(), None);
    assert_eq!(words(typing.feed(b"b", now)), [key(Code::Char('b'), none)]);

    // typed on while something waits: the time is not put off
    assert_eq!(typing.feed(b"\x1b]x", now), []);
    assert_eq!(typing.feed(b"y", now + SEQUENCE_WAITS / 2), []);
    let keys = [key(Code::Char(']'), alt), key(Code::Char('x'), none), key(Code::Char('y'), none)];
    assert_eq!(words(typing.settle(now + SEQUENCE_WAITS)), keys);

    // the half of a report is not typed into anything
    assert_eq!(typing.feed(b"\x1b[<65;3", now), []);
    assert_eq!(words(typing.settle(now + SEQUENCE_WAITS)), [Sent::Unknown]);
    assert_eq!(typing.due(), None);
}

#[test]
fn a_paste_is_one_thing_however_it_comes_and_nothing_in_it_is_a_key() {
    let input = "x\x1b[200~a\0\x1b[A\x1b[201\r\nü\x1b[201~y".as_bytes();
    for cut in 0..=input.len() {
        let (mut typing, now) = (Input::default(), Instant::now());
        let mut pieces = typing.feed(&input[..cut], now);
        pieces.extend(typing.settle(now));
        pieces.extend(typing.feed(&input[cut..], now + KEY_WAITS * 2));
        let pasted: Vec<&Sent> = pieces.iter().map(|piece| &piece.sent).collect();
        assert!(
            matches!(pasted[..], [Sent::Key(_), Sent::Paste(text), Sent::Key(_)] if text == "a\0\x1b[A\x1b[201\r\nü"),
            "{cut}: {pasted:?}"
        );
    }
}

#[test]
fn the_mouse_in_sgr_form() {
    let event = |bytes: &[u8]| match sent(bytes).pop() {
        Some(Sent::Mouse(event)) => (event.action, event.row, event.col, event.modifiers.0),
        other => panic!("{other:?}"),
    };
    assert_eq!(event(b"\x1b[<0;1;1M"), (Action::Press(Button::Left), 0, 0, 0));
    assert_eq!(event(b"\x1b[<18;300;5m"), (Action::Release(Button::Right), 4, 299, 4));
    assert_eq!(event(b"\x1b[<36;2;2M"), (Action::Drag(Button::Left), 1, 1, 1));
    assert_eq!(event(b"\x1b[<35;2;2M"), (Action::Move, 1, 1, 0));
    assert_eq!(event(b"\x1b[<64;2;2M"), (Action::ScrollUp, 1, 1, 0));
    assert_eq!(sent(b"\x1b[<0;0;1M"), [Sent::Unknown]);
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_panics(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..20)) {
        let (mut typing, mut now) = (Input::default(), Instant::now());
        let mut bytes = Vec::new();
        for chunk in &chunks {
            now += KEY_WAITS;
            let settled = typing.settle(now);
            let pieces = settled.into_iter().chain(typing.feed(chunk, now));
            bytes.extend(pieces.flat_map(|piece| piece.bytes));
            prop_assert!(typing.pending.len() <= LONGEST_SEQUENCE);
            prop_assert_eq!(typing.due().is_some(), !typing.pending.is_empty());
        }
        prop_assert!(chunks.concat().starts_with(&bytes));
    }

    #[test]
    fn what_we_encode_we_understand(
        code in prop_oneof![
            proptest::char::range(' ', '~').prop_map(Code::Char), Just(Code::Enter), Just(Code::Tab), Just(Code::Escape),
            Just(Code::Up), Just(Code::PageDown), Just(Code::Delete), (1u8..=20).prop_map(Code::Function)
        ],
        held in 0u8..8,
    ) {
        let modes = Modes { keyboard_flags: 1, ..Modes::default() };
        let key = Key { code, modifiers: Modifiers(held) };
        let bytes = keys::encode(key, &modes);
        let pieces = typed(&bytes);
        prop_assert_eq!(pieces.len(), 1, "{:?}", &bytes);
        let Sent::Key(back) = &pieces[0].sent else { return Err(TestCaseError::fail(format!("{pieces:?}"))) };
        prop_assert_eq!(keys::encode(*back, &modes), bytes);
    }
}
