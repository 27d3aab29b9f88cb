//! Who gets what, and what is said about it.

use super::*;
use crate::model::{ExecutorKind, Forecast, Priority};
use crate::planning::labels::labels;

fn routes() -> Routes {
    let three = || ["claude", "codex", "gemini"].map(str::to_owned).to_vec();
    let claude = Models {
        simple: Some("haiku".into()),
        medium: Some("sonnet".into()),
        complex: Some("opus".into()),
        review: Some("sonnet".into()),
        more: Vec::new(),
    };
    let codex = Models { medium: Some("gpt-5.2".into()), ..Models::default() };
    Routes {
        usable: three(),
        ready: three(),
        sharing: three(),
        first: "claude".into(),
        fallback: "codex".into(),
        most_attempts: 3,
        samples: 5,
        models: [("claude".to_owned(), claude), ("codex".to_owned(), codex)].into(),
        ..Routes::default()
    }
}

fn draft() -> TaskDraft {
    TaskDraft {
        title: "Fix the login".into(),
        body: "Fix the login".into(),
        task_type: TaskType::Bug,
        complexity: Complexity::Medium,
        confidence: 0.8,
        agent: "claude".into(),
        model: None,
        run: None,
        role: None,
        instructions: None,
        worker: None,
        autonomy: None,
        mode: None,
        depends: Vec::new(),
        open_ended: false,
        fork: None,
        executor: ExecutorKind::default(),
        priority: Priority::Normal,
        forecast: Forecast::default(),
        route: None,
        budget: None,
    }
}

/// A draft as a model proposes it.
fn proposed(agent: &str, model: Option<&str>) -> TaskDraft {
    let route = Some(Route::new(RoutedBy::Planner, "it knows logins".into()));
    TaskDraft { agent: agent.into(), model: model.map(Into::into), route, ..draft() }
}

fn judged() -> Wish {
    Wish { judge: Some("claude (haiku)".into()), ..Wish::default() }
}

/// Agent, model and reason.
fn routed(mut draft: TaskDraft, wish: &Wish, routes: &Routes) -> (String, Option<String>, Route) {
    route(&mut draft, wish, routes);
    (draft.agent, draft.model, draft.route.unwrap())
}

fn agent_of(routes: &Routes) -> String {
    routed(draft(), &Wish::default(), routes).0
}

fn record(agent: &str, completed: u32, failed: u32) -> Record {
    Record { agent: agent.into(), task_type: TaskType::Bug, completed, failed }
}

#[test]
fn the_persons_words_stand_over_everything() {
    let wish = Wish { agent: Some("gemini".into()), labels: labels("agent:codex"), ..judged() };
    let (agent, _, route) = routed(proposed("claude", None), &wish, &routes());
    assert_eq!((agent.as_str(), route.by, route.others), ("gemini", RoutedBy::Person, vec![]));
    let wish = Wish { labels: labels("agent:codex"), named: Some("gemini".into()), ..judged() };
    let (agent, _, route) = routed(proposed("claude", None), &wish, &routes());
    assert_eq!((agent.as_str(), route.by), ("codex", RoutedBy::Label));
    let wish = Wish { named: Some("gemini".into()), ..judged() };
    let (agent, _, route) = routed(proposed("claude", None), &wish, &routes());
    assert_eq!((agent.as_str(), route.by), ("gemini", RoutedBy::Mention));
    let wish = Wish { named: Some("kimi".into()), ..Wish::default() };
    let (agent, _, route) = routed(draft(), &wish, &routes());
    assert_eq!(agent, "kimi", "who is named and absent is not replaced silently");
    assert!(route.why.contains("the text names it (it is not installed here"), "{}", route.why);
}

#[test]
fn where_no_agent_is_installed_that_is_said_and_what_to_do() {
    let none = Routes { first: "claude".into(), usable: vec!["demo".into()], ..Routes::default() };
    let (agent, _, route) = routed(draft(), &Wish::default(), &none);
    assert_eq!(agent, "claude");
    assert!(route.why.starts_with("claude: no agent is installed here: install one (`qd agents`"), "{}", route.why);
    assert!(!route.why.contains("first agent") && !route.why.contains("(it is not"), "{}", route.why);
}

#[test]
fn a_models_proposal_counts_where_it_can_be_used() {
    let (agent, model, route) = routed(proposed("claude", Some("opus")), &judged(), &routes());
    assert_eq!((agent.as_str(), model.as_deref(), route.attempt), ("claude", Some("opus"), 1));
    assert_eq!(route.why, "claude: claude (haiku) chose it (it knows logins); model opus: claude (haiku) chose it");
    let (_, model, route) = routed(proposed("claude", Some("gpt-9")), &judged(), &routes());
    assert_eq!(model.as_deref(), Some("sonnet"));
    assert!(route.why.ends_with("`gpt-9` was proposed, which `models.toml` does not list; for medium tasks"));
    let absent = Routes { turn: 1, ..routes() };
    let (agent, model, route) = routed(proposed("kimi", Some("opus")), &judged(), &absent);
    assert_eq!(
        (agent.as_str(), model.as_deref(), route.by, route.attempt),
        ("codex", Some("gpt-5.2"), RoutedBy::Turn, 2)
    );
    assert!(route.why.contains("claude (haiku) chose kimi, which cannot be used; it is its turn"), "{}", route.why);
    let turns = Routes { in_turn_only: true, turn: 2, ..routes() };
    assert_eq!(routed(proposed("claude", None), &judged(), &turns).0, "gemini");
}

#[test]
fn they_take_turns_and_those_after_it_are_tried_when_one_cannot_be_started() {
    let turn = |turn| agent_of(&Routes { turn, ..routes() });
    assert_eq!([turn(0), turn(1), turn(2), turn(3)], ["claude", "codex", "gemini", "claude"]);
    let others = |routes: &Routes| {
        let (_, _, route) = routed(draft(), &Wish::default(), routes);
        route.others.into_iter().map(|other| other.agent).collect::<Vec<_>>()
    };
    assert_eq!(others(&routes()), ["codex", "gemini"]);
    assert_eq!(others(&Routes { most_attempts: 1, ..routes() }), ["codex"], "the fallback comes after the attempts");
    assert_eq!(others(&Routes { most_attempts: 2, turn: 1, ..routes() }), ["gemini"]);
}

#[test]
fn the_standing_choice_takes_no_turns_and_without_anybody_ready_the_first_gets_it() {
    let preferred = Routes { preferred: Some("gemini".into()), sharing: vec![], ..routes() };
    let (agent, _, route) = routed(draft(), &Wish::default(), &preferred);
    assert_eq!((agent.as_str(), route.by), ("gemini", RoutedBy::Preference));
    let nobody = Routes { sharing: vec![], ..routes() };
    let (agent, _, route) = routed(draft(), &Wish::default(), &nobody);
    assert_eq!((agent.as_str(), route.by), ("claude", RoutedBy::Preference));
    let only = Routes { sharing: vec![], ready: vec!["codex".into()], ..routes() };
    let (agent, _, route) = routed(draft(), &Wish::default(), &only);
    assert_eq!((agent.as_str(), route.by), ("codex", RoutedBy::Fallback));
}

#[test]
fn who_did_best_with_this_type_gets_it_once_all_had_their_chance() {
    let mut all = Routes { records: vec![record("claude", 3, 2), record("codex", 5, 0)], ..routes() };
    assert_eq!(agent_of(&all), "claude", "gemini has still to show what it can do, so they take turns");
    all.records.push(record("gemini", 1, 9));
    let (agent, _, route) = routed(draft(), &Wish::default(), &all);
    assert_eq!((agent.as_str(), route.by), ("codex", RoutedBy::Record));
    assert!(route.why.starts_with("codex: it landed 5 of 5 bug tasks, more than the others; "), "{}", route.why);
    let test = TaskDraft { task_type: TaskType::Test, ..draft() };
    assert_eq!(routed(test, &Wish::default(), &all).0, "claude", "another type has no records");
    let bad = Routes { records: vec![record("claude", 0, 5), record("codex", 5, 0)], ..routes() };
    assert_eq!(agent_of(&bad), "codex", "who failed each time does not get its turn");
}

#[test]
fn the_model_follows_the_complexity_where_somebody_judged_it() {
    let model = |wish: &Wish, routes: &Routes| routed(draft(), wish, routes).1;
    assert_eq!(model(&Wish::default(), &routes()), None, "the rules only guess");
    assert_eq!(model(&Wish::default(), &Routes { follows: Follows::Always, ..routes() }).as_deref(), Some("sonnet"));
    assert_eq!(model(&judged(), &Routes { follows: Follows::Never, ..routes() }), None);
    let simple = Wish { labels: labels("complexity:simple"), ..Wish::default() };
    assert_eq!(model(&simple, &routes()).as_deref(), Some("haiku"));
    let own = Wish { model: Some("mine".into()), ..simple.clone() };
    assert_eq!(model(&own, &routes()).as_deref(), Some("mine"));
    let label = Wish { labels: labels("model:opus"), ..Wish::default() };
    assert_eq!(model(&label, &routes()).as_deref(), Some("opus"));
    let review = Wish { reviews: true, ..Wish::default() };
    assert_eq!(model(&review, &routes()).as_deref(), Some("sonnet"));
    let gemini = Wish { agent: Some("gemini".into()), ..judged() };
    assert_eq!(model(&gemini, &routes()), None);
}

#[test]
fn an_agent_that_the_text_names_is_not_lost_in_a_models_plan() {
    let agents = ["claude", "codex", "gemini", "shell"].map(str::to_owned);
    let said = |drafts: &[TaskDraft], text: &str| mentions(drafts, text, true, &agents);
    let (claude, codex) = (proposed("claude", None), proposed("codex", None));
    let one = || Some("codex".to_owned());
    assert_eq!(said(&[draft()], "Fix the login with codex"), [one()]);
    assert_eq!(said(&[claude.clone(), codex.clone()], "Fix the login with codex, then write docs"), [None, one()]);
    assert_eq!(said(&[claude.clone(), draft()], "Fix the login and the menu with codex"), [one(), one()]);
    assert_eq!(said(&[claude, codex], "Fix the login. Write docs."), [None, None]);
    let text = "@codex fix the lexer";
    let rules = TaskDraft { body: text.into(), ..draft() };
    assert_eq!(mentions(&[rules, draft()], text, false, &agents), [one(), None]);
}

#[test]
fn a_model_without_an_agent_goes_to_an_agent_that_has_it() {
    let wish = Wish { model: Some("gpt-5.2".into()), ..Wish::default() };
    let (agent, model, _) = routed(draft(), &wish, &routes());
    assert_eq!((agent.as_str(), model.as_deref()), ("codex", Some("gpt-5.2")));
    let wish = Wish { model: Some("home-made".into()), ..Wish::default() };
    assert_eq!(routed(draft(), &wish, &Routes { turn: 1, ..routes() }).0, "claude", "it takes no turn");
}
