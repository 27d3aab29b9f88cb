//! `step`: what an input causes. One file per area below; this one only hands the input to the right one.

mod answer;
mod ask;
mod budget;
mod commands;
mod effect;
mod handoff;
mod held;
mod landing;
mod launch;
mod limits;
mod moves;
mod pane;
mod plan;
mod project;
mod prompt;
mod queue;
mod reading;
mod report;
mod reroute;
mod restate;
mod resume;
mod review;
mod schedule;
mod session;
mod start;
mod steer;
mod submit;
mod task;
mod touched;
mod turn;
mod verify;
mod workers;

use crate::model::Moment;

use super::{Command, Effect, Event, Fact, Input, Refusal, State};
use turn::Turn;

pub use submit::mode;

/// What an input causes: to be committed as one, then applied in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The events, in order.
    pub events: Vec<Event>,
}

impl Outcome {
    /// What is to be done in the world once the events are committed.
    pub fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.events.iter().filter_map(|event| match event {
            Event::EffectRequested { effect, .. } => Some(effect),
            _ => None,
        })
    }
}

/// Decides what an input causes. Changes nothing. Only commands are refused; facts and `Schedule` never are.
pub fn step(state: &State, input: Input, moment: &Moment) -> Result<Outcome, Refusal> {
    let mut turn = Turn::new(state, moment);
    match input {
        Input::Command(command) => obey(&mut turn, command)?,
        Input::Fact(fact) => learn(&mut turn, fact),
        Input::Schedule => schedule::run(&mut turn),
    }
    Ok(Outcome { events: turn.events })
}

fn obey(turn: &mut Turn, command: Command) -> Result<(), Refusal> {
    match command {
        Command::AddProject { root, name, target, autonomy } => {
            project::add(turn, root, name, target, autonomy);
            Ok(())
        }
        Command::SetRules { rules } => {
            project::set_rules(turn, rules);
            Ok(())
        }
        Command::SetAutonomy { project, autonomy } => project::set_autonomy(turn, project, autonomy),
        Command::Say { project, asked, answer } => project::say(turn, project, asked, answer),
        Command::AskPlan(asking) => ask::ask(turn, asking),
        Command::PlanByRules { plan } => ask::by_rules(turn, plan),
        Command::Submit(submission) => submit::submit(turn, &submission),
        Command::ConfirmPlan { plan, tasks } => plan::confirm(turn, plan, &tasks),
        Command::DeclinePlan { plan } => plan::decline(turn, plan),
        Command::EditTask { task, title, body, agent, model, worker } => {
            task::edit(turn, task, task::Edit { title, body, agent, model, worker })
        }
        Command::Run { task } => task::run(turn, task),
        Command::Land { task } => landing::land(turn, task),
        Command::Cancel { task } => task::cancel(turn, task),
        Command::Retry { task } => task::retry(turn, task),
        Command::Answer { approval, kind, text } => answer::answer(turn, approval, kind, text.as_deref()),
        Command::StartPane { project, worker, agent, run } => pane::start(turn, project, worker, agent, run),
        Command::StopWorker { project, worker } => session::stop_worker(turn, project, worker),
        Command::Send { project, worker, text } => prompt::send(turn, project, worker, &text),
        Command::KillSession { session } => session::kill(turn, &session),
        Command::Restart { session } => resume::restart(turn, &session),
        Command::RestartInterrupted { project } => resume::interrupted(turn, project),
        Command::Archive { session } => session::archive(turn, &session),
        Command::ResetWorker { project, worker } => workers::reset(turn, project, worker),
        Command::Prioritize { task, priority } => task::prioritize(turn, task, priority),
        Command::Handoff { project, worker, push, hold } => {
            handoff::begin(turn, project, worker, handoff::Wish { push, hold, agent: None })
        }
        Command::SetBudget { scope, limit } => budget::set(turn, scope, limit),
        Command::SteerHandoff { handoff, control } => steer::steer(turn, handoff, control),
    }
}

fn learn(turn: &mut Turn, fact: Fact) {
    match fact {
        Fact::CheckoutTouched { session, record, files, evidence } => {
            touched::touched(turn, &session, touched::Change { record, files, evidence });
        }
        Fact::ModelAsked { project, by } => ask::model_asked(turn, project, by),
        Fact::ModelAnswered { project, by, well } => ask::model_answered(turn, project, by, well),
        Fact::LandingUndone { task } => landing::undone(turn, task),
        Fact::TextHeld { effect, why, hint } => held::held(turn, effect, why.as_deref(), &hint),
        Fact::EffectEnded { effect, result } => effect::ended(turn, effect, result),
        Fact::Used { session, now } => budget::used(turn, &session, now),
        Fact::Read { session, reading } => reading::read(turn, &session, &reading),
        Fact::Reported { session, report } => report::reported(turn, &session, report),
        Fact::SessionAdopted { session, pid, host } => session::adopted(turn, &session, pid, host),
        Fact::ConversationNamed { session, conversation } => session::named(turn, &session, conversation),
        Fact::SessionLost { session } => session::lost(turn, &session),
        Fact::SessionEnded { session, exit } => session::ended(turn, &session, exit),
    }
}
