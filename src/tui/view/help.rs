//! Help, made from the keymap that holds now.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::keymap::{Action, Chord, Context};
use crate::config::theme::Role;
use crate::tui::choices::reachable;
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{cells, layout};

/// One line of help: a heading, a key with what it does, or words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HelpLine {
    /// A heading.
    Heading(String),
    /// Keys and what they do.
    Key(String, String),
    /// Words.
    Text(String),
}

/// All lines of help: this view first, then everything.
pub(crate) fn lines(state: &State) -> Vec<HelpLine> {
    let here = state.mode.ground().context().unwrap_or(Context::Direct);
    let mut order = vec![here];
    order.extend(Context::ALL.iter().copied().filter(|context| *context != here));
    let width = layout::reader(layout::reader_frame(state.size)).width;
    let mut lines: Vec<HelpLine> =
        opening_words(state).iter().flat_map(|words| cells::wrap(words, width)).map(HelpLine::Text).collect();
    for context in order {
        lines.push(HelpLine::Text(String::new()));
        lines.push(HelpLine::Heading(format!("{} [{}]", context.description(), context.name())));
        for (action, chords) in state.keymap.bindings(context) {
            let usable: Vec<Chord> =
                chords.into_iter().filter(|chord| usable(state, context, action, *chord)).collect();
            if !usable.is_empty() {
                let keys: Vec<String> = usable.iter().map(ToString::to_string).collect();
                lines.push(HelpLine::Key(keys.join("  "), action.description().to_owned()));
            }
        }
    }
    lines
}

/// What holds everywhere.
fn opening_words(state: &State) -> [String; 3] {
    [
        format!(
            "The leader key is {}: press it, then one key; no time limit. Twice sends it to the agent.",
            state.leader()
        ),
        terminal_words(state),
        "The mouse works on tabs, panes, frames, hints and the queue. Hold Shift for your terminal's own selection."
            .to_owned(),
    ]
}

/// Whether a key can arrive here and would do what it is listed for.
fn usable(state: &State, context: Context, action: Action, chord: Chord) -> bool {
    use crate::tui::state::CtrlH;
    if context != Context::Direct {
        return true;
    }
    let backspace = action == Action::WorkerHandoff && chord == Chord::ctrl('h') && state.ctrl_h() == CtrlH::Backspace;
    reachable(chord, state.abilities.tells_digits()) && !backspace
}

fn terminal_words(state: &State) -> String {
    if state.abilities.tmux_keeps_keys && !state.abilities.tells_digits() {
        return format!(
            "The tmux around us keeps Shift+Enter and Ctrl+digits: put `set -s extended-keys on` into ~/.tmux.conf. Until then {} writes a new line.",
            crate::tui::bars::leader_key(state, Action::PaneNewline)
        );
    }
    if state.abilities.enhanced_keyboard {
        "This terminal can send Ctrl+digits and Ctrl+H: they work directly.".to_owned()
    } else if state.abilities.modified_keys {
        "Keys with modifiers arrive here: Ctrl+digits and Shift+Enter work directly.".to_owned()
    } else {
        "This terminal uses the old key codes: Ctrl+3 is Esc here. Use the leader and a digit, or Alt+digit.".to_owned()
    }
}

/// Draws help.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, scroll: u16) {
    super::frame::dialog(frame, skin, place, "Help", "made from your keymap");
    let text = layout::reader(place);
    let shown = lines(state).into_iter().skip(usize::from(scroll));
    for (offset, one) in (0..text.height).zip(shown) {
        let at = Rect { y: text.y + offset, height: 1, ..text };
        let drawn = match one {
            HelpLine::Heading(words) => Line::styled(words, skin.ink(Role::TextStrong)),
            HelpLine::Text(words) => Line::styled(words, skin.ink(Role::TextDim)),
            HelpLine::Key(keys, what) => Line::from(vec![
                Span::styled(format!("  {keys:<26} "), skin.ink(Role::HintKey)),
                Span::styled(what, skin.ink(Role::TextNormal)),
            ]),
        };
        super::line(frame, at, drawn);
    }
}
