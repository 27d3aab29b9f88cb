//! What a worker's pane says when there is more to know of it than its screen: why it counts as what it does, what holds a
//! prompt back, that its agent was never started.

use quarterdeck::model::*;
use quarterdeck::protocol::ApprovalView;
use quarterdeck::protocol::ExplanationView;
use quarterdeck::protocol::control::{Failure, Request, Response};
use quarterdeck::tui::message::{Cmd, Msg, Purpose};
use quarterdeck::tui::mode::{Mode, Owner};

use crate::support::*;

#[test]
fn keys_in_the_pane_of_an_agent_that_was_never_started_are_answered_with_that() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.with_screens().keys("ctrl+space 2");
    assert!(matches!(deck.state.mode, Mode::Agent));
    let mut project = busy();
    project.sessions[1].state = SessionState::Crashed;
    project.sessions[1].started_at = None;
    project.sessions[1].evidence = "could not be started: `claude` was not found".to_owned();
    project.approvals.clear();
    deck.tell(Msg::Project(Box::new(project)));
    let screen = deck.keys("q t").screen();
    let words = "`claude` was never started: put right what its pane says, then try #2 again: Esc or";
    assert!(screen.contains(words) && !screen.contains("the session is over"), "{screen}");
    assert!(screen.contains("`claude` was never started: Esc, then commands"), "{screen}");
    deck.wait(60_000).keys("esc enter");
    assert!(deck.screen().contains("then try #2 again"), "{}", deck.screen());
}

/// What the daemon explains of worker 2, with everything that there can be.
fn explanation() -> ExplanationView {
    let says = |state, evidence: &str| Reading {
        state,
        source: StateSource::Screen,
        evidence: evidence.to_owned(),
        dialog: None,
    };
    ExplanationView {
        worker: WorkerNumber(2),
        session: session_id(2),
        agent: "claude".to_owned(),
        state: SessionState::Working,
        source: StateSource::Hook,
        confidence: "medium".to_owned(),
        age_ms: 72_000,
        evidence: "Bash: cargo test".to_owned(),
        held: Some("your draft stands in the composer; the prompt waits".to_owned()),
        screen_says: Some(says(SessionState::Idle, "❯")),
        pending: Some(says(SessionState::WaitingInput, "? for shortcuts")),
        title: "✳ Claude Code".to_owned(),
        screen: (1..=30).map(|row| format!("row {row} of the screen")).collect(),
        quiet_ms: Some(900),
    }
}

#[test]
fn why_a_worker_counts_as_what_it_does_is_read_in_a_dialog() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut deck = Deck::open(busy(), columns, rows);
        deck.with_screens().keys("ctrl+space 2 ctrl+space e");
        let asked = |cmd: &Cmd| {
            matches!(
                cmd,
                Cmd::Call(Request::ExplainWorker { worker: WorkerNumber(2), .. }, Purpose::Explain(WorkerNumber(2)))
            )
        };
        assert!(deck.out.iter().any(asked), "{:?}", deck.out);
        assert!(deck.screen().contains("asking ..."), "{}", deck.screen());
        // an answer about another worker, that was asked before, is not this one's
        let mut other = explanation();
        other.evidence = "of another".to_owned();
        deck.tell(Msg::Answered(Purpose::Explain(WorkerNumber(1)), Ok(Response::Explained(Box::new(other)))));
        assert!(!deck.screen().contains("of another"));
        deck.tell(Msg::Answered(Purpose::Explain(WorkerNumber(2)), Ok(Response::Explained(Box::new(explanation())))));
        let screen = deck.screen();
        for words in [
            "Why: 2 tests",
            "@2 claude is working for 72 s",
            "known by     hook",
            "confidence   medium",
            "evidence     Bash: cargo test",
            "held back    your draft stands in the composer",
            "title        ✳ Claude Code",
            "screen says  idle (screen: ❯)",
            "not yet      waiting_input (? for shortcuts)",
            "| row 1 of the screen",
        ] {
            assert!(
                screen.contains(words),
                "{words}:
{screen}"
            );
        }
        assert!(!screen.contains("row 30 of"), "{screen}");
        assert!(deck.keys("end").screen().contains("row 30 of the screen"), "{}", deck.screen());
        assert!(deck.keys("home").screen().contains("@2 claude is working"));
        deck.keys("esc");
        assert!(matches!(deck.state.mode, Mode::Agent), "the keyboard is where it was");
    }
}

#[test]
fn what_cannot_be_explained_says_so() {
    let mut deck = Deck::open(busy(), 80, 24);
    deck.keys("ctrl+space 2 ctrl+space e");
    let failure = Failure { kind: Kind::NotFound, message: "worker 2 has no session".to_owned(), hint: None };
    deck.tell(Msg::Answered(Purpose::Explain(WorkerNumber(2)), Err(failure)));
    assert!(deck.screen().contains("worker 2 has no session"), "{}", deck.screen());
    let mut deck = Deck::open(empty(), 80, 24);
    deck.keys("esc ctrl+space 3 ctrl+space e");
    assert!(deck.screen().contains("worker 3 has no session"), "{}", deck.screen());
}

/// A prompt for worker 2 that a draft holds back.
fn held() -> ApprovalView {
    let why = "your draft stands in the composer; the prompt waits";
    ApprovalView {
        id: ApprovalId(9),
        subject: Subject::Held { session: session_id(2), effect: EffectId(31) },
        kind: "draft".to_owned(),
        title: why.to_owned(),
        detail: format!("{why}\nWhat waits for worker 2:\nadd a test for the empty list"),
        answerable: false,
        ..permission("")
    }
}

#[test]
fn a_prompt_that_a_draft_holds_back_is_said_in_queue_bar_and_pane() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut project = busy();
        project.approvals = vec![held()];
        let mut deck = Deck::open(project, columns, rows);
        deck.with_screens().keys("ctrl+space 2");
        let screen = deck.screen();
        let queue = if columns == 80 { "! 2 your draft stands in" } else { "! 2 tests  draft" };
        assert!(screen.contains(queue), "the queue, {columns}x{rows}:\n{screen}");
        assert!(screen.contains("your draft stands in the composer; the prompt waits"), "{columns}x{rows}:\n{screen}");
        deck.keys("ctrl+space 3 ctrl+space o");
        let screen = deck.screen();
        assert!(screen.contains("add a test for the empty list"), "{screen}");
        deck.wait(600).keys("end enter");
        assert_eq!(deck.state.owner(), Owner::Pane(WorkerNumber(2), session_id(2)), "{}", deck.screen());
    }
}

/// A question of worker 2 with its exact words.
fn asked(always: Option<Always>) -> ApprovalView {
    let text = (1..=40).map(|line| format!("+line {line} of the change")).collect::<Vec<_>>().join("\n");
    let exact = Some(Exact { title: "write `/p/a.txt`?".to_owned(), text: text.clone() });
    let means = always.as_ref().map(|always| format!("\n\nAlways means: {}", always.scope)).unwrap_or_default();
    let dialog = Dialog { exact, always, ..Dialog::told(DialogKind::Permission, "Do you want to proceed?") };
    ApprovalView {
        subject: Subject::Dialog { session: session_id(2), dialog: Dialog { yes: vec!["1".to_owned()], ..dialog } },
        title: "write `/p/a.txt`?".to_owned(),
        detail: format!("{text}\n\nOn its screen:\nDo you want to proceed?{means}"),
        ..permission("")
    }
}

#[test]
fn a_question_is_read_whole_and_always_names_its_scope() {
    let kind_of = |deck: &Deck| {
        deck.out.iter().find_map(|cmd| match cmd {
            Cmd::Call(Request::Answer { kind, .. }, _) => Some(*kind),
            _ => None,
        })
    };
    let scope = "Yes, and always allow access to /p from this project".to_owned();
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut project = busy();
        project.approvals = vec![asked(Some(Always { scope: scope.clone(), keys: vec!["2".to_owned()] }))];
        let mut deck = Deck::open(project, columns, rows);
        deck.with_screens().keys("ctrl+space 3 ctrl+space o").wait(600);
        assert!(deck.screen().contains("+line 1 of the change"), "{}", deck.screen());
        deck.keys("a");
        assert_eq!(kind_of(&deck), None, "not before the end was shown");
        deck.wait(60_000).keys("end");
        let screen = deck.screen();
        assert!(screen.contains("+line 40 of the change") && screen.contains("On its screen:"), "{screen}");
        assert!(screen.contains(&format!("Always means: {scope}")) && screen.contains("a always"), "{screen}");
        deck.keys("a");
        assert_eq!(kind_of(&deck), Some(AnswerKind::Always));
    }
    let mut project = busy();
    project.approvals = vec![asked(None)];
    let mut deck = Deck::open(project, 120, 36);
    deck.with_screens().keys("ctrl+space 3 ctrl+space o").wait(600).keys("end");
    assert!(!deck.screen().to_lowercase().contains("always"), "{}", deck.screen());
    deck.keys("a");
    assert!(kind_of(&deck).is_none() && deck.screen().contains("offers no answer for more than this once"));
    deck.keys("y");
    assert_eq!(kind_of(&deck), Some(AnswerKind::Yes));
}
