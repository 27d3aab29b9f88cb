//! Projects: opened, looked up, and shown whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::{Command, Refusal};
use crate::git::{GitError, Repository};
use crate::model::{Autonomy, Kind, ProjectId};
use crate::protocol::control::{Failure, Response};
use crate::protocol::{LogLine, ProjectView};
use crate::store::Logged;

use super::blocking::{blocking, fault, read_text};
use super::core::now;
use super::{Daemon, project_settings, views};

/// The first lines of a handoff document that a view carries.
const BRIEF_LINES: usize = 40;

/// Finds (or makes) the project of the repository that holds `path`. A project that is known opens also
/// while its checkout is on no branch or its settings cannot be read: nothing new starts then, but
/// everything can be looked at, called off and taken back.
pub(super) async fn open(daemon: &Arc<Daemon>, path: &Path) -> Result<Response, Failure> {
    let path = path.to_path_buf();
    let environment = daemon.git_environment.clone();
    let (root, facts) = blocking(move || {
        let repository = Repository::open_in(&path, environment)?;
        Ok::<_, GitError>((repository.root().to_path_buf(), facts(&repository)))
    })
    .await?;
    let known = by_root(daemon, root.clone()).await?;
    let id = match (known, facts) {
        (Some(id), Err(_)) => id,
        (None, Err(failure)) => return Err(failure),
        (_, Ok((target, autonomy))) => {
            let name = root.file_name().map_or_else(|| "project".to_owned(), |it| it.to_string_lossy().into_owned());
            let autonomy = autonomy.unwrap_or(daemon.settings.default_autonomy);
            daemon.core.command(Command::AddProject { root: root.clone(), name, target, autonomy }).await?;
            by_root(daemon, root).await?.ok_or_else(|| fault("the project was not kept"))?
        }
    };
    Ok(Response::Project(Box::new(view(daemon, id).await?)))
}

/// Where results land, and the project's own default autonomy.
fn facts(repository: &Repository) -> Result<(String, Option<Autonomy>), Failure> {
    let settings = project_settings::read(repository, None).map_err(|error| Failure::of(&error))?;
    let target = match settings.target {
        Some(target) => target,
        None => repository.default_target().map_err(|error| Failure::of(&error))?,
    };
    Ok((target, settings.default_autonomy))
}

/// The project whose main checkout this is.
async fn by_root(daemon: &Daemon, root: PathBuf) -> Result<Option<ProjectId>, Failure> {
    daemon
        .core
        .look(move |state, _| state.projects.values().find(|project| project.root == root).map(|project| project.id))
        .await
}

/// The project of the repository that holds `path`, if it is known: what a process inside a session may
/// ask, because it adds nothing.
pub(super) async fn known(daemon: &Arc<Daemon>, path: &Path) -> Result<Response, Failure> {
    let path = path.to_path_buf();
    let environment = daemon.git_environment.clone();
    let root = blocking(move || Repository::open_in(&path, environment).map(|it| it.root().to_path_buf())).await?;
    let id = daemon
        .core
        .look(move |state, _| state.projects.values().find(|project| project.root == root).map(|project| project.id))
        .await?
        .ok_or_else(|| Failure {
            kind: Kind::NotFound,
            message: "this repository is not a project yet".to_owned(),
            hint: Some("the person opens it with `qd`".to_owned()),
        })?;
    Ok(Response::Project(Box::new(view(daemon, id).await?)))
}

/// Everything about one project, with what only files and the log know.
pub(super) async fn view(daemon: &Daemon, project: ProjectId) -> Result<ProjectView, Failure> {
    let paths = daemon.paths.clone();
    let mut view = daemon
        .core
        .look(move |state, store| {
            let known = state.projects.get(&project)?;
            let mut view = views::project(state, &paths, known, now());
            view.last = store.log(Some(project), None, 1).ok().and_then(|lines| lines.into_iter().next()).map(log_line);
            Some(view)
        })
        .await?
        .ok_or_else(|| Failure::of(&Refusal::NoProject(project)))?;
    for handoff in &mut view.handoffs {
        if let Some(document) = &handoff.document {
            let text = read_text(document.clone()).await;
            handoff.brief = views::first_lines(&text, BRIEF_LINES);
        }
    }
    Ok(view)
}

/// A logged event as a view.
pub(super) fn log_line(line: Logged) -> LogLine {
    LogLine { id: line.id.0, at: line.at.rfc3339(), task: line.task, text: line.words }
}
