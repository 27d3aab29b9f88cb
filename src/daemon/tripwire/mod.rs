//! The tripwire: whether an agent changed the person's own checkout.
//!
//! The checkout is looked at when the first turn of a project's sessions begins and whenever one ends, and before a
//! landing: nothing here wakes up while nothing happens, and what the person does between turns is no news. Nobody waits
//! for the first look: a file that changed while it was under way counts as changed. A changed file is a session's when
//! there is evidence that the session wrote it (see `evidence`). Then the change is kept as an undo record, the session
//! is stopped and the person is asked. Everything else may be the person's own work: it is told once a session, stops
//! nobody and is never put back.
//!
//! Not seen: ignored files, repositories inside the checkout, and files changed twice within one turn. Not known: who
//! changed a file through a program that is not known to write it. Fenced sessions cannot write there and are not watched.

mod evidence;
mod watch;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};

use crate::agents::writes::{Call, Step};
use crate::engine::State;
use crate::model::{Project, ProjectId, Session, SessionId, SessionState};

use super::Daemon;
use watch::Watch;

/// Tool calls that are remembered of one session: the latest.
const MOST_CALLS: usize = 200;
/// Bytes of them.
const MOST_BYTES: usize = 256 * 1024;

/// What the rest of the daemon tells and asks.
pub(super) struct Tripwire {
    orders: mpsc::UnboundedSender<Order>,
    taken: Mutex<Option<mpsc::UnboundedReceiver<Order>>>,
    /// What watched sessions were heard to call since their turn began.
    calls: Mutex<HashMap<SessionId, Heard>>,
}

impl Default for Tripwire {
    fn default() -> Self {
        let (orders, taken) = mpsc::unbounded_channel();
        Self { orders, taken: Mutex::new(Some(taken)), calls: Mutex::default() }
    }
}

/// What one session was heard to call.
#[derive(Default)]
struct Heard {
    ran: Calls,
    /// Begun, and neither over nor asked about.
    open: Calls,
}

impl Heard {
    fn take_in(&mut self, step: Step, call: Call) {
        match step {
            Step::Begins => self.open.push(call),
            // it counts when it ran: after a no it never does
            Step::Asks => self.open.remove(&call),
            Step::Ran => {
                self.open.remove(&call);
                self.ran.push(call);
            }
        }
    }

    fn all(self) -> Vec<Call> {
        self.ran.all.into_iter().chain(self.open.all).collect()
    }
}

/// Calls within bounds.
#[derive(Default, Clone)]
struct Calls {
    all: VecDeque<Call>,
    bytes: usize,
}

impl Calls {
    fn push(&mut self, call: Call) {
        self.bytes += call.size();
        self.all.push_back(call);
        while self.all.len() > MOST_CALLS || self.bytes > MOST_BYTES {
            let Some(oldest) = self.all.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    fn remove(&mut self, call: &Call) {
        if let Some(at) = self.all.iter().position(|one| one == call) {
            self.all.remove(at);
            self.bytes -= call.size();
        }
    }
}

/// What is to be done, in this order.
enum Order {
    /// A session of the project is about to do something.
    Arm { project: Box<Project>, session: SessionId, at: SystemTime },
    /// Compare the checkout with what it was.
    Check { project: ProjectId, done: oneshot::Sender<()> },
}

impl Tripwire {
    /// A tool call of a session. Nothing is remembered of sessions that are not watched.
    pub(super) fn heard(&self, session: &SessionId, step: Step, tool: &str, payload: &str) {
        if !self.listens_to(session) {
            return;
        }
        let Some(call) = Call::read(tool, payload) else { return };
        if let Some(calls) = self.calls.lock().unwrap_or_else(PoisonError::into_inner).get_mut(session) {
            calls.take_in(step, call);
        }
    }

    /// No call of a session is under way any more: what did not run until now never does.
    pub(super) fn turn_over(&self, session: &SessionId) {
        if let Some(calls) = self.calls.lock().unwrap_or_else(PoisonError::into_inner).get_mut(session) {
            calls.open = Calls::default();
        }
    }

    /// A session is started: the checkout is looked at meanwhile.
    pub(super) fn arm(&self, project: &Project, session: &Session) {
        if session.executor.is_fence() || session.task.is_none() {
            return;
        }
        self.listen_to(&session.id);
        let order =
            Order::Arm { project: Box::new(project.clone()), session: session.id.clone(), at: SystemTime::now() };
        // nobody takes it when the daemon ends
        let _ = self.orders.send(order);
    }

    /// Looks before a landing: what a session did until now is found before its work is anywhere else.
    pub(super) async fn check(&self, project: ProjectId) {
        let (done, checked) = oneshot::channel();
        if self.orders.send(Order::Check { project, done }).is_ok() {
            let _ = checked.await;
        }
    }

    fn listens_to(&self, session: &SessionId) -> bool {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).contains_key(session)
    }

    fn listen_to(&self, session: &SessionId) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(session.clone()).or_default();
    }

    /// What a session was heard to call.
    fn calls_of(&self, session: &SessionId) -> Vec<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = calls.get(session).map(|heard| Heard { ran: heard.ran.clone(), open: heard.open.clone() });
        heard.map(Heard::all).unwrap_or_default()
    }

    /// The same once its turn is over: what it calls from now on is another turn's.
    fn take_calls(&self, session: &SessionId) -> Vec<Call> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get_mut(session).map(|heard| std::mem::take(heard).all()).unwrap_or_default()
    }

    /// Keeps nothing of sessions that are over.
    fn keep_only(&self, watched: impl Fn(&SessionId) -> bool) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).retain(|session, _| watched(session));
    }
}

/// Follows the sessions' turns until the daemon ends.
pub(super) async fn keep(daemon: Arc<Daemon>) {
    let taken = daemon.tripwire.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut orders) = taken else { return };
    let mut version = daemon.core.version();
    let mut watch = Watch::new(Arc::clone(&daemon));
    loop {
        version.mark_unchanged();
        let Ok(now) = daemon.core.look(|state, _| Now::of(state)).await else { return };
        watch.follow(&now).await;
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Arm { project, session, at }) => watch.arm(&project, session, at).await,
                Some(Order::Check { project, done }) => {
                    watch.check(project).await;
                    let _ = done.send(());
                }
                None => return,
            },
            changed = version.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

/// Who is at work now.
struct Now {
    /// With the sessions that work, and since when they do.
    working: BTreeMap<ProjectId, (Project, BTreeMap<SessionId, SystemTime>)>,
    /// Sessions that are not over.
    live: BTreeSet<SessionId>,
}

impl Now {
    fn of(state: &State) -> Self {
        let mut working: BTreeMap<ProjectId, (Project, BTreeMap<SessionId, SystemTime>)> = BTreeMap::new();
        for session in state.live().filter(|session| works(session)) {
            let Some(project) = state.projects.get(&session.project) else { continue };
            let its = working.entry(project.id).or_insert_with(|| (project.clone(), BTreeMap::new()));
            let since = Duration::from_millis(u64::try_from(session.verdict.at.0).unwrap_or_default());
            its.1.insert(session.id.clone(), SystemTime::UNIX_EPOCH + since);
        }
        Self { working, live: state.live().map(|session| session.id.clone()).collect() }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> SessionId {
        SessionId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
    }

    const CALL: &str = r#"{"tool_input":{"command":"rm x"}}"#;

    #[test]
    fn calls_of_sessions_that_are_not_watched_are_not_remembered() {
        let tripwire = Tripwire::default();
        for n in 0..1_000 {
            tripwire.heard(&id(n), Step::Ran, "Bash", CALL);
        }
        assert!(tripwire.calls.lock().unwrap().is_empty());
    }

    #[test]
    fn the_latest_calls_of_a_watched_session_are_remembered_within_bounds() {
        let tripwire = Tripwire::default();
        tripwire.listen_to(&id(1));
        for _ in 0..1_000 {
            let long = format!(r#"{{"tool_input":{{"command":"{}"}}}}"#, "x".repeat(5_000));
            tripwire.heard(&id(1), Step::Ran, "Bash", &long);
        }
        for _ in 0..1_000 {
            tripwire.heard(&id(1), Step::Ran, "Bash", CALL);
        }
        let calls = tripwire.calls_of(&id(1));
        assert_eq!(calls.len(), MOST_CALLS);
        assert!(calls.iter().all(|call| call.commands() == ["rm x"]), "the latest");
        assert!(tripwire.calls.lock().unwrap()[&id(1)].ran.bytes <= MOST_BYTES);
        assert_eq!(tripwire.take_calls(&id(1)), calls);
        assert!(tripwire.calls_of(&id(1)).is_empty());
        tripwire.keep_only(|_| false);
        assert!(tripwire.calls.lock().unwrap().is_empty());
    }

    #[test]
    fn a_call_that_was_refused_is_none() {
        let tripwire = Tripwire::default();
        let heard = |steps: &[Step]| {
            tripwire.listen_to(&id(1));
            for step in steps {
                tripwire.heard(&id(1), *step, "Bash", CALL);
            }
            tripwire.calls_of(&id(1)).len()
        };
        assert_eq!(heard(&[Step::of_hook("PermissionRequest")]), 0);
        let asked = ["PreToolUse", "PermissionRequest"].map(Step::of_hook);
        assert_eq!(heard(&asked), 0, "asked about, and never heard of again");
        assert_eq!(heard(&[Step::of_hook("PreToolUse")]), 1, "under way");
        tripwire.turn_over(&id(1));
        assert!(tripwire.calls_of(&id(1)).is_empty(), "a rule refused it");
        assert_eq!(heard(&[asked[0], asked[1], Step::of_hook("PostToolUse")]), 1, "allowed");
        assert_eq!(heard(&[asked[0], Step::of_hook("PostToolUseFailure")]), 2, "once each");
        tripwire.turn_over(&id(1));
        assert_eq!(tripwire.take_calls(&id(1)).len(), 2);
        assert_eq!(heard(&[Step::of_hook("AfterTool")]), 1, "of an agent that tells a call once");
    }
}
