//! Definition files: the shipped ones, the person's on top, and what is said about bad ones.

use quarterdeck::config::AgentDefinition;
use quarterdeck::model::Explain;

const MINIMAL: &str = "name = \"mine\"\ntitle = \"Mine\"\ncommand = \"mine\"\n[screen]\nready = [\"^> \"]\n";

#[test]
fn the_shipped_ones_are_good() {
    let names: Vec<String> =
        AgentDefinition::shipped().unwrap().into_iter().map(|definition| definition.name).collect();
    assert_eq!(
        names,
        ["claude", "codex", "gemini", "opencode", "kimi", "qwen", "copilot", "minimax", "aider", "shell", "demo"]
    );
}

#[test]
fn own_files_override_and_add() {
    let own = MINIMAL.replace("mine", "codex").replace("Mine", "My Codex");
    let files = [("/a/codex.toml".to_owned(), own), ("/a/mine.toml".to_owned(), MINIMAL.to_owned())];
    let (all, errors) = AgentDefinition::layered(&files);
    assert!(errors.is_empty(), "{errors:?}");
    let codex = all.iter().find(|definition| definition.name == "codex").unwrap();
    assert_eq!((codex.title.as_str(), codex.source.as_str()), ("My Codex", "/a/codex.toml"));
    assert_eq!(all.last().unwrap().name, "mine");
}

#[test]
fn a_bad_file_costs_only_its_agent() {
    let files = [("/a/gemini.toml".to_owned(), "name = \"gemini\"\ntitel = \"x\"".to_owned())];
    let (all, errors) = AgentDefinition::layered(&files);
    assert_eq!(errors[0].to_string(), "`/a/gemini.toml` cannot be used: line 2: unknown field `titel`");
    assert_eq!(errors[0].hint().unwrap(), "did you mean `title`?");
    assert!(all.iter().all(|definition| definition.name != "gemini"));
    assert_eq!(all.len(), 10);
}

#[test]
fn senseless_definitions_are_refused() {
    let says = |text: &str| AgentDefinition::parse(text, "x.toml").unwrap_err().to_string();
    assert!(says(&MINIMAL.replace("\"mine\"\nt", "\"Mi ne\"\nt")).contains("lowercase letters"));
    assert!(says(&MINIMAL.replace("^> ", "^")).contains("a pattern is empty"));
    assert!(says(&format!("{MINIMAL}[[dialog]]\nkind = \"trust\"\npatterns = []")).contains("no patterns"));
    assert!(
        says(&format!("{MINIMAL}[[dialog]]\nkind = \"trust\"\npatterns = [\"a\"]\nyes = [\"Retrun\"]"))
            .contains("`Retrun` is not a key")
    );
    assert!(says("name = \"m\"\ntitle = \"m\"\ncommand = \"m\"").contains("screen.ready"));
    assert!(says(&MINIMAL.replace("[screen]", "prompt = \"argument\"\n[screen]")).contains("{prompt}"));
}
