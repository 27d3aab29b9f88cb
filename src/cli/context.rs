//! What every command works with: places, settings, output, and the way to the daemon and its project.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::client::{AutoStart, Client, ClientError};
use crate::config::{Environment, Paths, Settings};
use crate::model::{Kind, ProjectId};
use crate::protocol::ProjectView;
use crate::protocol::control::{Request, Response};

use super::{Done, Output, Stop, environment};

/// Which project a command is about.
#[derive(Debug, Clone, Default, Args)]
pub struct Where {
    /// A directory in the project's main checkout (default: here)
    #[arg(long, value_name = "PATH")]
    pub project: Option<PathBuf>,
}

/// Asks the daemon and takes the one answer that fits, or leaves the function with an error.
macro_rules! ask {
    ($client:expr, $request:expr, $answer:pat => $value:expr) => {
        match $client.call($request).await? {
            $answer => $value,
            other => return Err($crate::cli::Stop::unexpected(&other)),
        }
    };
}
pub(super) use ask;

/// What every command works with.
#[derive(Debug)]
pub struct Context {
    /// What decides places.
    pub environment: Environment,
    /// The places.
    pub paths: Paths,
    /// This program, to be started as daemon.
    pub qd: PathBuf,
    /// Where to print.
    pub output: Output,
}

impl Context {
    /// From the process's environment.
    pub fn new() -> Result<Self, Stop> {
        let environment = environment::read();
        let paths = environment::paths(&environment)?;
        let qd =
            std::env::current_exe().map_err(|error| Stop::system("this program's own path cannot be found", &error))?;
        Ok(Self { environment, paths, qd, output: Output::standard() })
    }

    /// The person's settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.paths.config.join("config.toml")
    }

    /// The person's settings; the defaults when there is no file.
    pub fn settings(&self) -> Result<Settings, Stop> {
        let file = self.settings_file();
        match read_if_there(&file)? {
            Some(text) => Ok(Settings::parse(&text, &file.display().to_string())?),
            None => Ok(Settings::default()),
        }
    }

    /// The daemon, started when it is absent. Its settings are checked first: here an error can be shown.
    pub async fn connect(&self) -> Result<Client, Stop> {
        match self.connect_running().await {
            Err(ClientError::NotRunning { .. }) => {
                self.settings()?;
                Ok(Client::connect(&self.paths, &self.qd, AutoStart::Yes).await?)
            }
            other => Ok(other?),
        }
    }

    /// The daemon, if it runs.
    pub async fn connect_running(&self) -> Result<Client, ClientError> {
        Client::connect(&self.paths, &self.qd, AutoStart::No).await
    }

    /// The daemon, and the project that a command is about.
    pub async fn at(&self, place: &Where) -> Result<(Client, ProjectId), Stop> {
        let client = self.connect().await?;
        let project = self.project(&client, place).await?.id;
        Ok((client, project))
    }

    /// Sends a request that is answered by one line, and prints that.
    pub async fn order(&self, client: &Client, request: Request) -> Done {
        let said = ask!(client, request, Response::Done(said) => said);
        self.output.line(said)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The project of a directory.
    pub async fn project(&self, client: &Client, place: &Where) -> Result<ProjectView, Stop> {
        let path = directory(place.project.as_deref())?;
        Ok(ask!(client, Request::OpenProject { path }, Response::Project(project) => *project))
    }
}

/// The directory that is meant, absolute: the given one, else the current one.
pub(super) fn directory(given: Option<&Path>) -> Result<PathBuf, Stop> {
    let Some(given) = given else {
        return std::env::current_dir().map_err(|error| {
            Stop::system("the current directory cannot be found", &error)
                .hint("it may have been removed: `cd` somewhere else")
        });
    };
    match std::fs::canonicalize(given) {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Stop::new(Kind::NotFound, format!("there is no `{}`", given.display())))
        }
        Err(error) => Err(Stop::system(format!("`{}` cannot be opened", given.display()), &error)),
    }
}

/// A file's text; `None` when there is no such file.
pub(super) fn read_if_there(file: &Path) -> Result<Option<String>, Stop> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(Stop::system(format!("`{}` cannot be read", file.display()), &error)),
    }
}

/// A file's name and text, if there is such a file.
pub(super) fn named_text(file: &Path) -> Result<Option<(String, String)>, Stop> {
    Ok(read_if_there(file)?.map(|text| (file.display().to_string(), text)))
}
