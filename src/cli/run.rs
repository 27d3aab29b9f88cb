//! From the arguments to a command and its exit code.

use std::ffi::OsString;
use std::future::Future;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::model::Kind;

use super::arguments::{Arguments, Command, Demo};
use super::demo::DemoOptions;
use super::stop::finish;
use super::{
    Context, Done, Stop, cockpit, completions, demo, elsewhere, fence, guard, host, man, report, serve, transcript,
};

/// The whole program: understands the arguments, does what they say, prints errors, gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => finish(dispatch(parsed)),
        Err(error) => refuse(&error, &arguments),
    }
}

/// Help and version are no errors; everything else is a usage error, except for hooks: an agent would
/// take a hook's exit code 2 as an order to stop what it does.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    // what follows a mistyped command is taken for a second path, or for an unknown option
    let misled =
        matches!(error.kind(), ErrorKind::ArgumentConflict | ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    if misled
        && let Some(word) = arguments.get(1)
        && let Err(stop) = not_a_mistyped_command(Some(Path::new(word)))
    {
        return finish(Err(stop));
    }
    // a closed output is nobody's problem
    let _ = error.print();
    let hook =
        arguments.get(1).is_some_and(|word| word == "report") && arguments.get(2).is_some_and(|word| word == "hook");
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ if hook => ExitCode::SUCCESS,
        _ => ExitCode::from(Kind::Invalid.exit_code()),
    }
}

/// Commands that need no daemon come first: some of them must be quick.
fn dispatch(arguments: Arguments) -> Done {
    match arguments.command {
        Some(Command::Report(command)) => report::run(command),
        Some(Command::Host(command)) => Ok(host::run(&command)),
        Some(Command::Fence(command)) => Ok(fence::run(&command)),
        Some(Command::Elsewhere(command)) => Ok(elsewhere::run(&command)),
        Some(Command::Guard(command)) => guard::run(&command),
        Some(Command::Transcript(command)) => transcript::run(command),
        Some(Command::DemoAgent(_)) => Ok(demo::run_agent()),
        Some(Command::Completions(command)) => completions::run(&command, &mut Arguments::command()),
        Some(Command::Man(command)) => man::run(&command, Arguments::command()),
        Some(Command::Demo(Demo { headless, json, keep })) => Ok(demo::run(DemoOptions { headless, json, keep })?),
        Some(Command::Serve(command)) => with_threads(serve::run(command, &Context::new()?)),
        Some(command) => with_one_thread(talk(command, &Context::new()?)),
        None => {
            not_a_mistyped_command(arguments.open.path.as_deref())?;
            let alone = arguments.open.standalone;
            let context = Context::new()?;
            let cockpit = cockpit::run(arguments.open, &context);
            // one thread is enough for the cockpit, and each hop between two costs a key time
            if alone { with_threads(cockpit) } else { with_one_thread(cockpit) }
        }
    }
}

/// Commands that talk to the daemon.
async fn talk(command: Command, context: &Context) -> Done {
    match command {
        Command::Task(command) => command.run(context).await,
        Command::Plan(command) => command.run(context).await,
        Command::Approval(command) => command.run(context).await,
        Command::Worker(command) => command.run(context).await,
        Command::Session(command) => command.run(context).await,
        Command::Attach(command) => command.run(context).await,
        Command::Stream(command) => command.run(context).await,
        Command::Track(command) => command.run(context).await,
        Command::Queue(command) => command.run(context).await,
        Command::Usage(command) => command.run(context).await,
        Command::Budget(command) => command.run(context).await,
        Command::Mission(command) => command.run(context).await,
        Command::Agents(command) => command.run(context).await,
        Command::Undo(command) => command.run(context).await,
        Command::Init(command) => command.run(context).await,
        Command::Doctor(command) => command.run(context).await,
        Command::Daemon(command) => command.run(context).await,
        Command::Version(command) => command.run(context),
        other => {
            tracing::debug!(?other, "handled without the daemon");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs on this thread: starts quickly, and one conversation needs no more.
fn with_one_thread(work: impl Future<Output = Done>) -> Done {
    complete(tokio::runtime::Builder::new_current_thread().enable_all().build(), work)
}

/// Runs on several threads: the cockpit and the daemon do many things at once.
fn with_threads(work: impl Future<Output = Done>) -> Done {
    complete(tokio::runtime::Builder::new_multi_thread().enable_all().build(), work)
}

fn complete(runtime: std::io::Result<tokio::runtime::Runtime>, work: impl Future<Output = Done>) -> Done {
    let runtime = runtime.map_err(|error| Stop::system("the system gives no threads", &error))?;
    let done = runtime.block_on(work);
    // a thread that still waits for a key must not hold up the exit
    runtime.shutdown_background();
    done
}

/// `qd tsak` is a mistyped command and not a directory.
fn not_a_mistyped_command(path: Option<&Path>) -> Result<(), Stop> {
    let Some(word) = path.filter(|path| !path.exists()).and_then(|path| path.to_str()) else { return Ok(()) };
    let command = Arguments::command();
    let is_command = command.get_subcommands().any(|command| command.get_name() == word);
    if word.contains('/') || word.starts_with('-') || is_command {
        return Ok(());
    }
    let near = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name().to_owned())
        .map(|name| (super::words::distance(word, &name), name))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let what = format!("unknown command `{word}` (and there is no directory of that name to open)");
    let stop = Stop::new(Kind::Invalid, what);
    Err(match near {
        Some((_, name)) => stop.hint(format!("did you mean `qd {name}`?")),
        None => stop.hint("`qd --help` shows the commands"),
    })
}
