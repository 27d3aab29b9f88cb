//! Events in plain words, for the activity log. Without the state: an event says what it knows itself.

use crate::model::{
    AnswerKind, DelegationStatus, PlanStatus, Restating, Speaker, StepState, TaskStatus, one_line, truncate,
};

use super::super::{EffectKind, Purpose};
use super::{ApprovalNews, BudgetNews, Event, HandoffNews, PlanNews, ProjectNews, SessionNews, TaskNews};

/// The longest quotation of foreign text in a line.
const QUOTE: usize = 160;

impl Event {
    /// One line for the activity log.
    pub fn describe(&self) -> String {
        match self {
            Event::RulesSet { rules } => format!("limits: {} slots, {} attempts", rules.slots, rules.max_attempts),
            Event::Project { news, .. } => project(news),
            Event::Plan { plan, news, .. } => format!("plan {plan} {}", plan_words(news)),
            Event::Task { task, news, .. } => format!("#{task} {}", task_words(news)),
            Event::Session { session, news, .. } => format!("session {} {}", session.short(), session_words(news)),
            Event::Approval { news, .. } => approval(news),
            Event::Handoff { news, .. } => format!("handoff: {}", handoff(news)),
            Event::Budget { scope, news, .. } => format!("budget of {scope} {}", budget(news)),
            Event::EffectRequested { effect, .. } => format!("to do: {}", effect_words(&effect.kind)),
            Event::EffectSettled { effect, failure, .. } => match failure {
                Some(why) => format!("did not work: {}", quote(why)),
                None => format!("effect {effect} is settled"),
            },
        }
    }
}

/// Foreign text, safe and short.
fn quote(text: &str) -> String {
    truncate(&one_line(text), QUOTE)
}

fn project(news: &ProjectNews) -> String {
    match news {
        ProjectNews::Added { root, target, .. } => {
            format!("project `{}` opened, results land on `{target}`", root.display())
        }
        ProjectNews::TargetSet { target } => format!("results land on `{target}` from now on"),
        ProjectNews::AutonomySet { autonomy } => format!("autonomy is {} from now on", autonomy.word()),
        ProjectNews::SeatRetired { worker } => format!("worker {worker} is not needed any more"),
        ProjectNews::WorkerOffline { worker, detail } => format!("worker {worker} is offline: {}", quote(detail)),
        ProjectNews::WorkerReset { worker } => format!("worker {worker} takes tasks again"),
        ProjectNews::ModelAsked { by } => format!("{} is asked", quote(by)),
        ProjectNews::ModelAnswered { by, well: true } => format!("{} answered", quote(by)),
        ProjectNews::ModelAnswered { by, well: false } => format!("{} gave no answer", quote(by)),
        ProjectNews::SeatAdded { worker, .. } => format!("worker {worker} added"),
        ProjectNews::AgentTrusted { agent } => format!("{agent} may trust this project's worktrees"),
        ProjectNews::CommandsTrusted { hash } => {
            format!("the project's commands may run ({})", hash.get(..8).unwrap_or(hash))
        }
        ProjectNews::ChatSaid { line } => {
            let who = match line.who {
                Speaker::You => "you",
                Speaker::Lead => "lead",
            };
            format!("{who}: {}", quote(&line.text))
        }
    }
}

fn plan_words(news: &PlanNews) -> String {
    match news {
        PlanNews::Made { plan } if plan.status == PlanStatus::Planning => {
            format!("is being made by {} from: {}", quote(&plan.by), quote(&plan.text))
        }
        PlanNews::Filled { tasks: made, by, note, .. } => {
            let why = note.as_ref().map(|note| format!(": {}", quote(note))).unwrap_or_default();
            format!("has {}, made by {}{why}", tasks(made.len()), quote(by))
        }
        PlanNews::Made { plan } => format!("made with {} from: {}", tasks(plan.tasks.len()), quote(&plan.text)),
        PlanNews::Settled { status: PlanStatus::Confirmed } => "confirmed".to_owned(),
        PlanNews::Settled { status: PlanStatus::Declined } => "declined".to_owned(),
        PlanNews::Settled { status: PlanStatus::Proposed | PlanStatus::Planning } => "proposed again".to_owned(),
    }
}

fn tasks(count: usize) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

fn task_words(news: &TaskNews) -> String {
    match news {
        TaskNews::Planned { made } => format!("planned for {}: {}", made.agent, quote(&made.title)),
        TaskNews::Edited { title, agent, .. } => format!("changed: {} ({agent})", quote(title)),
        TaskNews::Routed { route, .. } => format!("goes to {}", quote(&route.why)),
        TaskNews::Moved { to, reason, .. } => moved(*to, reason.as_ref().map(|why| quote(&why.to_string()))),
        TaskNews::ReasonSet { reason } => quote(&reason.to_string()),
        TaskNews::DelegationStarted { delegation } => {
            format!("started on worker {} with {}, attempt {}", delegation.worker, delegation.agent, delegation.attempt)
        }
        TaskNews::DelegationMoved { status } => match status {
            DelegationStatus::Spawning => "is being set up".to_owned(),
            DelegationStatus::InjectingContext => "gets its brief".to_owned(),
            DelegationStatus::Running => "is being worked on".to_owned(),
            DelegationStatus::Monitoring => "is looked at".to_owned(),
            DelegationStatus::Completed => "attempt succeeded".to_owned(),
            DelegationStatus::Failed => "attempt failed".to_owned(),
        },
        TaskNews::WorktreeMade { branch, .. } => format!("has a worktree on `{branch}`"),
        TaskNews::WorktreeRemoved { kept: Some(kept) } => format!("worktree removed, its work is kept as `{kept}`"),
        TaskNews::WorktreeRemoved { kept: None } => "worktree removed".to_owned(),
        TaskNews::WorktreeLeft { detail } => format!("worktree stays, it could not be removed: {}", quote(detail)),
        TaskNews::Summarized { summary } => format!("reported: {}", quote(summary)),
        TaskNews::Progressed { text } => format!("says: {}", quote(text)),
        TaskNews::Checked { runs } => checked(runs),
        TaskNews::AttemptFailed { summary } => format!("attempt failed: {}", quote(summary)),
        TaskNews::SentBack { attempt } => format!("sent back to its agent, attempt {attempt}"),
        TaskNews::RestartPlanned { .. } => "is started again in a moment".to_owned(),
        TaskNews::Requested => "asked to start next".to_owned(),
        TaskNews::Prioritized { priority } => format!("priority is {} now", priority.word()),
        TaskNews::Restarted => "restarted after its agent was lost".to_owned(),
        TaskNews::ResumePlanned { .. } => "goes on in the same conversation".to_owned(),
        TaskNews::FreshPlanned => "starts next from the target as it is then".to_owned(),
        TaskNews::Reminded => "reminded to report".to_owned(),
        TaskNews::HeadSeen { head } => format!("its branch is at {}", head.get(..10).unwrap_or(head)),
        TaskNews::BranchMoved => "changed after it was checked, is looked at again".to_owned(),
        TaskNews::LandingPostponed { detail, .. } => format!("waits to land: {}", quote(detail)),
        TaskNews::LandingUndone => "landing taken back".to_owned(),
        TaskNews::Completed { commit: Some(commit) } => format!("landed as {}", commit.get(..10).unwrap_or(commit)),
        TaskNews::Completed { commit: None } => "completed, nothing had to land".to_owned(),
        TaskNews::AgentChanged { agent, .. } => format!("goes on with {agent}"),
        TaskNews::LimitHit { until, .. } => format!("waits for its provider's limit until {until}"),
        TaskNews::WorkerFreed { worker } => format!("gave worker {worker} free"),
    }
}

fn moved(to: TaskStatus, reason: Option<String>) -> String {
    let to = to.word().replace('_', " ");
    match reason {
        Some(reason) => format!("{to}: {reason}"),
        None => to,
    }
}

fn checked(runs: &[crate::model::CheckRun]) -> String {
    match runs.iter().find(|run| !run.passed()) {
        Some(red) => format!("check `{}` failed", quote(&red.name)),
        None if runs.is_empty() => "has no checks to pass".to_owned(),
        None => format!(
            "passed {}",
            runs.iter().map(|run| format!("`{}`", quote(&run.name))).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn session_words(news: &SessionNews) -> String {
    match news {
        SessionNews::Created { made, .. } => format!("made for worker {} with {}", made.worker, made.agent),
        SessionNews::Started { pid, warnings, .. } if !warnings.is_empty() => {
            format!("started, process {pid}; {}", warnings.join("; "))
        }
        SessionNews::Started { pid, .. } => format!("started, process {pid}"),
        SessionNews::Read { verdict } => {
            format!("is {}: {}", verdict.state.word().replace('_', " "), quote(&verdict.evidence))
        }
        SessionNews::Prompted => "has its brief".to_owned(),
        SessionNews::GotFile { purpose, path } => {
            format!("got its {} as the file `{}`", purpose_word(*purpose), path.display())
        }
        SessionNews::DeliveryFailed { purpose, detail } => {
            format!("did not get its {}: {}", purpose_word(*purpose), quote(detail))
        }
        SessionNews::Parked { parked: true } => "parked".to_owned(),
        SessionNews::Parked { parked: false } => "unlocked".to_owned(),
        SessionNews::ConversationNamed { conversation } => format!("is conversation {}", quote(conversation)),
        SessionNews::Adopted { host, .. } => format!("lives on below a new host, process {}", host.pid),
        SessionNews::Dismissed { now: true } => "is killed".to_owned(),
        SessionNews::Dismissed { now: false } => "is stopped".to_owned(),
        SessionNews::RestartAsked => "is to be started again".to_owned(),
        SessionNews::Archived => "is archived".to_owned(),
        SessionNews::StopFailed { detail, .. } => format!("could not be ended, is tried again: {}", quote(detail)),
        SessionNews::Over { state, evidence, .. } => format!("{}: {}", state.word(), quote(evidence)),
        SessionNews::Used { now } => format!("used {} and {}", now.usage.tokens_words(), now.usage.cost_words()),
        SessionNews::LimitHit { until, told: true } => format!("is parked, its provider's limit resets at {until}"),
        SessionNews::LimitHit { until, told: false } => {
            format!("is parked at its provider's limit, tried again at {until}")
        }
        SessionNews::LimitOver => "goes on, its provider's limit should be over".to_owned(),
        SessionNews::ExitNoted { exit } => format!("ended with {exit}"),
    }
}

fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Brief => "brief",
        Purpose::Feedback => "feedback",
        Purpose::Message => "message",
        Purpose::Reminder => "reminder",
        Purpose::GoOn => "word to go on",
    }
}

fn budget(news: &BudgetNews) -> String {
    match news {
        BudgetNews::Set { limit: Some(limit) } => format!("is {limit}"),
        BudgetNews::Set { limit: None } => "follows the configuration".to_owned(),
        BudgetNews::Raised { limit } => format!("raised to {limit}"),
        BudgetNews::Warned { limit, percent } => format!("is used to {percent} % of {limit}"),
        BudgetNews::Reached { limit } => format!("is used up ({limit})"),
    }
}

fn approval(news: &ApprovalNews) -> String {
    match news {
        ApprovalNews::Asked { question } => format!("asks you: {}", quote(&question.title)),
        ApprovalNews::Answered { answer } => {
            let word = match answer.kind {
                AnswerKind::Yes => "yes",
                AnswerKind::No => "no",
                AnswerKind::Always => "yes, always",
            };
            match &answer.text {
                Some(text) => format!("you answered {word}: {}", quote(text)),
                None => format!("you answered {word}"),
            }
        }
        ApprovalNews::Withdrawn => "the question went away".to_owned(),
    }
}

fn handoff(news: &HandoffNews) -> String {
    match news {
        HandoffNews::Began { made } => format!("worker {} hands over session {}", made.worker, made.from.short()),
        HandoffNews::StepMoved { step, to } => {
            let word = step.word().to_lowercase();
            match to {
                StepState::Waiting => format!("{word} waits"),
                StepState::Running { .. } => format!("{word} runs"),
                StepState::Done { detail } => format!("{word} done: {}", quote(detail)),
                StepState::Skipped { reason } => format!("{word} left out: {}", quote(reason)),
                StepState::Failed { reason } => format!("{word} failed: {}", quote(reason)),
            }
        }
        HandoffNews::DocumentWritten { path } => format!("document `{}`", path.display()),
        HandoffNews::TakenOver { session } => format!("session {} takes over", session.short()),
        HandoffNews::Restated { to } => match to {
            Restating::Unasked => "the fresh session is asked again".to_owned(),
            Restating::Asked { .. } => "waits for the fresh session to say the next step".to_owned(),
            Restating::Said { next } => format!("the fresh session says the next step: {}", quote(next)),
            Restating::Unable => "this agent cannot say the next step".to_owned(),
        },
        HandoffNews::Released => "goes on after your yes".to_owned(),
        HandoffNews::TakenBack => "the old session goes on".to_owned(),
        HandoffNews::Ended => "over".to_owned(),
    }
}

fn effect_words(kind: &EffectKind) -> String {
    match kind {
        EffectKind::MakePlan { plan, .. } => format!("make plan {plan}"),
        EffectKind::PrepareWorktree { task, .. } => format!("prepare the worktree of #{task}"),
        EffectKind::StartSession { session, .. } => format!("start session {}", session.short()),
        EffectKind::DeliverPrompt { session, purpose, .. } => {
            format!("give session {} its {}", session.short(), purpose_word(*purpose))
        }
        EffectKind::AnswerDialog { session, .. } => format!("answer the dialog of session {}", session.short()),
        EffectKind::StopSession { session, .. } => format!("stop session {}", session.short()),
        EffectKind::PauseSession { session } => format!("pause session {}", session.short()),
        EffectKind::LockInput { session, locked: true } => format!("park session {}", session.short()),
        EffectKind::LockInput { session, locked: false } => format!("unlock session {}", session.short()),
        EffectKind::CommitLeftovers { task } => format!("commit what #{task} left"),
        EffectKind::RunChecks { task } => format!("run the checks for #{task}"),
        EffectKind::Land { task } => format!("land #{task}"),
        EffectKind::RemoveWorktree { task } => format!("remove the worktree of #{task}"),
        EffectKind::ArchiveSession { session } => format!("archive session {}", session.short()),
        EffectKind::WriteBrief { .. } => "write the handoff document".to_owned(),
        EffectKind::CommitForHandoff { .. } => "commit for the handoff".to_owned(),
        EffectKind::PushBranch { .. } => "push the branch".to_owned(),
    }
}
