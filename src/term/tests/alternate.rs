//! What leaves the alternate screen is kept as far as it can be seen.

use super::*;

fn draw(terminal: &mut Terminal, lines: &[&str]) {
    let mut drawing = String::from("\x1b[H");
    for line in lines {
        drawing.push_str(&format!("{line}\x1b[K\r\n"));
    }
    terminal.process(drawing.trim_end().as_bytes());
    terminal.frame();
}

fn started() -> Terminal {
    let mut terminal = Terminal::new(8, 30, 100);
    terminal.process(b"shell line\r\n\x1b[?1049h");
    draw(&mut terminal, &["title", "one", "two", "three", "four", "five", "six"]);
    terminal
}

#[test]
fn a_redraw_that_moves_rows_up_loses_the_first_ones() {
    let mut terminal = started();
    draw(&mut terminal, &["title", "three", "four", "five", "six", "seven", "eight"]);
    assert_eq!(history(&mut terminal), ["one", "two"]);
    assert_eq!(terminal.frame().history, 2);
    draw(&mut terminal, &["title", "one", "two", "three", "four", "five", "six"]);
    assert_eq!(history(&mut terminal), [""; 0]);
}

#[test]
fn a_region_that_scrolls_is_seen_too() {
    let mut terminal = started();
    terminal.process(b"\x1b[2;7r\x1b[7;1H\nseven");
    terminal.frame();
    assert_eq!(history(&mut terminal), ["one"]);
}

#[test]
fn a_screen_that_scrolls_says_so_itself() {
    let mut terminal = started();
    terminal.process(b"\x1b[8;1H\nseven\r\neight\r\nnine");
    assert_eq!(history(&mut terminal), ["title", "one", "two"]);
}

#[test]
fn other_changes_lose_nothing() {
    let mut terminal = started();
    draw(&mut terminal, &["title", "1", "2", "3", "4", "five", "six"]);
    draw(&mut terminal, &["another", "screen", "altogether", "", "", "", ""]);
    assert!(terminal.history().is_empty());
}

#[test]
fn the_main_history_is_apart() {
    let mut terminal = started();
    draw(&mut terminal, &["title", "three", "four", "five", "six", "seven", "eight"]);
    assert_eq!(terminal.capture(false, true).lines().take(3).collect::<Vec<_>>(), ["one", "two", "title"]);
    terminal.process(b"\x1b[?1049l");
    assert!(terminal.history().is_empty());
}
