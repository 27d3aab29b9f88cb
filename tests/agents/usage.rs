//! What agents used, by their own figures: recorded output of real runs and recorded transcript files.

use std::path::Path;

use quarterdeck::agents::usage::{Figures, UsageReader, transcript_of};
use quarterdeck::model::{Timestamp, Tokens};

fn lines(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents").join(file);
    std::fs::read_to_string(&path).expect("a fixture").lines().map(str::to_owned).collect()
}

fn read(mut reader: UsageReader, file: &str) -> Figures {
    for line in lines(file) {
        reader.line(&line);
    }
    reader.figures().expect("it holds figures")
}

/// What the mock model says of each of the three calls of a recorded run, as the agents tell it.
fn three(input: u64, output: u64, cache_write: u64) -> Tokens {
    Tokens { input: 3 * input, output: 3 * output, cache_read: 2_700, cache_write: 3 * cache_write }
}

#[test]
fn streams_tell_tokens_cost_model_and_context() {
    let claude = read(UsageReader::of_run(), "streams/claude_ok.jsonl");
    assert_eq!((claude.tokens, claude.cost_usd), (three(300, 57, 100), Some(0.004_53)));
    assert_eq!(claude.model.as_deref(), Some("claude-sonnet-5-5"));
    assert_eq!((claude.context, claude.window), (Some(1_300), Some(1_000_000)));
    let codex = read(UsageReader::of_run(), "streams/codex_ok.jsonl");
    assert_eq!((codex.tokens, codex.cost_usd), (three(300, 57, 0), None));
    let gemini = read(UsageReader::of_run(), "streams/gemini_ok.jsonl");
    assert_eq!((gemini.tokens, gemini.model.as_deref()), (three(300, 57, 0), Some("gemini-2.5-pro")));
    let opencode = read(UsageReader::of_run(), "streams/opencode_ok.jsonl");
    assert_eq!(opencode.tokens, three(300, 57, 0), "its thinking is output");
    assert!((opencode.cost_usd.expect("its own cost") - 0.006_075).abs() < 1e-9);
}

#[test]
fn transcripts_tell_the_same_and_reading_them_again_changes_nothing() {
    let files = ["claude", "codex", "gemini", "kimi"].map(|agent| format!("usage/{agent}_transcript.jsonl"));
    let beginning = Timestamp(0);
    for file in &files {
        let once = read(UsageReader::of_transcript(beginning), file);
        let mut twice = UsageReader::of_transcript(beginning);
        for line in lines(file).iter().chain(&lines(file)) {
            twice.line(line);
        }
        assert_eq!(twice.figures().expect("figures"), once, "{file}");
        assert_eq!(once.tokens.output, 171, "{file}");
        assert_eq!(once.tokens.cache_read, 2_700, "{file}");
    }
    let codex = read(UsageReader::of_transcript(beginning), &files[1]);
    assert_eq!((codex.context, codex.window), (Some(1_200), Some(258_400)));
}

#[test]
fn what_the_conversation_used_before_this_session_is_not_its_own() {
    for agent in ["claude", "codex", "gemini", "kimi"] {
        let all = lines(&format!("usage/{agent}_transcript.jsonl"));
        let mut reader = UsageReader::of_transcript(Timestamp(i64::MAX));
        for line in &all {
            reader.line(line);
        }
        assert!(reader.figures().is_none(), "{agent}");
    }
    // codex tells sums of the whole conversation: what was there before is taken off
    let all = lines("usage/codex_transcript.jsonl");
    let counts: Vec<&String> =
        all.iter().filter(|line| line.contains("token_count") && line.contains("total")).collect();
    let second: serde_json::Value = serde_json::from_str(counts[1]).expect("JSON");
    let at: jiff::Timestamp = second["timestamp"].as_str().expect("a time").parse().expect("RFC 3339");
    let mut reader = UsageReader::of_transcript(Timestamp(at.as_millisecond()));
    for line in &all {
        reader.line(line);
    }
    assert_eq!(reader.figures().expect("figures").tokens.output, 114);
}

#[test]
fn only_a_hook_that_ends_a_turn_names_a_file_to_read() {
    let payload = r#"{"transcript_path":"/home/me/.claude/projects/x/1.jsonl"}"#;
    assert!(transcript_of("Stop", payload).is_some() && transcript_of("PreToolUse", payload).is_none());
    assert!(
        transcript_of("Stop", r#"{"transcript_path":"../x"}"#).is_none() && transcript_of("Stop", "noise").is_none()
    );
}

#[test]
fn noise_holds_no_figures() {
    let mut reader = UsageReader::of_run();
    for line in ["", "noise", "{}", r#"{"type":"result"}"#, r#"{"type":"assistant","message":{"usage":7}}"#, "[1]"] {
        assert!(!reader.line(line), "{line}");
    }
    assert!(reader.figures().is_none());
}
