//! The table of `docs/agents.md`: what works for which agent, from the definitions and from what was seen to work.
//! `QD_WRITE_DOCS=1` writes it.

use std::fmt::Write;
use std::path::Path;

use quarterdeck::agents::{Agent, Catalogue};
use quarterdeck::config::{Adapter, AgentDefinition, StreamFormat};
use quarterdeck::model::{DialogKind, SessionMode};

use super::results::{self, Results};

const BEGIN: &str = "<!-- The table is written by `QD_WRITE_DOCS=1 cargo test --test agents table`. -->\n";
const END: &str = "<!-- End of the table. -->\n";

#[test]
fn the_table_in_the_docs_is_what_the_definitions_and_the_results_say() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/agents.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the place of the table");
    let (written, after) = rest.split_once(END).expect("the end of the table");
    let agents = Catalogue::new(AgentDefinition::shipped().unwrap());
    let table = table(&agents, &results::recorded());
    if std::env::var_os("QD_WRITE_DOCS").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(written == table, "docs/agents.md is stale: QD_WRITE_DOCS=1 cargo test --test agents table\n{table}");
    }
}

fn table(agents: &Catalogue, seen: &Results) -> String {
    let heads = [
        "agent",
        "tried with",
        "full screen",
        "headless",
        "a no",
        "resume",
        "fork",
        "questions",
        "state from",
        "usage from",
    ];
    let mut text = format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for agent in agents.iter().filter(|agent| !matches!(agent.name(), "demo" | "shell")) {
        let of = |what: &str| seen.get(agent.name()).and_then(|results| results.get(what));
        let in_ci = pinned(agent.name());
        let cell = |offered: bool, what: &str| match (offered, of(what), &in_ci) {
            (false, ..) => "–",
            (true, None, Some(_)) if what != "fork" => "CI",
            (true, Some(_), _) => "live",
            (true, None, _) => "yes",
        };
        let arguments = &agent.definition().arguments;
        let versions = seen.get(agent.name()).and_then(|results| results.values().max());
        let version = in_ci.as_ref().or(versions).map_or("(never)", String::as_str);
        let cells = [
            agent.name().to_owned(),
            format!("{} {version}", agent.definition().title),
            cell(true, "full_screen").to_owned(),
            cell(agent.supports(SessionMode::Autonomous), "headless").to_owned(),
            cell(asks(agent, DialogKind::Permission), "no").to_owned(),
            cell(agent.can_resume(), "resume").to_owned(),
            cell(!arguments.fork.is_empty(), "fork").to_owned(),
            questions(agent),
            state_from(agent),
            usage_from(agent.definition().stream).to_owned(),
        ];
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    }
    text
}

/// The version that CI installs and runs its stories with.
fn pinned(agent: &str) -> Option<String> {
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/run")).unwrap();
    let name = format!("{}_VERSION=", agent.to_uppercase());
    script.lines().find_map(|line| line.strip_prefix(&name)).map(str::to_owned)
}

fn asks(agent: &Agent, kind: DialogKind) -> bool {
    agent.definition().dialogs.iter().any(|dialog| dialog.kind == kind)
}

/// What it asks that is recognised: by keys answered, or shown.
fn questions(agent: &Agent) -> String {
    let shown = agent.definition().dialogs.iter().filter(|dialog| dialog.kind == DialogKind::Other).count();
    let mut words: Vec<String> = Vec::new();
    for (kind, word) in [(DialogKind::Trust, "trust"), (DialogKind::Permission, "permission")] {
        if asks(agent, kind) {
            words.push(word.to_owned());
        }
    }
    if shown > 0 {
        words.push(format!("{shown} others"));
    }
    words.join(", ")
}

fn state_from(agent: &Agent) -> String {
    let definition = agent.definition();
    let own = match definition.adapter {
        Adapter::Claude | Adapter::Codex | Adapter::Qwen => Some("hooks"),
        Adapter::Opencode => Some("plugin"),
        Adapter::Plain | Adapter::Gemini | Adapter::Shell => None,
    };
    let titles = (!definition.titles.working.is_empty()).then_some("title");
    [own, titles, Some("screen")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn usage_from(stream: StreamFormat) -> &'static str {
    match stream {
        StreamFormat::Claude => "its result: tokens, cost",
        StreamFormat::Codex | StreamFormat::Gemini | StreamFormat::Qwen => "its result: tokens",
        StreamFormat::Opencode => "its steps: tokens, cost",
        StreamFormat::Text | StreamFormat::Kimi | StreamFormat::Copilot => "–",
    }
}
