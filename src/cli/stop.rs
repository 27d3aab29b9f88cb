//! How a command ends early, and the one printer for errors.

use std::error::Error;
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use crate::model::{Explain, Kind, sanitize};
use crate::protocol::control::Response;

/// What every command gives back.
pub type Done = Result<ExitCode, Stop>;

/// Why a command ends early.
#[derive(Debug)]
pub enum Stop {
    /// Something went wrong that the person should know.
    Complaint(Complaint),
    /// Nobody reads the output any more (`| head`): the work is done, quietly.
    OutputClosed,
}

/// An error as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// What sort; decides the exit code.
    pub kind: Kind,
    /// What happened, with its causes.
    pub message: String,
    /// What can be done.
    pub hint: Option<String>,
}

impl<E: Explain> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Complaint(Complaint { kind: error.kind(), message: with_causes(&error), hint: error.hint() })
    }
}

impl Stop {
    /// A complaint of the command line itself.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Stop::Complaint(Complaint { kind, message: message.into(), hint: None })
    }

    /// The same with what can be done.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Stop::Complaint(complaint) => Stop::Complaint(Complaint { hint: Some(hint.into()), ..complaint }),
            Stop::OutputClosed => Stop::OutputClosed,
        }
    }

    /// Something of the system that refused while `doing`.
    pub fn system(doing: impl fmt::Display, error: &std::io::Error) -> Self {
        Stop::new(Kind::Unavailable, format!("{doing}: {error}"))
    }

    /// An answer to another question than the one asked.
    pub fn unexpected(_answer: &Response) -> Self {
        Stop::new(Kind::Internal, "the daemon answered something else than what was asked")
            .hint("its version may differ: `qd daemon stop`, then try again")
    }
}

/// The message and its causes in one line, each once.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", sanitize(&self.message))?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {}", sanitize(hint))?;
        }
        Ok(())
    }
}

/// Prints what has to be printed and gives the exit code.
pub(super) fn finish(done: Done) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(Stop::OutputClosed) => ExitCode::SUCCESS,
        Err(Stop::Complaint(complaint)) => {
            say(&complaint);
            ExitCode::from(complaint.kind.exit_code())
        }
    }
}

/// Prints a note beside the result, for a person only.
pub(super) fn note(text: &str) {
    say(&sanitize(text));
}

/// Says a complaint that does not end the command; gives the exit code that it stands for.
pub(super) fn note_complaint(stop: Stop) -> Result<ExitCode, Stop> {
    match stop {
        Stop::OutputClosed => Err(stop),
        Stop::Complaint(_) => Ok(finish(Err(stop))),
    }
}

/// A line on standard error; a closed standard error is nobody's problem.
pub(super) fn say(text: &dyn fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
