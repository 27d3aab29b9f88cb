//! Plain panes: sessions that a person opens without a task.

use crate::model::{ExecutorKind, Project, ProjectId, Session, SessionMode, WorkerNumber};

use super::super::{EffectKind, ProjectNews, Refusal, SessionNews};
use super::launch;
use super::turn::Turn;

pub(super) fn start(
    turn: &mut Turn,
    id: ProjectId,
    wanted: Option<WorkerNumber>,
    agent: String,
    run: Option<String>,
) -> Result<(), Refusal> {
    let project = turn.state.projects.get(&id).ok_or(Refusal::NoProject(id))?;
    let worker = seat(turn, project, wanted)?;
    if !project.workers.contains_key(&worker) {
        turn.project(id, ProjectNews::SeatAdded { worker, extra: false });
    }
    open(turn, id, worker, Pane { agent, run, conversation: None });
    Ok(())
}

/// What runs in a pane.
struct Pane {
    agent: String,
    run: Option<String>,
    conversation: Option<String>,
}

/// Opens the pane of a session that is over again: the same seat, agent, command and conversation.
pub(super) fn again(turn: &mut Turn, session: &Session) -> Result<(), Refusal> {
    let project = turn.state.projects.get(&session.project).ok_or(Refusal::NoProject(session.project))?;
    let worker = seat(turn, project, Some(session.worker))?;
    let pane = Pane {
        agent: session.agent.clone(),
        run: turn.state.pane_runs.get(&session.id).cloned(),
        conversation: session.conversation.clone(),
    };
    open(turn, session.project, worker, pane);
    Ok(())
}

fn open(turn: &mut Turn, id: ProjectId, worker: WorkerNumber, pane: Pane) {
    let Pane { agent, run, conversation: resume } = pane;
    let made = Session {
        id: turn.next_session(),
        project: id,
        task: None,
        delegation: None,
        worker,
        agent,
        mode: SessionMode::Interactive,
        executor: ExecutorKind::Local,
        warnings: Vec::new(),
        conversation: resume.clone(),
        pid: None,
        host: None,
        verdict: launch::starting(turn),
        resumed: resume.is_some(),
        prompted: false,
        parked: false,
        created_at: turn.now,
        started_at: None,
        ended_at: None,
        exit: None,
    };
    let session = made.clone();
    turn.session(&session, SessionNews::Created { made: Box::new(made), run });
    turn.request_for(Some(id), None, EffectKind::StartSession { session: session.id, resume, forks: false });
}

/// The seat asked for, or the lowest free one. Sessions that a person opens are not limited: a full house gets a seat more.
fn seat(turn: &Turn, project: &Project, wanted: Option<WorkerNumber>) -> Result<WorkerNumber, Refusal> {
    if let Some(worker) = wanted.filter(|worker| worker.0 > 0) {
        return match with(turn, project, worker) {
            Some(with) => Err(Refusal::WorkerBusy { worker, with }),
            None => Ok(worker),
        };
    }
    let free = (1..=u16::MAX).map(WorkerNumber).find(|worker| with(turn, project, *worker).is_none());
    free.ok_or(Refusal::WorkerBusy { worker: WorkerNumber(u16::MAX), with: "another session".to_owned() })
}

/// What a seat is busy with.
fn with(turn: &Turn, project: &Project, worker: WorkerNumber) -> Option<String> {
    if let Some(task) = project.workers.get(&worker).and_then(|worker| worker.task) {
        return Some(format!("#{task}"));
    }
    let lives = |session: &&Session| session.project == project.id && session.worker == worker && session.is_live();
    let session = turn.state.live().find(lives).filter(|session| !turn.ended_now(&session.id))?;
    Some(if turn.state.stops.contains_key(&session.id) {
        "a session that is ending".to_owned()
    } else {
        session.agent.clone()
    })
}
