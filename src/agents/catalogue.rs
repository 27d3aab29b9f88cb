//! The agents that are known, and one of them as the rest of the program sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Adapter, AgentDefinition};
use crate::model::{Exact, Reading, SessionMode};
use crate::protocol::pane::{Modes, Observation};

use super::context::LaunchContext;
use super::launch::{self, LaunchPlan};
use super::screen::Reader;
use super::transcript::Transcript;
use super::{claude, codex, gemini, keys, opencode, qwen};

/// All agents, in the order of their definitions.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    agents: Vec<Agent>,
}

/// Which program an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramName<'a> {
    /// Our own.
    Own,
    /// The person's shell (`$SHELL`, else `/bin/sh`).
    UserShell,
    /// To be looked up in the person's PATH; may be a path.
    Named(&'a str),
}

/// What a hook told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HookNews {
    /// A state, if the event says one.
    pub reading: Option<Reading>,
    /// The agent's own conversation id.
    pub conversation: Option<String>,
    /// A prompt was taken: what a delivery waits for.
    pub turn_started: bool,
    /// The text of that prompt, if the event tells it.
    pub prompt: Option<String>,
    /// It asks to be allowed this.
    pub asks: Option<Exact>,
    /// This was done: if it was asked for, that was answered.
    pub ran: Option<Exact>,
    /// Whatever was asked for is answered: a turn ended, or another one began.
    pub all_answered: bool,
}

/// One agent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Agent {
    pub(super) definition: Arc<AgentDefinition>,
    pub(super) reader: Arc<Reader>,
}

impl Catalogue {
    /// Takes the definitions; of two with the same name the later one counts.
    pub fn new(definitions: Vec<AgentDefinition>) -> Self {
        let mut agents: Vec<Agent> = Vec::new();
        for agent in definitions.into_iter().map(Agent::new) {
            match agents.iter_mut().find(|known| known.name() == agent.name()) {
                Some(known) => *known = agent,
                None => agents.push(agent),
            }
        }
        Self { agents }
    }

    /// The agent of this name.
    pub fn get(&self, name: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.name() == name)
    }

    /// All names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.agents.iter().map(Agent::name).collect()
    }

    /// All agents, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter()
    }
}

impl Agent {
    /// Whether it can go on with a conversation.
    pub fn can_resume(&self) -> bool {
        !self.definition().arguments.resume.is_empty()
    }

    /// Whether it can begin with a copy of a conversation.
    pub fn can_fork(&self) -> bool {
        !self.definition().arguments.fork.is_empty()
    }

    /// Brings a definition to life.
    pub fn new(definition: AgentDefinition) -> Self {
        let reader = Arc::new(Reader::new(&definition));
        Self { definition: Arc::new(definition), reader }
    }

    /// Its name in commands and JSON.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Its definition.
    pub fn definition(&self) -> &AgentDefinition {
        &self.definition
    }

    /// Its program.
    pub fn program(&self) -> ProgramName<'_> {
        match (self.definition.adapter, self.definition.command.as_str()) {
            (Adapter::Shell, _) => ProgramName::UserShell,
            (_, "{qd}") => ProgramName::Own,
            (_, name) => ProgramName::Named(name),
        }
    }

    /// Whether it has such a mode. `launch` runs an agent without a headless mode full screen.
    pub fn supports(&self, mode: SessionMode) -> bool {
        mode == SessionMode::Interactive
            || self.definition.adapter == Adapter::Shell
            || self.definition.arguments.autonomous.is_some()
    }

    /// Whether it calls a model that can be talked to; `false` for the shell.
    pub fn takes_prompts(&self) -> bool {
        self.definition.adapter != Adapter::Shell
    }

    /// Whether it can call `qd report`: it has a model, and tools that run commands.
    pub fn can_report(&self) -> bool {
        self.takes_prompts() && self.definition.reports
    }

    /// How it starts.
    pub fn launch(&self, context: &LaunchContext<'_>) -> LaunchPlan {
        launch::plan(&self.definition, context)
    }

    /// What its title and screen say; `None` when nothing on them is known (it is then not called idle).
    pub fn read(&self, observation: &Observation) -> Option<Reading> {
        match self.definition.adapter {
            Adapter::Shell => Some(launch::shell_reading()),
            _ => self.reader.read(observation),
        }
    }

    /// That a shell without a command of its own waits at its prompt: it has the terminal itself, so nothing that it
    /// started does. Of a shell that runs a command (`-c`) this says nothing, since its jobs are in its own group.
    pub fn at_prompt(&self, observation: &Observation) -> Option<Reading> {
        let waits = self.definition.adapter == Adapter::Shell && observation.own_foreground;
        waits.then(launch::prompt_reading)
    }

    /// What one of its hooks says. `payload` is JSON as the agent gave it; what is not understood says nothing.
    pub fn hook(&self, event: &str, payload: &str) -> HookNews {
        match self.definition.adapter {
            Adapter::Claude => claude::hook(event, payload),
            Adapter::Codex => codex::hook(event, payload),
            Adapter::Opencode => opencode::hook(event, payload),
            Adapter::Qwen => qwen::hook(event, payload),
            Adapter::Plain | Adapter::Gemini | Adapter::Shell => HookNews::default(),
        }
    }

    /// Whether it keeps a log of a conversation that tells its prompts while it goes on.
    pub fn keeps_log(&self) -> bool {
        self.definition.adapter == Adapter::Gemini
    }

    /// Where that log is: below a directory of this directory, and then `chats`, the file whose name ends so.
    pub fn log_place(&self, home: &Path, conversation: &str) -> Option<(PathBuf, String)> {
        if self.keeps_log() { gemini::log_place(home, conversation) } else { None }
    }

    /// The prompt that a line of the log tells, if it does.
    pub fn logged_prompt(&self, line: &str) -> Option<String> {
        gemini::logged_prompt(line)
    }

    /// What to type to end it politely; empty when there is nothing.
    pub fn polite_exit(&self) -> &[u8] {
        self.definition.polite_exit.as_bytes()
    }

    /// What ends a turn under way: one write each.
    pub fn interrupt(&self, modes: &Modes) -> Vec<Vec<u8>> {
        self.definition.interrupt.iter().map(|key| keys::bytes(key, modes).into_bytes()).collect()
    }

    /// Reads what a headless run puts out.
    pub fn transcript(&self) -> Transcript {
        Transcript::new(self.definition.stream)
    }

    /// Arguments that make it print its version.
    pub fn version_args(&self) -> &[String] {
        &self.definition.version
    }
}
