//! Agent definitions: one TOML file describes one agent CLI completely as data – how it is started, how
//! text gets into it, and what its title and screen say. The shipped ones are in `agents/` and show the
//! notation. Here they are only parsed and checked; `agents` brings them to life.
//!
//! **Patterns** match within one row of the screen (or the title), as plain text and case-sensitive. `^` at the
//! start anchors at the row's first visible character, `$` at the end at its last, `**` stands for any text.
//!
//! **Keys** are `Enter`, `Esc`, `Tab`, `Space`, `Backspace`, `Up`, `Down`, `Left`, `Right`, `Ctrl+c`, or one
//! character. Each is one write to the terminal.
//!
//! **Arguments** may hold `{qd}`, `{prompt}`, `{model}`, `{session}`, `{worktree}`, `{settings}`, `{resume}`,
//! `{outbox}` (a directory of the session that its sandbox may write to), `{prompts}` (one that holds texts too long for its
//! composer). An argument whose value does not exist in this launch is left out, together with an option (`-…`) right before it.

use serde::Deserialize;

use crate::model::DialogKind;

use super::SettingsError;
use super::mistake::explain;

mod start;
mod stream;

pub use start::{Arguments, EnvironmentChanges, SignIn};
pub use stream::{Adapter, StreamFormat};

/// How a prompt reaches an interactive agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptDelivery {
    /// Pasted into its composer once it is ready.
    #[default]
    Paste,
    /// As an argument (`{prompt}`) of its command line.
    Argument,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentDefinition {
    /// What it is called in commands and JSON: lowercase letters, digits and dashes.
    pub name: String,
    /// What it is called on screen.
    pub title: String,
    /// The program's name or path, or `{qd}` for our own program.
    pub command: String,
    /// What is known beyond this file.
    #[serde(default)]
    pub adapter: Adapter,
    /// What a headless run puts out.
    #[serde(default)]
    pub stream: StreamFormat,
    /// How a prompt gets into it.
    #[serde(default)]
    pub prompt: PromptDelivery,
    /// Whether it can run commands, and so `qd report`.
    #[serde(default = "reports")]
    pub reports: bool,
    /// Arguments that make it print its version.
    #[serde(default = "version_arguments")]
    pub version: Vec<String>,
    /// How to get it, for the person.
    pub install: Option<String>,
    /// What must be there besides, for the person: a runtime and its version.
    pub requires: Option<String>,
    /// What to type to end it politely; empty when there is nothing (`\r` is Enter).
    #[serde(default)]
    pub polite_exit: String,
    /// Keys that end a turn under way.
    #[serde(default = "escape")]
    pub interrupt: Vec<String>,
    /// How to sign in, for the person.
    #[serde(default)]
    pub sign_in: SignIn,
    /// Command lines.
    #[serde(default)]
    pub arguments: Arguments,
    /// What it writes outside its worktree: its own state. `~/` is the home directory; one that ends in `/` is a
    /// directory, made when it is not there. A fence lets it write there.
    #[serde(default)]
    pub state: Vec<String>,
    /// Proven to work behind the fence of `sandbox`: its headless runs are put there when nobody says otherwise. Not for
    /// an agent that makes a sandbox of its own, which fails inside another one.
    #[serde(default)]
    pub fence: bool,
    /// Where the transcript file of a conversation is, for an agent whose hooks do not name it: `~/` and `$NAME/` at the
    /// start, `*` for any text within one name, `{conversation}` for its id, `{short}` for the first eight characters.
    #[serde(default)]
    pub transcripts: Vec<String>,
    /// Environment.
    #[serde(default)]
    pub environment: EnvironmentChanges,
    /// The input box.
    #[serde(default)]
    pub composer: Composer,
    /// What the screen says.
    #[serde(default)]
    pub screen: ScreenPatterns,
    /// What the title says.
    #[serde(default)]
    pub titles: TitlePatterns,
    /// Questions that it puts on the screen; the first that fits counts.
    #[serde(default, rename = "dialog")]
    pub dialogs: Vec<DialogDefinition>,
    /// Times.
    #[serde(default)]
    pub times: Times,
    /// How it answers one question without doing anything; `None` when it is not asked to plan.
    pub ask: Option<AskDefinition>,
    /// Where the definition comes from: `built in` or a path. Not part of the file.
    #[serde(skip)]
    pub source: String,
}

/// How it answers one question: headless, without tools, the question on its standard input, JSON on its standard output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskDefinition {
    /// Its arguments; `{model}` is the model, and goes with the flag before it when there is none.
    pub arguments: Vec<String>,
    /// The model that plans, unless the person configured another one; empty for its own default.
    #[serde(default)]
    pub model: String,
    /// JSON pointers (RFC 6901) to the answer's text in what it prints: the last line that has one of them counts.
    pub answer: Vec<String>,
}

impl AskDefinition {
    /// The arguments for a model.
    pub fn arguments(&self, model: &str) -> Vec<String> {
        let mut arguments: Vec<String> = Vec::new();
        for argument in &self.arguments {
            if argument.contains("{model}") {
                if !model.is_empty() {
                    arguments.push(argument.replace("{model}", model));
                } else if arguments.last().is_some_and(|flag| flag.starts_with('-')) {
                    arguments.pop();
                }
            } else {
                arguments.push(argument.clone());
            }
        }
        arguments
    }
}

/// The input box of the agent's screen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Composer {
    /// What its first row starts with; empty for one without a mark.
    pub mark: String,
    /// For one without a mark, how the edge begins that it stands on, drawn with `┃` at its side; empty when its text
    /// cannot be told from the rest of the screen.
    pub edge: String,
    /// Patterns of the row right above its first one; without any, every row that starts with the mark is one.
    pub above: Vec<String>,
    /// Patterns of the row after its last one.
    pub end: Vec<String>,
    /// Patterns of hints that an empty one shows.
    pub empty: Vec<String>,
    /// Patterns of what stands for a long paste.
    pub pasted: Vec<String>,
    /// The longest text of one line, in units of UTF-16, that it surely shows as it is; one of several lines, or a longer
    /// one, may be shown as such a pattern.
    pub shown_whole: usize,
    /// The longest text, in bytes of UTF-8, that is pasted; a longer one is written to a file, and one line names it.
    pub longest_paste: usize,
}

impl Default for Composer {
    fn default() -> Self {
        let none = Vec::new;
        Self {
            mark: String::new(),
            edge: String::new(),
            above: none(),
            end: none(),
            empty: none(),
            pasted: none(),
            shown_whole: SHOWN_WHOLE,
            longest_paste: LONGEST_PASTE,
        }
    }
}

/// What every composer that was tried shows as it is.
const SHOWN_WHOLE: usize = 150;
/// What every composer that was tried takes in one piece and within a second.
const LONGEST_PASTE: usize = 32 * 1024;

/// What the last rows of the screen say. Each list is of patterns, any of which is enough.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenPatterns {
    /// How many of the last rows that are not blank are looked at.
    pub rows: usize,
    /// It can take a prompt.
    pub ready: Vec<String>,
    /// A turn is under way.
    pub working: Vec<String>,
    /// It asks for a permission.
    pub waiting: Vec<String>,
    /// Its turn ended or was interrupted.
    pub done: Vec<String>,
    /// The provider's limit is reached.
    pub limited: Vec<String>,
}

impl Default for ScreenPatterns {
    fn default() -> Self {
        Self { rows: 12, ready: vec![], working: vec![], waiting: vec![], done: vec![], limited: vec![] }
    }
}

/// What the title says.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TitlePatterns {
    /// It can take a prompt; believed only together with the screen.
    pub ready: Vec<String>,
    /// A turn is under way.
    pub working: Vec<String>,
    /// It asks for a permission.
    pub waiting: Vec<String>,
    /// Its turn ended.
    pub done: Vec<String>,
}

/// One question on the screen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialogDefinition {
    /// What it is about.
    pub kind: DialogKind,
    /// Patterns that must all be on the screen, in this order from top to bottom.
    pub patterns: Vec<String>,
    /// Where its text begins: the last row above the first pattern that fits. Without it: the first pattern's row.
    pub from: Option<String>,
    /// Nothing stands below it: what does not, was answered.
    #[serde(default)]
    pub last: bool,
    /// Keys that say yes; empty when only the person can answer in the pane.
    #[serde(default)]
    pub yes: Vec<String>,
    /// Keys that say no; empty as above.
    #[serde(default)]
    pub no: Vec<String>,
    /// The answer that holds for more than this once, where there is one.
    #[serde(default)]
    pub always: Option<AlwaysDefinition>,
}

/// An answer that a question may offer, and that holds for more than this once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlwaysDefinition {
    /// A pattern of the row that offers it and says for what; without such a row it is not offered.
    pub row: String,
    /// Keys that give it.
    pub keys: Vec<String>,
}

/// Times, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Times {
    /// How long it may take until it can take a prompt; time spent in dialogs does not count.
    pub ready_for: u64,
    /// How long its composer must stand still before the paste.
    pub settle_for: u64,
    /// The least time between paste and Enter.
    pub enter_after: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self { ready_for: 60_000, settle_for: 300, enter_after: 500 }
    }
}

fn reports() -> bool {
    true
}

fn version_arguments() -> Vec<String> {
    vec!["--version".to_owned()]
}

fn escape() -> Vec<String> {
    vec!["Esc".to_owned()]
}

/// The definitions that come with the program: file name and text.
const SHIPPED: [(&str, &str); 11] = [
    ("claude.toml", include_str!("../../agents/claude.toml")),
    ("codex.toml", include_str!("../../agents/codex.toml")),
    ("gemini.toml", include_str!("../../agents/gemini.toml")),
    ("opencode.toml", include_str!("../../agents/opencode.toml")),
    ("kimi.toml", include_str!("../../agents/kimi.toml")),
    ("qwen.toml", include_str!("../../agents/qwen.toml")),
    ("copilot.toml", include_str!("../../agents/copilot.toml")),
    ("minimax.toml", include_str!("../../agents/minimax.toml")),
    ("aider.toml", include_str!("../../agents/aider.toml")),
    ("shell.toml", include_str!("../../agents/shell.toml")),
    ("demo.toml", include_str!("../../agents/demo.toml")),
];

impl AgentDefinition {
    /// Reads one file. `file` names it in errors and becomes its source.
    pub fn parse(text: &str, file: &str) -> Result<Self, SettingsError> {
        let mut definition: Self = toml::from_str(text).map_err(|error| explain(&error, text, file))?;
        file.clone_into(&mut definition.source);
        if definition.stream == StreamFormat::Text {
            definition.stream = definition.adapter.stream();
        }
        definition.check().map_err(|message| SettingsError { file: file.to_owned(), message, suggestion: None })?;
        Ok(definition)
    }

    /// The shipped definitions, best known first.
    pub fn shipped() -> Result<Vec<Self>, SettingsError> {
        SHIPPED
            .iter()
            .map(|(file, text)| {
                let mut definition = Self::parse(text, file)?;
                "built in".clone_into(&mut definition.source);
                Ok(definition)
            })
            .collect()
    }

    /// The shipped definitions with the person's own on top: one with a known name replaces it, others are added.
    /// A file that cannot be used costs that agent only: its error is in the second list.
    pub fn layered(files: &[(String, String)]) -> (Vec<Self>, Vec<SettingsError>) {
        let mut errors = Vec::new();
        let mut all = Self::shipped().unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        for (file, text) in files {
            match Self::parse(text, file) {
                Ok(own) => match all.iter_mut().find(|known| known.name == own.name) {
                    Some(known) => *known = own,
                    None => all.push(own),
                },
                Err(error) => {
                    let stem = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
                    all.retain(|known| Some(known.name.as_str()) != stem);
                    errors.push(error);
                }
            }
        }
        (all, errors)
    }

    /// What the types cannot say.
    fn check(&self) -> Result<(), String> {
        let name_is_plain = self.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if self.name.is_empty() || !name_is_plain {
            return Err(format!("name `{}` may only have lowercase letters, digits and dashes", self.name));
        }
        if self.command.trim().is_empty() {
            return Err("command is empty".to_owned());
        }
        let lists = [&self.composer.above, &self.composer.end, &self.composer.empty, &self.composer.pasted];
        let screen =
            [&self.screen.ready, &self.screen.working, &self.screen.waiting, &self.screen.done, &self.screen.limited];
        let titles = [&self.titles.ready, &self.titles.working, &self.titles.waiting, &self.titles.done];
        let dialogs = self.dialogs.iter().map(|dialog| &dialog.patterns);
        if lists.into_iter().chain(screen).chain(titles).chain(dialogs).flatten().any(|pattern| is_blank(pattern)) {
            return Err("a pattern is empty: it would fit everything".to_owned());
        }
        for dialog in &self.dialogs {
            if dialog.patterns.is_empty() {
                return Err("a dialog has no patterns: it would fit every screen".to_owned());
            }
        }
        let always = self.dialogs.iter().filter_map(|dialog| dialog.always.as_ref());
        if always.clone().any(|always| is_blank(&always.row) || always.keys.is_empty()) {
            return Err("an answer `always` needs the row that offers it, and keys".to_owned());
        }
        let always = always.flat_map(|always| &always.keys);
        let answers = self.dialogs.iter().flat_map(|dialog| dialog.yes.iter().chain(&dialog.no)).chain(always);
        if let Some(key) = answers.chain(&self.interrupt).find(|key| !is_key(key)) {
            return Err(format!(
                "`{key}` is not a key: use Enter, Esc, Tab, Space, Up, Down, Left, Right, Ctrl+x or one character"
            ));
        }
        if self.ask.as_ref().is_some_and(|ask| ask.answer.is_empty()) {
            return Err("ask.answer is empty: no answer would be found".to_owned());
        }
        self.check_delivery()
    }

    /// A prompt must have a way in.
    fn check_delivery(&self) -> Result<(), String> {
        let carries = |list: &[String]| list.iter().any(|argument| argument.contains("{prompt}"));
        match self.prompt {
            PromptDelivery::Argument if !carries(&self.arguments.interactive) => {
                Err("prompt is `argument`, but no interactive argument has `{prompt}`".to_owned())
            }
            PromptDelivery::Paste if self.adapter != Adapter::Shell && self.screen.ready.is_empty() => {
                Err("prompt is `paste`, but screen.ready says nowhere when it can take one".to_owned())
            }
            _ if self.adapter == Adapter::Shell => Ok(()),
            _ => match &self.arguments.autonomous {
                Some(list) if !carries(list) => Err("no autonomous argument has `{prompt}`".to_owned()),
                _ if !self.arguments.autonomous_resume.is_empty() && !carries(&self.arguments.autonomous_resume) => {
                    Err("no autonomous_resume argument has `{prompt}`".to_owned())
                }
                _ => Ok(()),
            },
        }
    }
}

/// Nothing is left of it besides anchors and wildcards.
fn is_blank(pattern: &str) -> bool {
    pattern.trim_start_matches('^').trim_end_matches('$').replace("**", "").trim().is_empty()
}

/// Whether `keys::bytes` of `agents` knows it.
fn is_key(key: &str) -> bool {
    const NAMED: [&str; 9] = ["Enter", "Esc", "Tab", "Space", "Backspace", "Up", "Down", "Left", "Right"];
    let one = |text: &str| text.chars().count() == 1;
    NAMED.contains(&key) || one(key) || key.strip_prefix("Ctrl+").is_some_and(|rest| one(rest) && rest.is_ascii())
}
