//! Nothing is approved unseen, nothing is destroyed by one key, nothing is lost by leaving: rules 9 to 14.

use quarterdeck::model::*;
use quarterdeck::protocol::control::{Failure, Request, Response};
use quarterdeck::tui::message::{Cmd, Msg, Purpose};

use crate::support::*;

fn calls(out: &[Cmd]) -> Vec<&Request> {
    out.iter().filter_map(|cmd| if let Cmd::Call(request, _) = cmd { Some(request) } else { None }).collect()
}

fn project_with(detail: &str) -> quarterdeck::protocol::ProjectView {
    let mut project = busy();
    project.approvals = vec![permission(detail)];
    project
}

#[test]
fn yes_waits_for_half_a_second_and_for_the_end() {
    let mut deck = Deck::open(project_with(&"a long question\n".repeat(80)), 120, 36);
    deck.keys("ctrl+space 2").wait(1_000).keys("ctrl+space y");
    assert_eq!(calls(&deck.out), Vec::<&Request>::new(), "a long request opens, it is not answered");
    deck.keys("y");
    assert_eq!(deck.out, vec![], "deaf for half a second");
    deck.wait(600).keys("y");
    assert_eq!(calls(&deck.out), Vec::<&Request>::new(), "the end was not on screen");
    deck.keys("end y");
    assert_eq!(calls(&deck.out), vec![&Request::Answer { approval: ApprovalId(7), kind: AnswerKind::Yes, text: None }]);
}

#[test]
fn a_question_that_changed_is_not_answered() {
    let mut deck = Deck::open(project_with("one"), 120, 36);
    deck.keys("ctrl+space 2 ctrl+space o").wait(600);
    deck.tell(Msg::Project(Box::new(project_with("rm -rf everything"))));
    deck.keys("y");
    assert_eq!(calls(&deck.out), Vec::<&Request>::new());
    assert!(deck.screen().contains("rm -rf everything"));
}

#[test]
fn a_short_request_in_the_queue_is_answered_without_leaving() {
    let mut deck = Deck::open(project_with("cargo add --dev fakeredis@0.4"), 120, 36);
    deck.keys("ctrl+space 3").keys("ctrl+space y");
    assert_eq!(calls(&deck.out), Vec::<&Request>::new(), "it was not on screen long enough");
    let mut deck = Deck::open(project_with("cargo add --dev fakeredis@0.4"), 120, 36);
    deck.keys("ctrl+space 3").wait(600).keys("ctrl+space d");
    assert_eq!(calls(&deck.out), vec![&Request::Answer { approval: ApprovalId(7), kind: AnswerKind::No, text: None }]);
    assert_eq!(deck.state.worker, WorkerNumber(3));
}

#[test]
fn a_change_lands_only_after_its_end_was_shown() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space r").wait(600).keys("y");
    assert_eq!(calls(&deck.out), Vec::<&Request>::new(), "nothing was shown yet");
    deck.tell(Msg::Answered(Purpose::Diff(TaskId(1)), Ok(Response::Text("+line\n".repeat(200)))));
    deck.keys("y");
    assert_eq!(calls(&deck.out), Vec::<&Request>::new());
    deck.keys("G y");
    assert_eq!(calls(&deck.out), vec![&Request::Answer { approval: ApprovalId(8), kind: AnswerKind::Yes, text: None }]);
}

#[test]
fn a_plan_starts_with_the_ticked_tasks_only() {
    let mut deck = Deck::open(planned(), 120, 36);
    deck.tell(Msg::Answered(
        Purpose::Chat(String::new()),
        Ok(Response::Said { text: String::new(), plan: Some(PlanId(3)) }),
    ));
    deck.keys("enter");
    assert_eq!(deck.out, vec![], "Enter of the message must not start the plan");
    deck.wait(600).keys("down space enter");
    assert_eq!(calls(&deck.out), vec![&Request::ConfirmPlan { plan: PlanId(3), tasks: vec![TaskId(1), TaskId(3)] }]);
}

#[test]
fn a_title_is_edited_in_the_card() {
    let mut deck = Deck::open(planned(), 120, 36);
    deck.keys("ctrl+space o").wait(600).keys("e").text(" v2").keys("enter");
    let title = Some("limiter middleware v2".to_owned());
    assert_eq!(
        calls(&deck.out),
        vec![&Request::EditTask { task: TaskId(1), title, body: None, agent: None, model: None, worker: None }]
    );
}

#[test]
fn the_opening_key_twice_and_enter_alone_do_no_harm() {
    for opening in ["Q", "X"] {
        let mut deck = Deck::open(busy(), 120, 36);
        deck.keys("ctrl+space 2").with_screens().keys("ctrl+space").keys(opening).keys(opening);
        assert_eq!(deck.out, vec![], "{opening} twice");
        deck.keys("enter");
        assert_eq!(deck.out, vec![], "Enter keeps things as they are");
    }
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space t x x enter");
    assert_eq!(calls(&deck.out), Vec::<&Request>::new());
    deck.keys("x tab enter");
    assert_eq!(calls(&deck.out), vec![&Request::CancelTask { task: TaskId(1) }]);
}

#[test]
fn leaving_leaves_workers_alone() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2 ctrl+space q");
    assert_eq!(deck.out, vec![Cmd::Leave]);
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space Q tab tab enter");
    assert_eq!(calls(&deck.out).len(), 4, "stop all is a choice of its own");
}

#[test]
fn next_goes_to_the_request_and_back_returns() {
    let mut deck = Deck::open(busy(), 120, 36);
    let order: Vec<_> = deck.state.project.workers.iter().map(|seat| seat.number).collect();
    deck.keys("ctrl+space 3 ctrl+space n");
    assert_eq!(deck.state.worker, WorkerNumber(2));
    deck.keys("ctrl+space b");
    assert_eq!(deck.state.worker, WorkerNumber(3));
    assert_eq!(deck.state.project.workers.iter().map(|seat| seat.number).collect::<Vec<_>>(), order);
}

#[test]
fn a_message_that_failed_is_given_back() {
    let mut deck = Deck::open(empty(), 120, 36);
    deck.text("fix it").keys("enter");
    assert!(deck.state.chat.draft.is_empty());
    let failure = Failure {
        kind: Kind::Unavailable,
        message: "no agent is installed".to_owned(),
        hint: Some("install one".to_owned()),
    };
    deck.tell(Msg::Answered(Purpose::Chat("fix it".to_owned()), Err(failure)));
    assert_eq!(deck.state.chat.draft.lines(), ["fix it"]);
    assert!(deck.screen().contains("no agent is installed - install one"));
}

#[test]
fn hostile_text_is_not_drawn_as_it_is() {
    let mut project = busy();
    project.workers[0].name = Some("a\x1b[2Jb\u{202e}c".to_owned());
    project.approvals[0].title = "x\x1b]52;c;aGk=\x07y".to_owned();
    project.chat[0].text = "\x1b[31mred\nline".to_owned();
    let mut deck = Deck::open(project, 120, 36);
    deck.keys("ctrl+space 1");
    let screen = deck.screen();
    assert!(!screen.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'));
}

#[test]
fn nothing_new_is_nothing_to_draw() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2").with_screens();
    deck.state.dirty = false;
    let mut same = busy();
    same.now = Timestamp(NOW.0 + 5_000);
    deck.tell(Msg::Project(Box::new(same)));
    assert!(!deck.state.dirty);
    assert_eq!(deck.out, vec![]);
    deck.keys("a");
    assert!(!deck.state.dirty, "a key for the agent changes nothing here until the agent answers");
}
