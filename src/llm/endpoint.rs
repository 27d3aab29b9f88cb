//! Anthropic's Messages API (version 2023-06-01) and `OpenAI`'s Chat Completions, as hosted services and local servers
//! (Ollama, llama.cpp, vLLM) speak them.

use std::env;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::tls::{RootCerts, TlsConfig};

use super::{Answer, LlmError, Question};
use crate::model::{one_line, truncate};

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 4 * 1024 * 1024;

/// Tokens that an answer may have; a plan of 24 tasks has about 6,000.
const MOST_TOKENS: u32 = 16_000;

/// Which protocol an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `POST {base}/v1/messages`.
    Anthropic,
    /// `POST {base}/chat/completions`; the base ends in `/v1` as a rule.
    OpenAi,
}

/// One endpoint and a model on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its protocol.
    pub dialect: Dialect,
    /// Its base URL, without a slash at the end.
    pub base: String,
    /// The model's name there.
    pub model: String,
    /// The environment variable that holds its key; `None` for endpoints without one. The key is never kept.
    pub key: Option<String>,
}

impl Endpoint {
    /// Asks once.
    pub(super) fn ask(&self, question: &Question, patience: Duration) -> Result<Answer, LlmError> {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let client = ureq::Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls)
            .build()
            .new_agent();
        let key = self.key()?;
        let mut request = client.post(self.url()).content_type("application/json");
        request = match (self.dialect, key) {
            (Dialect::Anthropic, Some(key)) => request.header("x-api-key", key),
            (Dialect::OpenAi, Some(key)) => request.header("authorization", format!("Bearer {key}")),
            (_, None) => request,
        };
        if self.dialect == Dialect::Anthropic {
            request = request.header("anthropic-version", "2023-06-01");
        }
        let sent = request.send(self.body(question).to_string());
        let mut response = sent.map_err(|error| self.broken(&error, patience))?;
        let status = response.status().as_u16();
        let said = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string();
        let said = said.map_err(|error| self.broken(&error, patience))?;
        if status != 200 {
            return Err(LlmError::Refused { base: self.base.clone(), status, detail: start_of(&said) });
        }
        self.read(&said).ok_or_else(|| LlmError::NoText { who: self.base.clone(), detail: start_of(&said) })
    }

    fn url(&self) -> String {
        match self.dialect {
            Dialect::Anthropic => format!("{}/v1/messages", self.base),
            Dialect::OpenAi => format!("{}/chat/completions", self.base),
        }
    }

    fn key(&self) -> Result<Option<String>, LlmError> {
        let Some(variable) = &self.key else { return Ok(None) };
        let missing = || LlmError::NoKey { variable: variable.clone(), base: self.base.clone() };
        env::var(variable).ok().filter(|key| !key.is_empty()).map(Some).ok_or_else(missing)
    }

    fn body(&self, question: &Question) -> Value {
        let messages = json!([{ "role": "user", "content": question.prompt }]);
        match self.dialect {
            Dialect::Anthropic => json!({ "model": self.model, "max_tokens": MOST_TOKENS, "messages": messages }),
            Dialect::OpenAi => json!({
                "model": self.model,
                "messages": messages,
                "response_format": {
                    "type": "json_schema",
                    "json_schema": { "name": "plan", "strict": true, "schema": question.schema },
                },
            }),
        }
    }

    fn read(&self, said: &str) -> Option<Answer> {
        let said: Value = serde_json::from_str(said).ok()?;
        let number = |path: &str| said.pointer(path).and_then(Value::as_u64);
        let (text, input, output) = match self.dialect {
            Dialect::Anthropic => {
                let parts = said.get("content")?.as_array()?;
                let text: String = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
                (text, number("/usage/input_tokens"), number("/usage/output_tokens"))
            }
            Dialect::OpenAi => {
                let text = said.pointer("/choices/0/message/content")?.as_str()?.to_owned();
                (text, number("/usage/prompt_tokens"), number("/usage/completion_tokens"))
            }
        };
        (!text.trim().is_empty()).then_some(Answer { text, input_tokens: input, output_tokens: output })
    }

    fn broken(&self, error: &ureq::Error, patience: Duration) -> LlmError {
        match error {
            ureq::Error::Timeout(_) => LlmError::TimedOut { after: patience },
            other => LlmError::Unreachable { base: self.base.clone(), detail: one_line(&other.to_string()) },
        }
    }
}

fn start_of(said: &str) -> String {
    truncate(&one_line(said), 300)
}
