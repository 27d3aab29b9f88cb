//! What each action does. Actions of dialogs are in `dialogs`.

use crate::config::keymap::{Action, Chord, KeyName};
use crate::model::WorkerNumber;
use crate::tui::dialog::{Ask, AskAbout, Dialog, Palette, TaskList};
use crate::tui::layout;
use crate::tui::message::Cmd;
use crate::tui::mode::Mode;
use crate::tui::state::{Place, Shown, State};
use crate::tui::status;

use super::{copying, dialogs, everywhere, keys, links, opening, reading, requests, taking_back};

/// Carries out an action.
pub(super) fn act(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    state.dirty = true;
    if let Some(number) = action.worker() {
        return go_to(state, WorkerNumber(number));
    }
    match action {
        Action::AppLeader => lead(state),
        Action::ViewGrid => grid(state),
        Action::ViewChat => state.mode = Mode::Chat,
        Action::ViewTasks => opening::show(state, Dialog::Tasks(TaskList::default())),
        Action::ViewReview => opening::review_next(state, out),
        Action::ViewBack => back(state),
        Action::LinkOpen => links::list(state),
        Action::UndoList => taking_back::list(state, out),
        Action::SearchEverywhere => everywhere::open(state),
        Action::ViewCockpit => state.mode = Mode::Cockpit,
        Action::AttentionNext => requests::next(state, out),
        Action::AttentionOpen => requests::open(state, out),
        Action::AttentionApprove | Action::AttentionDeny => {
            requests::decide(state, action == Action::AttentionApprove, out);
        }
        Action::AttentionAlways => requests::always(state, out),
        Action::WorkerHandoff => opening::handoff(state, state.worker, true, out),
        Action::WorkerExplain => opening::explain(state, state.worker, out),
        Action::WorkerInterrupt => keys::send(state, Chord::plain(KeyName::Esc), out),
        Action::PaneNewline => keys::newline(state, out),
        Action::WorkerStop => ask_stop(state),
        Action::PaneZoom | Action::PaneMinimise | Action::PaneType | Action::PaneScroll => pane(state, action),
        Action::PaneNext => step(state, 1),
        Action::PaneLeft | Action::PaneRight | Action::PaneUp | Action::PaneDown => towards(state, action),
        Action::AppPalette => opening::show(state, Dialog::Palette(Palette::default())),
        Action::AppHelp => opening::show(state, Dialog::Help(0)),
        Action::AppLock => lock(state),
        Action::AppDetach => out.push(Cmd::Leave),
        Action::AppQuit => opening::show(state, Dialog::Ask(Ask { about: AskAbout::Quit, choice: 0 })),
        Action::ChatLeave => state.mode = state.resting_or_cockpit(),
        Action::CopyWrite => copying::write(state, out),
        _ if state.mode.scroll().is_some() => reading::act(state, action, out),
        _ => dialogs::act(state, action, out),
    }
}

impl State {
    /// Where leaving a place leads: to the agent or the cockpit, never back to the chat.
    fn resting_or_cockpit(&self) -> Mode {
        match self.resting_mode() {
            Mode::Chat => Mode::Cockpit,
            mode => mode,
        }
    }
}

fn lead(state: &mut State) {
    let under = std::mem::replace(&mut state.mode, Mode::Cockpit);
    state.mode = Mode::Leader { since: state.now, under: Box::new(under) };
}

/// Shows a worker's pane and gives it the keyboard.
pub(super) fn go_to(state: &mut State, number: WorkerNumber) {
    if state.seat(number).is_none() {
        return state.toast(&format!("there is no worker {number}"), true);
    }
    remember(state);
    state.worker = number;
    state.minimised.remove(&number);
    state.shown = Shown::Tab;
    state.mode = state.resting_or_cockpit();
    reading::go_on(state);
}

/// Notes where the person is, to come back.
pub(super) fn remember(state: &mut State) {
    let here = Place { worker: state.worker, shown: state.shown };
    if state.back.last() != Some(&here) {
        state.back.push(here);
    }
    if state.back.len() > 32 {
        state.back.remove(0);
    }
}

fn back(state: &mut State) {
    let here = Place { worker: state.worker, shown: state.shown };
    while let Some(place) = state.back.pop() {
        if place != here && state.seat(place.worker).is_some() {
            state.worker = place.worker;
            state.shown = place.shown;
            state.mode = state.resting_or_cockpit();
            return;
        }
    }
    state.toast("this is where you were", false);
}

fn grid(state: &mut State) {
    remember(state);
    state.zoomed = false;
    state.shown = if state.shown == Shown::Grid { Shown::Tab } else { Shown::Grid };
    state.mode = state.resting_or_cockpit();
}

fn pane(state: &mut State, action: Action) {
    match action {
        Action::PaneZoom => {
            if state.shown == Shown::Tab {
                state.shown = Shown::Grid;
                state.zoomed = false;
            } else {
                state.zoomed = !state.zoomed;
            }
        }
        Action::PaneMinimise => minimise(state, state.worker),
        Action::PaneType if state.can_type() => state.mode = Mode::Agent,
        Action::PaneType => {
            let text = status::never_ran_hint(state, state.worker)
                .unwrap_or_else(|| format!("no session runs here; {} c says what is to be done", state.leader()));
            state.toast(&text, true);
        }
        _ => reading::begin(state),
    }
}

/// Minimises a pane, or brings it back. The last open one stays.
pub(super) fn minimise(state: &mut State, number: WorkerNumber) {
    if state.minimised.remove(&number) {
        return;
    }
    let open: Vec<WorkerNumber> =
        state.project.workers.iter().map(|seat| seat.number).filter(|n| !state.minimised.contains(n)).collect();
    if open.len() <= 1 {
        return state.toast("the last open pane stays open", false);
    }
    state.minimised.insert(number);
    state.shown = Shown::Grid;
    state.zoomed = false;
    if state.worker == number
        && let Some(next) = open.iter().find(|one| **one != number)
    {
        state.worker = *next;
    }
    state.mode = Mode::Cockpit;
}

/// The next pane in the order of tabs.
fn step(state: &mut State, by: usize) {
    let order: Vec<WorkerNumber> =
        state.project.workers.iter().map(|seat| seat.number).filter(|n| !state.minimised.contains(n)).collect();
    let place = order.iter().position(|number| *number == state.worker).unwrap_or(0);
    if let Some(next) = order.get((place + by) % order.len().max(1)) {
        select(state, *next);
    }
}

/// The pane in a direction; in the tab view, the tab before or after.
fn towards(state: &mut State, action: Action) {
    let panes = layout::areas(state).panes;
    if panes.len() < 2 {
        let count = state.project.workers.len();
        return step(
            state,
            if matches!(action, Action::PaneLeft | Action::PaneUp) { count.saturating_sub(1) } else { 1 },
        );
    }
    let Some((_, here)) = panes.iter().find(|(number, _)| *number == state.worker) else { return };
    let next = panes.iter().find(|(_, there)| match action {
        Action::PaneLeft => there.y == here.y && there.right() == here.x,
        Action::PaneRight => there.y == here.y && there.x == here.right(),
        Action::PaneUp => there.x == here.x && there.bottom() == here.y,
        _ => there.x == here.x && there.y == here.bottom(),
    });
    if let Some((number, _)) = next {
        select(state, *number);
    }
}

/// Makes a worker the active one without changing the view.
pub(super) fn select(state: &mut State, number: WorkerNumber) {
    let typing = matches!(state.mode.ground(), Mode::Agent);
    state.worker = number;
    state.mode = if typing && state.can_type() { Mode::Agent } else { Mode::Cockpit };
    reading::go_on(state);
    state.dirty = true;
}

fn lock(state: &mut State) {
    if matches!(state.mode, Mode::Locked) {
        state.mode = Mode::Agent;
    } else if state.can_type() {
        state.mode = Mode::Locked;
    } else {
        state.toast("no session runs here: there is nothing to lock", true);
    }
}

fn ask_stop(state: &mut State) {
    if state.can_type() {
        opening::show(state, Dialog::Ask(Ask { about: AskAbout::Stop(state.worker), choice: 0 }));
    } else {
        state.toast(&format!("worker {} runs nothing", state.worker), true);
    }
}
