//! The container of one session: found, shown, ended. It is kept after its end until how it ended is on record, so
//! that the death of a client says nothing about the work inside.

use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::presence::{Patience, Presence, code_of_status};
use crate::model::{one_line, truncate};
use crate::process::{self, Finished, ProcessError, Program};

/// Nobody types this; without it Ctrl+P would wait for a second key.
pub(super) const DETACH_KEYS: &str = "--detach-keys=ctrl-^,ctrl-@,ctrl-^,ctrl-@";
/// A client that dies with its terminal does not take the container along.
pub(super) const NO_SIGNALS: &str = "--sig-proxy=false";
/// Stopping and removing one.
const LIMIT: Duration = Duration::from_secs(60);
/// Looking at one.
const LOOK_LIMIT: Duration = Duration::from_secs(15);
/// A client that shows it for less than this is not asked again at once.
const SHOWN_FOR: Duration = Duration::from_secs(1);
/// What `inspect` is asked for.
const STATE: &str = "--format={{.State.Status}} {{.State.ExitCode}}";

/// The container of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// docker or podman, and its options.
    pub(super) program: Vec<String>,
    /// Its name.
    pub(super) name: String,
    /// The options of `run` and what runs.
    pub(super) run: Vec<String>,
}

/// What the engine says of it.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    /// Made and not started: nothing has run in it.
    Made,
    /// It runs, or is on its way from or to that.
    Runs,
    /// It ran, and ended with this code.
    Ended(u8),
    /// The engine has none of that name.
    Absent,
    /// The engine does not say.
    Unknown(String),
}

impl Container {
    /// Whether it is there. One that was made and never started is taken away: nothing ran in it.
    pub(super) fn presence(&self) -> Presence {
        match self.look() {
            Look::Runs => Presence::Here,
            Look::Ended(_) => Presence::Over,
            Look::Absent => Presence::Gone,
            Look::Unknown(why) => Presence::Unknown(why),
            Look::Made => match self.discard() {
                Look::Absent => Presence::Gone,
                _ => Presence::Unknown(format!("`{}` was made and did not start", self.name)),
            },
        }
    }

    /// Asks it to end, ends it, takes it away. Says whether that is done.
    pub(super) fn remove(&self) -> Presence {
        // one that is gone already is no error; what came of it is looked at
        let _ = self.ask(&["stop", "--time=3", &self.name], LIMIT);
        let _ = self.ask(&["rm", "--force", &self.name], LIMIT);
        match self.look() {
            Look::Absent => Presence::Gone,
            Look::Unknown(why) => Presence::Unknown(why),
            _ => Presence::Here,
        }
    }

    /// Starts it, or attaches to the one that runs, and stays until it is over. `again`: it was started before, and
    /// is never started a second time.
    pub(super) fn show(&self, again: bool) -> Result<Option<u8>, ProcessError> {
        let (mut client, mut patience) = (None::<ExitStatus>, Patience::default());
        loop {
            let began = Instant::now();
            match self.look() {
                Look::Ended(code) => return Ok(Some(code)),
                Look::Unknown(why) => patience.wait(&why),
                Look::Runs => {
                    let status = self.client(&["attach", DETACH_KEYS, NO_SIGNALS, &self.name])?;
                    client = Some(status);
                    if began.elapsed() >= SHOWN_FOR {
                        patience.renew();
                    } else if !status.success() {
                        patience.wait(&format!("attaching to `{}` ended ({status})", self.name));
                    }
                }
                // the client could not start what it had made, or could not make it
                Look::Made | Look::Absent if again || client.is_some() => return Ok(client.map(code_of_status)),
                // the remains of a start that was cut short
                Look::Made => {
                    if self.discard() != Look::Absent {
                        patience.wait("an unfinished container is in the way");
                    }
                }
                Look::Absent => {
                    let run: Vec<&str> = std::iter::once("run").chain(self.run.iter().map(String::as_str)).collect();
                    client = Some(self.client(&run)?);
                }
            }
        }
    }

    /// A client on our own terminal, until it ends.
    fn client(&self, arguments: &[&str]) -> Result<ExitStatus, ProcessError> {
        let line: Vec<String> = self.program.iter().cloned().chain(arguments.iter().map(|&it| it.to_owned())).collect();
        process::run_here(&line, &[], &[], Path::new("/"))
    }

    /// Takes one away that does not run; the engine itself refuses when it does.
    fn discard(&self) -> Look {
        let _ = self.ask(&["rm", &self.name], LIMIT);
        self.look()
    }

    /// An answer that it is not there comes only from a list that was given.
    fn look(&self) -> Look {
        let seen = self.ask(&["container", "inspect", STATE, &self.name], LOOK_LIMIT);
        if let Ok(ended) = &seen
            && ended.success()
        {
            return state(&String::from_utf8_lossy(&ended.stdout));
        }
        let (name, filter) = (self.name.as_str(), format!("--filter=name={}", self.name));
        let listed = self.ask(&["ps", "--all", &filter, "--format={{.Names}}"], LOOK_LIMIT);
        match listed {
            Ok(ended) if ended.success() && !ended.timed_out => {
                let text = String::from_utf8_lossy(&ended.stdout);
                let is_there = text.split([',', '\n']).any(|line| line.trim() == name);
                if is_there { Look::Unknown(self.silent(&seen)) } else { Look::Absent }
            }
            listed => Look::Unknown(self.silent(&listed)),
        }
    }

    /// What an engine that did not answer said instead.
    fn silent(&self, asked: &Result<Finished, ProcessError>) -> String {
        let engine = self.program.first().map_or("docker", String::as_str);
        let why = match asked {
            Err(error) => error.to_string(),
            Ok(ended) if ended.timed_out => "it took too long".to_owned(),
            Ok(ended) => {
                let said = String::from_utf8_lossy(&ended.stderr);
                said.lines().map(one_line).rfind(|line| !line.is_empty()).unwrap_or_else(|| "no reason".to_owned())
            }
        };
        format!("`{engine}` does not say whether `{}` runs ({})", self.name, truncate(&why, 200))
    }

    fn ask(&self, arguments: &[&str], limit: Duration) -> Result<Finished, ProcessError> {
        let (name, options) =
            self.program.split_first().map_or(("docker", [].as_slice()), |(name, rest)| (name.as_str(), rest));
        Program::new(name).args(options).args(arguments.iter().copied()).timeout(limit).run()
    }
}

/// The words of docker (container states) and podman (`libpod/define`): what neither names is on its way.
fn state(said: &str) -> Look {
    let mut words = said.split_whitespace();
    let status = words.next().unwrap_or_default();
    let code = words.next().and_then(|code| code.parse::<u8>().ok());
    match status {
        "created" | "configured" | "initialized" => Look::Made,
        "exited" | "stopped" | "dead" => Look::Ended(code.unwrap_or(super::presence::GONE)),
        "" => Look::Unknown("the engine answered with nothing".to_owned()),
        _ => Look::Runs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(program: &str) -> Container {
        Container { program: vec![program.to_owned()], name: "qd-task-x".to_owned(), run: Vec::new() }
    }

    fn script(text: &str) -> (tempfile::TempDir, Container) {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("engine");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        (place, container(path.to_str().unwrap()))
    }

    #[test]
    fn an_engine_that_does_not_answer_proves_nothing() {
        let (_place, broken) = script("echo 'Cannot connect to the Docker daemon' >&2; exit 1");
        let Presence::Unknown(why) = broken.presence() else { panic!("{:?}", broken.presence()) };
        assert!(why.contains("Cannot connect"), "{why}");
        assert!(matches!(broken.remove(), Presence::Unknown(_)), "nor that it was removed");
        assert!(matches!(container("/nowhere/docker").presence(), Presence::Unknown(_)));
    }

    #[test]
    fn only_a_list_without_it_proves_that_it_is_gone() {
        let (_place, other) =
            script("[ \"$1\" = ps ] && { echo qd-task-xy; exit 0; }; echo 'no such container' >&2; exit 1");
        assert_eq!(other.presence(), Presence::Gone);
        let (_place, racing) = script("[ \"$1\" = ps ] && { echo qd-task-x; exit 0; }; exit 1");
        assert!(matches!(racing.presence(), Presence::Unknown(_)));
    }

    #[test]
    fn what_the_engines_call_it() {
        for (said, look) in [
            ("running 0\n", Look::Runs),
            ("paused 0", Look::Runs),
            ("removing 0", Look::Runs),
            ("exited 3", Look::Ended(3)),
            ("exited -1", Look::Ended(137)),
            ("configured 0", Look::Made),
        ] {
            assert_eq!(state(said), look, "{said}");
        }
    }

    #[test]
    fn one_that_was_started_before_is_never_started_again() {
        let (place, gone) = script("echo \"$@\" >> \"$(dirname \"$0\")/asked\"; [ \"$1\" = ps ]");
        assert_eq!(gone.show(true).unwrap(), None);
        let asked = std::fs::read_to_string(place.path().join("asked")).unwrap();
        assert!(!asked.lines().any(|line| line.starts_with("run")), "{asked}");
    }
}
