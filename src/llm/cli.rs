//! An installed agent's headless mode as a model: one question on its standard input, without tools, in an empty
//! directory, so that it neither reads nor changes anything.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::{Answer, LlmError, Question};
use crate::model::{one_line, truncate};
use crate::process::{Finished, Program};

/// How an agent is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cli {
    /// The agent's name, for people.
    pub agent: String,
    /// Its program.
    pub program: PathBuf,
    /// Its arguments; the question goes to standard input.
    pub arguments: Vec<String>,
    /// The model among the arguments; empty for the agent's own default.
    pub model: String,
    /// JSON pointers (RFC 6901) to the answer's text, in any of the JSON lines that it prints; the last line that has one counts.
    pub answer: Vec<String>,
    /// Variables set for it.
    pub set: Vec<(String, String)>,
    /// Variables removed.
    pub remove: Vec<String>,
    /// The `PATH` it gets.
    pub path: OsString,
    /// An empty directory of ours.
    pub directory: PathBuf,
}

impl Cli {
    /// Asks once.
    pub(super) fn ask(&self, question: &Question, patience: Duration) -> Result<Answer, LlmError> {
        let mut program = Program::new(self.program.as_os_str())
            .args(&self.arguments)
            .cwd(&self.directory)
            .env("PATH", &self.path)
            .stdin(question.prompt.clone())
            .timeout(patience);
        for (name, value) in &self.set {
            program = program.env(name, value);
        }
        for name in &self.remove {
            program = program.remove_env(name);
        }
        let finished = program.run().map_err(|source| LlmError::NotStarted { agent: self.agent.clone(), source })?;
        if finished.timed_out {
            return Err(LlmError::TimedOut { after: patience });
        }
        let said = String::from_utf8_lossy(&finished.stdout);
        match self.read(&said) {
            Some(answer) if finished.success() => Ok(answer),
            _ if !finished.success() => Err(self.failed(&finished)),
            _ => Err(LlmError::NoText { who: self.agent.clone(), detail: truncate(&one_line(&said), 300) }),
        }
    }

    fn read(&self, said: &str) -> Option<Answer> {
        let objects: Vec<Value> = match serde_json::from_str(said.trim()) {
            Ok(Value::Array(objects)) => objects,
            Ok(object) => vec![object],
            Err(_) => said.lines().filter_map(|line| serde_json::from_str(line.trim()).ok()).collect(),
        };
        let text_of = |object: &Value| {
            let found = self.answer.iter().find_map(|pointer| object.pointer(pointer))?;
            match found {
                Value::String(text) => Some(text.clone()),
                Value::Object(_) => Some(found.to_string()),
                _ => None,
            }
        };
        let text = objects.iter().rev().find_map(text_of).filter(|text| !text.trim().is_empty())?;
        let tokens = |name: &str| objects.iter().rev().find_map(|object| object.get("usage")?.get(name)?.as_u64());
        Some(Answer { text, input_tokens: tokens("input_tokens"), output_tokens: tokens("output_tokens") })
    }

    fn failed(&self, finished: &Finished) -> LlmError {
        let ending = match (finished.code, finished.signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no exit code".to_owned(),
        };
        let said = if finished.stderr.trim_ascii().is_empty() { &finished.stdout } else { &finished.stderr };
        let said = String::from_utf8_lossy(said);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        LlmError::AgentFailed { agent: self.agent.clone(), ending, detail: truncate(&one_line(last), 300) }
    }
}
