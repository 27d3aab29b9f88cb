//! The state at the marked times of recorded sessions.

use quarterdeck::model::{DialogKind, SessionState, StateSource};
use quarterdeck::protocol::pane::{Modes, Observation};

use super::agent;
use super::replay::Replay;

use SessionState::{Idle, WaitingInput, WaitingPermission, Working};

/// Reads a recording at times; `None` is a screen that says nothing.
fn states(agent_name: &str, recording: &str, marks: &[(f64, Option<SessionState>)]) {
    let agent = agent(agent_name);
    let mut replay = Replay::new(recording);
    for (at, wanted) in marks {
        let seen = replay.at(*at);
        let state = agent.read(&seen).map(|reading| reading.state);
        assert_eq!(state, *wanted, "{recording} at {at} s, title `{}`:\n{}", seen.title, seen.screen.join("\n"));
    }
}

#[test]
fn claude_from_trust_to_exit() {
    states(
        "claude",
        "claude_full",
        &[
            (0.46, None),
            (2.0, Some(WaitingPermission)),
            (2.7, Some(WaitingPermission)),
            (4.9, Some(WaitingPermission)),
            (10.1, Some(Idle)),
            (10.7, Some(Idle)),
            (11.9, Some(Working)),
            (20.0, Some(Working)),
            (42.0, Some(Idle)),
            (51.0, Some(Working)),
            (53.6, Some(WaitingInput)),
        ],
    );
}

#[test]
fn claude_asks_for_permissions() {
    states(
        "claude",
        "claude_hooks_manual",
        &[
            (3.4, Some(Idle)),
            (4.4, Some(Working)),
            (5.8, Some(WaitingPermission)),
            (13.8, Some(WaitingPermission)),
            (14.5, Some(Working)),
            (16.8, Some(WaitingPermission)),
            (19.3, Some(Idle)),
            (19.7, Some(Working)),
            (22.7, Some(Idle)),
        ],
    );
}

#[test]
fn claude_dialogs_have_text_and_keys() {
    let claude = agent("claude");
    let dialog = |recording: &str, at: f64| claude.read(&Replay::new(recording).at(at)).unwrap().dialog.unwrap();

    let trust = dialog("claude_full", 2.0);
    assert_eq!(trust.kind, DialogKind::Trust);
    assert_eq!((trust.yes, trust.no), (vec!["\u{1b}[B".to_owned(), "\r".to_owned()], vec!["\r".to_owned()]));
    assert!(trust.text.contains("/home/dev/project/qd/work/claude_tui"), "{}", trust.text);
    let moved = dialog("claude_full", 2.7);
    assert_eq!((moved.kind, moved.yes), (DialogKind::Trust, vec!["\r".to_owned()]));

    // as a pane shows them that is too low for the whole question
    for (at, yes) in [(2.0, vec!["\u{1b}[B".to_owned(), "\r".to_owned()]), (2.7, vec!["\r".to_owned()])] {
        let mut low = Replay::new("claude_full").at(at);
        let first = low.screen.iter().position(|row| row.contains("Accessing workspace:")).unwrap();
        low.screen.drain(..=first);
        let cropped = claude.read(&low).unwrap().dialog.unwrap();
        assert_eq!((cropped.kind, cropped.yes), (DialogKind::Trust, yes));
    }

    let key = dialog("claude_full", 4.9);
    assert_eq!((key.kind, key.yes.len(), key.no.len()), (DialogKind::Other, 0, 0));

    let write = dialog("claude_hooks_manual", 5.8);
    assert_eq!(
        (write.kind, write.yes.as_slice(), write.no.as_slice()),
        (DialogKind::Permission, &["1".to_owned()][..], &["\u{1b}".to_owned()][..])
    );
    assert!(write.text.starts_with("Create file\nhello.txt"), "{}", write.text);
    assert!(write.text.contains("Do you want to create hello.txt?"), "{}", write.text);

    let bash = dialog("claude_hooks_manual", 16.8);
    assert!(bash.text.contains("\ntouch sub.txt\nDo you want to proceed?"), "{}", bash.text);
    let seen = Replay::new("claude_hooks_manual").at(16.8);
    let guard = quarterdeck::agents::guard(&bash);
    for row in guard.lines() {
        assert!(seen.screen.iter().any(|shown| shown.contains(row)), "`{row}` is on the screen");
    }
}

#[test]
fn codex_by_title_and_screen() {
    states(
        "codex",
        "codex_approval",
        &[
            (2.5, Some(Idle)),
            (3.5, Some(Working)),
            (7.4, Some(WaitingPermission)),
            (12.0, Some(Working)),
            (13.9, Some(Idle)),
            (21.0, Some(Idle)),
        ],
    );
    let dialog = agent("codex").read(&Replay::new("codex_approval").at(7.4)).unwrap().dialog.unwrap();
    assert_eq!(dialog.yes, ["y"]);
    assert!(dialog.text.contains("ask.txt"), "{}", dialog.text);
    states("codex", "codex_full", &[(4.0, Some(Working)), (18.0, Some(Working)), (20.5, Some(WaitingInput))]);
}

#[test]
fn gemini_by_title_and_screen() {
    states(
        "gemini",
        "gemini_start",
        &[(6.5, Some(Idle)), (9.0, Some(Working)), (12.5, Some(WaitingPermission)), (15.2, Some(Working))],
    );
    let dialog = agent("gemini").read(&Replay::new("gemini_start").at(12.5)).unwrap().dialog.unwrap();
    assert_eq!(dialog.yes, ["\r"]);
    assert!(dialog.text.contains("hello.txt"), "{}", dialog.text);
}

#[test]
fn opencode_by_screen() {
    states(
        "opencode",
        "opencode_full",
        &[
            (14.4, Some(Idle)),
            (17.5, Some(Working)),
            (21.2, Some(WaitingPermission)),
            (28.6, Some(Idle)),
            (33.2, Some(Working)),
        ],
    );
}

fn screen(title: &str, rows: &[&str]) -> Observation {
    Observation {
        title: title.to_owned(),
        screen: rows.iter().map(|row| (*row).to_owned()).collect(),
        modes: Modes { bracketed_paste: true, ..Modes::default() },
        quiet_ms: 1_000,
        ..Observation::default()
    }
}

#[test]
fn an_unknown_screen_is_never_idle() {
    for name in ["claude", "codex", "gemini", "opencode", "demo"] {
        assert_eq!(agent(name).read(&screen("✳ Claude Code", &["", "Loading…", "", "$ "])), None, "{name}");
        assert_eq!(agent(name).read(&Observation::default()), None, "{name}");
    }
}

#[test]
fn a_quoted_question_is_not_a_question() {
    let mut rows = vec!["● The log said: Do you want to proceed?", "  1. Yes", "  Esc to cancel"];
    rows.extend(["text"; 9]);
    rows.extend(["─────────", "❯", "─────────", "  ? for shortcuts"]);
    let reading = agent("claude").read(&screen("✳ Claude Code", &rows)).unwrap();
    assert_eq!(reading.state, Idle);
}

#[test]
fn the_demo_agent() {
    let demo = agent("demo");
    let state =
        |title: &str, rows: &[&str]| demo.read(&screen(title, rows)).map(|reading| (reading.state, reading.source));
    assert_eq!(state("demo: ready", &["demo> "]), Some((Idle, StateSource::Screen)));
    assert_eq!(state("demo: working", &["* working on it …"]), Some((Working, StateSource::Title)));
    assert_eq!(state("", &["* working on it …"]), Some((Working, StateSource::Screen)));
    assert_eq!(state("demo: done", &["bye", "demo> "]), Some((WaitingInput, StateSource::Title)));
    let asked = demo.read(&screen("demo: asking", &["Allow demo to run: cargo test", "  [y] yes  [n] no"])).unwrap();
    let dialog = asked.dialog.unwrap();
    assert_eq!((dialog.yes, dialog.no), (vec!["y".to_owned()], vec!["n".to_owned()]));
    assert!(dialog.text.starts_with("Allow demo to run: cargo test"));
}

#[test]
fn a_fork_of_codex_that_asks_where_to_work_is_no_composer() {
    let rows = [
        "  Working directory · fork",
        "  Session = latest cwd recorded in the forked session",
        "  Current = your current working directory",
        "› 1. Use session directory (/state/worktrees/project-1/nkli5f)",
        "  2. Use current directory (/state/worktrees/project-1/7gblnb)",
        "  3. Always use session directory",
        "  4. Always use current directory",
        "  enter continue · esc use session · ^c quit",
    ];
    let reading = agent("codex").read(&screen("7gblnb", &rows)).unwrap();
    let dialog = reading.dialog.unwrap();
    assert_eq!((reading.state, dialog.kind), (WaitingPermission, DialogKind::Other));
    assert!(dialog.yes.is_empty() && dialog.no.is_empty(), "its default works in another session's directory");
}

#[test]
fn what_qwen_asks_about_is_named() {
    let dialog = agent("qwen").read(&Replay::new("qwen_start").at(11.5)).unwrap().dialog.unwrap();
    assert!(dialog.text.starts_with("? WriteFile Writing to hello.txt"), "{}", dialog.text);
}
