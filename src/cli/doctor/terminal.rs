//! What the terminal can do, as far as it can be told without asking it.

use std::time::Duration;

use crate::process::Program;

use super::Finding;

/// How long tmux may take to answer.
const TMUX_LIMIT: Duration = Duration::from_secs(2);

/// The two lines for tmux.conf.
const TMUX_LINES: &str =
    "put into ~/.tmux.conf, then `tmux kill-server`:\n  set -g extended-keys on\n  set -g extended-keys-format csi-u";

/// Looks at everything here.
pub(super) fn look() -> Vec<Finding> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut findings = vec![kind(variable("TERM").as_deref(), variable("COLORTERM").as_deref())];
    if variable("TMUX").is_some() {
        findings.push(tmux(option("extended-keys").as_deref(), option("extended-keys-format").as_deref()));
    } else {
        findings.push(keyboard(
            variable("TERM").as_deref(),
            variable("TERM_PROGRAM").as_deref(),
            variable("ZELLIJ").is_some(),
        ));
    }
    findings
}

/// The kind of terminal and its colours.
fn kind(term: Option<&str>, colours: Option<&str>) -> Finding {
    match (term, colours) {
        (None | Some("dumb"), _) => Finding::warn(
            "terminal",
            "`TERM` says that it can show nothing",
            "use a terminal window; commands work everywhere",
        ),
        (Some(term), Some(colours @ ("truecolor" | "24bit"))) => Finding::ok("terminal", format!("{term}, {colours}")),
        (Some(term), _) if term.contains("256") || term.contains("direct") => {
            Finding::ok("terminal", format!("{term}, 256 colours"))
        }
        (Some(term), _) => {
            Finding::warn("terminal", format!("{term}, few colours"), "set `COLORTERM=truecolor` if it shows more")
        }
    }
}

/// What tmux passes on.
fn tmux(keys: Option<&str>, format: Option<&str>) -> Finding {
    match (keys, format) {
        (Some("on" | "always"), Some("csi-u")) => Finding::ok("tmux", "passes modified keys on (csi-u)"),
        (Some("on" | "always"), None) => Finding::warn(
            "tmux",
            "is older than 3.5: it passes modified keys in a form that is not understood",
            "use the leader key (Ctrl+Space) with 1–4 and h, or tmux 3.5 and its `extended-keys-format csi-u`",
        ),
        (Some("on" | "always"), Some(_)) => {
            Finding::warn("tmux", "passes modified keys in a form that is not understood", TMUX_LINES)
        }
        _ => {
            Finding::warn("tmux", "keeps Ctrl+1–4 and Ctrl+H to itself; the leader key (Ctrl+Space) works", TMUX_LINES)
        }
    }
}

/// An option of the tmux around us.
fn option(name: &str) -> Option<String> {
    let finished = Program::new("tmux").args(["show-options", "-gv", name]).timeout(TMUX_LIMIT).run().ok()?;
    let value = String::from_utf8_lossy(&finished.stdout).trim().to_owned();
    (finished.code == Some(0) && !value.is_empty()).then_some(value)
}

/// Terminals that are known to speak the kitty keyboard protocol; others may.
fn keyboard(term: Option<&str>, program: Option<&str>, zellij: bool) -> Finding {
    let known = ["kitty", "ghostty", "foot", "alacritty", "WezTerm", "iTerm.app", "rio"];
    let speaks = [term, program].into_iter().flatten().any(|name| known.iter().any(|known| name.contains(known)));
    if speaks && !zellij {
        return Finding::ok("keyboard", "this terminal can tell Ctrl+1–4 and Ctrl+H apart from other keys");
    }
    Finding::ok(
        "keyboard",
        "Ctrl+1–4 and Ctrl+H may not arrive here; the leader key (Ctrl+Space) then 1–4 or h does the same, and `?` in the cockpit shows which arrive",
    )
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[test]
    fn tmux_is_told_what_it_lacks() {
        assert_eq!(tmux(Some("on"), Some("csi-u")).health, Health::Ok);
        assert!(tmux(Some("off"), None).hint.unwrap().contains("set -g extended-keys on"));
        assert!(tmux(Some("on"), Some("xterm")).hint.unwrap().contains("extended-keys-format csi-u"));
        assert!(tmux(Some("always"), None).detail.contains("3.5"));
    }

    #[test]
    fn a_dumb_terminal_is_said_to_be_one() {
        assert_eq!(kind(Some("dumb"), None).health, Health::Warn);
        assert_eq!(kind(Some("xterm-256color"), None).health, Health::Ok);
        assert_eq!(kind(Some("xterm"), Some("truecolor")).health, Health::Ok);
    }
}
