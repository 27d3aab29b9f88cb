//! What is on screen, at the four widths. A visible change comes with its snapshot.

use quarterdeck::model::*;
use quarterdeck::protocol::control::Response;
use quarterdeck::protocol::{HandoffView, SessionUsageView, TodayView};
use quarterdeck::tui::message::{Msg, Purpose};

use crate::support::*;

const SIZES: [(u16, u16); 4] = [(60, 20), (80, 24), (120, 36), (200, 60)];

#[test]
fn tab_view_at_four_sizes() {
    for (columns, rows) in SIZES {
        let mut deck = Deck::open(busy(), columns, rows);
        deck.keys("ctrl+space 2").with_screens();
        insta::assert_snapshot!(format!("tab_{columns}x{rows}"), deck.screen());
    }
}

#[test]
fn grid_at_four_sizes() {
    for (columns, rows) in SIZES {
        let mut deck = Deck::open(busy(), columns, rows);
        deck.keys("ctrl+space g").with_screens();
        insta::assert_snapshot!(format!("grid_{columns}x{rows}"), deck.screen());
    }
}

#[test]
fn what_agents_used_stands_in_the_pane_and_in_the_bar_and_estimates_are_marked() {
    let mut project = busy();
    let tokens = Tokens { input: 9_000, output: 3_300, ..Tokens::default() };
    let used = Usage { tokens, cost_micros: 420_000, estimated_micros: 420_000, ..Usage::default() };
    let context = Some(ContextFill { used: 50_000, window: 200_000 });
    project.sessions[1].usage = Some(SessionUsageView { usage: used, context });
    project.sessions[2].back_at = Some("15:30".to_owned());
    project.today = TodayView { used, limit: Amount { micros: Some(20_000_000), tokens: None } };
    let mut deck = Deck::open(project, 120, 36);
    deck.keys("ctrl+space 2").with_screens();
    let screen = deck.screen();
    assert!(screen.contains("12.3k tok ~$0.42 context 25%"), "{screen}");
    assert!(screen.contains("~$0.42 / $20.00"), "{screen}");
    deck.keys("ctrl+space g");
    assert!(deck.screen().contains("~ limited, back 15:30"), "{}", deck.screen());
}

#[test]
fn an_empty_project_teaches() {
    for (columns, rows) in SIZES {
        insta::assert_snapshot!(format!("empty_{columns}x{rows}"), Deck::open(empty(), columns, rows).screen());
    }
}

#[test]
fn too_small() {
    insta::assert_snapshot!("too_small_39x10", Deck::open(busy(), 39, 10).screen());
}

#[test]
fn plan_card() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut deck = Deck::open(planned(), columns, rows);
        deck.tell(Msg::Answered(
            Purpose::Chat(String::new()),
            Ok(Response::Said { text: String::new(), plan: Some(PlanId(3)) }),
        ));
        deck.wait(600).keys("down space");
        insta::assert_snapshot!(format!("plan_{columns}x{rows}"), deck.screen());
    }
}

#[test]
fn review_of_a_change() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space r");
    let diff = "diff --git a/src/http.rs b/src/http.rs\n--- a/src/http.rs\n+++ b/src/http.rs\n@@ -1,2 +1,2 @@\n let app = Router::new()\n-    .layer(old)\n+    .layer(new);\n";
    deck.tell(Msg::Answered(Purpose::Diff(TaskId(1)), Ok(Response::Text(diff.to_owned()))));
    insta::assert_snapshot!("review_120x36", deck.screen());
}

#[test]
fn handoff_stepper() {
    let mut project = busy();
    let done = |text: &str| StepState::Done { detail: text.to_owned() };
    let steps = vec![
        ("Brief".to_owned(), done("31 lines")),
        ("Commit".to_owned(), done("a41c9e2 and 2 open files")),
        ("Push".to_owned(), StepState::Skipped { reason: "not configured".to_owned() }),
        ("Stop".to_owned(), StepState::Failed { reason: "the turn did not end".to_owned() }),
        ("Start".to_owned(), StepState::Waiting),
    ];
    let brief = vec!["Task    429 banner".to_owned(), "Left    wire to fetch wrapper".to_owned()];
    project.handoffs.push(HandoffView {
        id: HandoffId(1),
        worker: WorkerNumber(4),
        task: TaskId(4),
        steps,
        document: None,
        brief,
        ended: false,
        succeeded: false,
        held: false,
        silent: false,
    });
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut deck = Deck::open(project.clone(), columns, rows);
        deck.keys("ctrl+space 4 ctrl+space h");
        insta::assert_snapshot!(format!("handoff_{columns}x{rows}"), deck.screen());
    }
}

#[test]
fn lists_and_help() {
    for (name, keys) in [
        ("tasks", "ctrl+space t down"),
        ("palette", "ctrl+space : h a n d"),
        ("help", "ctrl+space ?"),
        ("quit", "ctrl+space Q"),
        ("stop", "ctrl+space X"),
    ] {
        let mut deck = Deck::open(busy(), 100, 30);
        deck.keys("ctrl+space 2").keys(keys);
        insta::assert_snapshot!(format!("{name}_100x30"), deck.screen());
    }
}

#[test]
fn the_strip_comes_late_and_is_made_from_the_keymap() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2 ctrl+space");
    assert!(!deck.screen().contains("one key ─"), "the strip must not come at once");
    deck.wait(450);
    insta::assert_snapshot!("leader_120x36", deck.screen());
}

#[test]
fn chat_over_panes_and_beside_them() {
    let mut narrow = Deck::open(busy(), 80, 24);
    narrow
        .keys("ctrl+space 2")
        .with_screens()
        .keys("ctrl+space c")
        .text("also rename the crate")
        .keys("ctrl+j")
        .text("and say why");
    insta::assert_snapshot!("chat_80x24", narrow.screen());
}

#[test]
fn every_size_draws_without_a_panic() {
    let mut project = busy();
    project.approvals[0].detail = "word ".repeat(500);
    for keys in [
        "ctrl+space 2",
        "ctrl+space g",
        "ctrl+space c",
        "ctrl+space t",
        "ctrl+space ?",
        "ctrl+space :",
        "ctrl+space r",
        "ctrl+space o",
        "ctrl+space h",
        "ctrl+space Q",
        "ctrl+space",
    ] {
        let mut deck = Deck::open(project.clone(), 100, 30);
        deck.keys("ctrl+space 2").with_screens().keys(keys).wait(600);
        for (columns, rows) in [
            (1, 1),
            (2, 50),
            (50, 2),
            (10, 3),
            (39, 11),
            (40, 12),
            (41, 13),
            (79, 23),
            (80, 24),
            (119, 24),
            (120, 24),
            (199, 30),
            (200, 12),
            (200, 24),
            (500, 200),
        ] {
            deck.tell(Msg::Resized(columns, rows));
            deck.screen();
        }
    }
}
