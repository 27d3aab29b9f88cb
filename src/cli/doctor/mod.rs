//! `qd doctor`: looks for problems, one line each with what to do. It starts nothing, and changes
//! nothing but what a killed demo left.

mod machine;
mod places;
mod terminal;

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Context, Done, Output, Stop, Tone};

/// `qd doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Health {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What: `git`, `settings`, …
    what: &'static str,
    /// How it stands.
    health: Health,
    /// What was found.
    detail: String,
    /// What to do about it.
    hint: Option<String>,
}

impl Finding {
    fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, health: Health::Ok, detail: detail.into(), hint: None }
    }

    fn warn(what: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what, health: Health::Warn, detail: detail.into(), hint: Some(hint.into()) }
    }

    fn fail(what: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what, health: Health::Fail, detail: detail.into(), hint: Some(hint.into()) }
    }

    /// The same as an error says it.
    fn of(what: &'static str, stop: Stop) -> Self {
        match stop {
            Stop::Complaint(complaint) => {
                Self { what, health: Health::Fail, detail: complaint.message, hint: complaint.hint }
            }
            Stop::OutputClosed => Self::fail(what, "nobody reads the output", "read it"),
        }
    }
}

impl Doctor {
    /// Does it. Ends with 1 when something is broken, so that scripts can ask.
    pub(super) async fn run(self, context: &Context) -> Done {
        let mut findings = machine::look(context).await;
        findings.extend(terminal::look());
        findings.extend(swept());
        if self.json {
            context.output.json(&findings)?;
        } else {
            findings.iter().try_for_each(|finding| print(context.output, finding))?;
        }
        let broken = findings.iter().any(|finding| finding.health == Health::Fail);
        Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// What killed demos had left: nobody's, so it is cleared away.
fn swept() -> Option<Finding> {
    let left: Vec<String> = super::demo::sweep().into_iter().map(|path| path.display().to_string()).collect();
    let words = || format!("cleared away what a killed demo had left: {}", left.join(", "));
    (!left.is_empty()).then(|| Finding::ok("demo", words()))
}

/// One line, and one for what to do.
fn print(output: Output, finding: &Finding) -> Result<(), Stop> {
    let (tone, word) = match finding.health {
        Health::Ok => (Tone::Good, "ok  "),
        Health::Warn => (Tone::Warning, "warn"),
        Health::Fail => (Tone::Bad, "fail"),
    };
    let detail = crate::model::one_line(&finding.detail);
    output.write(format!("{}  {:<10} {detail}\n", output.paint(tone, word), finding.what).as_bytes())?;
    match &finding.hint {
        Some(hint) => hint.lines().try_for_each(|line| output.line(format!("                 {line}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_json_object_with_plain_words() {
        let json = serde_json::to_string(&Finding::warn("tmux", "extended-keys is off", "set it")).unwrap();
        assert_eq!(json, r#"{"what":"tmux","health":"warn","detail":"extended-keys is off","hint":"set it"}"#);
    }
}
