//! How an agent starts: argument vector, environment and the files that must exist before. The prompt of a
//! headless run is an argument; one that is too long for that becomes a file and the argument says where it is.

use std::path::{Path, PathBuf};

use crate::config::{Adapter, AgentDefinition, PromptDelivery, StreamFormat};
use crate::model::{Reading, SessionMode, SessionState, StateSource};

use super::context::LaunchContext;
use super::{claude, codex, gemini, handing, opencode, prompt, qwen};

/// One argument may have 128 KiB on Linux (`MAX_ARG_STRLEN`, execve(2)); we stay well below.
const LONGEST_ARGUMENT: usize = 100_000;

/// How it starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaunchPlan {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Set in its environment.
    pub env: Vec<(String, String)>,
    /// Removed from its environment.
    pub remove_env: Vec<String>,
    /// Files to write (mode 0600) before the start.
    pub files: Vec<(PathBuf, String)>,
    /// Its conversation id, where we choose it.
    pub conversation: Option<String>,
    /// The command line already carries the prompt: there is nothing to paste.
    pub delivers_prompt: bool,
}

/// Makes the plan.
pub(super) fn plan(definition: &AgentDefinition, context: &LaunchContext<'_>) -> LaunchPlan {
    let mut plan = LaunchPlan {
        env: definition.environment.set.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        remove_env: definition.environment.remove.clone(),
        ..LaunchPlan::default()
    };
    if definition.adapter == Adapter::Shell {
        shell(context, &mut plan);
        return plan;
    }
    let headless = match (context.mode, &definition.arguments.autonomous) {
        (SessionMode::Autonomous, Some(list)) => Some(list),
        _ => None,
    };
    let argument = headless.is_some() || definition.prompt == PromptDelivery::Argument;
    let prompt = (argument && !context.prompt.is_empty()).then(|| prompt_argument(context, &mut plan));
    plan.delivers_prompt = prompt.is_some();
    let (settings, more) = adapt(definition.adapter, context, headless.is_some(), &mut plan);
    let values = Values { context, prompt, settings };
    let arguments = &definition.arguments;
    let resumes = context.resume.is_some();
    let opening = match (resumes, context.forks) {
        (true, true) if !arguments.fork.is_empty() => &arguments.fork,
        (true, false) if !arguments.resume.is_empty() => &arguments.resume,
        _ => &arguments.start,
    };
    let list = match headless {
        Some(_) if resumes && !context.forks && !arguments.autonomous_resume.is_empty() => {
            values.expand(&arguments.autonomous_resume)
        }
        _ => [values.expand(opening), values.expand(headless.unwrap_or(&arguments.interactive))].concat(),
    };
    if headless.is_some() && definition.stream != StreamFormat::Text {
        let own = context.qd.to_string_lossy().into_owned();
        let format = definition.stream.word();
        plan.argv.extend([own, "transcript".to_owned(), "--agent".to_owned(), format.to_owned(), "--".to_owned()]);
    }
    plan.argv.push(context.program.to_string_lossy().into_owned());
    plan.argv.extend(more);
    if context.trusted {
        plan.argv.extend(values.expand(&arguments.trusted));
    }
    if context.bypass {
        plan.argv.extend(values.expand(&arguments.bypass));
        plan.argv.extend(without(list, &arguments.bypass_drops));
    } else {
        plan.argv.extend(list);
    }
    plan.conversation = match context.resume {
        Some(id) if !context.forks => Some(id.to_owned()),
        _ => opening.iter().any(|argument| argument == "{session}").then(|| context.session.to_string()),
    };
    plan
}

/// The arguments before `--` without these options and their values.
fn without(list: Vec<String>, dropped: &[String]) -> Vec<String> {
    let (mut kept, mut list) = (Vec::with_capacity(list.len()), list.into_iter());
    while let Some(argument) = list.next() {
        if argument == "--" {
            kept.push(argument);
            kept.extend(list);
            return kept;
        }
        if dropped.contains(&argument) {
            list.next();
        } else {
            kept.push(argument);
        }
    }
    kept
}

/// What an adapter adds: files of the session, environment, the path for `{settings}`, and arguments that stand first.
fn adapt(
    adapter: Adapter,
    context: &LaunchContext<'_>,
    headless: bool,
    plan: &mut LaunchPlan,
) -> (Option<String>, Vec<String>) {
    let word = |path: PathBuf| Some(path.to_string_lossy().into_owned());
    match adapter {
        Adapter::Plain | Adapter::Shell => (None, vec![]),
        Adapter::Claude => {
            let readable = match plan.files.first() {
                Some((path, _)) => vec![path.clone(), handing::prompts(context.session_directory).join("**")],
                None => vec![handing::prompts(context.session_directory).join("**")],
            };
            let path = context.session_directory.join("claude-settings.json");
            plan.files.push((path.clone(), claude::settings(context, headless, &readable)));
            (word(path), vec![])
        }
        Adapter::Codex => {
            // the directory must exist: its sandbox makes it writable when it starts
            let outbox = outbox(context.session_directory);
            plan.files.push((outbox.join("README"), OUTBOX.to_owned()));
            plan.env.push(("QD_SESSION_OUTBOX".to_owned(), outbox.to_string_lossy().into_owned()));
            (None, codex::arguments(context, headless))
        }
        Adapter::Gemini => {
            if !headless {
                // the directory must exist: it is looked for when it starts
                let prompts = handing::prompts(context.session_directory);
                plan.files.push((prompts.join("README"), handing::README.to_owned()));
            }
            let policy = context.session_directory.join("gemini-policy.toml");
            plan.files.push((policy.clone(), gemini::policy(context, headless)));
            if headless {
                // Otherwise it starts itself again as a child and ignores signals to the first process. Full screen it
                // needs that: its trust question ends with a new start.
                plan.env.push(("GEMINI_CLI_NO_RELAUNCH".to_owned(), "true".to_owned()));
            }
            (word(policy), vec![])
        }
        Adapter::Opencode => {
            // a headless run tells everything in its output
            let plugin = (!headless).then(|| context.session_directory.join("opencode-plugin.js"));
            plan.files.extend(plugin.clone().map(|path| (path, opencode::plugin(context))));
            let prompts = handing::prompts(context.session_directory);
            let configuration = opencode::configuration(context, plugin.as_deref(), &prompts);
            plan.env.push(("OPENCODE_CONFIG_CONTENT".to_owned(), configuration));
            (None, vec![])
        }
        Adapter::Qwen => {
            if !headless {
                let path = context.session_directory.join("qwen-defaults.json");
                plan.env.push((qwen::VARIABLE.to_owned(), path.to_string_lossy().into_owned()));
                plan.files.push((path, qwen::defaults(context)));
            }
            (None, vec![])
        }
    }
}

/// For whoever finds the directory.
const OUTBOX: &str =
    "Reports that the agent's sandbox keeps from Quarterdeck's socket are put here; its hooks pass them on.\n";

/// Where a sandboxed agent puts reports.
fn outbox(session_directory: &Path) -> PathBuf {
    session_directory.join("outbox")
}

/// A task's command runs under `sh -c`: it is the person's own shell text. Without one it is a plain shell.
fn shell(context: &LaunchContext<'_>, plan: &mut LaunchPlan) {
    plan.delivers_prompt = true;
    plan.argv = match context.run {
        Some(command) => vec!["/bin/sh".to_owned(), "-c".to_owned(), command.to_owned()],
        None => vec![context.program.to_string_lossy().into_owned()],
    };
}

/// A shell tells nothing by itself: as long as it is there, it runs.
pub(super) fn shell_reading() -> Reading {
    Reading {
        state: SessionState::Working,
        source: StateSource::Process,
        evidence: "the shell runs".to_owned(),
        dialog: None,
    }
}

/// What a shell at its prompt is.
pub(super) fn prompt_reading() -> Reading {
    Reading {
        state: SessionState::Idle,
        source: StateSource::Process,
        evidence: "the shell waits at its prompt".to_owned(),
        dialog: None,
    }
}

/// Where a prompt is that no argument holds.
pub fn prompt_file(session_directory: &Path) -> PathBuf {
    session_directory.join("prompt.md")
}

/// The prompt as an argument, or a sentence that names the file it was written to.
fn prompt_argument(context: &LaunchContext<'_>, plan: &mut LaunchPlan) -> String {
    let text = prompt::safe(context.prompt);
    if text.len() <= LONGEST_ARGUMENT {
        return text;
    }
    let path = prompt_file(context.session_directory);
    let sentence = format!("Your task is in the file {}. Read all of it, then do what it says.", path.display());
    plan.files.push((path, text));
    sentence
}

struct Values<'a> {
    context: &'a LaunchContext<'a>,
    prompt: Option<String>,
    settings: Option<String>,
}

impl Values<'_> {
    fn of(&self, name: &str) -> Option<String> {
        let context = self.context;
        match name {
            "qd" => Some(context.qd.to_string_lossy().into_owned()),
            "prompt" => self.prompt.clone(),
            "model" => context.model.map(str::to_owned),
            "session" => Some(context.session.to_string()),
            "worktree" => Some(context.worktree.to_string_lossy().into_owned()),
            "settings" => self.settings.clone(),
            "resume" => context.resume.map(str::to_owned),
            // where the person has not agreed yet, Gemini CLI would ask about this directory before anything else
            "prompts" if !context.trusted => None,
            "prompts" => Some(handing::prompts(context.session_directory).to_string_lossy().into_owned()),
            "outbox" => Some(outbox(context.session_directory).to_string_lossy().into_owned()),
            _ => None,
        }
    }

    /// Fills the placeholders in. Values are never looked at for placeholders again.
    fn expand(&self, list: &[String]) -> Vec<String> {
        let mut arguments: Vec<String> = Vec::with_capacity(list.len());
        for argument in list {
            match self.fill(argument) {
                Some(filled) => arguments.push(filled),
                None => {
                    arguments.pop_if(|before| before.starts_with('-'));
                }
            }
        }
        arguments
    }

    /// `None` when a placeholder has no value.
    fn fill(&self, argument: &str) -> Option<String> {
        const NAMES: [&str; 9] =
            ["qd", "prompt", "prompts", "model", "session", "worktree", "settings", "resume", "outbox"];
        let mut filled = String::new();
        let mut rest = argument;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let name = after.split_once('}').filter(|(name, _)| NAMES.contains(name));
            if let Some((name, behind)) = name {
                filled.push_str(&self.of(name)?);
                rest = behind;
            } else {
                filled.push('{');
                rest = after;
            }
        }
        filled.push_str(rest);
        Some(filled)
    }
}
