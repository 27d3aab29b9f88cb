//! Skipping ahead is only faster: whatever comes, in whatever pieces, looks as it would without.

use proptest::prelude::*;

use super::*;

fn slow(rows: u16, cols: u16, history: usize) -> Terminal {
    let mut terminal = Terminal::new(rows, cols, history);
    terminal.ahead.never = true;
    terminal
}

fn assert_same(fast: &mut Terminal, slow: &mut Terminal) -> Result<(), TestCaseError> {
    prop_assert_eq!(fast.frame(), slow.frame());
    let [fast, slow] = [fast, slow].map(|terminal| terminal.history().lines().collect::<Vec<_>>());
    prop_assert_eq!(fast, slow);
    Ok(())
}

/// Output with a good deal of plain text in it.
fn bulk() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        6 => "[ -~]{0,30}\r\n",
        2 => "[a-c ]{0,90}\r\n",
        1 => "[a-c\t]{0,20}\r\n",
        1 => "[a-c ]{0,20}",
    ];
    let lines = proptest::collection::vec(line, 1..120).prop_map(|lines| lines.concat().into_bytes());
    let odd = proptest::sample::select(vec![
        "lone\rreturn",
        "lone\nfeed",
        "漢字 é\r\n",
        "\x1b[31mred\x1b[m",
        "\x1b[5A",
        "\x1b[2;3r",
        "\x1b[r",
        "\x1b[?7l",
        "\x1b[?7h",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\x1b[3b",
        "\x07",
        "\x1b[2J",
        "\x1b7",
        "\x1b8",
        "\x1b(0",
        "\x1b(B",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[?6h",
        "\x1b[?6l",
        "\x1b[9m",
        "\x1b[m",
        "\x1b[3J",
        "\x1b[",
        "\x1bH",
        "\x1bc",
        "\x1b[20h",
        "\x1b]8;;http://a\x07b\x1b]8;;\x07",
    ])
    .prop_map(|odd| odd.as_bytes().to_vec());
    let pieces = prop_oneof![5 => lines, 2 => odd];
    proptest::collection::vec(pieces, 1..12).prop_map(|pieces| pieces.concat())
}

/// What is done between two pieces of output.
#[derive(Debug, Clone)]
enum Between {
    Nothing,
    Look,
    Resize(u16, u16),
}

fn between() -> impl Strategy<Value = Between> {
    prop_oneof![
        6 => Just(Between::Nothing),
        2 => Just(Between::Look),
        1 => (1u16..9, 2u16..40).prop_map(|(rows, cols)| Between::Resize(rows, cols)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn skipping_cannot_be_seen(
        (rows, cols, limit) in (1u16..9, 2u16..40, prop_oneof![Just(0usize), Just(7), Just(5000)]),
        output in bulk(),
        cuts in proptest::collection::vec((256usize..3000, between()), 1..6),
    ) {
        let mut fast = Terminal::new(rows, cols, limit);
        let mut slow = slow(rows, cols, limit);
        let mut rest = output.as_slice();
        for (length, between) in cuts.iter().cycle() {
            let (piece, left) = rest.split_at((*length).min(rest.len()));
            fast.process(piece);
            slow.process(piece);
            match between {
                Between::Nothing => {}
                Between::Look => assert_same(&mut fast, &mut slow)?,
                Between::Resize(rows, cols) => {
                    fast.resize(*rows, *cols);
                    slow.resize(*rows, *cols);
                }
            }
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        assert_same(&mut fast, &mut slow)?;
    }
}

#[test]
fn bulk_text_is_skipped_and_looks_right() {
    let mut terminal = Terminal::new(5, 20, 100);
    let text: String = (1..=2000).map(|number| format!("line {number}\r\n")).collect();
    for piece in text.as_bytes().chunks(1000) {
        terminal.process(piece);
    }
    assert!(terminal.ahead.is_running(), "it did not skip");
    terminal.process(b"$ ");
    assert_eq!(terminal.text(), ["line 1997", "line 1998", "line 1999", "line 2000", "$"]);
    let kept: Vec<String> = terminal.history().lines().map(|line| line.text()).collect();
    assert_eq!((kept.len(), kept[0].as_str(), kept[99].as_str()), (100, "line 1897", "line 1996"));
}
