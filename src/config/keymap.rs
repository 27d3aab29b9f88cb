//! The keymap: the shipped `keymaps.toml` with the person's own file laid over it. The file is read
//! line by line, so that a mistake costs one line and never the file; every line that is not used is
//! reported with what is used instead.

mod action;
mod chord;

use std::collections::BTreeMap;

pub use action::{Action, Context};
pub use chord::{Chord, KeyName, NotAKey};

/// The shipped defaults, which are also their documentation.
pub const DEFAULT_KEYMAP: &str = include_str!("../../keymaps.toml");

/// A line that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file it is in.
    pub file: String,
    /// Its line, from 1; 0 when it is about the file as a whole.
    pub line: usize,
    /// What is wrong and what is used instead.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} line {}: {}", self.file, self.line, self.message)
    }
}

/// Which key does what, where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    keys: BTreeMap<Context, BTreeMap<Chord, Action>>,
}

/// One usable line.
struct Line {
    number: usize,
    context: Context,
    action: Action,
    chords: Vec<Chord>,
}

impl Keymap {
    /// The shipped keymap with the person's file (name and text) and leader over it, and what could not be used.
    pub fn load(own: Option<(&str, &str)>, leader: Option<&str>) -> (Self, Vec<Problem>) {
        let mut keymap = Self::default();
        let mut problems = Vec::new();
        keymap.lay("keymaps.toml (shipped)", DEFAULT_KEYMAP, &mut problems);
        if let Some((file, text)) = own {
            keymap.lay(file, text, &mut problems);
        }
        if let Some(text) = leader {
            match text.parse::<Chord>() {
                Ok(chord) => keymap.bind(Context::Direct, Action::AppLeader, &[chord]),
                Err(error) => problems.push(Problem {
                    file: "config.toml".to_owned(),
                    line: 0,
                    message: format!("leader: {error}; kept: {}", keymap.shown(Context::Direct, Action::AppLeader)),
                }),
            }
        }
        (keymap, problems)
    }

    /// What a key does in a context.
    pub fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        self.keys.get(&context)?.get(&chord).copied()
    }

    /// The keys of an action in a context.
    pub fn chords(&self, context: Context, action: Action) -> Vec<Chord> {
        let bound = self.keys.get(&context).into_iter().flatten();
        bound.filter(|(_, one)| **one == action).map(|(chord, _)| *chord).collect()
    }

    /// The keys of an action in a context as text; `-` when it has none.
    pub fn shown(&self, context: Context, action: Action) -> String {
        let keys: Vec<String> = self.chords(context, action).iter().map(ToString::to_string).collect();
        if keys.is_empty() { "-".to_owned() } else { keys.join(" ") }
    }

    /// All keys of a context with what they do, in the order of the action table.
    pub fn bindings(&self, context: Context) -> Vec<(Action, Vec<Chord>)> {
        let all = Action::ALL.iter().map(|action| (*action, self.chords(context, *action)));
        all.filter(|(_, chords)| !chords.is_empty()).collect()
    }

    /// Gives an action exactly these keys in a context; they are taken from whatever had them.
    pub fn bind(&mut self, context: Context, action: Action, chords: &[Chord]) {
        let bound = self.keys.entry(context).or_default();
        bound.retain(|_, one| *one != action);
        for chord in chords {
            bound.insert(*chord, action);
        }
    }

    /// Lays a file over what is there.
    fn lay(&mut self, file: &str, text: &str, problems: &mut Vec<Problem>) {
        let mut report = |line, message| problems.push(Problem { file: file.to_owned(), line, message });
        let lines = parse(text, &mut report);
        let mut taken: BTreeMap<(Context, Chord), Action> = BTreeMap::new();
        for line in &lines {
            let mut chords = Vec::new();
            for chord in &line.chords {
                match taken.get(&(line.context, *chord)) {
                    Some(first) if *first != line.action => report(
                        line.number,
                        format!(
                            "{chord} is used by {} and {}; kept: {}",
                            first.name(),
                            line.action.name(),
                            first.name()
                        ),
                    ),
                    _ => {
                        taken.insert((line.context, *chord), line.action);
                        chords.push(*chord);
                    }
                }
            }
            self.lay_line(line, &chords, &mut report);
        }
    }

    /// Binds one line, and says so when another action loses its last key by it.
    fn lay_line(&mut self, line: &Line, chords: &[Chord], report: &mut impl FnMut(usize, String)) {
        let losers: Vec<(Chord, Action)> = chords
            .iter()
            .filter_map(|chord| self.action(line.context, *chord).map(|action| (*chord, action)))
            .filter(|(_, action)| *action != line.action)
            .collect();
        self.bind(line.context, line.action, chords);
        for (chord, loser) in losers {
            if self.chords(line.context, loser).is_empty() {
                report(
                    line.number,
                    format!("{chord} is now {}; {} has no key left here", line.action.name(), loser.name()),
                );
            }
        }
    }
}

/// Reads the usable lines; the others are reported and skipped.
fn parse(text: &str, report: &mut impl FnMut(usize, String)) -> Vec<Line> {
    let mut context = None;
    let mut lines = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let number = index + 1;
        let line = raw.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            context = Context::named(name.trim());
            if context.is_none() {
                report(number, format!("there is no mode `{name}`; its lines are not used"));
            }
            continue;
        }
        let Some(context) = context else {
            report(number, "this line is below no known mode; not used".to_owned());
            continue;
        };
        match parse_line(line) {
            Ok((action, chords)) => lines.push(Line { number, context, action, chords }),
            Err(message) => report(number, format!("{message}; line not used, everything else works")),
        }
    }
    lines
}

/// Reads `area.verb = ["key", "key"]`.
fn parse_line(line: &str) -> Result<(Action, Vec<Chord>), String> {
    let (name, value) = line.split_once('=').ok_or_else(|| "there is no `=`".to_owned())?;
    let name = name.trim().trim_matches('"');
    let action = Action::named(name).ok_or_else(|| format!("there is no action `{name}`"))?;
    let table: toml::Table = toml::from_str(&format!("keys = {}", value.trim()))
        .map_err(|_| format!("{name}: the keys are not a list like [\"g\", \"ctrl+g\"]"))?;
    let keys = match table.get("keys") {
        Some(toml::Value::Array(keys)) => keys.clone(),
        Some(toml::Value::String(key)) => vec![toml::Value::String(key.clone())],
        _ => return Err(format!("{name}: the keys are not a list like [\"g\", \"ctrl+g\"]")),
    };
    let chords = keys.iter().map(|key| {
        let text = key.as_str().ok_or_else(|| format!("{name}: {key} is not in quotes"))?;
        text.parse::<Chord>().map_err(|error| format!("{name}: {error}"))
    });
    Ok((action, chords.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_keymap_has_no_problem() {
        let (keymap, problems) = Keymap::load(None, None);
        assert_eq!(problems, vec![]);
        assert_eq!(keymap.shown(Context::Direct, Action::AppLeader), "Ctrl+Space");
    }

    #[test]
    fn one_bad_line_costs_one_line() {
        let own = "[leader]\nview.grid = [\"G\"]\nview.chat = c\nview.tasks = [\"T\"]\nno.such = [\"x\"]\npane.zoom = [\"T\"]\n";
        let (keymap, problems) = Keymap::load(Some(("mine.toml", own)), None);
        let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, vec![3, 5, 6]);
        assert_eq!(
            problems[2].to_string(),
            "mine.toml line 6: T is used by view.tasks and pane.zoom; kept: view.tasks"
        );
        assert_eq!(keymap.action(Context::Leader, Chord::char('G')), Some(Action::ViewGrid));
        assert_eq!(keymap.action(Context::Leader, Chord::char('g')), None);
        assert_eq!(keymap.action(Context::Leader, Chord::char('c')), Some(Action::ViewChat));
    }

    #[test]
    fn an_action_that_lost_its_key_is_named() {
        let (keymap, problems) =
            Keymap::load(Some(("mine.toml", "[leader]\nworker.handoff = [\"g\"]")), Some("ctrl+q"));
        assert_eq!(problems[0].message, "g is now worker.handoff; view.grid has no key left here");
        assert_eq!(keymap.shown(Context::Direct, Action::AppLeader), "Ctrl+Q");
    }
}
