//! What `qd` understands. Each command's own arguments are in its file.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    agents, approval, attach, budget, completions, daemon, doctor, elsewhere, fence, guard, host, init, man, mission,
    plan, queue, report, serve, session, stream, task, track, transcript, undo, usage, version, worker,
};

/// A full-screen command center for AI coding agents.
///
/// Without a command, `qd` opens the cockpit for the project in the current directory (or PATH).
#[derive(Debug, Parser)]
#[command(name = "qd", version, args_conflicts_with_subcommands = true, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    #[command(flatten)]
    pub(super) open: Open,
}

/// How the cockpit is opened.
#[derive(Debug, Args)]
pub(super) struct Open {
    /// A directory in the project's main checkout (default: here)
    pub(super) path: Option<PathBuf>,

    /// Run the daemon in this process too
    #[arg(long)]
    pub(super) standalone: bool,
}

/// The commands, in the order of their help.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give work to agents, and follow it to its landing
    #[command(subcommand)]
    Task(task::Command),
    /// Say yes or no to a plan
    #[command(subcommand)]
    Plan(plan::Command),
    /// Work for whole teams
    #[command(subcommand)]
    Mission(mission::Command),
    /// What waits for you, and your answers
    #[command(subcommand)]
    Approval(approval::Command),
    /// The seats of the cockpit
    #[command(subcommand)]
    Worker(worker::Command),
    /// Runs of agents in their terminals
    #[command(subcommand)]
    Session(session::Command),
    /// Show panes in this terminal, full screen or side by side
    Attach(attach::Attach),
    /// Follow the output of agents as plain text
    Stream(stream::Stream),
    /// What every session does, one line each, live
    Track(track::Track),
    /// How many sessions run, what waits for one, and in which order
    Queue(queue::Queue),
    /// Tokens and cost, summed up by day, agent, model, worker, task or project
    Usage(usage::UsageCommand),
    /// What agents may use, and how much of it is left
    #[command(subcommand)]
    Budget(budget::Command),
    /// Agents of the catalogue, as found on this machine
    Agents(agents::Agents),
    /// Take back the last thing that changed the repository
    Undo(undo::Undo),
    /// See the whole machine work with scripted agents: no key, no cost, a throw-away repository
    Demo(Demo),
    /// Make this repository known and show what was found
    Init(init::Init),
    /// Look for problems and say what to do about them
    Doctor(doctor::Doctor),
    /// The background process
    #[command(subcommand)]
    Daemon(daemon::Command),
    /// Be the background process (started by itself when needed)
    Serve(serve::Serve),
    /// For agents: say how it stands
    #[command(subcommand)]
    Report(report::Command),
    /// The version
    Version(version::Version),
    /// Completions for a shell
    Completions(completions::Completions),
    /// Man pages
    Man(man::Man),
    #[command(hide = true)]
    Host(host::Host),
    #[command(hide = true, subcommand)]
    Fence(fence::Fence),
    #[command(hide = true, subcommand)]
    Elsewhere(elsewhere::Elsewhere),
    #[command(hide = true)]
    Guard(guard::Guard),
    #[command(hide = true)]
    Transcript(transcript::Transcript),
    #[command(hide = true)]
    DemoAgent(DemoAgent),
}

/// `qd demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Without the cockpit: run to the end and print a summary
    #[arg(long)]
    pub(super) headless: bool,
    /// The summary as JSON
    #[arg(long, requires = "headless")]
    pub(super) json: bool,
    /// Keep repository and home for a look afterwards
    #[arg(long)]
    pub(super) keep: bool,
}

/// `qd demo-agent`: the scripted agent of the demo. It takes what a real agent would be given.
#[derive(Debug, Args)]
pub(super) struct DemoAgent {
    /// Flags and prompt of a real agent; the script needs none
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_is_understood() {
        let lines = include_str!("arguments_understood.txt").lines().filter(|line| !line.is_empty());
        for line in lines {
            let parsed = Arguments::try_parse_from(line.split_whitespace());
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let lines = [
            "qd --nonsense",
            "qd task",
            "qd task add",
            "qd task get seven",
            "qd task add x --autonomy sometimes",
            "qd task list --status happy",
            "qd task list --all-projects --project .",
            "qd approval answer 3 maybe",
            "qd worker handoff 1 --push --no-push",
            "qd worker handoff 1 --json",
            "qd undo --json",
            "qd undo abc --list",
            "qd demo --json",
            "qd transcript --agent claude",
            "qd completions cmd",
            "qd . --standalone list",
        ];
        for line in lines {
            assert!(Arguments::try_parse_from(line.split_whitespace()).is_err(), "{line}");
        }
    }

    #[test]
    fn ids_are_taken_with_and_without_their_marks() {
        for line in ["qd task get 7", "qd task get #7", "qd worker stop @2", "qd approval answer #3 yes"] {
            assert!(Arguments::try_parse_from(line.split_whitespace()).is_ok(), "{line}");
        }
    }
}
