//! A world of a few lines around the real `step`: it commits, applies, schedules, and answers effects.
//! Every event that passes is checked against the invariants.

use std::path::PathBuf;

use quarterdeck::engine::{
    Asking, Command, Effect, EffectKind, EffectResult, Event, Fact, Input, Purpose, Refusal, Rules, State, Submission,
    apply, step,
};
use quarterdeck::model::{
    AnswerKind, Approval, Autonomy, CheckRun, Complexity, Dialog, DialogKind, Exit, Forecast, HostIdentity, Kind,
    Moment, Priority, ProjectId, Reading, Report, Session, SessionId, SessionState, StateSource, Subject, Task,
    TaskDraft, TaskId, TaskStatus, TaskType, Timestamp, Wishes, WorkerNumber,
};

use crate::invariants;

pub struct World {
    pub state: State,
    pub log: Vec<(Event, Timestamp)>,
    pub now: Timestamp,
    pub project: ProjectId,
    /// How many tasks of each submission run at once.
    pub at_once: Option<u16>,
    turns: u64,
}

impl World {
    /// A world with one project.
    pub fn new(autonomy: Autonomy) -> Self {
        let mut world = Self {
            state: State::default(),
            log: Vec::new(),
            now: Timestamp(1_000),
            project: ProjectId(0),
            at_once: None,
            turns: 0,
        };
        world.project = world.add_project("/repo", autonomy);
        world
    }

    pub fn add_project(&mut self, root: &str, autonomy: Autonomy) -> ProjectId {
        let root = PathBuf::from(root);
        let add = Command::AddProject { root: root.clone(), name: "repo".into(), target: "main".into(), autonomy };
        self.obey(add).expect("adding a project is never refused");
        self.state.projects.values().find(|project| project.root == root).expect("it was added").id
    }

    pub fn with_rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        let mut rules = self.state.rules.clone();
        change(&mut rules);
        self.obey(Command::SetRules { rules }).expect("rules are never refused");
        self
    }

    /// One input, committed and applied; answers what it asked for.
    pub fn turn(&mut self, input: Input) -> Result<Vec<Effect>, Refusal> {
        self.turns += 1;
        self.now.0 += 1;
        let moment =
            Moment { now: self.now, entropy: (u128::from(self.turns) * 0x9e37_79b9_7f4a_7c15_f39c).to_be_bytes() };
        let outcome = step(&self.state, input, &moment)?;
        let effects = outcome.effects().cloned().collect();
        for event in outcome.events {
            invariants::event(&self.state, &event);
            apply(&mut self.state, &event, self.now);
            self.log.push((event, self.now));
        }
        invariants::state(&self.state);
        Ok(effects)
    }

    /// An input, and the schedule until nothing more is due.
    pub fn input(&mut self, input: Input) -> Result<Vec<Effect>, Refusal> {
        let mut effects = self.turn(input)?;
        for _ in 0..500 {
            let before = self.log.len();
            effects.extend(self.turn(Input::Schedule)?);
            if self.log.len() == before {
                return Ok(effects);
            }
        }
        let tail: Vec<_> = self.log.iter().rev().take(12).map(|(event, _)| event.describe()).collect();
        panic!("the schedule never comes to rest: {tail:#?}");
    }

    pub fn obey(&mut self, command: Command) -> Result<Vec<Effect>, Refusal> {
        self.input(Input::Command(command))
    }

    pub fn learn(&mut self, fact: Fact) -> Vec<Effect> {
        self.input(Input::Fact(fact)).expect("facts are never refused")
    }

    pub fn schedule(&mut self) -> Vec<Effect> {
        self.input(Input::Schedule).expect("the schedule is never refused")
    }

    /// Lets time pass.
    pub fn pass(&mut self, ms: i64) -> Vec<Effect> {
        self.now.0 += ms;
        self.schedule()
    }

    /// Lets the next thing that is due by itself happen.
    pub fn wait(&mut self) -> Vec<Effect> {
        let at = quarterdeck::engine::next_wake(&self.state, self.now).expect("something is due by itself");
        self.pass((at.0 - self.now.0).max(1))
    }

    pub fn submit(&mut self, drafts: Vec<TaskDraft>) -> Vec<TaskId> {
        let first = self.state.last_task;
        let count = drafts.len() as u64;
        self.try_submit(drafts).expect("the plan is fine");
        (first + 1..=first + count).map(TaskId).collect()
    }

    pub fn try_submit(&mut self, drafts: Vec<TaskDraft>) -> Result<Vec<Effect>, Refusal> {
        self.obey(Command::Submit(Submission {
            project: self.project,
            text: "do it".into(),
            drafts,
            from_chat: true,
            by: "rules".into(),
            note: None,
            at_once: self.at_once,
        }))
    }

    pub fn task(&self, id: TaskId) -> &Task {
        self.state.task(id).expect("the task exists")
    }

    pub fn status(&self, id: TaskId) -> TaskStatus {
        self.task(id).status
    }

    pub fn session(&self, id: TaskId) -> Session {
        self.state.session_of(self.task(id)).expect("the task has a session").clone()
    }

    /// The only effect under way that fits.
    pub fn effect(&self, fits: impl Fn(&EffectKind) -> bool) -> Effect {
        let found: Vec<_> = self.state.outbox.values().filter(|effect| fits(&effect.kind)).collect();
        assert_eq!(found.len(), 1, "wanted one effect, the outbox has {:#?}", self.state.outbox);
        found[0].clone()
    }

    /// Whether nothing is under way but the archive.
    pub fn is_quiet(&self) -> bool {
        !self.has(|kind| !matches!(kind, EffectKind::ArchiveSession { .. }))
    }

    pub fn has(&self, fits: impl Fn(&EffectKind) -> bool) -> bool {
        self.state.outbox.values().any(|effect| fits(&effect.kind))
    }

    /// Answers the only effect that fits.
    pub fn settle(&mut self, fits: impl Fn(&EffectKind) -> bool, result: EffectResult) -> Vec<Effect> {
        let effect = self.effect(fits).id;
        self.learn(Fact::EffectEnded { effect, result })
    }

    pub fn approval(&self, fits: impl Fn(&Subject) -> bool) -> Approval {
        let found: Vec<_> = self.state.waiting().filter(|approval| fits(&approval.subject)).collect();
        assert_eq!(found.len(), 1, "wanted one approval, there are {found:#?}");
        found[0].clone()
    }

    pub fn answer(&mut self, fits: impl Fn(&Subject) -> bool, kind: AnswerKind, text: Option<&str>) -> Vec<Effect> {
        let approval = self.approval(fits).id;
        self.obey(Command::Answer { approval, kind, text: text.map(Into::into) }).expect("the answer is taken")
    }

    pub fn read(
        &mut self,
        session: &SessionId,
        state: SessionState,
        source: StateSource,
        evidence: &str,
    ) -> Vec<Effect> {
        let reading = Reading { state, source, evidence: evidence.into(), dialog: None };
        self.learn(Fact::Read { session: session.clone(), reading })
    }

    pub fn show(&mut self, session: &SessionId, dialog: Dialog) -> Vec<Effect> {
        let reading = Reading {
            state: SessionState::WaitingPermission,
            source: StateSource::Screen,
            evidence: dialog.text.clone(),
            dialog: Some(dialog),
        };
        self.learn(Fact::Read { session: session.clone(), reading })
    }

    pub fn report_done(&mut self, task: TaskId) -> Vec<Effect> {
        let session = self.session(task).id;
        self.learn(Fact::Reported { session, report: Report::Done { summary: "made it".into() } })
    }

    /// The agent reports progress.
    pub fn tell(&mut self, session: &SessionId, text: &str) -> Vec<Effect> {
        self.learn(Fact::Reported { session: session.clone(), report: Report::Progress { text: text.into() } })
    }

    pub fn end(&mut self, session: &SessionId, exit: Option<Exit>) -> Vec<Effect> {
        self.learn(Fact::SessionEnded { session: session.clone(), exit })
    }

    /// From `executing` to a running, prompted agent.
    pub fn work(&mut self, task: TaskId) -> SessionId {
        self.settle(|kind| matches!(kind, EffectKind::PrepareWorktree { task: of, .. } if *of == task), worktree(task));
        let session = self.session(task).id;
        self.start(&session);
        if self.has(|kind| is_prompt(kind, &session)) {
            self.settle(|kind| is_prompt(kind, &session), EffectResult::Delivered);
        }
        session
    }

    pub fn start(&mut self, session: &SessionId) -> Vec<Effect> {
        self.settle(|kind| matches!(kind, EffectKind::StartSession { session: of, .. } if of == session), started())
    }

    /// From a report to the end of green checks.
    pub fn verify(&mut self, task: TaskId) {
        self.settle(|kind| *kind == EffectKind::CommitLeftovers { task }, committed(1));
        self.settle(|kind| *kind == EffectKind::RunChecks { task }, EffectResult::Checked { runs: vec![check(true)] });
    }

    pub fn land(&mut self, task: TaskId) -> Vec<Effect> {
        self.settle(|kind| *kind == EffectKind::Land { task }, landed())
    }
}

pub fn is_prompt(kind: &EffectKind, session: &SessionId) -> bool {
    matches!(kind, EffectKind::DeliverPrompt { session: of, .. } if of == session)
}

pub fn is_purpose(kind: &EffectKind, wanted: Purpose) -> bool {
    matches!(kind, EffectKind::DeliverPrompt { purpose, .. } if *purpose == wanted)
}

pub fn is_stop(kind: &EffectKind, session: &SessionId) -> bool {
    matches!(kind, EffectKind::StopSession { session: of, .. } if of == session)
}

pub fn draft(title: &str) -> TaskDraft {
    TaskDraft {
        title: title.into(),
        body: format!("{title}, please"),
        task_type: TaskType::Feature,
        complexity: Complexity::Simple,
        confidence: 0.9,
        agent: "claude".into(),
        model: None,
        run: None,
        role: None,
        instructions: None,
        worker: None,
        autonomy: None,
        mode: None,
        depends: Vec::new(),
        open_ended: false,
        fork: None,
        executor: Default::default(),
        priority: Priority::Normal,
        forecast: Forecast::default(),
        route: None,
        budget: None,
    }
}

/// A chat message that a model is to plan.
pub fn asking(project: ProjectId, autonomy: Option<Autonomy>) -> Command {
    let wishes = Wishes { autonomy, ..Wishes::default() };
    let (text, by) = ("Add dark mode. Fix the login.".to_owned(), "claude (haiku)".to_owned());
    Command::AskPlan(Asking { project, text, by, from_chat: true, wishes })
}

pub fn planned(drafts: Vec<TaskDraft>) -> EffectResult {
    EffectResult::Planned { drafts, by: "claude (haiku)".to_owned(), note: None }
}

pub fn shell(run: &str) -> TaskDraft {
    TaskDraft { agent: "shell".into(), run: Some(run.into()), ..draft(run) }
}

pub fn on(worker: u16, draft: TaskDraft) -> TaskDraft {
    TaskDraft { worker: Some(WorkerNumber(worker)), ..draft }
}

pub fn worktree(task: TaskId) -> EffectResult {
    EffectResult::WorktreeReady {
        path: format!("/trees/{task}").into(),
        branch: format!("feat/{task}"),
        base: "b0".into(),
    }
}

pub fn started() -> EffectResult {
    EffectResult::SessionStarted {
        pid: 7,
        host: HostIdentity { pid: 6, started_ticks: 1 },
        conversation: Some("conversation-1".into()),
        reports: true,
        warnings: Vec::new(),
    }
}

pub fn committed(ahead: u32) -> EffectResult {
    EffectResult::Committed { head: "abcdef0123456789".into(), ahead }
}

pub fn landed() -> EffectResult {
    EffectResult::Landed { commit: "c0ffee".into(), runs: vec![check(true)] }
}

pub fn failed(detail: &str) -> EffectResult {
    EffectResult::Failed { kind: Kind::Unavailable, detail: detail.into() }
}

pub fn check(green: bool) -> CheckRun {
    CheckRun {
        name: "cargo test".into(),
        argv: vec!["cargo".into(), "test".into()],
        exit_code: Some(i32::from(!green)),
        duration_ms: 12,
        tree: "t0".into(),
        log: "assertion failed: left == right".into(),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "handed to `World::end` as it is")]
pub fn exit(code: i32) -> Option<Exit> {
    Some(Exit { code: Some(code), signal: None, at: Timestamp(1), tail: "last words\n".into() })
}

#[allow(clippy::unnecessary_wraps, reason = "handed to `World::end` as it is")]
pub fn killed(signal: i32) -> Option<Exit> {
    Some(Exit { code: None, signal: Some(signal), at: Timestamp(1), tail: String::new() })
}

pub fn dialog(kind: DialogKind, text: &str) -> Dialog {
    Dialog { yes: vec!["1".into()], no: vec!["\u{1b}".into()], ..Dialog::told(kind, text) }
}
