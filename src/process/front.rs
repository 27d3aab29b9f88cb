//! Programs on our own terminal: one that gets it for a while (the person's editor), and one that we become. They
//! share our process group, so that they are in the foreground and the terminal's keys reach them.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use nix::sys::signal::{SigSet, Signal};

use super::ProcessError;
use super::files::resolve;

/// Runs a program on our own standard streams to its end; answers its exit code, if it exited by itself.
/// The terminal must have been given back before.
pub fn run_in_front(argv: &[OsString]) -> Result<Option<i32>, ProcessError> {
    let (program, arguments) = named(argv);
    let mut command = Command::new(resolve(&program, std::env::var_os("PATH").as_deref())?);
    run(command.args(arguments), &program).map(|status| status.code())
}

/// Runs a program on our own standard streams, with other variables and in another place, to its end.
pub fn run_here(
    argv: &[String],
    env: &[(String, String)],
    remove_env: &[String],
    cwd: &Path,
) -> Result<ExitStatus, ProcessError> {
    let (mut command, program) = here(argv, env, remove_env, cwd)?;
    run(&mut command, &program)
}

/// A command with other variables and in another place.
fn here(
    argv: &[String],
    env: &[(String, String)],
    remove_env: &[String],
    cwd: &Path,
) -> Result<(Command, OsString), ProcessError> {
    let (program, arguments) = argv.split_first().map_or(("", [].as_slice()), |(name, args)| (name.as_str(), args));
    let program = OsStr::new(program);
    let path = env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, value)| OsString::from(value));
    let path = path.or_else(|| std::env::var_os("PATH"));
    let mut command = Command::new(resolve(program, path.as_deref())?);
    command.args(arguments).current_dir(cwd);
    for name in remove_env {
        command.env_remove(name);
    }
    command.envs(env.iter().map(|(key, value)| (key, value)));
    Ok((command, program.to_owned()))
}

/// The same for a program that the terminal's keys are for: Ctrl+C and Ctrl+\ end it, or not, and never this process,
/// from then on to its end.
pub fn run_for_keys(
    argv: &[String],
    env: &[(String, String)],
    remove_env: &[String],
    cwd: &Path,
) -> Result<ExitStatus, ProcessError> {
    let (mut command, program) = here(argv, env, remove_env, cwd)?;
    let mut child = command.spawn().map_err(|source| not_started(&program, source))?;
    leave_keys_to_child().and_then(|()| child.wait()).map_err(|source| not_started(&program, source))
}

/// Blocks what the terminal's keys send. After a child's start: it would inherit that.
pub(super) fn leave_keys_to_child() -> std::io::Result<()> {
    let mut keys = SigSet::empty();
    keys.add(Signal::SIGINT);
    keys.add(Signal::SIGQUIT);
    keys.thread_block().map_err(Into::into)
}

/// Replaces this process by a program, with exactly these signals blocked. Returns only when that fails.
pub fn replace(argv: &[OsString], blocked: &[Signal]) -> ProcessError {
    let (program, arguments) = named(argv);
    let file = match resolve(&program, std::env::var_os("PATH").as_deref()) {
        Ok(file) => file,
        Err(error) => return error,
    };
    let mut mask = SigSet::empty();
    for signal in blocked {
        mask.add(*signal);
    }
    if let Err(errno) = mask.thread_set_mask() {
        return not_started(&program, errno.into());
    }
    not_started(&program, Command::new(file).args(arguments).exec())
}

fn named(argv: &[OsString]) -> (OsString, &[OsString]) {
    argv.split_first().map_or((OsString::new(), [].as_slice()), |(name, arguments)| (name.clone(), arguments))
}

fn run(command: &mut Command, program: &OsStr) -> Result<ExitStatus, ProcessError> {
    command.status().map_err(|source| not_started(program, source))
}

fn not_started(program: &OsStr, source: std::io::Error) -> ProcessError {
    ProcessError::Start { program: program.to_string_lossy().into_owned(), source }
}
