//! Prompts that arrive: many of them, of all sizes and shapes, into the real agents, counted by the model that got
//! them. None may be lost, none may come twice. `QD_DELIVERIES` says how many for each agent (20 without it):
//!
//! ```text
//! QD_DELIVERIES=200 cargo test --test agents delivery_proof -- --nocapture --test-threads=1
//! ```

use std::fs;
use std::time::Instant;

use quarterdeck::agents::prompt::safe;
use quarterdeck::model::{DialogKind, SessionMode, SessionState};

use super::world::{Talk, World, program};

/// The prompt of a number: of twenty one has a megabyte, the others are of all shapes.
fn prompt(number: usize) -> String {
    let tag = format!("p{number:04}");
    let deep = deep(number);
    match number % 20 {
        0 => format!("{tag} {} {deep} {}", "begins".repeat(30), "word ".repeat(200_000)),
        1 => format!("{tag}\n{}{deep}\n{}", "a line of text\n".repeat(8), "a line of text\n".repeat(5_000)),
        2 => format!("/{tag} quit"),
        3 => format!("!{tag} rm -rf /"),
        4 => format!("#{tag} remember this #tag"),
        5 => format!("@{tag} is a person, see @README.md"),
        6 => format!("{tag} \u{1b}[201~ and \u{1b}[A escapes \u{3} in it"),
        7 => format!("{tag} ümlaut 日本語 🎉 👨\u{200d}👩\u{200d}👧 עברית مرحبا e\u{301}o\u{308}"),
        8 => format!("{tag}\n/exit\n/quit\n!ls\n#note\n@README.md\n:q!\nexit"),
        9 => format!("-{tag} --help"),
        10 => format!("{tag}\r\n\r\n\r\n  indented\r\n\tby a tab\rand more\r\n"),
        11 => format!("{tag} {}", "x".repeat(3_000)),
        12 => format!("{tag} `backticks` $HOME $(id) \"quotes\" 'single' \\ \\n %s {{braces}}"),
        13 => format!("?{tag} what is /help"),
        14 => format!("&{tag} in the background $skill"),
        15 => format!(" \n\t  {tag} {}   \n\n ", "many words in one line ".repeat(40)),
        16 => {
            format!("{tag}\n{}", (0..600).map(|line| format!("line {line} of many that follow\n")).collect::<String>())
        }
        17 => tag,
        18 => format!("{tag} 1. Yes\n2. No\n❯ › ● > y"),
        _ => format!("{tag} {}\n{deep} {}", "日本".repeat(90), "日本".repeat(17_000)),
    }
}

/// What a reader of the whole text finds, and nobody who only sees its beginning.
fn deep(number: usize) -> String {
    format!("deep{number:04}")
}

fn prove(name: &'static str) {
    let Some(program) = program(name) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|count| count.parse().ok());
    let count = number("QD_DELIVERIES").unwrap_or(20);
    let first = number("QD_DELIVERIES_FROM").unwrap_or(0);
    let world = World::new(name, program);
    fs::write(world.path("repository/README.md"), "A file that prompts mention.\n").unwrap();
    if name == "claude" {
        world.home(false).trust_for_claude(&world.path("repository"));
    }
    let mut plan = world.plan("repository", SessionMode::Interactive, "", None);
    if name == "gemini" {
        // as in a project that the person agreed to trust
        let prompts = world.path("session/prompts").display().to_string();
        plan.argv.extend(["--include-directories".to_owned(), prompts]);
    }
    let mut talk = Talk::begin(&world, "repository", &plan);
    let began = Instant::now();
    // the shortest there is comes first: one character
    let texts = std::iter::once((None, "x".to_owned())).chain((first..first + count).map(|n| (Some(n), prompt(n))));
    let (mut sent, mut files, mut slowest) = (Vec::new(), 0, (0, 0.0));
    for (number, text) in texts {
        let asked = Instant::now();
        let shown = talk.say(&text);
        talk.until("the model got it", |talk, _| arrived(talk.world, &shown) > 0);
        talk.until_state(SessionState::WaitingInput);
        let seconds = asked.elapsed().as_secs_f64();
        if let Some(number) = number.filter(|_| seconds > slowest.1) {
            slowest = (number, seconds);
        }
        if let Some(number) = number.filter(|_| shown != safe(&text)) {
            let found = world.model.told().contains(&deep(number));
            assert!(found, "{name}: the file was not read: {shown}");
            files += 1;
        }
        sent.push(shown);
    }
    let doubled: Vec<&String> = sent.iter().skip(1).filter(|text| arrived(&world, text) != 1).collect();
    assert!(doubled.is_empty(), "{name}: lost or doubled: {doubled:?}");
    let asked: Vec<_> = talk.asked.iter().filter(|dialog| dialog.kind == DialogKind::Permission).collect();
    assert!(asked.is_empty(), "{name}: asked before it read: {asked:?}");
    let (seconds, total) = (began.elapsed().as_secs(), sent.len());
    let (at, longest) = slowest;
    eprintln!(
        "{name}: {total} prompts ({files} as files), 0 lost, 0 doubled, {seconds} s, the slowest p{at:04} {longest:.1} s"
    );
    talk.end();
}

/// How often a text began a turn.
fn arrived(world: &World, text: &str) -> usize {
    // Claude Code makes one letter of a letter and its accent
    let composed = |text: &str| unmarked(text).replace("e\u{301}", "é").replace("o\u{308}", "ö");
    let squeezed = |text: &str| composed(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = squeezed(text);
    let begins = |turn: &String| squeezed(turn).starts_with(&wanted);
    world.model.turns().iter().filter(|turn| begins(turn)).count()
}

/// Without the marks that Claude Code puts around a paste of several lines.
fn unmarked(text: &str) -> String {
    text.lines().filter(|line| !line.contains("pasted_content id=")).collect::<Vec<_>>().join("\n")
}

#[test]
fn delivery_proof_claude() {
    prove("claude");
}

#[test]
fn delivery_proof_codex() {
    prove("codex");
}

/// Gemini CLI has no hook for us, and an answer of the mock can be over between two looks: its log of the conversation
/// proves the turn.
#[test]
fn delivery_proof_gemini() {
    prove("gemini");
}

#[test]
fn delivery_proof_opencode() {
    prove("opencode");
}
