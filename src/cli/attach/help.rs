//! What the keys do, made from the keymap: in a word in the bar, and all of it as help over the panes.

use crate::config::keymap::{Action, Context, Keymap};

use super::super::table::fit;
use super::draw;
use super::keys::Keys;

/// What can be done here after the leader; the rest is the cockpit's.
const HERE: [Action; 12] = [
    Action::AppDetach,
    Action::PaneNext,
    Action::PaneLeft,
    Action::PaneRight,
    Action::PaneUp,
    Action::PaneDown,
    Action::PaneZoom,
    Action::PaneScroll,
    Action::PaneNewline,
    Action::WorkerInterrupt,
    Action::AppHelp,
    Action::DialogClose,
];

/// What can be done while a history is read.
const READING: [Action; 11] = [
    Action::ScrollUp,
    Action::ScrollDown,
    Action::ScrollLineUp,
    Action::ScrollLineDown,
    Action::ScrollHalfUp,
    Action::ScrollHalfDown,
    Action::ScrollPageUp,
    Action::ScrollPageDown,
    Action::ScrollTop,
    Action::ScrollBottom,
    Action::ScrollLeave,
];

/// The first key of an action.
fn key(keymap: &Keymap, context: Context, action: Action) -> String {
    let chords = keymap.chords(context, action);
    // the plainest of its keys
    let held =
        |chord: &&crate::config::keymap::Chord| u8::from(chord.ctrl) + u8::from(chord.alt) + u8::from(chord.shift);
    chords.iter().min_by_key(held).map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// What the keys do now, in a word.
pub(super) fn spoken(keys: &Keys, several: bool, reading: bool, narrow: bool) -> String {
    let (keymap, leader) = (keys.keymap(), keys.leader());
    let after = |action| key(keymap, Context::Leader, action);
    let (detach, next, help) = (after(Action::AppDetach), after(Action::PaneNext), after(Action::AppHelp));
    let (zoom, scroll) = (after(Action::PaneZoom), after(Action::PaneScroll));
    let panes = if several { format!("  {next} next pane  {zoom} zoom") } else { String::new() };
    match (keys.is_waiting(), reading) {
        (true, _) if narrow => format!("{detach} leave{panes}  {scroll} scroll  {help} help"),
        (true, _) => {
            format!("{leader} –  {detach} leave{panes}  {scroll} scroll  {help} help  {leader} again: send it")
        }
        (false, true) => {
            let reads = |action| key(keymap, Context::Scroll, action);
            let (up, end) = (reads(Action::ScrollPageUp), reads(Action::ScrollLeave));
            format!("{up} up  {end} follow")
        }
        (false, false) if several && !narrow => format!("{leader} {detach} leaves, {next} next, {help} help"),
        (false, false) if narrow => format!("{leader} {detach} leaves"),
        (false, false) => format!("{leader} {detach} leaves, {help} help"),
    }
}

/// All lines of help.
fn lines(keymap: &Keymap) -> Vec<String> {
    let leader = keymap.shown(Context::Direct, Action::AppLeader);
    let mut lines = vec![
        format!("The keys of `qd attach` are those of the cockpit. Leader: {leader}, then one key; twice sends it."),
        "The wheel scrolls, a click gives a pane the keyboard; Shift and the mouse mark text as your terminal does."
            .to_owned(),
        String::new(),
        format!("After {leader}"),
    ];
    let row = |keys: String, what: &str| format!("  {keys:<22} {what}");
    lines.push(row("1 – 9".to_owned(), "to the pane of that worker"));
    let listed = |context, actions: &[Action]| -> Vec<String> {
        let rows = actions.iter().map(|action| row(keymap.shown(context, *action), action.description()));
        rows.collect()
    };
    lines.extend(listed(Context::Leader, &HERE));
    lines.extend([String::new(), "While history is read".to_owned()]);
    lines.extend(listed(Context::Scroll, &READING));
    lines.push(String::new());
    lines.push("Everything else (chat, tasks, review, handoff, search) is in the cockpit: `qd`.".to_owned());
    lines
}

/// Where help is shown from after a move; `None` closes it.
pub(super) fn moved(from: Option<usize>, action: Action, rows: u16) -> Option<usize> {
    let from = from?;
    let page = usize::from(rows).saturating_sub(2).max(1);
    let last = (lines(&Keymap::load(None, None).0).len()).saturating_sub(page);
    let to = match action {
        Action::ScrollUp => from.saturating_sub(1),
        Action::ScrollDown => from + 1,
        Action::ScrollHalfUp => from.saturating_sub(page / 2),
        Action::ScrollHalfDown => from + page / 2,
        Action::ScrollPageUp => from.saturating_sub(page),
        Action::ScrollPageDown => from + page,
        Action::ScrollTop => 0,
        Action::ScrollBottom => last,
        _ => from,
    };
    Some(to.min(last))
}

/// Draws help over the panes.
pub(super) fn draw(text: &mut String, keymap: &Keymap, from: usize, (rows, cols): (u16, u16)) {
    let page = rows.saturating_sub(1);
    for (row, line) in (0..page).zip(lines(keymap).into_iter().skip(from)) {
        draw::place(text, row, 0);
        text.push_str(&fit(&line, usize::from(cols)));
    }
    draw::place(text, rows.saturating_sub(1), 0);
    let close = key(keymap, Context::Help, Action::DialogClose);
    let foot = format!(" help – {close} closes");
    text.push_str(&format!("\x1b[0;7m{}\x1b[0m", fit(&foot, usize::from(cols))));
}
