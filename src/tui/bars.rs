//! The tab bar, the lines at the foot and the keys of dialogs as pieces of text with what a click on
//! them does: drawing and mouse use the same pieces.

use ratatui::layout::Rect;

use crate::config::keymap::{Action, Chord, Context};
use crate::config::theme::Role;
use crate::model::WorkerNumber;

use super::dialog::Dialog;
use super::layout::{Class, class};
use super::mode::{Mode, Owner, Scroll, Scrolling};
use super::state::{Shown, State};
use super::stepper::{self, Phase};
use super::{cells, status};

/// What a click does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Click {
    /// An action.
    Act(Action),
    /// Shows a worker.
    Worker(WorkerNumber),
}

/// A piece of a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) role: Role,
    pub(crate) click: Option<Click>,
}

pub(crate) fn piece(text: impl Into<String>, role: Role, click: Option<Click>) -> Piece {
    Piece { text: text.into(), role, click }
}

/// Pieces with their places: `left` from the left, `right` against the right edge, what does not fit is left out.
pub(crate) fn placed(area: Rect, left: Vec<Piece>, right: Vec<Piece>) -> Vec<(Rect, Piece)> {
    let right_width = right.iter().map(|piece| cells::width(&piece.text)).fold(0, u16::saturating_add);
    let right_fits = right_width < area.width;
    let limit = if right_fits { area.right() - right_width } else { area.right() };
    let mut places = Vec::new();
    let mut x = area.x;
    for mut piece in left {
        let room = limit.saturating_sub(x);
        if room == 0 {
            break;
        }
        piece.text = cells::fit(&piece.text, room);
        let width = cells::width(&piece.text);
        places.push((Rect::new(x, area.y, width, 1), piece));
        x = x.saturating_add(width);
    }
    let mut x = limit;
    for piece in right.into_iter().filter(|_| right_fits) {
        let width = cells::width(&piece.text);
        places.push((Rect::new(x, area.y, width, 1), piece));
        x = x.saturating_add(width);
    }
    places
}

/// The tab bar.
pub(crate) fn tabs(state: &State) -> (Vec<Piece>, Vec<Piece>) {
    let full = class(state.size) >= Class::Wide;
    let mut left = vec![piece(if full { " qd   " } else { "" }, Role::TextAccent, None)];
    let name = name_room(state, full);
    for seat in &state.project.workers {
        left.extend(tab(state, seat.number, full, name));
    }
    let grid = matches!(state.shown, Shown::Grid);
    let mark = |on: bool, text: String| if on { format!("[{text}]") } else { format!(" {text} ") };
    let tasks = state.project.tasks.iter().filter(|task| !task.status.is_final()).count();
    let reviews = state.project.approvals.iter().filter(|approval| approval.kind == "landing").count();
    let on_tasks = matches!(state.mode.dialog(), Some(Dialog::Tasks(_)));
    let on_review = matches!(state.mode.dialog(), Some(Dialog::Review(_)));
    let words = if full { ["Grid", "Tasks", "Review"] } else { ["G", "T", "R"] };
    let [grid_word, tasks_word, review_word] = words;
    let review = if reviews > 0 { format!("{review_word} {reviews}!") } else { review_word.to_owned() };
    left.push(piece("  ", Role::TabNormal, None));
    for (on, text, action) in [
        (grid, grid_word.to_owned(), Action::ViewGrid),
        (on_tasks, format!("{tasks_word} {tasks}"), Action::ViewTasks),
        (on_review, review, Action::ViewReview),
    ] {
        let role = if on { Role::TabActive } else { Role::TabNormal };
        left.push(piece(mark(on, text), role, Some(Click::Act(action))));
    }
    let waiting = state.waiting();
    let see = if state.project.approvals.is_empty() { Action::ViewTasks } else { Action::AttentionNext };
    let mut right = match waiting {
        _ if state.stale_since().is_some() => vec![piece(" daemon away ", Role::AgentFailed, None)],
        0 => vec![piece(format!("{} ", state.project.autonomy.word()), Role::TextDim, None)],
        1 => vec![piece("! 1 needs you ", Role::AgentWaiting, Some(Click::Act(see)))],
        more => vec![piece(format!("! {more} need you "), Role::AgentWaiting, Some(Click::Act(see)))],
    };
    if full {
        right.extend(today(state));
    }
    (left, right)
}

/// What was used today, of how much.
fn today(state: &State) -> Option<Piece> {
    let today = state.project.today;
    if today.used.is_nothing() && today.limit.is_empty() {
        return None;
    }
    let over = !today.limit.is_empty() && today.limit.used_percent(&today.used) >= 100;
    let role = if over { Role::AgentFailed } else { Role::TextDim };
    let limit = if today.limit.is_empty() { String::new() } else { format!(" / {}", today.limit) };
    Some(piece(format!(" {}{limit} ", today.used.cost_words()), role, None))
}

/// The cells of a name in its tab, so that the views and what needs the person keep their place.
fn name_room(state: &State, full: bool) -> u16 {
    let count = u16::try_from(state.project.workers.len()).unwrap_or(u16::MAX).max(1);
    let (others, names) = if full { (54, count) } else { (30 + 5 * count, 1) };
    let each = state.size.0.saturating_sub(others) / names;
    each.saturating_sub(if full { 6 } else { 0 }).clamp(3, 14)
}

/// One worker's tab: its mark, number, name where there is room, and glyph.
fn tab(state: &State, number: WorkerNumber, full: bool, name_room: u16) -> Vec<Piece> {
    let status = status::of_worker(state, number);
    let active = state.shown == Shown::Tab && state.worker == number;
    let click = Some(Click::Worker(number));
    let called = match state.seat(number).and_then(|seat| seat.name.clone().or_else(|| seat.title.clone())) {
        Some(name) if full || active => cells::fit(&crate::model::one_line(&name), name_room),
        _ => String::new(),
    };
    let text = if called.is_empty() { format!("{number} ") } else { format!("{number} {called} ") };
    let role = if active { Role::TabActive } else { Role::TabNormal };
    let (open, close) = if active { ("[", "]") } else { (" ", " ") };
    vec![
        piece(open, Role::worker(number.0), click),
        piece(text, role, click),
        piece(status.glyph.to_string(), status.role, click),
        piece(close, Role::worker(number.0), click),
    ]
}

/// The footer: who has the keyboard, in words, and what to press here.
pub(crate) fn footer(state: &State) -> (Vec<Piece>, Vec<Piece>) {
    let left = vec![piece(format!(" {} ", owner_words(state)), Role::OwnerLabel, None)];
    // hints go before a word of who has the keyboard does
    let room = state.size.0.saturating_sub(left.iter().map(|piece| cells::width(&piece.text)).sum::<u16>() + 1);
    let mut right = Vec::new();
    let hints = footer_hints(state).into_iter().map(|(action, word)| (action, hint_key(state, action), word));
    let most = if state.mode.dialog().is_some() { 4 } else { usize::MAX };
    for (action, key, word) in fitting(hints.filter(|(_, key, _)| key != "-").collect(), room, most) {
        let word = format!(" {word}   ");
        right.push(piece(key, Role::HintKey, Some(Click::Act(action))));
        right.push(piece(word, Role::HintText, Some(Click::Act(action))));
    }
    (left, right)
}

/// Who has the keyboard, in words.
pub(crate) fn owner_words(state: &State) -> String {
    let target = match state.owner() {
        Owner::Pane(worker, _) => format!("keys -> {}", cells::fit(&state.called(worker), 30)),
        Owner::Cockpit if state.ended_under.is_some() => {
            format!("{}: Esc, then commands", status::over_words(state, state.worker))
        }
        Owner::Cockpit => "keys are commands".to_owned(),
        Owner::Chat => "keys -> chat".to_owned(),
        Owner::History(worker) => format!("reading {}", cells::fit(&state.called(worker), 30)),
        Owner::Dialog(name) => format!("keys -> {name}"),
        Owner::Leader => "waiting for one key".to_owned(),
    };
    format!("{} | {target}", state.mode.word())
}

/// The key of an action here: with the leader before it where keys go to an agent or into text.
pub(crate) fn hint_key(state: &State, action: Action) -> String {
    let context = state.mode.context();
    let bound = context.map(|context| state.keymap.chords(context, action)).unwrap_or_default();
    // the plainest of its keys
    let held = |chord: &Chord| u8::from(chord.ctrl) + u8::from(chord.alt) + u8::from(chord.shift);
    if let Some(chord) = bound.iter().min_by_key(|chord| held(chord)) {
        return chord.to_string();
    }
    if action == Action::AppLeader {
        return state.leader();
    }
    match state.keymap.chords(Context::Leader, action).first() {
        Some(chord) => format!("{} {chord}", state.leader()),
        None => "-".to_owned(),
    }
}

/// The key of an action after the leader, with the leader.
pub(crate) fn leader_key(state: &State, action: Action) -> String {
    format!("{} {}", state.leader(), state.keymap.shown(Context::Leader, action))
}

/// Three to five hints for this place.
fn footer_hints(state: &State) -> Vec<(Action, &'static str)> {
    if state.ended_under.is_some() {
        return vec![(Action::AppLeader, "commands")];
    }
    match &state.mode {
        Mode::Agent => vec![(Action::AppLeader, "commands"), (Action::PaneScroll, "scroll"), (Action::AppHelp, "help")],
        Mode::Locked => vec![(Action::AppLock, "unlock")],
        Mode::Cockpit if class(state.size) == Class::Message => {
            vec![(Action::AttentionNext, "what waits"), (Action::AppDetach, "leave")]
        }
        Mode::Cockpit if state.can_type() => vec![
            (Action::PaneType, "type into the pane"),
            (Action::ViewChat, "chat"),
            (Action::AppPalette, "palette"),
            (Action::AppHelp, "help"),
            (Action::AppDetach, "leave"),
        ],
        Mode::Cockpit => vec![
            (Action::ViewChat, "chat"),
            (Action::AppPalette, "palette"),
            (Action::AppHelp, "help"),
            (Action::AppDetach, "leave"),
        ],
        Mode::Chat => vec![
            (Action::ChatSend, "send"),
            (Action::ChatNewline, "new line"),
            (Action::ChatLeave, if leads_to_agent(state) { "agent" } else { "commands" }),
            (Action::AppHelp, "help"),
        ],
        Mode::Scroll(scroll) => scroll_hints(scroll),
        Mode::Leader { .. } => vec![(Action::DialogClose, "cancel")],
        Mode::Dialog { dialog, .. } => dialog_hints(state, dialog),
    }
}

/// Whether leaving the chat gives the keyboard to an agent.
fn leads_to_agent(state: &State) -> bool {
    matches!(state.resting_mode(), Mode::Agent)
}

/// The keys while a history is read.
fn scroll_hints(scroll: &Scroll) -> Vec<(Action, &'static str)> {
    match scroll.what {
        Scrolling::Moving => vec![
            (Action::ScrollPageUp, "up"),
            (Action::SearchForward, "find"),
            (Action::CopyChars, "mark"),
            (Action::LogEdit, "editor"),
            (Action::ScrollLeave, "follow"),
        ],
        Scrolling::Marking => vec![
            (Action::CopyTake, "copy"),
            (Action::CopyLines, "lines"),
            (Action::CopyBlock, "block"),
            (Action::CopySwap, "other end"),
            (Action::CopyDrop, "cancel"),
        ],
        Scrolling::Typing { .. } => vec![(Action::SearchRun, "find"), (Action::SearchCancel, "cancel")],
    }
}

/// The keys of a dialog, the main one first.
pub(crate) fn dialog_hints(state: &State, dialog: &Dialog) -> Vec<(Action, &'static str)> {
    match dialog {
        Dialog::Plan(_) => vec![
            (Action::PlanConfirm, "start"),
            (Action::PlanToggle, "on/off"),
            (Action::PlanEdit, "edit title"),
            (Action::PlanKeep, "not yet"),
            (Action::PlanDecline, "decline"),
        ],
        Dialog::Approval(card) => {
            let question = state.approval(card.approval).is_some_and(|approval| approval.kind == "question");
            let in_pane = state.approval(card.approval).is_some_and(|approval| state.is_asked_in_pane(approval));
            let open = match (question, in_pane) {
                (true, _) => Some((Action::ListOpen, "reply in words")),
                (false, true) => Some((Action::ListOpen, "answer in the pane")),
                (false, false) => None,
            };
            let offered = state
                .approval(card.approval)
                .is_some_and(|approval| approval.subject.dialog().is_some_and(|dialog| dialog.always.is_some()));
            let answerable = state.approval(card.approval).is_none_or(|approval| approval.answerable);
            let decide = [(Action::AttentionApprove, "yes"), (Action::AttentionDeny, "no")];
            let decide = decide.into_iter().filter(|_| answerable);
            let always = offered.then_some((Action::AttentionAlways, "always"));
            decide.chain(always).chain(open).chain([(Action::DialogClose, "later")]).collect()
        }
        Dialog::Review(_) => vec![
            (Action::AttentionApprove, "land it"),
            (Action::AttentionDeny, "do not land"),
            (Action::ScrollPageDown, "page"),
            (Action::ScrollBottom, "end"),
            (Action::DialogClose, "later"),
        ],
        Dialog::Handoff(stepper) => handoff_hints(stepper::phase(state, stepper)),
        Dialog::Tasks(_) => vec![
            (Action::ListOpen, "open"),
            (Action::TaskOutput, "output"),
            (Action::TaskRun, "start"),
            (Action::TaskLand, "land"),
            (Action::TaskRetry, "retry"),
            (Action::TaskCancel, "cancel"),
            (Action::DialogClose, "close"),
        ],
        Dialog::Links(_) => {
            vec![(Action::ListOpen, "open in your browser"), (Action::LinkCopy, "copy"), (Action::DialogClose, "close")]
        }
        Dialog::Undo(_) => vec![(Action::ListOpen, "take it back (asks)"), (Action::DialogClose, "close")],
        Dialog::Everywhere(open) if open.asked == open.query && !open.hits.is_empty() => {
            vec![(Action::ListOpen, "go there"), (Action::ListDown, "down"), (Action::DialogClose, "close")]
        }
        Dialog::Everywhere(_) => vec![(Action::ListOpen, "look for it"), (Action::DialogClose, "close")],
        Dialog::Help(_) | Dialog::Explained(_) | Dialog::Output(_) => {
            vec![(Action::ScrollPageDown, "page"), (Action::DialogClose, "close")]
        }
        Dialog::Palette(_) => vec![(Action::ListOpen, "run"), (Action::DialogClose, "close")],
        Dialog::Ask(_) => vec![(Action::AskYes, "choose"), (Action::AskNext, "next"), (Action::DialogClose, "close")],
    }
}

fn handoff_hints(phase: Phase) -> Vec<(Action, &'static str)> {
    match phase {
        Phase::Unstarted => {
            vec![(Action::HandoffContinue, "start"), (Action::DialogClose, "close, nothing has happened")]
        }
        Phase::Asked => vec![(Action::DialogClose, "hide, the handoff goes on")],
        Phase::Preparing => {
            vec![(Action::DialogClose, "cancel, the old session goes on as before")]
        }
        Phase::Held => vec![
            (Action::HandoffContinue, "continue"),
            (Action::DialogClose, "cancel, the old session goes on as before"),
        ],
        Phase::Replacing => vec![
            (Action::DialogClose, "hide, the handoff goes on"),
            (Action::HandoffCancel, "cancel, back to the old session"),
        ],
        Phase::Failed { can_skip } => {
            let skip = can_skip.then_some((Action::HandoffSkip, "skip the step"));
            [
                Some((Action::HandoffRetry, "retry")),
                skip,
                Some((Action::DialogClose, "cancel, the old session goes on")),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        Phase::Done => vec![(Action::DialogClose, "close"), (Action::HandoffCancel, "take it back to the old session")],
        Phase::Cancelled => vec![(Action::DialogClose, "close")],
    }
}

/// Those keys that fit, in their order: the main one and those that lead out are the last to go.
fn fitting(
    hints: Vec<(Action, String, &'static str)>,
    mut room: u16,
    most: usize,
) -> Vec<(Action, String, &'static str)> {
    let rank = |at: &usize| match hints.get(*at) {
        _ if *at == 0 => 0,
        Some((Action::DialogClose | Action::PlanKeep, ..)) => 1,
        Some((Action::PlanDecline, ..)) => 2,
        _ => 3,
    };
    let mut order: Vec<usize> = (0..hints.len()).collect();
    order.sort_by_key(rank);
    let mut taken = std::collections::BTreeSet::new();
    for at in order {
        let Some((_, key, word)) = hints.get(at).filter(|_| taken.len() < most) else { break };
        let cells = cells::width(key) + cells::width(word) + 4;
        if let Some(rest) = room.checked_sub(cells) {
            room = rest;
            taken.insert(at);
        }
    }
    hints.into_iter().enumerate().filter(|(at, _)| taken.contains(at)).map(|(_, hint)| hint).collect()
}

/// The keys of a dialog as pieces, as many as fit.
pub(crate) fn dialog_pieces(state: &State, dialog: &Dialog, room: u16) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let hints = dialog_hints(state, dialog).into_iter().map(|(action, word)| {
        let key =
            state.keymap.chords(dialog.context(), action).first().map_or_else(|| "-".to_owned(), ToString::to_string);
        (action, key, word)
    });
    // the cells after the last one may be missing
    for (action, key, word) in fitting(hints.collect(), room.saturating_add(3), usize::MAX) {
        pieces.push(piece(key, Role::HintKey, Some(Click::Act(action))));
        pieces.push(piece(format!(" {word}   "), Role::HintText, Some(Click::Act(action))));
    }
    pieces
}

/// The key of an action without the leader before it: in COCKPIT its own, else the leader's.
pub(crate) fn bare_key(state: &State, action: Action) -> String {
    let context = if matches!(state.mode, Mode::Cockpit) { Context::Cockpit } else { Context::Leader };
    state.keymap.chords(context, action).first().map_or_else(|| "-".to_owned(), ToString::to_string)
}

impl State {
    /// Whether commands need the leader first here.
    pub(crate) fn keymap_needs_leader(&self) -> bool {
        !matches!(self.mode, Mode::Cockpit | Mode::Leader { .. })
    }
}
