//! The real `qd` in front of a daemon that says what the test wants: words, JSON, exit codes.

use std::io::Read;
use std::process::Stdio;

use insta::assert_snapshot;
use quarterdeck::model::*;
use quarterdeck::protocol::control::*;
use quarterdeck::protocol::*;

use crate::fake::{Fake, Home, code, project, refusal, session, stderr, stdout, task};

const SESSION: &str = "3f2a91c0-0000-4000-8000-000000000001";
const OTHER: &str = "3f2a77aa-0000-4000-8000-000000000002";

/// A daemon with one project, for requests that need one, and the test's own answers.
fn fake(home: &Home, answers: impl Fn(&Request) -> Result<Response, Failure> + Send + Sync + 'static) -> Fake {
    Fake::start(home, move |request| match request {
        Request::OpenProject { .. } => Ok(Response::Project(Box::new(project()))),
        request => answers(request),
    })
}

fn tasks() -> Vec<TaskView> {
    vec![
        TaskView { worker: Some(WorkerNumber(2)), ..task(7, "Fix the login", TaskStatus::Executing) },
        TaskView {
            needs: Some("look at the conflict".to_owned()),
            ..task(12, "Translate 漢字 in\nthe \u{1b}[31mmenu", TaskStatus::NeedsReview)
        },
    ]
}

#[test]
fn tasks_are_an_aligned_table_without_anything_hostile() {
    let home = Home::new();
    let _fake = fake(&home, |_| Ok(Response::Tasks(tasks())));
    let output = home.qd(&["task", "list"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_snapshot!(stdout(&output), @r"
    TASK  STATUS        WORKER  AGENT   TITLE                       NOTE
    #7    executing     @2      claude  Fix the login
    #12   needs_review  -       claude  Translate 漢字 in the menu  needs you: look at the conflict
    ");
    assert_snapshot!(stdout(&home.qd(&["task", "list", "--status", "completed"])), @r#"no tasks; `qd task add "…"` gives one to an agent"#);
}

#[test]
fn json_is_the_protocols_views() {
    let home = Home::new();
    let _fake = fake(&home, |request| match request {
        Request::Tasks { .. } => Ok(Response::Tasks(tasks())),
        Request::Sessions { .. } => Ok(Response::Sessions(vec![session(SESSION, "/s.sock".into())])),
        _ => Ok(Response::Task(Box::new(task(7, "Fix the login", TaskStatus::Ready)))),
    });
    let listed: Vec<TaskView> = serde_json::from_slice(&home.qd(&["task", "list", "--json"]).stdout).unwrap();
    assert_eq!(listed, tasks());
    let one: serde_json::Value = serde_json::from_slice(&home.qd(&["task", "get", "7", "--json"]).stdout).unwrap();
    assert_eq!((&one["id"], &one["type"], &one["status"]), (&7.into(), &"bug".into(), &"ready".into()));
    let sessions: serde_json::Value = serde_json::from_slice(&home.qd(&["session", "list", "--json"]).stdout).unwrap();
    assert_eq!(sessions[0]["state_source"], "hook");
    assert_eq!(sessions[0]["host_pid"], 4000);
}

#[test]
fn sessions_and_workers_are_tables() {
    let home = Home::new();
    let _fake = fake(&home, |request| match request {
        Request::Workers { .. } => Ok(Response::Workers(project().workers)),
        _ => Ok(Response::Sessions(vec![SessionView {
            exit: Some("exit code 1".to_owned()),
            ..session(SESSION, "/s.sock".into())
        }])),
    });
    let listed = stdout(&home.qd(&["session", "list"]));
    let (heading, row) = listed.split_once('\n').unwrap();
    assert_snapshot!(heading, @"SESSION   WORKER  TASK  AGENT   STATE    KNOWN BY  SINCE   EVIDENCE");
    assert!(row.starts_with("3f2a91c0  @2      #7    claude  working  hook"), "{row}");
    assert_snapshot!(stdout(&home.qd(&["worker", "list"])), @r"
    WORKER  STATE  AGENT  TASK  SESSION  NOTE
    @2      free   -      -     -
    ");
}

#[test]
fn adding_passes_every_option_and_prints_one_object() {
    let home = Home::new();
    let fake = fake(&home, |_| Ok(Response::Tasks(vec![task(7, "Fix the login", TaskStatus::Proposed)])));
    let line = [
        "task",
        "add",
        "Fix the login",
        "--agent",
        "claude",
        "--autonomy",
        "full",
        "--depends",
        "#3",
        "--worker",
        "@2",
        "--json",
    ];
    let output = home.qd(&line);
    let printed: TaskView = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed.id, TaskId(7));
    let options = AddOptions {
        agent: Some("claude".to_owned()),
        autonomy: Some(Autonomy::Full),
        depends: vec![TaskId(3)],
        worker: Some(WorkerNumber(2)),
        ..AddOptions::default()
    };
    let text = "Fix the login".to_owned();
    assert_eq!(fake.requests().last(), Some(&Request::Add { project: ProjectId(1), text, options: Box::new(options) }));
    assert_snapshot!(stdout(&home.qd(&["task", "add", "x"])), @"#7 proposed  Fix the login  claude  qd/fix-the-login");
}

#[test]
fn waiting_ends_by_the_tasks_fate() {
    let cases = [
        (task(7, "T", TaskStatus::Completed), 0, ""),
        (
            TaskView { reason: Some("check `make` failed".to_owned()), ..task(7, "T", TaskStatus::Failed) },
            1,
            "#7 is failed: check `make` failed",
        ),
        (
            TaskView { needs: Some("a yes to the plan".to_owned()), ..task(7, "T", TaskStatus::Proposed) },
            1,
            "hint: `qd task confirm 7`",
        ),
        (
            TaskView { needs: Some("conflict in a.rs".to_owned()), ..task(7, "T", TaskStatus::NeedsReview) },
            1,
            "#7 needs you: conflict in a.rs",
        ),
    ];
    for (end, expected, said) in cases {
        let home = Home::new();
        let _fake = fake(&home, move |request| match request {
            Request::WaitTasks { tasks } => {
                assert_eq!(tasks, &[TaskId(7)]);
                Ok(Response::Tasks(vec![end.clone()]))
            }
            _ => Ok(Response::Tasks(vec![task(7, "T", TaskStatus::Ready)])),
        });
        let output = home.qd(&["task", "add", "T", "--wait", "--json"]);
        assert_eq!(code(&output), expected, "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(serde_json::from_slice::<TaskView>(&output.stdout).is_ok());
    }
}

#[test]
fn every_kind_of_failure_has_its_exit_code_and_is_printed_safely() {
    let kinds = [
        (Kind::Invalid, 2),
        (Kind::NotFound, 3),
        (Kind::Conflict, 4),
        (Kind::Busy, 5),
        (Kind::Unavailable, 6),
        (Kind::Internal, 70),
    ];
    for (kind, expected) in kinds {
        let home = Home::new();
        let _fake = fake(&home, move |_| Err(refusal(kind, "it is \u{1b}[31mso\u{7}", "do `this`")));
        let output = home.qd(&["task", "land", "7"]);
        assert_eq!((code(&output), stdout(&output)), (expected, String::new()));
        assert_eq!(stderr(&output), "error: it is so\nhint: do `this`\n");
    }
}

#[test]
fn a_session_is_named_by_the_beginning_of_its_id() {
    let home = Home::new();
    let fake = fake(&home, |request| match request {
        Request::Sessions { .. } => {
            Ok(Response::Sessions(vec![session(SESSION, "/a".into()), session(OTHER, "/b".into())]))
        }
        _ => Ok(Response::Done("ended".to_owned())),
    });
    assert_eq!(stdout(&home.qd(&["session", "kill", "3f2a9"])), "ended\n");
    assert_eq!(fake.requests().last(), Some(&Request::KillSession { session: SessionId::parse(SESSION).unwrap() }));
    let output = home.qd(&["session", "kill", "3f2a"]);
    assert_eq!(code(&output), 2);
    assert_snapshot!(stderr(&output), @r"
    error: `3f2a` is the beginning of 2 session ids
    hint: type more of it
    ");
    assert_eq!(code(&home.qd(&["session", "show", "beef"])), 3);
}

#[test]
fn confirming_a_task_says_yes_to_it_alone() {
    let home = Home::new();
    let fake = fake(&home, |request| match request {
        Request::ConfirmPlan { .. } => panic!("that calls the others of the plan off"),
        _ => Ok(Response::Task(Box::new(task(7, "T", TaskStatus::Proposed)))),
    });
    assert_eq!(code(&home.qd(&["task", "confirm", "7"])), 0);
    assert!(fake.requests().contains(&Request::RunTask { task: TaskId(7) }));
}

#[test]
fn a_reader_that_leaves_early_ends_it_quietly() {
    let home = Home::new();
    let _fake = fake(&home, |_| Ok(Response::Text("line of a diff\n".repeat(200_000))));
    let mut child = home.command(&["task", "diff", "7"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
}

#[test]
fn settings_that_cannot_be_used_are_shown_with_line_and_suggestion() {
    let home = Home::new();
    let config = home.paths().config;
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "seats = 4\nslotz = 2\n").unwrap();
    let output = home.qd(&["task", "list"]);
    assert_eq!(code(&output), 2);
    let said = stderr(&output).replace(&home.path().display().to_string(), "HOME");
    assert_snapshot!(said, @r"
    error: `HOME/config/config.toml` cannot be used: line 2: unknown field `slotz`
    hint: did you mean `slots`?
    ");
}

#[test]
fn a_session_starts_no_daemon() {
    let home = Home::new();
    let output = home.command(&["task", "list"]).env("QD_SESSION", SESSION).output().unwrap();
    assert_eq!(code(&output), 4);
    assert_snapshot!(stderr(&output), @r"
    error: no daemon runs, and a session (3f2a91c0-0000-4000-8000-000000000001) cannot start one
    hint: run `qd` once in a terminal of your own
    ");
    assert!(!home.paths().data.join("qd.start").exists());
}

#[test]
fn mistyped_commands_get_a_suggestion() {
    let home = Home::new();
    for line in [&["tsak"][..], &["tsak", "list"]] {
        let output = home.qd(line);
        assert_eq!(code(&output), 2);
        assert_eq!(
            stderr(&output),
            "error: unknown command `tsak` (and there is no directory of that name to open)\nhint: did you mean `qd task`?\n"
        );
    }
    let output = home.qd(&["task", "lst"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("'list'"), "{}", stderr(&output));
}

#[test]
fn without_a_terminal_the_cockpit_and_attach_say_what_else_there_is() {
    let home = Home::new();
    for line in [&[][..], &["attach", "1"]] {
        let output = home.qd(line);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains("needs a terminal"), "{}", stderr(&output));
    }
}

#[test]
fn stopping_waits_for_the_end_and_none_to_stop_is_fine() {
    let home = Home::new();
    assert_eq!(stdout(&home.qd(&["daemon", "stop"])), "no daemon runs\n");
    assert_eq!(code(&home.qd(&["daemon", "status"])), 6);
    let _fake = fake(&home, |_| Ok(Response::Done("the daemon ends; 2 sessions run on".to_owned())));
    let output = home.qd(&["daemon", "stop"]);
    assert_eq!((code(&output), stdout(&output)), (0, "the daemon ends; 2 sessions run on\n".to_owned()));
}

#[test]
fn the_doctor_starts_nothing_and_speaks_json() {
    let home = Home::new();
    let output = home.qd(&["doctor", "--json"]);
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let of = |what: &str| findings.iter().find(|finding| finding["what"] == what).unwrap().clone();
    assert_eq!(of("git")["health"], "ok");
    assert_eq!(of("daemon")["health"], "ok");
    // headless agents are fenced where that can be done here
    let fence = of("sandbox");
    let is_fenced = fence["detail"].as_str().unwrap().contains("headless agents run behind one");
    assert_eq!(fence["health"], if is_fenced { "ok" } else { "warn" }, "{fence}");
    assert!(!home.paths().runtime.exists());
    let printed = stdout(&home.qd(&["doctor"]));
    assert!(printed.lines().any(|line| line.starts_with("ok    git")), "{printed}");
}

#[test]
fn every_command_has_a_man_page() {
    let home = Home::new();
    let page = stdout(&home.qd(&["man", "task", "add"]));
    assert!(page.contains(".TH qd-task-add 1") && page.contains("autonomy"), "{page}");
    assert_eq!(code(&home.qd(&["man", "task", "nothing"])), 3);
    assert_eq!(code(&home.qd(&["man", "--to", "pages"])), 0);
    for name in ["qd.1", "qd-task-add.1", "qd-session-logs.1", "qd-track.1"] {
        assert!(home.path().join("pages").join(name).is_file(), "{name}");
    }
}
