//! Dialogs with a cursor: a plan, the tasks, all commands.

use crate::config::keymap::Action;
use crate::model::{SessionId, TaskId};
use crate::protocol::control::Request;
use crate::tui::dialog::{Ask, AskAbout, Dialog, Output, ReviewText};
use crate::tui::message::{Cmd, Purpose};
use crate::tui::mode::Mode;
use crate::tui::state::{Shown, State};
use crate::tui::update::{actions, fields, opening, requests};
use crate::tui::{choices, layout};

/// Moves a cursor by a row.
pub(in crate::tui::update) fn moved(row: usize, action: Action, count: usize) -> usize {
    match action {
        Action::ListUp => row.saturating_sub(1),
        Action::ListDown => (row + 1).min(count.saturating_sub(1)),
        _ => row,
    }
}

pub(super) fn plan(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
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
pub(in crate::tui::update) fn follow_awaited(state: &mut State) {
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

pub(super) fn tasks(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let count = state.project.tasks.len();
    let Some(Dialog::Tasks(list)) = state.mode.dialog_mut() else { return };
    list.row = moved(list.row, action, count).min(count.saturating_sub(1));
    let row = list.row;
    let Some((id, worker, over, session)) = choices::task_rows(state)
        .get(row)
        .map(|task| (task.id, task.worker, task.status.is_final(), task.session.clone()))
    else {
        return;
    };
    // its worker may have another task by now: then its own last screen is what it left
    let elsewhere = worker.and_then(|worker| state.session(worker)).map(|shown| &shown.id) != session.as_ref();
    match action {
        Action::TaskRun => out.push(Cmd::Call(Request::RunTask { task: id }, Purpose::Tell)),
        Action::TaskLand => opening::review(state, id, out),
        Action::TaskRetry => out.push(Cmd::Call(Request::RetryTask { task: id }, Purpose::Tell)),
        Action::TaskCancel if over => state.toast(&format!("#{id} is over already"), true),
        Action::TaskCancel => opening::show(state, Dialog::Ask(Ask { about: AskAbout::CancelTask(id), choice: 0 })),
        Action::TaskOutput => output(state, id, session, out),
        Action::ListOpen if over && elsewhere && session.is_some() => output(state, id, session, out),
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

/// What the task's last session showed, from its record.
fn output(state: &mut State, task: TaskId, session: Option<SessionId>, out: &mut Vec<Cmd>) {
    let Some(session) = session else {
        return state.toast(&format!("#{task} has had no session"), false);
    };
    let open = Output { task, session: session.clone(), text: ReviewText::Loading, scroll: None };
    opening::show(state, Dialog::Output(open));
    out.push(Cmd::Recall(session));
}

pub(super) fn palette(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some(Dialog::Palette(palette)) = state.mode.dialog_mut() else { return };
    let rows = choices::palette_rows(&palette.query);
    palette.row = moved(palette.row, action, rows.len());
    let chosen = rows.get(palette.row).copied().filter(|_| action == Action::ListOpen);
    let Some(chosen) = chosen else { return };
    opening::close(state);
    match choices::unavailable(state, chosen) {
        Some(why) => state.toast(&format!("{}: {why}", chosen.description()), true),
        None => actions::act(state, chosen, out),
    }
}

/// Puts the cursor of the list on top on a row, for the mouse; it decides nothing.
pub(in crate::tui::update) fn choose(state: &mut State, row: usize) {
    match state.mode.dialog_mut() {
        Some(Dialog::Plan(card)) if card.editing.is_none() => card.row = row,
        Some(Dialog::Tasks(list)) => list.row = row,
        Some(Dialog::Palette(palette)) => palette.row = row,
        Some(Dialog::Links(list)) => list.row = row,
        Some(Dialog::Undo(list)) => list.row = row,
        Some(Dialog::Everywhere(open)) => open.row = row,
        Some(Dialog::Ask(ask)) => ask.choice = row,
        _ => {}
    }
}
