//! Dialogs that are lists: a plan, the tasks, all commands, and the cockpit's own questions.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::config::keymap::{Action, Context};
use crate::config::theme::Role;
use crate::model::{TaskStatus, one_line};
use crate::protocol::{PlanView, TaskView};
use crate::tui::choices::{palette_rows, task_rows, unavailable};
use crate::tui::dialog::{Ask, AskAbout, Dialog, Palette, PlanCard, TaskList};
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{cells, layout, status};

/// The rows of a dialog's list: drawing and mouse use the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    place: Rect,
    count: usize,
    chosen: usize,
}

impl Table {
    /// The first row in sight: so far down that the chosen one is.
    fn first(&self) -> usize {
        (self.chosen + 1).saturating_sub(usize::from(self.place.height))
    }

    /// The row at a place on screen.
    pub(crate) fn row_at(&self, at: Position) -> Option<usize> {
        let row = usize::from(at.y.checked_sub(self.place.y)?) + self.first();
        (self.place.contains(at) && row < self.count).then_some(row)
    }
}

/// Lines in which a plan says who made it.
const MOST_NOTED: usize = 4;

/// From this height on a plan says why the chosen task has its agent.
const REASONED: u16 = 17;

/// Where the rows of a dialog are, if it is a list.
pub(crate) fn table(state: &State, dialog: &Dialog) -> Option<Table> {
    let frame = super::dialog::place(state, dialog);
    let inner = layout::content(frame);
    let (count, chosen) = match dialog {
        Dialog::Plan(card) => (state.project.plans.iter().find(|plan| plan.id == card.plan)?.tasks.len(), card.row),
        Dialog::Tasks(list) => (state.project.tasks.len(), list.row),
        Dialog::Palette(palette) => (palette_rows(&palette.query).len(), palette.row),
        Dialog::Ask(ask) => (ask.about.choices().len(), ask.choice),
        Dialog::Links(list) => (list.links.len(), list.row),
        Dialog::Undo(list) => (list.undos.as_ref().and_then(|undos| undos.as_ref().ok()).map_or(0, Vec::len), list.row),
        Dialog::Everywhere(open) => (open.hits.len(), open.row),
        Dialog::Approval(_)
        | Dialog::Review(_)
        | Dialog::Handoff(_)
        | Dialog::Help(_)
        | Dialog::Explained(_)
        | Dialog::Output(_) => {
            return None;
        }
    };
    let (above, below) = match dialog {
        Dialog::Plan(_) if layout::is_tight(frame) => (1, 1),
        Dialog::Plan(card) => {
            let plan = state.project.plans.iter().find(|plan| plan.id == card.plan);
            let made = plan.map_or(1, |plan| planned_by(plan, inner.width).len());
            (1 + u16::try_from(made).unwrap_or(1), if frame.height >= REASONED { 8 } else { 5 })
        }
        Dialog::Tasks(_) => (0, if inner.height >= 16 { 7 } else { 3 }),
        Dialog::Palette(_) | Dialog::Everywhere(_) => (2, 2),
        Dialog::Links(_) => (0, 2),
        Dialog::Ask(ask) => (u16::try_from(ask_words(state, ask, inner.width).len()).unwrap_or(2) + 1, 1),
        _ => (0, 1),
    };
    let place =
        Rect { y: inner.y + above.min(inner.height), height: inner.height.saturating_sub(above + below), ..inner };
    Some(Table { place, count, chosen: chosen.min(count.saturating_sub(1)) })
}

/// Draws rows so that the chosen one is in sight.
pub(super) fn rows(skin: &Skin, frame: &mut Frame<'_>, table: Table, lines: Vec<Line<'_>>) {
    let place = table.place;
    for (offset, (index, text)) in (0..place.height).zip(lines.into_iter().enumerate().skip(table.first())) {
        let at = Rect { y: place.y + offset, height: 1, ..place };
        super::line(frame, at, text);
        if index == table.chosen {
            frame.buffer_mut().set_style(at, skin.style(Role::SelectRow));
        }
    }
}

/// A plan that waits.
pub(super) fn plan(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, card: &PlanCard) {
    let autonomy = format!("autonomy: {}", state.project.autonomy.word());
    let inner = super::frame::dialog(frame, skin, place, "Plan - waiting for you", &autonomy);
    let Some(view) = state.project.plans.iter().find(|plan| plan.id == card.plan) else { return };
    let tasks = state.plan_tasks(view);
    let on = tasks.iter().filter(|task| !card.off.contains(&task.id)).count();
    let asked = cells::fit(&format!("You asked: \"{}\"", one_line(&view.text)), inner.width);
    super::line(frame, Rect { height: 1.min(inner.height), ..inner }, Line::styled(asked, skin.ink(Role::TextStrong)));
    let Some(table) = table(state, &Dialog::Plan(card.clone())) else { return };
    let lines = tasks.iter().map(|task| plan_row(skin, task, !card.off.contains(&task.id), inner.width)).collect();
    rows(skin, frame, table, lines);
    let role = if view.note.is_some() { Role::AgentWaiting } else { Role::TextDim };
    for (at, text) in (inner.y + 1..table.place.y).zip(planned_by(view, inner.width)) {
        super::line(frame, Rect { y: at, height: 1, ..inner }, Line::styled(text, skin.ink(role)));
    }
    if let Some(task) = tasks.get(table.chosen).filter(|_| place.height >= REASONED) {
        let told = cells::wrap(&reason(task), inner.width);
        for (offset, text) in (1..3u16).zip(told) {
            let at = Rect { y: table.place.bottom() + offset, height: 1, ..inner };
            super::line(frame, at, Line::styled(text, skin.ink(Role::TextNormal)));
        }
    }
    let foot = Rect { y: inner.bottom().saturating_sub(4), height: 1, ..inner };
    let agents: std::collections::BTreeSet<&str> = tasks.iter().map(|task| task.agent.as_str()).collect();
    let agents = agents.into_iter().collect::<Vec<_>>().join(", ");
    let words = [
        format!(
            "{on} of {} tasks ticked, with {agents}. Each in its own worktree, from {}.",
            tasks.len(),
            one_line(&state.project.target)
        ),
        "Nothing runs before your key; the first half second ignores keys.".to_owned(),
    ];
    for (offset, text) in (0..2u16).zip(words) {
        let at = Rect { y: foot.y + offset, ..foot };
        if at.y >= table.place.bottom() && at.y + 1 < inner.bottom() {
            super::line(frame, at, Line::styled(cells::fit(&text, at.width), skin.ink(Role::TextDim)));
        }
    }
    if let Some((task, field)) = &card.editing {
        let at = Rect { y: inner.y + 1.min(inner.height), height: 1.min(inner.height), ..inner };
        frame.buffer_mut().set_style(at, skin.style(Role::SelectRow));
        super::line(frame, at, Line::styled(format!("#{task} title: "), skin.ink(Role::HintKey)));
        frame.render_widget(field, Rect { x: at.x + 14.min(at.width), width: at.width.saturating_sub(14), ..at });
    }
}

/// Who made the plan, and what is to be known of it: why it was not who should have, what to look at.
fn planned_by(plan: &PlanView, width: u16) -> Vec<String> {
    let by = if plan.by.is_empty() { "rules" } else { &plan.by };
    let note = plan.note.as_ref().map(|note| format!(" {}", one_line(note))).unwrap_or_default();
    let mut lines = cells::wrap(&format!("Planned by {}.{note}", one_line(by)), width);
    if lines.len() > MOST_NOTED {
        let rest = lines.split_off(MOST_NOTED - 1).join(" ");
        lines.push(cells::fit(&rest, width));
    }
    lines
}

/// Why a task has its agent and model, and what its planner expects of it.
fn reason(task: &TaskView) -> String {
    let mut words = vec![task.route.as_ref().map_or_else(|| with_model(task), |route| one_line(&route.why))];
    let forecast = &task.forecast;
    words.extend(forecast.minutes.map(|minutes| format!("about {minutes} min")));
    words.extend(forecast.tokens.map(|tokens| format!("about {tokens} tokens")));
    if !forecast.files.is_empty() {
        words.push(format!("in {}", one_line(&forecast.files.join(", "))));
    }
    words.extend(forecast.risks.first().map(|risk| format!("risk: {}", one_line(risk))));
    format!("#{} {}", task.id, words.join("; "))
}

/// The agent with the model that it was given.
fn with_model(task: &TaskView) -> String {
    match &task.model {
        Some(model) => format!("{} ({})", one_line(&task.agent), one_line(model)),
        None => one_line(&task.agent),
    }
}

fn plan_row(skin: &Skin, task: &TaskView, on: bool, width: u16) -> Line<'static> {
    let mark = if on { "[x]" } else { "[ ]" };
    let worker = task.worker.map_or_else(|| "any".to_owned(), |worker| worker.to_string());
    let after: Vec<String> = task.depends.iter().map(|id| format!("#{id}")).collect();
    let after = if after.is_empty() { "-".to_owned() } else { after.join(",") };
    let right =
        format!("  {:<18} @{:<4} after {:<7}", cells::fit(&with_model(task), 18), worker, cells::fit(&after, 7));
    let room = usize::from(width.saturating_sub(cells::width(&right) + 11)).max(8);
    let title = cells::fit(&one_line(&task.title), u16::try_from(room).unwrap_or(u16::MAX));
    let pad = room.saturating_sub(usize::from(cells::width(&title)));
    let role = if on { Role::TextNormal } else { Role::TextDim };
    Line::from(vec![
        Span::styled(format!(" {mark} #{:<4} ", task.id.0), skin.ink(role)),
        Span::styled(format!("{title}{}", " ".repeat(pad)), skin.ink(role)),
        Span::styled(right, skin.ink(Role::TextDim)),
    ])
}

/// The tasks, and the whole of the chosen one below.
pub(super) fn tasks(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, list: &TaskList) {
    let all = task_rows(state);
    let open = all.iter().filter(|task| !task.status.is_final()).count();
    let inner = super::frame::dialog(frame, skin, place, "Tasks", &format!("{open} open, {} over", all.len() - open));
    if all.is_empty() {
        let text = "No tasks yet. Say in the chat what is to be done, or run `qd task add \"...\"`.";
        return super::line(
            frame,
            Rect { height: 1.min(inner.height), ..inner },
            Line::styled(text, skin.ink(Role::TextDim)),
        );
    }
    let Some(table) = table(state, &Dialog::Tasks(list.clone())) else { return };
    let lines = all.iter().map(|task| task_row(skin, task, inner.width)).collect();
    rows(skin, frame, table, lines);
    let detail = Rect { y: table.place.bottom(), height: inner.height.saturating_sub(table.place.height + 1), ..inner };
    if let Some(task) = all.get(table.chosen) {
        for (offset, text) in (0..detail.height).zip(about(task, detail.width)) {
            super::line(
                frame,
                Rect { y: detail.y + offset, height: 1, ..detail },
                Line::styled(text, skin.ink(Role::TextDim)),
            );
        }
    }
}

fn task_row(skin: &Skin, task: &TaskView, width: u16) -> Line<'static> {
    let (glyph, role) = status::of_task(task.status, task.needs.is_some());
    let worker = task.worker.map_or_else(|| "-".to_owned(), |worker| worker.to_string());
    let state = format!("{glyph} {}", task.status.word());
    let waits = task.waits_for.as_ref().map(|waits| format!("waits for {waits}"));
    let reason = task.needs.clone().or(waits).or_else(|| task.reason.clone());
    let reason = reason.map(|text| one_line(&text)).unwrap_or_default();
    let half = width.saturating_sub(36) / 2;
    let title = cells::fit(&one_line(&task.title), half);
    let pad = usize::from(half.saturating_sub(cells::width(&title)));
    Line::from(vec![
        Span::styled(format!(" #{:<4} ", task.id.0), skin.ink(Role::TextDim)),
        Span::styled(format!("{title}{} ", " ".repeat(pad)), skin.ink(Role::TextNormal)),
        Span::styled(format!(" {worker:<3} "), skin.ink(Role::TextDim)),
        Span::styled(format!("{state:<15} "), skin.ink(role)),
        Span::styled(cells::fit(&reason, half + 2), skin.ink(Role::TextDim)),
    ])
}

/// The chosen task in words.
fn about(task: &TaskView, width: u16) -> Vec<String> {
    let mut lines = vec![String::new()];
    let depends: Vec<String> = task.depends.iter().map(|id| format!("#{id}")).collect();
    let after = if depends.is_empty() { String::new() } else { format!("   after {}", depends.join(", ")) };
    lines.push(format!(
        "#{} {}   {}{after}   attempts {}",
        task.id,
        one_line(&task.branch),
        with_model(task),
        task.attempts
    ));
    lines.extend(task.route.as_ref().map(|route| one_line(&route.why)));
    let waits = task.waits_for.as_ref().map(|waits| format!("waits for {waits}"));
    for text in [&task.needs, &waits, &task.reason, &task.summary].into_iter().flatten() {
        lines.push(one_line(text));
    }
    if task.status == TaskStatus::Completed {
        let commit = task.commit.as_deref().map(|commit| commit.get(..10).unwrap_or(commit));
        lines.push(
            commit.map_or_else(|| "completed without changes".to_owned(), |commit| format!("landed as {commit}")),
        );
    }
    lines.into_iter().map(|line| cells::fit(&line, width)).collect()
}

/// All commands.
pub(super) fn palette(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, palette: &Palette) {
    let inner = super::frame::dialog(frame, skin, place, "Commands", "");
    let query = Line::from(vec![
        Span::styled("> ", skin.ink(Role::TextAccent)),
        Span::styled(cells::fit(&one_line(&palette.query), inner.width.saturating_sub(4)), skin.ink(Role::TextStrong)),
        Span::styled("_", skin.ink(Role::TextAccent)),
    ]);
    super::line(frame, Rect { height: 1.min(inner.height), ..inner }, query);
    let Some(table) = table(state, &Dialog::Palette(palette.clone())) else { return };
    let actions = palette_rows(&palette.query);
    if actions.is_empty() {
        let at = Rect { height: 1.min(table.place.height), ..table.place };
        return super::line(frame, at, Line::styled("no command matches", skin.ink(Role::TextDim)));
    }
    let lines = actions.iter().map(|action| palette_row(state, skin, *action, inner.width)).collect();
    rows(skin, frame, table, lines);
}

fn palette_row(state: &State, skin: &Skin, action: Action, width: u16) -> Line<'static> {
    let key = Context::ALL
        .iter()
        .find_map(|context| {
            let chord = *state.keymap.chords(*context, action).first()?;
            Some(if *context == Context::Leader { format!("{} {chord}", state.leader()) } else { chord.to_string() })
        })
        .unwrap_or_else(|| "-".to_owned());
    let why = unavailable(state, action);
    let text = match why {
        Some(why) => format!(" {} - {why}", action.description()),
        None => format!(" {}", action.description()),
    };
    let room = width.saturating_sub(18);
    let text = cells::fit(&text, room);
    let pad = usize::from(room.saturating_sub(cells::width(&text)));
    let role = if why.is_some() { Role::TextDim } else { Role::TextNormal };
    Line::from(vec![
        Span::styled(format!("{text}{}", " ".repeat(pad)), skin.ink(role)),
        Span::styled(format!(" {key}"), skin.ink(Role::HintKey)),
    ])
}

/// One of the cockpit's own questions.
pub(super) fn ask(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, ask: &Ask) {
    let name = match &ask.about {
        AskAbout::Quit => "Quit?".to_owned(),
        AskAbout::Stop(worker) => format!("Stop {}?", state.called(*worker)),
        AskAbout::CancelTask(task) => format!("Cancel #{task}?"),
        AskAbout::Undo { .. } => "Take it back?".to_owned(),
    };
    let inner = super::frame::dialog(frame, skin, place, &name, "");
    for (offset, text) in (0..inner.height).zip(ask_words(state, ask, inner.width)) {
        super::line(
            frame,
            Rect { y: inner.y + offset, height: 1, ..inner },
            Line::styled(text, skin.ink(Role::TextNormal)),
        );
    }
    let Some(table) = table(state, &Dialog::Ask(ask.clone())) else { return };
    let lines = ask
        .about
        .choices()
        .iter()
        .map(|choice| Line::styled(format!(" {choice}"), skin.ink(Role::TextNormal)))
        .collect();
    rows(skin, frame, table, lines);
}

/// What a question's choices mean.
fn ask_words(state: &State, ask: &Ask, width: u16) -> Vec<String> {
    let words = match &ask.about {
        AskAbout::Quit => {
            format!("Workers keep running when you leave; `qd` brings you back to {}.", one_line(&state.project.name))
        }
        AskAbout::Stop(_) => "Its session ends. Branch and worktree are kept; the task can be retried.".to_owned(),
        AskAbout::CancelTask(_) => {
            "Its session ends and it will not land. What it made is kept under a hidden ref (`qd undo`).".to_owned()
        }
        AskAbout::Undo { what, .. } => {
            format!("{}. Nothing is lost: what is there now is kept under a hidden ref.", one_line(what))
        }
    };
    cells::wrap(&words, width)
}
