//! The tripwire: whether an agent changed the person's own checkout.
//!
//! The checkout is looked at when the first turn of a project's sessions begins and whenever one ends, and before a
//! landing: nothing here wakes up while nothing happens, and what the person does between turns is no news. A changed
//! file is a session's when its tool calls, its command, or a process of it name both the checkout and the file, or
//! such a process has the file open. Then the change is kept as an undo record, the session is stopped and the person
//! is asked. Everything else may be the person's own work: it is kept and told once a session, and never put back.
//!
//! Not seen: ignored files, a session that hid what it did, and files changed twice within one turn. Fenced sessions
//! cannot write there and are not watched.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{Fact, State};
use crate::git::{CheckoutState, GitError, Label, Touched};
use crate::model::{Project, ProjectId, Session, SessionId, SessionState, truncate};
use crate::process;

use super::Daemon;
use super::core::now;

/// Tool calls that are remembered of one turn.
const MOST_CALLS: usize = 200;
/// The longest part of one, in characters.
const LONGEST_CALL: usize = 20_000;
/// Files that a line in the chat names.
const NAMED: usize = 5;
/// Tools that change nothing, by the names of the agents that report tool calls.
const READERS: [&str; 8] = ["Read", "Glob", "Grep", "LS", "read_file", "list_directory", "read", "grep"];

/// What is watched.
#[derive(Default)]
pub(super) struct Tripwire {
    /// Projects with a turn under way. Held while a checkout is looked at, so that every change is found once.
    watched: tokio::sync::Mutex<HashMap<ProjectId, Watched>>,
    /// What sessions were heard to call since their turn began.
    calls: Mutex<HashMap<SessionId, Vec<String>>>,
    /// Sessions whose uncertain changes were told.
    told: Mutex<BTreeSet<SessionId>>,
}

/// One project while its agents work.
struct Watched {
    before: CheckoutState,
    /// Who worked since then.
    suspects: BTreeSet<SessionId>,
}

/// One session that may have done it, and what it is known to have done.
struct Suspect {
    session: Session,
    /// Its command and its tool calls.
    texts: Vec<String>,
}

/// Whose the changed files are.
struct Found {
    files: Vec<String>,
    /// By session, with the files that are known to be its work.
    known: BTreeMap<SessionId, (Vec<String>, Touched)>,
    /// The rest.
    rest: Vec<String>,
}

impl Tripwire {
    /// A tool call of a session.
    pub(super) fn heard(&self, session: &SessionId, tool: &str, text: &str) {
        if READERS.contains(&tool) {
            return;
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls.entry(session.clone()).or_default();
        if calls.len() < MOST_CALLS {
            calls.push(truncate(text, LONGEST_CALL));
        }
    }

    /// Looks at the checkout before a session of the project does anything.
    pub(super) async fn arm(&self, daemon: &Daemon, project: &Project, session: &Session) {
        if session.executor.is_fence() || session.task.is_none() {
            return;
        }
        let mut watched = self.watched.lock().await;
        if let Some(known) = watched.get_mut(&project.id) {
            known.suspects.insert(session.id.clone());
            return;
        }
        if let Some(before) = look(daemon, project).await {
            watched.insert(project.id, Watched { before, suspects: BTreeSet::from([session.id.clone()]) });
        }
    }

    /// Compares the checkout with what it was. `working`: sessions of the project whose turn goes on.
    pub(super) async fn check(&self, daemon: &Arc<Daemon>, project: &Project, working: &BTreeSet<SessionId>) {
        let mut watched = self.watched.lock().await;
        let Some(known) = watched.get_mut(&project.id) else { return };
        let suspects = suspects(daemon, &known.suspects).await;
        let found = match find(daemon, project, known.before.clone(), suspects).await {
            Ok((after, found)) => {
                known.before = after;
                found
            }
            Err(error) => {
                tracing::warn!(%error, project = %project.name, "the checkout could not be looked at");
                None
            }
        };
        {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            known.suspects.iter().filter(|session| !working.contains(session)).for_each(|session| {
                calls.remove(session);
            });
        }
        let suspects = std::mem::replace(&mut known.suspects, working.clone());
        if working.is_empty() {
            watched.remove(&project.id);
        }
        if let Some(found) = found {
            self.tell(daemon, project, &suspects, found).await;
        }
    }

    async fn tell(&self, daemon: &Arc<Daemon>, project: &Project, suspects: &BTreeSet<SessionId>, found: Found) {
        for (session, (files, kept)) in found.known {
            let evidence =
                format!("Its own calls name them. `git diff {} {}` shows everything.", kept.before, kept.after);
            daemon.core.fact(Fact::CheckoutTouched { session, record: kept.record, files, evidence }).await;
        }
        let new = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            suspects.iter().filter(|session| told.insert((*session).clone())).count()
        };
        if found.rest.is_empty() || new == 0 {
            return;
        }
        tracing::info!(files = ?found.files, project = %project.name, "the checkout changed while agents worked");
        let more = found.rest.len().saturating_sub(NAMED);
        let mut names = found.rest.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            names.push_str(&format!(" and {more} more"));
        }
        let words = format!(
            "Files in your checkout changed while agents worked: {names}. If that was not you: `git status` there shows them."
        );
        daemon.note(project.id, &words).await;
    }
}

/// Follows the sessions' turns until the daemon ends.
pub(super) async fn keep(daemon: Arc<Daemon>) {
    let mut version = daemon.core.version();
    let mut before: BTreeMap<ProjectId, (Project, BTreeSet<SessionId>)> = BTreeMap::new();
    loop {
        version.mark_unchanged();
        let Ok((at_work, begun)) = daemon.core.look(|state, _| (at_work(state), sessions_at_work(state))).await else {
            return;
        };
        for (project, session) in begun {
            let known = before.get(&project.id).is_some_and(|(_, working)| working.contains(&session.id));
            if !known {
                daemon.tripwire.arm(&daemon, &project, &session).await;
            }
        }
        let none = BTreeSet::new();
        for (id, (project, worked)) in &before {
            let working = at_work.get(id).map_or(&none, |(_, working)| working);
            if !worked.is_subset(working) {
                daemon.tripwire.check(&daemon, project, working).await;
            }
        }
        before = at_work;
        if version.changed().await.is_err() {
            return;
        }
    }
}

/// Whether a session may change something now.
fn works(session: &Session) -> bool {
    session.task.is_some()
        && !session.executor.is_fence()
        && matches!(
            session.verdict.state,
            SessionState::Starting
                | SessionState::Working
                | SessionState::WaitingPermission
                | SessionState::Unreachable
        )
}

fn sessions_at_work(state: &State) -> Vec<(Project, Session)> {
    let working = state.live().filter(|session| works(session));
    working.filter_map(|session| Some((state.projects.get(&session.project)?.clone(), session.clone()))).collect()
}

fn at_work(state: &State) -> BTreeMap<ProjectId, (Project, BTreeSet<SessionId>)> {
    let mut all: BTreeMap<ProjectId, (Project, BTreeSet<SessionId>)> = BTreeMap::new();
    for (project, session) in sessions_at_work(state) {
        all.entry(project.id).or_insert_with(|| (project, BTreeSet::new())).1.insert(session.id);
    }
    all
}

/// Looks before a landing: what a session did until now is found before its work is anywhere else.
pub(super) async fn before_landing(daemon: &Arc<Daemon>, project: &Project) {
    let id = project.id;
    let working = daemon.core.look(move |state, _| at_work(state).remove(&id).map(|(_, working)| working)).await;
    daemon.tripwire.check(daemon, project, &working.ok().flatten().unwrap_or_default()).await;
}

async fn look(daemon: &Daemon, project: &Project) -> Option<CheckoutState> {
    let opening = daemon.repository(project);
    let looked = tokio::task::spawn_blocking(move || opening.open()?.checkout_state()).await.ok()?;
    looked.inspect_err(|error| tracing::debug!(%error, "the checkout is not watched")).ok()
}

/// What is known of those who worked.
async fn suspects(daemon: &Daemon, ids: &BTreeSet<SessionId>) -> Vec<Suspect> {
    let wanted = ids.clone();
    let known = daemon
        .core
        .look(move |state, _| {
            let known = wanted.iter().filter_map(|id| state.sessions.get(id));
            known.map(|session| (session.clone(), state.run_of(session).map(|run| run.to_string()))).collect::<Vec<_>>()
        })
        .await;
    let calls = daemon.tripwire.calls.lock().unwrap_or_else(PoisonError::into_inner);
    let suspect = |(session, run): (Session, Option<String>)| {
        let mut texts = calls.get(&session.id).cloned().unwrap_or_default();
        texts.extend(run);
        Suspect { session, texts }
    };
    known.unwrap_or_default().into_iter().map(suspect).collect()
}

/// Looks, compares, and keeps what changed.
async fn find(
    daemon: &Daemon,
    project: &Project,
    before: CheckoutState,
    suspects: Vec<Suspect>,
) -> Result<(CheckoutState, Option<Found>), GitError> {
    let (opening, root) = (daemon.repository(project), project.root.clone());
    let work = tokio::task::spawn_blocking(move || {
        let repository = opening.open()?;
        let after = repository.checkout_state()?;
        let files = repository.touched(&before, &after)?;
        if files.is_empty() {
            return Ok((after, None));
        }
        let (mut known, mut rest) = (BTreeMap::new(), files.clone());
        for suspect in &suspects {
            let its: Vec<String> = files.iter().filter(|file| is_named(suspect, &root, file)).cloned().collect();
            if its.is_empty() {
                continue;
            }
            rest.retain(|file| !its.contains(file));
            let what = format!("worker {} changed {} in your checkout", suspect.session.worker, its.join(", "));
            let label = Label { what, task: suspect.session.task.map(|task| task.0), at: now() };
            let kept = repository.keep_touched((&before, &after), its.clone(), &label, true)?;
            known.insert(suspect.session.id.clone(), (its, kept));
        }
        Ok((after, Some(Found { files, known, rest })))
    });
    work.await.unwrap_or(Err(GitError::NothingToUndo))
}

/// Whether a session is known to have had to do with a file of the checkout.
fn is_named(suspect: &Suspect, root: &Path, file: &str) -> bool {
    let place = root.to_string_lossy();
    let both = |text: &str| names_path(text, &place) && text.contains(file);
    if suspect.texts.iter().any(|text| both(text)) {
        return true;
    }
    let path: PathBuf = root.join(file);
    let host = suspect.session.host.filter(|host| process::is_alive(*host));
    host.is_some_and(|host| {
        process::descendants(host.pid).into_iter().any(|pid| {
            process::has_open(pid, &path)
                || process::arguments(pid)
                    .is_some_and(|text| both(&text) || (text.contains(file) && process::is_in(pid, root)))
        })
    })
}

/// Whether a text names a path or something below it, and not only one that begins alike.
fn names_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, found)| {
        let next = text.get(at + found.len()..).and_then(|rest| rest.chars().next());
        next.is_none_or(|next| !next.is_alphanumeric() && !matches!(next, '-' | '_' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::names_path;

    #[test]
    fn a_path_is_named_whole() {
        for text in ["cd /home/me/shop && make", "{\"file_path\":\"/home/me/shop/a.rs\"}", "cat x >/home/me/shop"] {
            assert!(names_path(text, "/home/me/shop"), "{text}");
        }
        for text in ["/home/me/shop-2/a", "/home/me/shopping", "/home/me"] {
            assert!(!names_path(text, "/home/me/shop"), "{text}");
        }
    }
}
