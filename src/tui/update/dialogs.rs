//! Keys and actions of dialogs.

use ratatui::layout::Rect;

use crate::config::keymap::{Action, Chord, Context, KeyName};
use crate::model::{HandoffControl, PlanStatus, TaskId};
use crate::protocol::TaskView;
use crate::protocol::control::Request;
use crate::tui::dialog::{Ask, AskAbout, Dialog, Palette, ReviewText};
use crate::tui::message::{Cmd, Purpose};
use crate::tui::mode::Mode;
use crate::tui::state::{Shown, State};
use crate::tui::stepper::{self, Phase};
use crate::tui::{cells, layout, view};

use super::{actions, fields, opening, requests};

/// A key while a dialog has the keyboard.
pub(super) fn key(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    let Mode::Dialog { dialog, deaf_until, .. } = &mut state.mode else { return };
    if state.now < *deaf_until {
        // who is in the middle of a word does not mean this dialog: it stays deaf until the typing pauses
        if chord.typed().is_some() && matches!(**dialog, Dialog::Plan(_)) {
            *deaf_until = state.now.after(opening::DEAF_FOR);
        }
        return;
    }
    state.dirty = true;
    if dialog.takes_text() && text_key(state, chord, out) {
        return;
    }
    let Some(context) = state.mode.context() else { return };
    if let Some(action) = state.keymap.action(context, chord) {
        actions::act(state, action, out);
    }
}

/// A key in a dialog's text field; answers whether it was taken.
fn text_key(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) -> bool {
    let deletes = !state.abilities.enhanced_keyboard;
    let ends = matches!(chord.key, KeyName::Enter | KeyName::Esc);
    match state.mode.dialog_mut() {
        Some(Dialog::Palette(palette)) => return palette_key(palette, chord),
        Some(Dialog::Plan(card)) if !ends => {
            if let Some((_, field)) = &mut card.editing {
                fields::press(field, chord, deletes);
            }
        }
        Some(Dialog::Approval(card)) if !ends => {
            if let Some(field) = &mut card.reply {
                fields::press(field, chord, deletes);
            }
        }
        _ => end_field(state, chord.key == KeyName::Enter, out),
    }
    true
}

fn palette_key(palette: &mut Palette, chord: Chord) -> bool {
    match (chord.typed(), chord.key) {
        (Some(c), _) => palette.query.push(c),
        (None, KeyName::Backspace) => {
            palette.query.pop();
        }
        (None, KeyName::Char('h')) if chord.ctrl => {
            palette.query.pop();
        }
        _ => return false,
    }
    palette.row = 0;
    true
}

/// Enter or Esc in a text field: taken over or dropped.
fn end_field(state: &mut State, keep: bool, out: &mut Vec<Cmd>) {
    match state.mode.dialog_mut() {
        Some(Dialog::Plan(card)) => {
            let Some((task, field)) = card.editing.take() else { return };
            let title = crate::model::one_line(&fields::text(&field));
            if keep && !title.is_empty() {
                let request = Request::EditTask { task, title: Some(title), body: None, agent: None, worker: None };
                out.push(Cmd::Call(request, Purpose::Tell));
            }
        }
        Some(Dialog::Approval(card)) => {
            let Some(field) = card.reply.take() else { return };
            let text = fields::text(&field);
            if keep && !text.trim().is_empty() {
                requests::decide_card(state, true, Some(text), out);
            }
        }
        _ => {}
    }
}

/// A paste into a dialog's text field.
pub(super) fn paste(state: &mut State, text: &str) {
    state.dirty = true;
    match state.mode.dialog_mut() {
        Some(Dialog::Palette(palette)) => palette.query.push_str(&crate::model::one_line(text)),
        Some(Dialog::Plan(card)) => {
            if let Some((_, field)) = &mut card.editing {
                fields::paste(field, &crate::model::one_line(text));
            }
        }
        Some(Dialog::Approval(card)) => {
            if let Some(field) = &mut card.reply {
                fields::paste(field, text);
            }
        }
        _ => {}
    }
    if state.mode.dialog().is_some_and(|dialog| !dialog.takes_text()) {
        state.toast("nothing was pasted: this dialog has the keyboard, Esc closes it", true);
    }
}

/// An action of the dialog on top.
pub(super) fn act(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let stepper = matches!(state.mode.dialog(), Some(Dialog::Handoff(_)));
    if (action == Action::DialogClose && !stepper) || action == Action::PlanKeep {
        return opening::close(state);
    }
    match state.mode.dialog() {
        Some(Dialog::Plan(_)) => plan(state, action, out),
        Some(Dialog::Tasks(_)) => tasks(state, action, out),
        Some(Dialog::Handoff(_)) => handoff(state, action, out),
        Some(Dialog::Ask(ask)) => ask_about(state, ask.clone(), action, out),
        Some(Dialog::Palette(_)) => palette(state, action, out),
        Some(Dialog::Approval(_)) if action == Action::ListOpen => requests::reply(state, out),
        Some(Dialog::Approval(_) | Dialog::Review(_) | Dialog::Help(_)) => read(state, action),
        None => {}
    }
}

/// Moves a cursor by a row.
fn moved(row: usize, action: Action, count: usize) -> usize {
    match action {
        Action::ListUp => row.saturating_sub(1),
        Action::ListDown => (row + 1).min(count.saturating_sub(1)),
        _ => row,
    }
}

fn plan(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some(Dialog::Plan(card)) = state.mode.dialog().cloned() else { return };
    let Some(view) = state.project.plans.iter().find(|plan| plan.id == card.plan).cloned() else { return };
    let tasks: Vec<(TaskId, String)> =
        state.plan_tasks(&view).iter().map(|task| (task.id, task.title.clone())).collect();
    let ticked: Vec<TaskId> = tasks.iter().map(|(id, _)| *id).filter(|id| !card.off.contains(id)).collect();
    match action {
        Action::PlanConfirm if ticked.is_empty() => state.toast("no task is ticked: Space ticks, D declines", true),
        Action::PlanConfirm => {
            opening::close(state);
            watch(state, &ticked);
            let chosen = if ticked.len() == tasks.len() { Vec::new() } else { ticked };
            out.push(Cmd::Call(Request::ConfirmPlan { plan: card.plan, tasks: chosen }, Purpose::Plan(card.plan)));
        }
        Action::PlanDecline => {
            opening::close(state);
            out.push(Cmd::Call(Request::DeclinePlan { plan: card.plan }, Purpose::Plan(card.plan)));
        }
        _ => {
            let Some(Dialog::Plan(card)) = state.mode.dialog_mut() else { return };
            card.row = moved(card.row, action, tasks.len());
            let Some((id, title)) = tasks.get(card.row) else { return };
            match action {
                Action::PlanToggle if !card.off.remove(id) => {
                    card.off.insert(*id);
                }
                Action::PlanEdit => card.editing = Some((*id, fields::field(title))),
                _ => {}
            }
        }
    }
}

/// Brings what was just said yes to into sight: the grid when several workers set out and none has been at work
/// before, else the pane of the first that starts. A chat that covers the panes goes out of the way.
fn watch(state: &mut State, tasks: &[TaskId]) {
    let any = state.project.workers.iter().any(|seat| seat.session.is_some());
    if tasks.len() > 1 && !any {
        actions::remember(state);
        state.shown = Shown::Grid;
        state.zoomed = false;
        state.mode = Mode::Cockpit;
        return;
    }
    state.awaited = tasks.iter().copied().collect();
    if matches!(state.mode, Mode::Chat) && layout::chat_covers_panes(state) {
        state.mode = Mode::Cockpit;
    }
}

/// Shows the pane of the first worker that has begun with what was just said yes to, unless the person went elsewhere.
pub(super) fn follow_awaited(state: &mut State) {
    if state.awaited.is_empty() {
        return;
    }
    let seats = state.project.workers.iter();
    let begun =
        seats.filter(|seat| seat.session.is_some() && seat.task.is_some_and(|task| state.awaited.contains(&task)));
    let Some(number) = begun.map(|seat| seat.number).min() else { return };
    state.awaited.clear();
    let free = matches!(state.mode, Mode::Cockpit | Mode::Chat);
    if free && state.shown == Shown::Tab && state.worker != number {
        actions::remember(state);
        state.worker = number;
        state.minimised.remove(&number);
        state.dirty = true;
    }
}

/// The tasks in the order of the list: open ones by number, then final ones, the latest first.
pub(crate) fn task_rows(state: &State) -> Vec<&TaskView> {
    let mut rows: Vec<&TaskView> = state.project.tasks.iter().collect();
    rows.sort_by_key(|task| {
        let over = task.status.is_final();
        (over, if over { u64::MAX - task.id.0 } else { task.id.0 })
    });
    rows
}

fn tasks(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let count = state.project.tasks.len();
    let Some(Dialog::Tasks(list)) = state.mode.dialog_mut() else { return };
    list.row = moved(list.row, action, count).min(count.saturating_sub(1));
    let row = list.row;
    let Some((id, worker, over)) = task_rows(state).get(row).map(|task| (task.id, task.worker, task.status.is_final()))
    else {
        return;
    };
    match action {
        Action::TaskRun => out.push(Cmd::Call(Request::RunTask { task: id }, Purpose::Tell)),
        Action::TaskLand => opening::review(state, id, out),
        Action::TaskRetry => out.push(Cmd::Call(Request::RetryTask { task: id }, Purpose::Tell)),
        Action::TaskCancel if over => state.toast(&format!("#{id} is over already"), true),
        Action::TaskCancel => opening::show(state, Dialog::Ask(Ask { about: AskAbout::CancelTask(id), choice: 0 })),
        Action::ListOpen => {
            let waiting =
                state.project.approvals.iter().find(|approval| approval.task == Some(id)).map(|approval| approval.id);
            match (waiting, worker) {
                (Some(approval), _) => requests::open_one(state, approval, out),
                (None, Some(worker)) => actions::go_to(state, worker),
                (None, None) => state.toast(&format!("#{id} has no worker yet"), false),
            }
        }
        _ => {}
    }
}

/// A key of the stepper. Esc cancels while that changes nothing that is done, else it only hides.
fn handoff(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some(Dialog::Handoff(stepper)) = state.mode.dialog().cloned() else { return };
    let phase = stepper::phase(state, &stepper);
    let control = match (action, phase) {
        (Action::HandoffContinue, Phase::Unstarted) => {
            opening::close(state);
            return opening::handoff(state, stepper.worker, true, out);
        }
        (Action::HandoffContinue, Phase::Held) => HandoffControl::Continue,
        (Action::DialogClose | Action::HandoffCancel, Phase::Preparing | Phase::Held | Phase::Failed { .. })
        | (Action::HandoffCancel, Phase::Replacing | Phase::Done) => HandoffControl::Cancel,
        (Action::HandoffRetry, Phase::Failed { .. }) => HandoffControl::Retry,
        (Action::HandoffSkip, Phase::Failed { can_skip: true }) => HandoffControl::Skip,
        // Enter is the yes to step 4 in a moment: it must not mean anything else just before
        (Action::HandoffContinue, Phase::Preparing) => return,
        (Action::HandoffContinue | Action::DialogClose, _) => return opening::close(state),
        _ => return,
    };
    if let Some(id) = stepper.handoff {
        out.push(Cmd::Call(Request::SteerHandoff { handoff: id, control }, Purpose::Steer(id)));
    }
}

fn ask_about(state: &mut State, ask: Ask, action: Action, out: &mut Vec<Cmd>) {
    let count = ask.about.choices().len();
    match action {
        Action::AskNext | Action::AskPrevious => {
            let step = if action == Action::AskNext { 1 } else { count - 1 };
            if let Some(Dialog::Ask(open)) = state.mode.dialog_mut() {
                open.choice = (ask.choice + step) % count.max(1);
            }
        }
        Action::AskYes => {
            opening::close(state);
            answer_ask(state, ask.about, ask.choice, out);
        }
        _ => {}
    }
}

/// Carries out a choice of one of the cockpit's own questions; 0 is always to leave things as they are.
pub(super) fn answer_ask(state: &State, about: AskAbout, choice: usize, out: &mut Vec<Cmd>) {
    let project = state.project.id;
    match (about, choice) {
        (_, 0) => {}
        (AskAbout::Quit, 1) => out.push(Cmd::Leave),
        (AskAbout::Quit, _) => {
            let live = state
                .project
                .workers
                .iter()
                .map(|seat| seat.number)
                .filter(|number| state.live_session(*number).is_some());
            out.extend(live.map(|worker| Cmd::Call(Request::StopWorker { project, worker }, Purpose::Tell)));
            out.push(Cmd::Leave);
        }
        (AskAbout::Stop(worker), _) => out.push(Cmd::Call(Request::StopWorker { project, worker }, Purpose::Tell)),
        (AskAbout::CancelTask(task), _) => out.push(Cmd::Call(Request::CancelTask { task }, Purpose::Tell)),
    }
}

/// The actions that the palette shows for what was typed.
pub(crate) fn palette_rows(query: &str) -> Vec<Action> {
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let matches = |action: &&Action| {
        let text = format!("{} {}", action.description(), action.name()).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    Action::ALL.iter().filter(matches).copied().collect()
}

fn palette(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some(Dialog::Palette(palette)) = state.mode.dialog_mut() else { return };
    let rows = palette_rows(&palette.query);
    palette.row = moved(palette.row, action, rows.len());
    let chosen = rows.get(palette.row).copied().filter(|_| action == Action::ListOpen);
    let Some(chosen) = chosen else { return };
    opening::close(state);
    match actions::unavailable(state, chosen) {
        Some(why) => state.toast(&format!("{}: {why}", chosen.description()), true),
        None => actions::act(state, chosen, out),
    }
}

/// Scrolls what is read in a dialog.
fn read(state: &mut State, action: Action) {
    let height = reader(state).height.max(1);
    let count = u16::try_from(reading_lines(state)).unwrap_or(u16::MAX);
    let last = count.saturating_sub(height);
    let Some(scroll) = scroll_of(state) else { return };
    *scroll = match action {
        Action::ScrollUp => scroll.saturating_sub(1),
        Action::ScrollDown => scroll.saturating_add(1),
        Action::ScrollHalfUp => scroll.saturating_sub(height / 2),
        Action::ScrollHalfDown => scroll.saturating_add(height / 2),
        Action::ScrollPageUp => scroll.saturating_sub(height),
        Action::ScrollPageDown => scroll.saturating_add(height),
        Action::ScrollTop => 0,
        Action::ScrollBottom => last,
        _ => *scroll,
    }
    .min(last);
}

/// Puts the cursor of the list on top on a row, for the mouse; it decides nothing.
pub(super) fn choose(state: &mut State, row: usize) {
    match state.mode.dialog_mut() {
        Some(Dialog::Plan(card)) if card.editing.is_none() => card.row = row,
        Some(Dialog::Tasks(list)) => list.row = row,
        Some(Dialog::Palette(palette)) => palette.row = row,
        Some(Dialog::Ask(ask)) => ask.choice = row,
        _ => {}
    }
}

/// Scrolls by lines, for the wheel.
pub(super) fn wheel(state: &mut State, down: bool) {
    let action = if down { Action::ScrollDown } else { Action::ScrollUp };
    for _ in 0..3 {
        read(state, action);
    }
    let step = if down { Action::ListDown } else { Action::ListUp };
    if matches!(state.mode.dialog(), Some(Dialog::Tasks(_) | Dialog::Palette(_) | Dialog::Plan(_))) {
        act(state, step, &mut Vec::new());
    }
}

fn scroll_of(state: &mut State) -> Option<&mut u16> {
    match state.mode.dialog_mut()? {
        Dialog::Review(review) => Some(&mut review.scroll),
        Dialog::Approval(card) => Some(&mut card.scroll),
        Dialog::Help(scroll) => Some(scroll),
        _ => None,
    }
}

/// Where the text of the dialog on top is read.
fn reader(state: &State) -> Rect {
    let frame = state
        .mode
        .dialog()
        .map_or_else(|| layout::reader_frame(state.size), |dialog| view::dialog_place(state, dialog));
    layout::reader(frame)
}

/// How many lines the open text has.
fn reading_lines(state: &State) -> usize {
    let width = reader(state).width;
    match state.mode.dialog() {
        Some(Dialog::Review(review)) => review.shown.len(),
        Some(Dialog::Approval(card)) => cells::wrap(&card.detail, width).len(),
        Some(Dialog::Help(_)) => view::help_lines(state).len(),
        _ => 0,
    }
}

/// Keeps the dialog on top true: wrapped for the width, noted as read when its end was on screen, closed
/// when what it is about is gone.
pub(super) fn settle(state: &mut State) {
    let text = reader(state);
    let lines_fit = |scroll: u16, count: usize| usize::from(scroll) + usize::from(text.height) >= count;
    match state.mode.dialog_mut() {
        Some(Dialog::Review(review)) => {
            if let ReviewText::Lines(lines) = &review.text {
                if review.width != text.width {
                    review.shown = lines.iter().flat_map(|line| wrapped(line, text.width)).collect();
                    review.width = text.width;
                }
                review.seen |= lines_fit(review.scroll, review.shown.len());
            }
        }
        Some(Dialog::Approval(card)) => {
            card.seen |= lines_fit(card.scroll, cells::wrap(&card.detail, text.width).len());
        }
        _ => {}
    }
    close_if_gone(state);
}

fn wrapped(line: &str, width: u16) -> Vec<String> {
    let lines = cells::wrap(line, width);
    if lines.is_empty() { vec![String::new()] } else { lines }
}

fn close_if_gone(state: &mut State) {
    let Mode::Dialog { dialog, .. } = &state.mode else { return };
    let gone = match &**dialog {
        Dialog::Plan(card) => {
            let waits =
                state.project.plans.iter().any(|plan| plan.id == card.plan && plan.status == PlanStatus::Proposed);
            (!waits).then_some("this plan no longer waits")
        }
        Dialog::Approval(card) => state.approval(card.approval).is_none().then_some("this question no longer waits"),
        Dialog::Review(review) => match review.approval {
            Some(id) => state.approval(id).is_none().then_some("this change no longer waits"),
            None => None,
        },
        _ => None,
    };
    if let Some(why) = gone {
        opening::close(state);
        state.toast(why, false);
    }
}

/// A chord's action in the context of the dialog on top; for the mouse.
pub(super) fn press(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let deaf = matches!(&state.mode, Mode::Dialog { deaf_until, .. } if state.now < *deaf_until);
    let known = state.mode.context().is_some_and(|context| context != Context::Leader);
    if known && !deaf {
        actions::act(state, action, out);
    }
}
