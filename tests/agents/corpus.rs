//! Every recording there is, through `qd agents replay` as a person runs it: the states over time are the right ones. A
//! recording that is not in the table fails, and so does a state that nobody looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The states of a recording, in their order: `p` waits for a permission, `i` is idle, `w` works,
/// `d` is done and waits for input.
const CORPUS: &[(&str, &str)] = &[
    ("aider_full", "pd"),
    // release notes; then a new file is asked about, and once more because the answer was none
    ("aider_questions", "pippd"),
    ("aider_waits", "iwd"),
    // trust, moved on to yes; a question about the automatic mode in the middle of the work
    ("claude_auto", "ppiwpd"),
    ("claude_firstrun", "p"),
    ("claude_full", "pppiwdwd"),
    ("claude_hooks_manual", "iwpwpwdwd"),
    // it ends before it shows anything
    ("claude_noreply", ""),
    ("codex_approval", "iwpwdwd"),
    ("codex_full", "iwdwd"),
    ("copilot_full", "piwpwdwd"),
    ("gemini_start", "iwppw"),
    ("kimi_full", "iwpwdwd"),
    ("kimi_waits", "piwd"),
    ("opencode_full", "iwppwpwdwd"),
    ("qwen_start", "iwpwpw"),
];

#[test]
fn every_recording_has_the_right_states() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents/recordings");
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for file in std::fs::read_dir(&place).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        found.insert(name, states(&file));
    }
    let wanted: BTreeMap<String, String> =
        CORPUS.iter().map(|(name, states)| ((*name).to_owned(), (*states).to_owned())).collect();
    assert_eq!(found, wanted);
}

/// One letter for each state, as the program prints them.
fn states(file: &Path) -> String {
    let agent = file.file_name().unwrap().to_string_lossy().split('_').next().unwrap().to_owned();
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_qd"))
        .args(["agents", "replay"])
        .arg(file)
        .args(["--agent", &agent, "--json"])
        .env("QD_HOME", home.path())
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let moments: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let letter = |moment: &Value| match moment["state"].as_str().unwrap() {
        "waiting_permission" => 'p',
        "idle" => 'i',
        "working" => 'w',
        "waiting_input" => 'd',
        other => panic!("{}: {other} was not looked at: {moment}", file.display()),
    };
    moments.iter().map(letter).collect()
}
