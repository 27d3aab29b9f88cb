//! What a start does before it takes requests: the configured limits, and the sessions of before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::config::{Landing, ProviderSettings, Resume};
use crate::engine::{BudgetRules, Command, EffectKind, Fact, ProviderRules, Rules};
use crate::process;
use crate::session::{self, Found};

use super::Daemon;

/// Programs of a killed daemon may end by themselves for this long: a `git` that is stopped leaves locks.
const PROGRAMS_MAY_END_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks at them.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Waits until what a killed daemon had started (`git`, checks) is over, for it writes where its work is
/// about to be done again; what takes long is ended. Blocks.
pub(super) fn outlast_programs(daemon: u32) {
    let deadline = Instant::now() + PROGRAMS_MAY_END_WITHIN;
    loop {
        let left = process::carriers(process::STARTED_BY, &daemon.to_string());
        if left.is_empty() {
            return;
        }
        if Instant::now() >= deadline {
            tracing::warn!(count = left.len(), "programs of the earlier daemon are ended");
            for program in &left {
                process::send_signal(program.pid, Signal::SIGTERM);
            }
            return;
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
}

/// Puts the configured limits into the state, where they differ.
pub(super) async fn set_rules(daemon: &Arc<Daemon>) {
    let settings = &daemon.settings;
    let known = daemon.core.look(|state, _| state.rules.clone()).await.unwrap_or_default();
    let rules = Rules {
        slots: settings.slots,
        seats: settings.seats,
        max_attempts: settings.max_attempts,
        reminders: settings.reminders,
        max_seats: settings.max_workers.max(settings.seats),
        requests: settings.session_requests,
        resumes_alone: settings.resume == Resume::Auto,
        idle_ms: settings.idle_timeout.saturating_mul(1_000),
        restate_ms: settings.handoff.restate_timeout.saturating_mul(1_000),
        lands_alone: settings.landing.map(|landing| landing == Landing::Auto),
        budget: BudgetRules {
            task: settings.budget.task,
            worker: settings.budget.worker,
            project: settings.budget.project,
            day: settings.budget.day,
            warn_percent: settings.budget.warn,
            on_budget: settings.budget.on_budget,
        },
        providers: settings.providers.iter().map(|(name, it)| (name.clone(), provider(name, it))).collect(),
        fallback_agent: settings.fallback_agent.clone(),
        fallback_after_ms: settings.fallback_after.saturating_mul(60_000),
        utc_offset_s: i64::from(jiff::Zoned::now().offset().seconds()),
        ..known.clone()
    };
    if rules != known {
        let _ = daemon.core.command(Command::SetRules { rules }).await;
    }
}

fn provider(name: &str, settings: &ProviderSettings) -> ProviderRules {
    ProviderRules {
        agents: settings.served(name),
        tokens_per_minute: settings.tokens_per_minute,
        starts_per_minute: settings.starts_per_minute,
    }
}

/// Frees what a killed daemon had locked.
pub(super) async fn remove_stale_locks(daemon: &Arc<Daemon>) {
    let projects = daemon.core.look(|state, _| state.projects.values().cloned().collect::<Vec<_>>()).await;
    for project in projects.unwrap_or_default() {
        let opening = daemon.repository(&project);
        let work =
            tokio::task::spawn_blocking(move || opening.open().map(|repository| repository.remove_stale_locks()));
        if let Ok(Err(error)) = work.await {
            tracing::warn!(%error, "a project's repository cannot be opened");
        }
    }
}

/// Every session that was live is linked again, and the link finds out what became of it. A session
/// that never started is left to its `StartSession`, which is still in the outbox.
pub(super) async fn find_sessions(daemon: &Arc<Daemon>) {
    let live = daemon
        .core
        .look(|state, _| {
            let starting: Vec<_> = state
                .outbox
                .values()
                .filter_map(|effect| match &effect.kind {
                    EffectKind::StartSession { session, .. } => Some(session.clone()),
                    _ => None,
                })
                .collect();
            state.live_sessions.iter().map(|id| (id.clone(), starting.contains(id))).collect::<Vec<_>>()
        })
        .await
        .unwrap_or_default();
    for (id, starting) in live {
        let directory = daemon.paths.session(&id);
        let found = tokio::task::spawn_blocking(move || session::find(&directory)).await;
        match found {
            // the link of one that ended collects what it said last, buries its host, and clears up after a lost one
            Ok(Found::Running(_) | Found::Lost) => daemon.links.open(daemon, &id),
            Ok(Found::Ended(_)) if !starting => daemon.links.open(daemon, &id),
            Ok(Found::NeverStarted) if !starting => {
                daemon.core.fact(Fact::SessionLost { session: id }).await;
            }
            Ok(Found::Ended(_) | Found::NeverStarted) => {}
            Err(error) => tracing::error!(%error, "a session could not be looked for"),
        }
    }
}
