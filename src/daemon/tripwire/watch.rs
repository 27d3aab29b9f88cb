//! The looks themselves, one after the other: so every change is found once, and none is looked for twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::agents::writes::Call;
use crate::daemon::Daemon;
use crate::daemon::core::now;
use crate::engine::Fact;
use crate::git::{CheckoutState, GitError, Label, Repository, Touched};
use crate::model::{Project, ProjectId, Session, SessionId};

use super::Now;
use super::evidence::{Evidence, Suspect};

/// Files that a line names.
const NAMED: usize = 5;
/// The clock of a file system may be behind ours by so much.
const BEHIND: Duration = Duration::from_millis(10);
/// Files of an earlier look that are remembered, so that the next one need not read them.
const MOST_REMEMBERED: usize = 20_000;

/// All that is watched.
pub(super) struct Watch {
    daemon: Arc<Daemon>,
    /// Projects with a turn under way.
    watched: HashMap<ProjectId, Watched>,
    /// The last look at each project.
    last: HashMap<ProjectId, Arc<CheckoutState>>,
    /// Sessions whose uncertain changes were told.
    told: BTreeSet<SessionId>,
    /// Who works, as it was seen last.
    working: BTreeMap<ProjectId, BTreeSet<SessionId>>,
}

/// One project while its agents work.
struct Watched {
    project: Project,
    before: Arc<CheckoutState>,
    /// Files that changed while it was looked at for the first time: what they were is not known.
    late: BTreeSet<String>,
    /// Who worked since then.
    suspects: BTreeSet<SessionId>,
}

/// Whose the changed files are.
#[derive(Default)]
struct Found {
    /// By session, with the files that are known to be its work.
    known: BTreeMap<SessionId, Known>,
    /// The rest.
    rest: Vec<String>,
}

/// What is known of one session.
struct Known {
    files: Vec<String>,
    evidence: BTreeSet<Evidence>,
    kept: Touched,
}

/// What two looks are compared for.
struct Comparison {
    root: PathBuf,
    before: Arc<CheckoutState>,
    late: BTreeSet<String>,
    suspects: Vec<Suspect>,
}

impl Watch {
    pub(super) fn new(daemon: Arc<Daemon>) -> Self {
        Self { daemon, watched: HashMap::new(), last: HashMap::new(), told: BTreeSet::new(), working: BTreeMap::new() }
    }

    /// Begins where turns began, looks where turns ended, and forgets sessions that are over.
    pub(super) async fn follow(&mut self, now: &Now) {
        let ids = |sessions: &BTreeMap<SessionId, SystemTime>| sessions.keys().cloned().collect();
        self.working = now.working.iter().map(|(id, (_, sessions))| (*id, ids(sessions))).collect();
        for (project, sessions) in now.working.values() {
            for (session, since) in sessions {
                self.daemon.tripwire.listen_to(session);
                self.arm(project, session.clone(), *since).await;
            }
        }
        let over: Vec<ProjectId> =
            self.watched.iter().filter(|(id, it)| self.has_ended(**id, it)).map(|(id, _)| *id).collect();
        for project in over {
            self.check(project).await;
        }
        self.told.retain(|session| now.live.contains(session));
        self.daemon.tripwire.keep_only(|session| now.live.contains(session));
    }

    /// Whether the turn of one of those who worked is over.
    fn has_ended(&self, id: ProjectId, watched: &Watched) -> bool {
        let working = self.working.get(&id);
        watched.suspects.iter().any(|session| working.is_none_or(|working| !working.contains(session)))
    }

    /// A session begins to work at that moment or before: what the checkout is until then is nobody's.
    pub(super) async fn arm(&mut self, project: &Project, session: SessionId, at: SystemTime) {
        if let Some(known) = self.watched.get_mut(&project.id) {
            known.suspects.insert(session);
            return;
        }
        let Some(before) = self.look(project).await else { return };
        let late = before.changed_since(at.checked_sub(BEHIND).unwrap_or(at)).into_iter().collect();
        let watched = Watched { project: project.clone(), before, late, suspects: BTreeSet::from([session]) };
        self.watched.insert(project.id, watched);
    }

    /// Compares the checkout of a project with what it was.
    pub(super) async fn check(&mut self, id: ProjectId) {
        let Some(watched) = self.watched.remove(&id) else { return };
        let Watched { project, before, late, suspects } = watched;
        let working = self.working.get(&id).cloned().unwrap_or_default();
        let comparison = Comparison {
            root: project.root.clone(),
            before: Arc::clone(&before),
            late,
            suspects: self.known_of(&suspects, &working).await,
        };
        let (after, found) = match self.compare(&project, comparison).await {
            Ok((after, found)) => (Arc::new(after), found),
            Err(error) => {
                tracing::warn!(%error, project = %project.name, "the checkout could not be looked at");
                (before, Found::default())
            }
        };
        self.remember(id, &after);
        if !working.is_empty() {
            let next = Watched { project: project.clone(), before: after, late: BTreeSet::new(), suspects: working };
            self.watched.insert(id, next);
        }
        self.tell(&project, &suspects, found).await;
    }

    async fn look(&mut self, project: &Project) -> Option<Arc<CheckoutState>> {
        let opening = self.daemon.repository(project);
        let last = self.last.get(&project.id).cloned();
        let looked = tokio::task::spawn_blocking(move || opening.open()?.checkout_state(last.as_deref())).await.ok()?;
        let state = looked.inspect_err(|error| tracing::debug!(%error, "the checkout is not watched")).ok()?;
        let state = Arc::new(state);
        self.remember(project.id, &state);
        Some(state)
    }

    fn remember(&mut self, project: ProjectId, state: &Arc<CheckoutState>) {
        if state.len() <= MOST_REMEMBERED {
            self.last.insert(project, Arc::clone(state));
        } else {
            self.last.remove(&project);
        }
    }

    /// What is known of those who worked. What those called who do not any more is forgotten here and not after the
    /// comparison, which takes its time: a prompt may follow at once.
    async fn known_of(&self, ids: &BTreeSet<SessionId>, working: &BTreeSet<SessionId>) -> Vec<Suspect> {
        let wanted = ids.clone();
        let known = self.daemon.core.look(move |state, _| {
            let known = wanted.iter().filter_map(|id| state.sessions.get(id)).map(|session| {
                let task = session.task.and_then(|task| state.task(task));
                let directory = task.and_then(|task| task.worktree.clone()).unwrap_or_default();
                (session.clone(), directory, state.run_of(session).map(Call::of_command))
            });
            known.collect::<Vec<(Session, PathBuf, Option<Call>)>>()
        });
        let suspect = |(session, directory, run): (Session, PathBuf, Option<Call>)| {
            let tripwire = &self.daemon.tripwire;
            let goes_on = working.contains(&session.id);
            let mut calls = if goes_on { tripwire.calls_of(&session.id) } else { tripwire.take_calls(&session.id) };
            calls.extend(run);
            Suspect { session, directory, calls }
        };
        known.await.unwrap_or_default().into_iter().map(suspect).collect()
    }

    async fn compare(&self, project: &Project, comparison: Comparison) -> Result<(CheckoutState, Found), GitError> {
        let opening = self.daemon.repository(project);
        let work = tokio::task::spawn_blocking(move || compare(&opening.open()?, &comparison));
        work.await.unwrap_or(Err(GitError::NothingToUndo))
    }

    async fn tell(&mut self, project: &Project, suspects: &BTreeSet<SessionId>, found: Found) {
        for (session, Known { files, evidence, kept }) in found.known {
            let evidence = evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let evidence =
                format!("Known because {evidence}. `git diff {} {}` shows everything.", kept.before, kept.after);
            self.daemon.core.fact(Fact::CheckoutTouched { session, record: kept.record, files, evidence }).await;
        }
        let new = suspects.iter().filter(|session| self.told.insert((*session).clone())).count();
        if found.rest.is_empty() || new == 0 {
            return;
        }
        tracing::info!(files = %some_of(&found.rest), project = %project.name, "the checkout changed while agents worked");
        let words = format!(
            "Files in your checkout changed while agents worked: {}. If that was not you: `git status` there shows them.",
            some_of(&found.rest)
        );
        self.daemon.note(project.id, &words).await;
    }
}

/// The first files, and how many more there are.
fn some_of(files: &[String]) -> String {
    let named = files.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match files.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Looks, compares, and keeps what sessions are known to have changed.
fn compare(repository: &Repository, comparison: &Comparison) -> Result<(CheckoutState, Found), GitError> {
    let Comparison { root, before, late, suspects } = comparison;
    let after = repository.checkout_state(Some(before))?;
    let mut rest: BTreeSet<String> = repository.touched(before, &after)?.into_iter().collect();
    rest.extend(late.iter().cloned());
    let mut known = BTreeMap::new();
    for suspect in suspects {
        if rest.is_empty() {
            break;
        }
        let (mut files, mut evidence) = (Vec::new(), BTreeSet::new());
        let mut case = suspect.case(root);
        rest.retain(|file| {
            let found = case.evidence(root, file, || repository.new_lines(before, &after, file));
            if found.is_some() {
                files.push(file.clone());
            }
            evidence.extend(found);
            found.is_none()
        });
        if files.is_empty() {
            continue;
        }
        let what = format!("worker {} changed {} in your checkout", suspect.session.worker, some_of(&files));
        let label = Label { what, task: suspect.session.task.map(|task| task.0), at: now() };
        let kept = repository.keep_touched((before, &after), files.clone(), late, &label, true)?;
        known.insert(suspect.session.id.clone(), Known { files, evidence, kept });
    }
    Ok((after, Found { known, rest: rest.into_iter().collect() }))
}
