//! `qd version`.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::protocol::{control, pane};

use super::{Context, Done};

/// `qd version`.
#[derive(Debug, Args)]
pub struct Version {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What is versioned.
#[derive(Debug, Serialize)]
struct Versions {
    version: &'static str,
    control_protocol: u32,
    pane_protocol: u32,
}

impl Version {
    /// Does it.
    pub(super) fn run(self, context: &Context) -> Done {
        let versions = Versions {
            version: env!("CARGO_PKG_VERSION"),
            control_protocol: control::VERSION,
            pane_protocol: pane::VERSION,
        };
        if self.json {
            context.output.json(&versions)?;
        } else {
            context.output.line(format!("qd {}", versions.version))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
