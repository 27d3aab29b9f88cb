//! What the planner is told of a project: from its target commit, the catalogues and the state. Bounded, and missing
//! rather than wrong: what cannot be read is left out.

use std::sync::Arc;

use crate::daemon::{Daemon, project_settings};
use crate::git::{self, GitError, Repository};
use crate::model::{Complexity, Models, Project, ProjectId, one_line, truncate};
use crate::planning::llm::Facts;
use crate::planning::router::{self, Routes};
use crate::planning::stack;

/// Paths of the tree that are told.
const MOST_PATHS: usize = 200;
/// Open tasks that are told.
const MOST_TASKS: usize = 50;
/// Files of each of them that are told.
const MOST_FILES: usize = 8;
/// Lines of each file of conventions that are told.
const MOST_LINES: usize = 60;
/// Files that projects keep their conventions for agents in.
const CONVENTIONS: [&str; 2] = ["CLAUDE.md", "AGENTS.md"];

/// Everything that is known without asking anybody.
pub(super) async fn of(daemon: &Arc<Daemon>, project: &Project, (agents, routes): (&[String], &Routes)) -> Facts {
    let (opening, known) = (daemon.repository(project), project.clone());
    let read = tokio::task::spawn_blocking(move || tree(&opening.open()?, &known));
    let told = match read.await {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the planner is told nothing of the project's files");
            Told::default()
        }
        Err(_) => Told::default(),
    };
    let id = project.id;
    Facts {
        project: project.name.clone(),
        files: told.files,
        stack: told.stack,
        knowledge: told.knowledge,
        running: running(daemon, id).await,
        roles: daemon.roles.names().map(str::to_owned).collect(),
        agents: agents.iter().map(|name| known_of(name, routes)).collect(),
        models: models(agents, routes),
        tools: daemon.settings.router.allowed_tools.clone(),
    }
}

/// An agent's models and how it did: `codex: gpt-5.2 for medium; landed 3 of 4 bug tasks`.
fn known_of(name: &str, routes: &Routes) -> String {
    let mut known: Vec<String> = Vec::new();
    if let Some(models) = routes.models.get(name) {
        let levels = [Complexity::Simple, Complexity::Medium, Complexity::Complex];
        let fits = levels.into_iter().filter_map(|level| Some((models.fit(level)?, router::complexity_word(level))));
        known.extend(fits.map(|(model, level)| format!("model {model} for {level} tasks")));
    }
    for record in routes.records.iter().filter(|record| record.agent == name) {
        let finished = record.completed.saturating_add(record.failed);
        known.push(format!("landed {} of {finished} {} tasks", record.completed, router::type_word(record.task_type)));
    }
    if known.is_empty() { name.to_owned() } else { format!("{name}: {}", known.join("; ")) }
}

/// The models that a task can be given, each once.
fn models(agents: &[String], routes: &Routes) -> Vec<String> {
    let all = agents.iter().filter_map(|agent| routes.models.get(agent)).flat_map(Models::all);
    let mut models: Vec<String> = all.map(str::to_owned).collect();
    models.sort();
    models.dedup();
    models
}

async fn running(daemon: &Arc<Daemon>, project: ProjectId) -> Vec<String> {
    let open = daemon.core.look(move |state, _| {
        let of_project = state.open().filter(|task| task.project == project && !task.open_ended);
        of_project
            .take(MOST_TASKS)
            .map(|task| {
                let files: Vec<String> =
                    task.forecast.files.iter().take(MOST_FILES).map(|file| one_line(file)).collect();
                let files = if files.is_empty() { String::new() } else { format!(" (in {})", files.join(", ")) };
                format!("#{} {}: {}{files}", task.id, task.status, truncate(&one_line(&task.title), 100))
            })
            .collect::<Vec<_>>()
    });
    open.await.unwrap_or_default()
}

/// What the target commit says.
#[derive(Default)]
struct Told {
    files: Vec<String>,
    stack: Vec<String>,
    knowledge: Vec<String>,
}

fn tree(repository: &Repository, project: &Project) -> Result<Told, GitError> {
    let target = &project.target;
    let root = repository.files_at(target)?;
    let text = |path: &str| repository.file_at(target, path).ok().flatten();
    let mut stack = stack(&root);
    let configured = project_settings::read(repository, Some(target)).ok().and_then(|settings| settings.checks);
    let checks =
        configured.unwrap_or_else(|| git::detect_checks(&root, text).into_iter().map(|check| check.name).collect());
    stack.extend(checks.iter().map(|check| format!("checked by `{}`", one_line(check))));
    let mut knowledge: Vec<String> = Vec::new();
    for name in CONVENTIONS {
        let Some(bytes) = text(name) else { continue };
        let said = String::from_utf8_lossy(&bytes);
        let lines: Vec<String> = said.lines().map(|line| truncate(&one_line(line), 200)).take(MOST_LINES).collect();
        // one of the two is often a copy of the other
        if lines.iter().any(|line| !line.is_empty() && !knowledge.contains(line)) {
            knowledge.extend(lines);
        }
    }
    Ok(Told { files: repository.outline(target, MOST_PATHS)?, stack, knowledge })
}
