//! One step of the engine with 10,000 finished tasks behind it, beside the same step with 100: history must
//! not be felt.

use std::time::Instant;

use quarterdeck::engine::{Command, Fact, Input, State, Submission, apply, step};
use quarterdeck::model::{
    Autonomy, DelegationId, Handoff, HandoffId, Moment, PlanId, ProjectId, Reading, Restating, SessionId, SessionState,
    StateSource, StepState, TaskId, Timestamp,
};

use crate::engine_world::{World, draft, exit, on};
use crate::figures::Figures;
use crate::table::Row;

const SHORT: u64 = 100;
const LONG: u64 = 10_000;
const STEPS: usize = 2_000;

/// A state with so many finished tasks, and one session at work.
struct Past {
    state: State,
    project: ProjectId,
    session: SessionId,
}

pub fn measure() -> Vec<Row> {
    let (short, long) = (past(SHORT), past(LONG));
    let kinds: [(&str, Kind); 3] = [
        ("engine step with 10,000 tasks of history: schedule, µs", |_, _| Input::Schedule),
        ("engine step with 10,000 tasks of history: a new request, µs", |past, _| {
            let submission = Submission {
                project: past.project,
                text: "more".into(),
                drafts: vec![draft("more")],
                from_chat: true,
                by: "rules".into(),
                note: None,
                at_once: None,
            };
            Input::Command(Command::Submit(submission))
        }),
        ("engine step with 10,000 tasks of history: a session's state, µs", |past, n| {
            let state = if n % 2 == 0 { SessionState::WaitingInput } else { SessionState::Working };
            let reading = Reading { state, source: StateSource::Hook, evidence: "hook".into(), dialog: None };
            Input::Fact(Fact::Read { session: past.session.clone(), reading })
        }),
    ];
    kinds
        .into_iter()
        .map(|(what, kind)| {
            let (few, many) = (steps(&short, kind), steps(&long, kind));
            let growth = many.median() / few.median();
            Row {
                rival: format!("{} (with {SHORT} tasks)", few.spread(1)),
                ratio: Some(growth),
                ..Row::absolute(what, many.spread(1), "< 50, no growth (≤ 1.5 ×)", {
                    many.median() < 50.0 && growth <= 1.5
                })
            }
        })
        .collect()
}

type Kind = fn(&Past, usize) -> Input;

fn steps(past: &Past, kind: Kind) -> Figures {
    (0..STEPS)
        .map(|n| {
            let moment = Moment { now: Timestamp(9_000_000), entropy: (n as u128 + 1).to_be_bytes() };
            let input = kind(past, n);
            let began = Instant::now();
            let outcome = step(&past.state, input, &moment);
            let took = began.elapsed();
            drop(outcome.expect("the step is taken"));
            took.as_secs_f64() * 1e6
        })
        .collect()
}

/// One task lived through for real, then copied; then another one that is at work.
fn past(tasks: u64) -> Past {
    let mut world = World::new(Autonomy::Full);
    let first = live_through(&mut world);
    let mut state = world.state.clone();
    multiply(&mut state, first, tasks);
    world.state = state;
    // what works meanwhile goes through `step` without the checks of the tests, which look at everything
    let moment = Moment { now: Timestamp(8_000_000), entropy: [7; 16] };
    let drafts = vec![on(2, draft("at work"))];
    let submission = Submission {
        project: world.project,
        text: "go".into(),
        drafts,
        from_chat: true,
        by: "rules".into(),
        note: None,
        at_once: None,
    };
    for input in [Input::Command(Command::Submit(submission)), Input::Schedule, Input::Schedule] {
        for event in step(&world.state, input, &moment).expect("it is taken").events {
            apply(&mut world.state, &event, moment.now);
        }
    }
    let working = TaskId(world.state.last_task);
    let effect = world.effect(|kind| world.state.task_of(kind) == Some(working)).id;
    let ready = crate::engine_world::worktree(working);
    for input in [Input::Fact(Fact::EffectEnded { effect, result: ready }), Input::Schedule] {
        for event in step(&world.state, input, &moment).expect("it is taken").events {
            apply(&mut world.state, &event, moment.now);
        }
    }
    let session = world.session(working).id;
    Past { state: world.state, project: world.project, session }
}

fn live_through(world: &mut World) -> TaskId {
    let task = world.submit(vec![draft("the first")])[0];
    let session = world.work(task);
    world.report_done(task);
    world.verify(task);
    world.land(task);
    world.end(&session, exit(0));
    task
}

fn multiply(state: &mut State, first: TaskId, tasks: u64) {
    let task = state.tasks[&first].clone();
    let plan = task.plan.and_then(|plan| state.plans.get(&plan).cloned());
    let session = state.sessions.values().next().cloned();
    let delegation = state.delegations.values().next().cloned();
    let first_id = state.last_id;
    for n in 1..tasks {
        let id = TaskId(first.0 + n);
        let mut copy = task.clone();
        copy.id = id;
        if let Some(plan) = &plan {
            let plan_id = PlanId(first_id + n);
            copy.plan = Some(plan_id);
            let mut plan = plan.clone();
            (plan.id, plan.tasks) = (plan_id, vec![id]);
            state.plans.insert(plan_id, plan);
        }
        if let Some(delegation) = &delegation {
            let delegation_id = DelegationId(first_id + tasks + n);
            let mut delegation = delegation.clone();
            (delegation.id, delegation.task) = (delegation_id, id);
            state.delegations.insert(delegation_id, delegation);
        }
        if let Some(session) = &session {
            let mut session = session.clone();
            session.id = SessionId::from_entropy((u128::from(n) << 20).to_be_bytes());
            session.task = Some(id);
            state.sessions.insert(session.id.clone(), session);
        }
        state.tasks.insert(id, copy);
    }
    hand_over(state, tasks);
    *state = std::mem::take(state).indexed();
    state.last_task = state.last_task.max(first.0 + tasks);
    state.last_id = first_id + 3 * tasks;
}

/// Every tenth session was handed over once.
fn hand_over(state: &mut State, tasks: u64) {
    let sessions: Vec<_> = state.sessions.values().step_by(10).cloned().collect();
    for (n, session) in (state.last_id + 2 * tasks..).zip(sessions) {
        let Some(task) = session.task else { continue };
        let handoff = Handoff {
            id: HandoffId(n),
            project: session.project,
            worker: session.worker,
            task,
            from: session.id,
            to: None,
            steps: std::array::from_fn(|_| StepState::Waiting),
            agent: None,
            model: None,
            push: false,
            held: false,
            restating: Restating::Unasked,
            document: None,
            started_at: Timestamp(1),
            ended_at: Some(Timestamp(2)),
        };
        state.handoffs.insert(handoff.id, handoff);
    }
}
