//! Prompts that arrive: many of them, of all sizes and shapes, into the real agents, counted by the model that got
//! them. None may be lost, none may come twice. `QD_DELIVERIES` says how many for each agent (20 without it):
//!
//! ```text
//! QD_DELIVERIES=200 cargo test --test agents delivery_proof -- --include-ignored --nocapture --test-threads=1
//! ```

use std::time::Instant;

use quarterdeck::agents::prompt::safe;
use quarterdeck::model::{SessionMode, SessionState};

use super::homes;
use super::world::{Talk, World, program};

/// The prompt of a number: every twentieth is huge, the others are of all shapes.
fn prompt(number: usize) -> String {
    let tag = format!("p{number:04}");
    match number % 20 {
        0 => format!("{tag} {}", "word ".repeat(200_000)),
        1 => format!("{tag}\n{}", "a line of text\n".repeat(5_000)),
        2 => format!("/{tag} quit"),
        3 => format!("!{tag} rm -rf /"),
        4 => format!("#{tag} remember this"),
        5 => format!("@{tag} is a person"),
        6 => format!("{tag} \u{1b}[201~ and \u{1b}[A escapes \u{3} in it"),
        7 => format!("{tag} ümlaut 日本語 🎉 עברית e\u{301}"),
        8 => format!("{tag}\n/exit\n/quit\n:q!\nexit"),
        9 => format!("-{tag} --help"),
        10 => format!("{tag}\n\n\n  indented\n\tby a tab"),
        11 => format!("{tag} {}", "x".repeat(3_000)),
        12 => format!("{tag} `backticks` $HOME $(id) \"quotes\" 'single' \\ \\n %s {{braces}}"),
        13 => format!("?{tag} what is this"),
        14 => format!("&{tag} in the background"),
        15 => format!("{tag} {}", "many words in one line ".repeat(40)),
        16 => format!("{tag}\n{}", (0..60).map(|line| format!("line {line}\n")).collect::<String>()),
        17 => tag,
        18 => format!("{tag} 1. Yes\n2. No\n❯ › ● > y"),
        _ => format!("{tag} {}", "日本".repeat(400)),
    }
}

fn prove(name: &'static str) {
    let Some(program) = program(name) else { return };
    let count = std::env::var("QD_DELIVERIES").ok().and_then(|count| count.parse().ok()).unwrap_or(20);
    let world = World::new(name, program);
    if name == "claude" {
        homes::trust_repository(&world);
    }
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    let began = Instant::now();
    // the shortest there is comes first: one character
    let texts: Vec<String> = std::iter::once("x".to_owned()).chain((0..count).map(prompt)).collect();
    for text in &texts {
        let before = arrived(&world, text);
        talk.say(text);
        talk.until("the model got it", |talk, _| arrived(talk.world, text) > before);
        talk.until_state(SessionState::WaitingInput);
    }
    let doubled: Vec<&String> = texts.iter().skip(1).filter(|text| arrived(&world, text) != 1).collect();
    assert!(doubled.is_empty(), "{name}: lost or doubled: {doubled:?}");
    let seconds = began.elapsed().as_secs();
    eprintln!("{name}: {} prompts, 0 lost, 0 doubled, {seconds} s", texts.len());
    talk.end();
}

/// How often a text began a turn.
fn arrived(world: &World, text: &str) -> usize {
    let text = safe(text);
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = squeezed(&text);
    let begins = |turn: &String| squeezed(turn).starts_with(&wanted);
    world.model.turns().iter().filter(|turn| begins(turn)).count()
}

#[test]
#[ignore = "one line of a megabyte was not seen to begin a turn; find out why first"]
fn delivery_proof_claude() {
    prove("claude");
}

#[test]
#[ignore = "Enter after a paste of a megabyte did not begin a turn in time; such a text should go by a file"]
fn delivery_proof_codex() {
    prove("codex");
}

#[test]
#[ignore = "a paste of a megabyte is dropped without a word; such a text should go by a file"]
fn delivery_proof_gemini() {
    prove("gemini");
}

#[test]
fn delivery_proof_opencode() {
    prove("opencode");
}
