//! The one place that reads the environment which decides where everything lives.

use std::path::PathBuf;

use crate::config::{Environment, Paths};
use crate::model::Kind;

use super::Stop;

/// What decides places, as it is now.
pub(super) fn read() -> Environment {
    Environment {
        qd_home: directory("QD_HOME"),
        xdg_runtime_dir: directory("XDG_RUNTIME_DIR"),
        uid: nix::unistd::geteuid().as_raw(),
    }
}

/// The places that follow from it.
pub(super) fn paths(environment: &Environment) -> Result<Paths, Stop> {
    Paths::new(environment).ok_or_else(|| {
        Stop::new(Kind::Unavailable, "there is no home directory to keep anything in")
            .hint("set `HOME`, or `QD_HOME` to a directory for everything")
    })
}

/// An absolute directory from a variable. A relative `QD_HOME` is taken from here, because the daemon
/// that it is for works elsewhere; a relative `XDG_RUNTIME_DIR` is invalid (XDG base directory
/// specification) and ignored.
fn directory(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    let path = PathBuf::from(value);
    match (path.is_absolute(), name) {
        (true, _) => Some(path),
        (false, "QD_HOME") => std::path::absolute(path).ok(),
        (false, _) => None,
    }
}
