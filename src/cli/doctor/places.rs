//! Where tasks can run: the executors, as they are on this machine.

use crate::config::Settings;
use crate::model::{ExecutorKind, Explain};
use crate::process;
use crate::session::executor::executor;

use super::Finding;

/// The fence first, then the configured default and what else can be used.
pub(super) fn look(settings: &Settings) -> Vec<Finding> {
    let own = settings.executor.default.named();
    let mut findings = vec![fence(settings, own)];
    for kind in [ExecutorKind::Docker, ExecutorKind::Tmux] {
        match (available(settings, kind), Some(kind) == own) {
            (Ok(found), _) => findings.push(Finding::ok(kind.word(), found)),
            (Err((why, hint)), true) => {
                findings.push(Finding::fail(kind.word(), format!("is the default, but {why}"), hint));
            }
            (Err(_), false) => {}
        }
    }
    findings
}

fn fence(settings: &Settings, own: Option<ExecutorKind>) -> Finding {
    let what = ExecutorKind::Sandbox.word();
    let unfenced = "agents run as you, with your files; Quarterdeck keeps them in worktrees of their own, but nothing fences them in";
    match (available(settings, ExecutorKind::Sandbox), own) {
        (Ok(found), Some(ExecutorKind::Sandbox)) => Finding::ok(what, found),
        (Ok(found), None) => {
            Finding::ok(what, format!("{found}; headless agents run behind one (`default = \"auto\"`)"))
        }
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
