//! One turn: the state as it was, the events so far, and fresh numbers. The state does not change while
//! a turn lasts, so every decision is made on what was committed before it.

use crate::model::{
    Approval, ApprovalId, EffectId, Handoff, Moment, ProjectId, Session, SessionId, StatusReason, Subject, Task,
    TaskId, TaskStatus, Timestamp,
};

use super::super::{ApprovalNews, Effect, EffectKind, Event, HandoffNews, ProjectNews, SessionNews, State, TaskNews};

/// Letters of short ids: base 32 of RFC 4648 §6, lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// One turn of the engine.
pub(super) struct Turn<'a> {
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
    pub(super) events: Vec<Event>,
    entropy: [u8; 16],
    drawn: u64,
    last_id: u64,
    last_task: u64,
}

/// A question about to be asked.
pub(super) struct Question {
    pub(super) project: ProjectId,
    pub(super) task: Option<TaskId>,
    pub(super) subject: Subject,
    pub(super) title: String,
    pub(super) detail: String,
}

impl<'a> Turn<'a> {
    pub(super) fn new(state: &'a State, moment: &Moment) -> Self {
        Self {
            state,
            now: moment.now,
            events: Vec::new(),
            entropy: moment.entropy,
            drawn: 0,
            last_id: state.last_id,
            last_task: state.last_task,
        }
    }

    /// The next number for anything but a task.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id = self.last_id.saturating_add(1);
        self.last_id
    }

    /// The next task number.
    pub(super) fn next_task(&mut self) -> TaskId {
        self.last_task = self.last_task.saturating_add(1);
        TaskId(self.last_task)
    }

    /// A session's id: the turn's own entropy for the first, mixed on for others of the same turn.
    pub(super) fn next_session(&mut self) -> SessionId {
        let mut bytes = self.entropy;
        if self.drawn > 0 {
            let (high, low) = (self.mix(), self.mix());
            bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
        }
        self.drawn = self.drawn.saturating_add(1);
        SessionId::from_entropy(bytes)
    }

    /// Six characters that no task has yet, and none of `taken`.
    pub(super) fn next_short(&mut self, taken: &[String]) -> String {
        loop {
            let mut bits = self.mix();
            let mut short = String::with_capacity(6);
            for _ in 0..6 {
                let place = usize::try_from(bits & 31).unwrap_or(0);
                short.push(char::from(BASE32.get(place).copied().unwrap_or(b'a')));
                bits >>= 5;
            }
            if !taken.contains(&short) && !self.state.shorts.contains(&short) {
                return short;
            }
        }
    }

    /// The next 64 bits of a `SplitMix64` sequence (Steele, Lea, Flood 2014) seeded by the turn's entropy.
    fn mix(&mut self) -> u64 {
        self.drawn = self.drawn.saturating_add(1);
        let whole = u128::from_be_bytes(self.entropy);
        let low = u64::try_from(whole & u128::from(u64::MAX)).unwrap_or(0);
        let seed = low ^ u64::try_from(whole >> 64).unwrap_or(0).rotate_left(23);
        let mut z = seed.wrapping_add(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn project(&mut self, project: ProjectId, news: ProjectNews) {
        self.emit(Event::Project { project, news });
    }

    pub(super) fn task(&mut self, task: &Task, news: TaskNews) {
        self.emit(Event::Task { project: task.project, task: task.id, news });
    }

    /// Moves a task. The question what to do about it goes with the status that raised it.
    pub(super) fn move_task(&mut self, task: &Task, to: TaskStatus, reason: Option<StatusReason>) {
        self.withdraw(task.id, |subject| matches!(subject, Subject::Review { .. }));
        self.task(task, TaskNews::Moved { from: task.status, to, reason });
    }

    pub(super) fn session(&mut self, session: &Session, news: SessionNews) {
        self.emit(Event::Session { project: session.project, task: session.task, session: session.id.clone(), news });
    }

    pub(super) fn handoff(&mut self, handoff: &Handoff, news: HandoffNews) {
        self.emit(Event::Handoff { project: handoff.project, task: handoff.task, handoff: handoff.id, news });
    }

    /// Asks for an effect about something that the state knows.
    pub(super) fn request(&mut self, kind: EffectKind) -> EffectId {
        let (project, task) = (self.state.project_of(&kind), self.state.task_of(&kind));
        self.request_for(project, task, kind)
    }

    /// Asks for an effect about something that this turn made.
    pub(super) fn request_for(
        &mut self,
        project: Option<ProjectId>,
        task: Option<TaskId>,
        kind: EffectKind,
    ) -> EffectId {
        let id = EffectId(self.next_id());
        let effect = Effect { id, kind, asked_at: self.now };
        self.emit(Event::EffectRequested { effect, project, task });
        id
    }

    /// Asks for an effect unless the very same is under way.
    pub(super) fn request_once(&mut self, kind: EffectKind) {
        let asked_now = self
            .events
            .iter()
            .any(|event| matches!(event, Event::EffectRequested { effect, .. } if effect.kind == kind));
        if !asked_now && self.state.pending(|other| *other == kind).is_none() {
            self.request(kind);
        }
    }

    /// Asks the person.
    pub(super) fn ask(&mut self, question: Question) {
        let id = ApprovalId(self.next_id());
        let (project, task) = (question.project, question.task);
        let approval = Approval {
            id,
            project,
            subject: question.subject,
            task,
            title: question.title,
            detail: question.detail,
            asked_at: self.now,
            answer: None,
            withdrawn: false,
        };
        self.emit(Event::Approval {
            project,
            task,
            approval: id,
            news: ApprovalNews::Asked { question: Box::new(approval) },
        });
    }

    /// A question's news.
    pub(super) fn approval(&mut self, approval: &Approval, news: ApprovalNews) {
        self.emit(Event::Approval { project: approval.project, task: approval.task, approval: approval.id, news });
    }

    /// Takes back the waiting questions of a task that fit.
    pub(super) fn withdraw(&mut self, task: TaskId, fits: impl Fn(&Subject) -> bool) {
        let state = self.state;
        for approval in state.waiting_for(task).filter(|approval| fits(&approval.subject)) {
            if !self.closed_now(approval.id) {
                self.approval(approval, ApprovalNews::Withdrawn);
            }
        }
    }

    /// Whether this turn ended a session.
    pub(super) fn ended_now(&self, id: &SessionId) -> bool {
        self.events.iter().any(
            |event| matches!(event, Event::Session { session, news: SessionNews::Over { .. }, .. } if session == id),
        )
    }

    /// Whether this turn closed a question already.
    pub(super) fn closed_now(&self, id: ApprovalId) -> bool {
        self.events.iter().any(|event| {
            matches!(event, Event::Approval { approval, news: ApprovalNews::Answered { .. } | ApprovalNews::Withdrawn, .. } if *approval == id)
        })
    }
}
