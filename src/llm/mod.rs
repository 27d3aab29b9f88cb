//! Model calls: one question, one answer, no conversation and no tools. Through an endpoint that speaks Anthropic's Messages or
//! `OpenAI`'s Chat Completions (hosted or local), or through an installed agent CLI in its headless mode. Everything here
//! blocks up to its deadline: call it from blocking threads. What an answer means is not decided here.

mod cli;
mod endpoint;
mod error;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;

pub use cli::Cli;
pub use endpoint::{Dialect, Endpoint};
pub use error::LlmError;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The whole prompt.
    pub prompt: String,
    /// The JSON schema that the answer shall follow; sent to whoever can enforce one.
    pub schema: Value,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Its text.
    pub text: String,
    /// Tokens of the question, where the answerer said.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer, where the answerer said.
    pub output_tokens: Option<u64>,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// An HTTP endpoint.
    Endpoint(Endpoint),
    /// An installed agent.
    Cli(Cli),
}

impl Model {
    /// Asks. Ends after `patience` at the latest.
    pub fn ask(&self, question: &Question, patience: Duration) -> Result<Answer, LlmError> {
        match self {
            Model::Endpoint(endpoint) => endpoint.ask(question, patience),
            Model::Cli(cli) => cli.ask(question, patience),
        }
    }

    /// Who it is, for people: `claude (haiku)`, `http://127.0.0.1:11434/v1 (qwen3)`.
    pub fn name(&self) -> String {
        match self {
            Model::Endpoint(endpoint) => format!("{} ({})", endpoint.base, endpoint.model),
            Model::Cli(cli) if cli.model.is_empty() => cli.agent.clone(),
            Model::Cli(cli) => format!("{} ({})", cli.agent, cli.model),
        }
    }
}
