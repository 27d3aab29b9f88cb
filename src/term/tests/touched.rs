//! Reading only the row that was touched is only faster: the frame is what a look at everything would give.

use proptest::prelude::*;

use super::*;

/// What programs print between two looks: mostly what stays in a row, and what does not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let odd = proptest::sample::select(vec![
        "\r",
        "\r\n",
        "\n",
        "\x08",
        "\x08 \x08",
        "\t",
        "\x1b[K",
        "\x1b[1K",
        "\x1b[2C",
        "\x1b[30C",
        "\x1b[G",
        "\x1b[9G",
        "\x1b[3D",
        "\x1b[2P",
        "\x1b[2@",
        "\x1b[4X",
        "\x1b[31m",
        "\x1b[m",
        "\x1b[9m",
        "\x1b[A",
        "\x1b[5B",
        "\x1b[H",
        "\x1bM",
        "\x1b[2;3r",
        "\x1b[r",
        "\x1b[?7l",
        "\x1b[?7h",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\x1b[2J",
        "\x1b[L",
        "\x1b",
        "[",
        "\x1b(0",
        "\x1b(B",
        "\x1b]8;;http://a\x07b\x1b]8;;\x07",
        "\x1bc",
        "\x07",
    ]);
    let odd = odd.prop_map(|odd| odd.as_bytes().to_vec());
    let text = prop_oneof!["[ -~]{1,8}", "[ -~]{1,40}", "[漢é🎉e\u{301}]{1,6}"].prop_map(String::into_bytes);
    let part = prop_oneof![3 => odd, 4 => text];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn it_cannot_be_seen(
        (rows, cols) in (1u16..7, 2u16..30),
        pieces in proptest::collection::vec((piece(), any::<bool>()), 1..30),
        resize in proptest::option::of((1u16..7, 2u16..30, 0usize..30)),
    ) {
        let (mut quick, mut whole) = (Terminal::new(rows, cols, 50), Terminal::new(rows, cols, 50));
        for (number, (piece, looks)) in pieces.iter().enumerate() {
            quick.process(piece);
            whole.process(piece);
            if let Some((rows, cols, _)) = resize.filter(|(_, _, at)| *at == number) {
                quick.resize(rows, cols);
                whole.resize(rows, cols);
            }
            if *looks {
                prop_assert_eq!(&*quick.latest(), &whole.frame());
            }
        }
        prop_assert_eq!(&*quick.latest(), &whole.frame());
    }
}

#[test]
fn the_echo_of_a_key_touches_its_row() {
    let mut terminal = Terminal::new(5, 20, 100);
    terminal.process(b"one\r\n$ ");
    terminal.latest();
    terminal.process(b"\x1b[1ml\x1b[m");
    assert_eq!(terminal.touched, crate::term::touched::Touched::Row(1));
    assert_eq!(terminal.latest().lines[1].text(), "$ l");
    terminal.process(b"\r\n");
    assert_eq!(terminal.touched, crate::term::touched::Touched::All);
}
