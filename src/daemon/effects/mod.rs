//! The outbox carried out: one function per kind of effect, each answering with exactly one result.
//! Effects run beside each other. What moves the target's branch or a checkout of it, or takes a worktree away (landing,
//! removing, undo), takes the repository's lock. Making a worktree, committing what is left in one, and fetching from a
//! private one write only the branch of one task, which has no other effect on it at that time; git itself locks each ref.
//! A panic in an effect becomes a failed result, never the end of the daemon.

mod archive;
mod checks;
mod handoff;
mod landing;
mod launch;
mod pause;
mod worktree;

use std::sync::Arc;

use crate::engine::{Effect, EffectKind, EffectResult, Fact};
use crate::model::{Explain, Kind};
use crate::protocol::control::Failure;

use super::Daemon;
use super::links::Ask;
use super::planner;

/// Takes effects from the loop until the daemon ends.
pub(super) async fn run(daemon: Arc<Daemon>, mut asked: tokio::sync::mpsc::UnboundedReceiver<Effect>) {
    while let Some(effect) = asked.recv().await {
        let daemon = Arc::clone(&daemon);
        tokio::spawn(async move {
            let id = effect.id;
            tracing::debug!(%id, kind = ?effect.kind, "effect begins");
            let work = tokio::spawn(carry_out(Arc::clone(&daemon), effect));
            let result = work.await.unwrap_or_else(|_| {
                Some(EffectResult::Failed {
                    kind: Kind::Internal,
                    detail: "a part of the daemon failed; see the daemon's log".to_owned(),
                })
            });
            if let Some(result) = result {
                tracing::debug!(%id, ?result, "effect ended");
                daemon.core.fact(Fact::EffectEnded { effect: id, result }).await;
            }
        });
    }
}

/// Carries one effect out. `None`: the session's link took it over and answers itself.
async fn carry_out(daemon: Arc<Daemon>, effect: Effect) -> Option<EffectResult> {
    let ask = Ask::of(&effect);
    let outcome = match effect.kind {
        EffectKind::MakePlan { plan, rules } => planner::make(&daemon, plan, rules).await,
        EffectKind::PrepareWorktree { task, fresh } => worktree::prepare(&daemon, task, fresh).await,
        EffectKind::RemoveWorktree { task } => worktree::remove(&daemon, task).await,
        EffectKind::CommitLeftovers { task } => worktree::commit_leftovers(&daemon, task).await,
        EffectKind::RunChecks { task } => checks::run(&daemon, task).await,
        EffectKind::Land { task } => landing::land(&daemon, task).await,
        EffectKind::StartSession { session, resume, forks } => {
            launch::start(&daemon, session, launch::Conversation { resume, forks }).await
        }
        EffectKind::ArchiveSession { session } => archive::write(&daemon, session).await,
        EffectKind::WriteBrief { handoff } => handoff::write_brief(&daemon, handoff).await,
        EffectKind::CommitForHandoff { handoff } => handoff::commit(&daemon, handoff).await,
        EffectKind::PushBranch { handoff } => handoff::push(&daemon, handoff).await,
        EffectKind::PauseSession { session } => return pause::pause(&daemon, effect.id, &session).await,
        EffectKind::DeliverPrompt { session, .. }
        | EffectKind::AnswerDialog { session, .. }
        | EffectKind::LockInput { session, .. }
        | EffectKind::StopSession { session, .. } => return daemon.links.ask(&daemon, &session, ask?).await,
    };
    Some(outcome.unwrap_or_else(failed))
}

/// A failure as a result.
fn failed(failure: Failure) -> EffectResult {
    let detail = match failure.hint() {
        Some(hint) => format!("{failure}; {hint}"),
        None => failure.to_string(),
    };
    EffectResult::Failed { kind: failure.kind(), detail }
}
