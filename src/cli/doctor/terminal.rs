//! What the terminal can do, as far as it can be told without asking it.

use std::time::Duration;

use crate::process::Program;

use super::Finding;

/// How long tmux may take to answer.
const TMUX_LIMIT: Duration = Duration::from_secs(2);

/// The line for tmux.conf.
const TMUX_LINE: &str = "put into ~/.tmux.conf, then `tmux kill-server`:\n  set -s extended-keys on";

/// The line for terminals that tmux does not know to have extended keys.
const FEATURE_LINE: &str = "put into ~/.tmux.conf, then `tmux kill-server`:\n  set -as terminal-features ',*:extkeys'";

/// Looks at everything here.
pub(super) fn look() -> Vec<Finding> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut findings = vec![kind(variable("TERM").as_deref(), variable("COLORTERM").as_deref())];
    if variable("TMUX").is_some() {
        findings.push(tmux(option("extended-keys").as_deref(), features().as_deref()));
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

/// What tmux passes on; it writes modified keys in one of two forms, which are both understood.
fn tmux(keys: Option<&str>, features: Option<&str>) -> Finding {
    match (keys, features) {
        (Some("on" | "always"), Some(features)) if !features.contains("extkeys") => Finding::warn(
            "tmux",
            "would pass Shift+Enter and Ctrl+1–4 on, but does not ask the terminal around it for them",
            FEATURE_LINE,
        ),
        (Some("on" | "always"), _) => Finding::ok("tmux", "passes modified keys on (Shift+Enter, Ctrl+1–4)"),
        _ => Finding::warn(
            "tmux",
            "keeps Shift+Enter and Ctrl+1–4 to itself; the leader key (Ctrl+Space) then j or 1–4 does the same",
            TMUX_LINE,
        ),
    }
}

/// What tmux thinks of the terminal around it.
fn features() -> Option<String> {
    answer(&["display-message", "-p", "#{client_termfeatures}"])
}

/// An option of the tmux around us.
fn option(name: &str) -> Option<String> {
    answer(&["show-options", "-sv", name])
}

fn answer(question: &[&str]) -> Option<String> {
    let finished = Program::new("tmux").args(question.iter().copied()).timeout(TMUX_LIMIT).run().ok()?;
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
        assert_eq!(tmux(Some("on"), Some("256,RGB,extkeys")).health, Health::Ok);
        assert_eq!(tmux(Some("always"), None).health, Health::Ok);
        assert!(tmux(Some("off"), None).hint.unwrap().contains("set -s extended-keys on"));
        assert!(tmux(Some("on"), Some("256,RGB")).hint.unwrap().contains("extkeys"));
    }

    #[test]
    fn a_dumb_terminal_is_said_to_be_one() {
        assert_eq!(kind(Some("dumb"), None).health, Health::Warn);
        assert_eq!(kind(Some("xterm-256color"), None).health, Health::Ok);
        assert_eq!(kind(Some("xterm"), Some("truecolor")).health, Health::Ok);
    }
}
