//! Where tasks can run: the executors, as they are on this machine.

use std::path::Path;

use crate::config::Settings;
use crate::model::{DefaultExecutor, ExecutorKind, Explain};
use crate::process;
use crate::session::executor::executor;

use super::Finding;

/// The fence first, then the configured default and what else can be used.
pub(super) fn look(settings: &Settings, aside: &Path) -> Vec<Finding> {
    let own = settings.executor.default.named();
    let mut findings = vec![fence(settings, aside, own)];
    for kind in [ExecutorKind::Docker, ExecutorKind::Tmux, ExecutorKind::Ssh] {
        match (available(settings, kind), Some(kind) == own) {
            (Ok(found), _) => findings.push(Finding::ok(kind.word(), found)),
            (Err((why, hint)), true) => {
                findings.push(Finding::fail(kind.word(), format!("is the default, but {why}"), hint));
            }
            // one that was set up and does not work is told, others are not missed
            (Err((why, hint)), false) if kind == ExecutorKind::Ssh && !settings.executor.ssh.host.is_empty() => {
                findings.push(Finding::warn(kind.word(), why, hint));
            }
            (Err(_), false) => {}
        }
    }
    findings
}

/// The fence that headless agents get when nobody said otherwise.
fn by_itself(settings: &Settings, aside: &Path, found: String) -> Finding {
    let what = ExecutorKind::Sandbox.word();
    let copies = executor(ExecutorKind::Sandbox, &settings.executor, &process::login_path()).copies_on_write(aside);
    match (copies, settings.executor.default) {
        (Ok(()), _) => Finding::ok(
            what,
            format!(
                "{found}; headless agents run behind one; what they and checks write to caches in your home is kept aside"
            ),
        ),
        (Err(why), DefaultExecutor::Auto) => Finding::warn(
            what,
            format!("{found}; headless agents run behind one, but caches in your home are read-only there ({why})"),
            "checks that fetch packages fail there; allow their caches with `writable` in `[executor.sandbox]`"
                .to_owned(),
        ),
        (Err(why), _) => Finding::warn(
            what,
            format!("{found}, but caches in your home would be read-only there ({why}), so headless agents run as you"),
            "`[executor] default = \"auto\"` in `config.toml` fences them nevertheless".to_owned(),
        ),
    }
}

fn fence(settings: &Settings, aside: &Path, own: Option<ExecutorKind>) -> Finding {
    let what = ExecutorKind::Sandbox.word();
    let unfenced = "agents run as you, with your files; Quarterdeck keeps them in worktrees of their own, but nothing fences them in";
    match (available(settings, ExecutorKind::Sandbox), own) {
        (Ok(found), Some(ExecutorKind::Sandbox)) => Finding::ok(what, found),
        (Ok(found), None) => by_itself(settings, aside, found),
        (Err((why, hint)), Some(ExecutorKind::Sandbox)) => {
            Finding::fail(what, format!("is the default, but {why}"), hint)
        }
        (Ok(_), Some(own)) if own.is_fence() => Finding::ok(what, format!("tasks run in `{own}`")),
        (Ok(found), _) => Finding::warn(
            what,
            unfenced,
            format!("{found}: `qd task add … --executor sandbox`, or `[executor] default = \"auto\"` in `config.toml`"),
        ),
        (Err((why, hint)), _) => Finding::warn(what, format!("{unfenced} ({why})"), hint),
    }
}

fn available(settings: &Settings, kind: ExecutorKind) -> Result<String, (String, String)> {
    executor(kind, &settings.executor, &process::login_path())
        .available()
        .map_err(|error| (error.to_string(), error.hint().unwrap_or_default()))
}
