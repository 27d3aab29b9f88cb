//! Dialogs that open by themselves, say what their keys do, and fit the smallest window.

use quarterdeck::model::*;
use quarterdeck::protocol::control::Request;
use quarterdeck::protocol::pane::{FromHost, ScreenUpdate};
use quarterdeck::protocol::{ApprovalView, HandoffView, ProjectView};
use quarterdeck::tui::message::{Cmd, MouseKind, Msg};
use quarterdeck::tui::mode::{Mode, Owner};

use crate::support::*;

fn calls(deck: &Deck) -> Vec<&Request> {
    deck.out.iter().filter_map(|cmd| if let Cmd::Call(request, _) = cmd { Some(request) } else { None }).collect()
}

/// The busy project in which a plan has come.
fn busy_with_plan() -> ProjectView {
    let mut project = busy();
    project.tasks.push(task(20, "one more thing", TaskStatus::Proposed, None));
    let plan = planned().plans.remove(0);
    project.plans.push(quarterdeck::protocol::PlanView { id: PlanId(9), tasks: vec![TaskId(20)], ..plan });
    project
}

#[test]
fn a_plan_opens_by_itself_once() {
    let mut deck = Deck::open(planned(), 120, 36);
    assert_eq!(deck.state.owner(), Owner::Dialog("plan".to_owned()), "at start");
    deck.wait(600).keys("esc").tell(Msg::Project(Box::new(planned())));
    assert_eq!(deck.state.owner(), Owner::Chat, "put aside is put aside");
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").tell(Msg::Project(Box::new(busy_with_plan())));
    assert!(deck.screen().contains("Plan - waiting for you"));
}

#[test]
fn a_plan_takes_no_keyboard_from_somebody_who_types() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space c").text("and then").tell(Msg::Project(Box::new(busy_with_plan())));
    assert_eq!(deck.state.owner(), Owner::Chat);
    assert!(deck.screen().contains("a plan waits for your yes"));
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2").with_screens().keys("a").tell(Msg::Project(Box::new(busy_with_plan())));
    assert!(matches!(deck.state.mode, Mode::Agent));
    assert!(deck.screen().contains("a plan waits for your yes"));
}

#[test]
fn the_rest_of_a_word_is_no_answer() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space c").tell(Msg::Project(Box::new(busy_with_plan())));
    for key in ["D", "o", "n", "e"] {
        deck.wait(300).keys(key);
        assert_eq!(calls(&deck), Vec::<&Request>::new(), "{key}");
    }
    deck.wait(600).keys("D");
    assert_eq!(calls(&deck), vec![&Request::DeclinePlan { plan: PlanId(9) }]);
}

fn with_handoff(states: [StepState; 5], ended: bool, succeeded: bool) -> ProjectView {
    let mut project = busy();
    let steps = ["Brief", "Commit", "Push", "Stop", "Start"].map(str::to_owned).into_iter().zip(states).collect();
    project.handoffs = vec![HandoffView {
        id: HandoffId(1),
        worker: WorkerNumber(4),
        task: TaskId(4),
        steps,
        document: None,
        brief: vec![],
        ended,
        succeeded,
        held: false,
        silent: false,
    }];
    project
}

fn steered(deck: &Deck) -> Vec<HandoffControl> {
    calls(deck)
        .into_iter()
        .filter_map(|call| if let Request::SteerHandoff { control, .. } = call { Some(*control) } else { None })
        .collect()
}

#[test]
fn the_stepper_says_what_its_keys_do_and_does_it() {
    let (wait, run, done) =
        (StepState::Waiting, StepState::Running { since: NOW }, StepState::Done { detail: "so".to_owned() });
    let fail = StepState::Failed { reason: "no remote answers".to_owned() };
    let open = |project: ProjectView| {
        let mut deck = Deck::open(project, 120, 36);
        deck.keys("ctrl+space 4 ctrl+space h").wait(600);
        deck
    };
    let preparing = with_handoff([done.clone(), run.clone(), wait.clone(), wait.clone(), wait.clone()], false, false);
    let mut deck = open(preparing.clone());
    assert!(deck.screen().contains("Esc cancel, the old session goes on as before"), "{}", deck.screen());
    assert_eq!(steered(deck.keys("esc")), [HandoffControl::Cancel]);

    let mut deck =
        open(with_handoff([done.clone(), done.clone(), done.clone(), done.clone(), run.clone()], false, false));
    assert!(deck.screen().contains("Esc hide, the handoff goes on"));
    assert_eq!(steered(deck.keys("x")), [HandoffControl::Cancel]);
    assert_eq!(steered(deck.keys("esc")), []);
    assert!(!deck.screen().contains("Hand off"));

    let mut held = with_handoff([done.clone(), done.clone(), done.clone(), wait.clone(), wait.clone()], false, false);
    held.handoffs[0].held = true;
    let mut deck = open(held.clone());
    assert!(
        deck.screen().contains("Enter continue") && deck.screen().contains("Ready. Enter parks"),
        "{}",
        deck.screen()
    );
    assert_eq!(steered(deck.keys("enter")), [HandoffControl::Continue]);
    assert_eq!(steered(open(held).keys("esc")), [HandoffControl::Cancel]);

    let said = StepState::Failed { reason: "no restated next step in 2:00".to_owned() };
    let mut silent = with_handoff([done.clone(), done.clone(), done.clone(), done.clone(), said], false, false);
    silent.handoffs[0].silent = true;
    let mut deck = open(silent);
    assert!(deck.screen().contains("has not said what comes next"), "{}", deck.screen());
    assert_eq!(steered(deck.keys("s")), [HandoffControl::Skip]);

    let failed = with_handoff([done.clone(), done.clone(), fail, wait.clone(), wait.clone()], false, false);
    for (key, control) in [
        ("r", HandoffControl::Retry),
        ("s", HandoffControl::Skip),
        ("x", HandoffControl::Cancel),
        ("esc", HandoffControl::Cancel),
    ] {
        let mut deck = open(failed.clone());
        assert!(deck.screen().contains("Push failed") && deck.screen().contains("no remote answers"));
        assert_eq!(steered(deck.keys(key)), [control], "{key}");
    }

    let over = with_handoff([done.clone(), done.clone(), done.clone(), done.clone(), done], true, true);
    let mut deck = open(preparing.clone());
    deck.tell(Msg::Project(Box::new(over.clone())));
    assert!(deck.screen().contains("Done: the fresh session is at work"));
    let mut hidden = Deck::open(preparing, 120, 36);
    hidden.keys("ctrl+space 2").tell(Msg::Project(Box::new(over)));
    assert!(hidden.screen().contains("the handoff is done"), "{}", hidden.screen());
}

#[test]
fn what_waits_is_answered_in_the_smallest_window() {
    let mut project = busy();
    project.approvals = vec![permission("cargo add --dev fakeredis@0.4")];
    let mut deck = Deck::open(project, 39, 10);
    deck.keys("n").wait(600);
    let screen = deck.screen();
    assert!(screen.contains("cargo add --dev") && screen.contains("y yes"), "{screen}");
    deck.keys("y");
    assert_eq!(calls(&deck), vec![&Request::Answer { approval: ApprovalId(7), kind: AnswerKind::Yes, text: None }]);
    let mut plan = Deck::open(planned(), 39, 10);
    plan.wait(600);
    assert!(plan.screen().contains("limiter") && plan.screen().contains("start"), "{}", plan.screen());
}

#[test]
fn what_only_the_pane_can_answer_is_not_offered_a_yes() {
    let mut project = busy();
    project.approvals = vec![ApprovalView { answerable: false, ..permission("cargo add --dev fakeredis@0.4") }];
    let mut deck = Deck::open(project.clone(), 120, 36);
    let screen = deck.screen();
    assert!(screen.contains("y answer in its pane") && !screen.contains("y yes"), "{screen}");
    deck.keys("ctrl+space o").wait(600);
    let screen = deck.screen();
    assert!(screen.contains("answer in the pane") && !screen.contains("y yes"), "{screen}");
    let small = Deck::open(project.clone(), 80, 24).screen();
    assert!(small.contains("its pane") && !small.contains("y yes"), "{small}");
    let asking = project.sessions.iter_mut().find(|session| session.id == session_id(2)).unwrap();
    asking.state = SessionState::Exited;
    let over = Deck::open(project, 120, 36).screen();
    assert!(!over.contains("y yes") && !over.contains("answer in its pane"), "{over}");
}

#[test]
fn a_locked_pane_says_why_it_is_locked() {
    let locked = |project: ProjectView, n: u8| {
        let mut deck = Deck::open(project, 120, 36);
        let FromHost::Screen(update) = screen(20, 58, n, 100) else { panic!("no screen") };
        let update = FromHost::Screen(ScreenUpdate { locked: true, ..update });
        deck.keys(&format!("ctrl+space {n}")).with_screens().tell(Msg::Pane(session_id(n), update)).keys("a");
        assert_eq!(deck.out, vec![], "nothing reaches a locked pane");
        deck.screen()
    };
    let mut project = busy();
    let screen = locked(project.clone(), 2);
    assert!(screen.contains("input is locked") && !screen.contains("handoff is"), "{screen}");
    let wait = StepState::Waiting;
    let screen = locked(with_handoff([wait.clone(), wait.clone(), wait.clone(), wait.clone(), wait], false, false), 4);
    assert!(screen.contains("input is locked: a handoff is under way"), "{screen}");
    for session in &mut project.sessions {
        session.over_budget = true;
    }
    let screen = locked(project, 2);
    assert!(screen.contains("paused: the budget is used up") && !screen.contains("handoff is"), "{screen}");
}

#[test]
fn no_key_reaches_an_agent_that_cannot_be_seen() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space 2").with_screens().tell(Msg::Resized(39, 10)).keys("a");
    assert_eq!(deck.out, vec![]);
    assert_eq!(deck.state.owner(), Owner::Cockpit);
    deck.tell(Msg::Resized(120, 36));
    assert!(matches!(deck.state.mode, Mode::Agent), "the keyboard is where it was");
}

#[test]
fn every_screen_fits_every_window() {
    for (columns, rows) in [(1, 1), (10, 3), (20, 5), (39, 10), (40, 12), (60, 12), (79, 23), (500, 200)] {
        for project in [empty(), busy(), planned(), busy_with_plan()] {
            for keys in [
                "esc",
                "ctrl+space g",
                "ctrl+space t",
                "ctrl+space ?",
                "ctrl+space :",
                "ctrl+space Q",
                "ctrl+space o",
                "ctrl+space r",
                "ctrl+space h",
                "ctrl+space c",
            ] {
                let mut deck = Deck::open(project.clone(), columns, rows);
                deck.wait(600).keys("esc").keys(keys).wait(600);
                deck.screen();
                deck.mouse(columns / 2, rows / 2, MouseKind::Down(0)).keys("down end");
                deck.screen();
            }
        }
    }
}

#[test]
fn a_click_chooses_a_row() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g t");
    let (x, y) = deck.find("429 banner ");
    deck.click(x, y);
    assert!(deck.screen().contains("#4 feat/429-banner"), "{}", deck.screen());
    assert_eq!(calls(&deck), Vec::<&Request>::new());
}

#[test]
fn a_message_never_covers_how_a_pane_is() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g")
        .with_screens()
        .tell(Msg::Said(Some(Kind::Busy), "something long went wrong and is said in many words ".repeat(3)));
    deck.tell(Msg::Said(None, "another".to_owned()));
    let screen = deck.screen();
    assert!(screen.contains("! NEEDS YOU") && screen.contains("* working") && screen.contains("~ limited"), "{screen}");
    assert!(screen.contains("something long") && screen.contains("another"));
}

#[test]
fn a_task_that_got_stuck_is_in_the_queue() {
    let mut project = busy();
    project.approvals.clear();
    project.tasks[0].needs = Some("conflict in src/http.rs: resolve it, then land again".to_owned());
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut deck = Deck::open(project.clone(), columns, rows);
        let screen = deck.keys("ctrl+space 2").screen();
        assert!(
            screen.contains("! 1 needs you") && screen.contains("#1") && screen.contains("conflict in src"),
            "{screen}"
        );
    }
}

#[test]
fn after_a_yes_to_a_plan_the_pane_of_what_starts_is_in_sight() {
    let mut deck = Deck::open(busy_with_plan(), 80, 24);
    assert_eq!(deck.state.owner(), Owner::Dialog("plan".to_owned()));
    deck.wait(600).keys("enter");
    assert!(matches!(deck.state.mode, Mode::Cockpit), "the chat does not cover the panes any more");
    let mut project = busy_with_plan();
    project.plans.clear();
    project.tasks.last_mut().unwrap().status = TaskStatus::Executing;
    project.workers[2].task = Some(TaskId(20));
    deck.tell(Msg::Project(Box::new(project.clone())));
    assert_eq!(deck.state.worker, WorkerNumber(3));
    deck.keys("1").tell(Msg::Project(Box::new(project)));
    assert_eq!(deck.state.worker, WorkerNumber(1), "only once");
}

#[test]
fn an_agent_that_never_ran_is_not_called_crashed() {
    let mut project = busy();
    let reason = "`codex` was not found; looked in the PATH of your login shell (/usr/bin)";
    project.sessions[1].state = SessionState::Crashed;
    project.sessions[1].state_source = StateSource::Engine;
    project.sessions[1].started_at = None;
    project.sessions[1].evidence = format!("could not be started: {reason}");
    project.approvals.clear();
    let mut deck = Deck::open(project, 80, 24);
    deck.keys("ctrl+space 2");
    let screen = deck.screen();
    for words in ["could not be started.", "`codex` was not found", "Put that right, then try #2 again", "cannot start"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("crashed") && !screen.contains("gone with its host"), "{screen}");
}

#[test]
fn a_task_in_the_list_says_what_it_waits_for() {
    let mut project = busy();
    project.tasks[4].status = TaskStatus::Ready;
    project.tasks[4].reason = None;
    project.tasks[4].waits_for = Some("a free worker: all 4 are taken".to_owned());
    let mut deck = Deck::open(project, 120, 36);
    deck.keys("ctrl+space t");
    assert!(deck.screen().contains("waits for a free worker"), "{}", deck.screen());
}

#[test]
fn a_plan_says_why_it_was_not_made_by_who_should_have() {
    let mut project = planned();
    let note = "claude (haiku) gave no plan: `claude` ended with exit code 1: overloaded. The rules planned it.";
    project.plans[0].by = "rules".to_owned();
    project.plans[0].note = Some(note.to_owned());
    for (columns, rows) in [(80, 24), (120, 36)] {
        let deck = Deck::open(project.clone(), columns, rows);
        let screen = deck.screen();
        assert!(screen.contains("Planned by rules. claude (haiku) gave no plan"), "{screen}");
        assert!(screen.contains("overloaded. The rules"), "{screen}");
        assert!(screen.contains("#1 claude: claude (haiku) chose it"), "{screen}");
    }
}

#[test]
fn a_request_carries_the_name_of_the_task_that_asks_not_of_the_one_that_its_seat_went_on_to() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut project = busy();
        let asks = ApprovalView {
            id: ApprovalId(31),
            subject: Subject::Review { task: TaskId(1) },
            kind: "review".to_owned(),
            title: "#1 the agent ended with exit code 1".to_owned(),
            worker: Some(WorkerNumber(3)),
            ..landing()
        };
        project.approvals = vec![asks];
        project.workers[0].task = None;
        let mut deck = Deck::open(project, columns, rows);
        let on = deck.state.worker;
        deck.keys("ctrl+space n");
        assert_eq!(deck.state.worker, on, "it went to a pane that has nothing to do with it");
        assert!(!deck.screen().contains("NEEDS YOU"), "{}", deck.screen());
        deck.keys("ctrl+space o").wait(1000);
        let title = deck.state.task(TaskId(1)).unwrap().title.clone();
        assert!(deck.screen().contains(&format!("#1 {title}: review")), "{}", deck.screen());
    }
}

#[test]
fn what_a_yes_holds_for_is_said_per_kind_of_question() {
    let about = |subject: Subject, kind: &str| {
        let mut project = busy();
        project.approvals = vec![ApprovalView { subject, kind: kind.to_owned(), ..permission("cargo test") }];
        let mut deck = Deck::open(project, 120, 36);
        deck.keys("ctrl+space n ctrl+space o").wait(1000);
        deck.screen()
    };
    let commands =
        about(Subject::Commands { hash: "h".to_owned(), commands: vec!["cargo test".to_owned()] }, "commands");
    assert!(commands.contains("these very commands from now on") && !commands.contains("once."), "{commands}");
    let review = about(Subject::Review { task: TaskId(1) }, "review");
    assert!(review.contains("Yes tries it again; no leaves it") && !review.contains("once."), "{review}");
    let once = about(permission("cargo test").subject, "permission");
    assert!(once.contains("exactly this question, once."), "{once}");
}

#[test]
fn a_notice_covers_no_key_of_a_dialog_and_the_way_out_is_named_below() {
    let mut deck = Deck::open(planned(), 80, 24);
    let keys = deck.screen().lines().find(|line| line.contains("decline")).map(str::to_owned);
    deck.state.toast("something was said that is as long as a line of the screen and a bit more than that", true);
    let screen = deck.screen();
    assert!(keys.is_some_and(|keys| screen.contains(&keys)), "{screen}");
    assert!(screen.lines().next().is_some_and(|line| line.contains("something was said")), "{screen}");
    let last = screen.lines().last().unwrap_or_default();
    assert!(last.contains("not yet") && last.contains("decline"), "{screen}");
}
