//! What agents used, by their own figures: recorded output of real runs and recorded transcript files.

use std::path::Path;

use quarterdeck::agents::usage::{Figures, UsageReader, is_worth_reading, told_by_hook, transcript_of};
use quarterdeck::model::{Timestamp, Tokens};

fn lines(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents").join(file);
    std::fs::read_to_string(&path).expect("a fixture").lines().map(str::to_owned).collect()
}

/// A run that begins a conversation.
fn run() -> UsageReader {
    UsageReader::of_run(Tokens::default(), 0.0)
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
    let claude = read(run(), "streams/claude_ok.jsonl");
    assert_eq!((claude.tokens, claude.cost_usd), (three(300, 57, 100), Some(0.004_53)));
    assert_eq!(claude.model.as_deref(), Some("claude-sonnet-5-5"));
    assert_eq!((claude.context, claude.window), (Some(1_300), Some(1_000_000)));
    let codex = read(run(), "streams/codex_ok.jsonl");
    assert_eq!((codex.tokens, codex.cost_usd), (three(300, 57, 0), None));
    let gemini = read(run(), "streams/gemini_ok.jsonl");
    assert_eq!((gemini.tokens, gemini.model.as_deref()), (three(300, 57, 0), Some("gemini-2.5-pro")));
    let opencode = read(run(), "streams/opencode_ok.jsonl");
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
fn only_a_hook_with_something_new_is_worth_reading_a_file_for() {
    let payload = r#"{"transcript_path":"/home/me/.claude/projects/x/1.jsonl"}"#;
    assert!(transcript_of(payload).is_some() && is_worth_reading("Stop") && !is_worth_reading("PreToolUse"));
    assert!(transcript_of(r#"{"transcript_path":"../x"}"#).is_none() && transcript_of("noise").is_none());
}

#[test]
fn noise_holds_no_figures() {
    let mut reader = run();
    for line in ["", "noise", "{}", r#"{"type":"result"}"#, r#"{"type":"assistant","message":{"usage":7}}"#, "[1]"] {
        assert!(!reader.line(line), "{line}");
    }
    assert!(reader.figures().is_none());
}

#[test]
fn a_resumed_conversation_is_not_paid_twice() {
    // both tell the sum of the whole conversation (measured)
    let earlier = Tokens { input: 300, output: 57, cache_read: 900, cache_write: 0 };
    let mut claude = UsageReader::of_run(Tokens { cache_write: 100, ..earlier }, 0.001_51);
    assert!(claude.line(
        r#"{"type":"result","total_cost_usd":0.00302,"modelUsage":{"claude-sonnet-5-5":{"inputTokens":600,
        "outputTokens":114,"cacheReadInputTokens":1800,"cacheCreationInputTokens":200,"contextWindow":1000000}}}"#
    ));
    let now = claude.figures().expect("figures");
    assert_eq!(now.tokens, Tokens { cache_write: 100, ..earlier });
    assert!((now.cost_usd.expect("its own cost") - 0.001_51).abs() < 1e-9, "{now:?}");
    let mut codex = UsageReader::of_run(earlier, 0.0);
    codex.line(
        r#"{"type":"turn.completed","usage":{"input_tokens":2400,"cached_input_tokens":1800,"output_tokens":114}}"#,
    );
    assert_eq!(codex.figures().expect("figures").tokens, earlier);
    // a conversation that was begun anew does not hold what was before it
    let mut anew = UsageReader::of_run(Tokens { input: 9_000, ..earlier }, 1.0);
    anew.line(
        r#"{"type":"turn.completed","usage":{"input_tokens":1200,"cached_input_tokens":900,"output_tokens":57}}"#,
    );
    assert_eq!(anew.figures().expect("figures").tokens, earlier);
}

#[test]
fn claudes_own_sum_in_a_transcript_covers_what_came_before_it_and_nothing_after() {
    let message = |id: &str, at: u32| {
        format!(
            r#"{{"type":"assistant","timestamp":"2026-11-20T19:00:{at:02}Z","message":{{"id":"{id}","model":"claude-opus-5-5","usage":{{"input_tokens":10,"output_tokens":2}}}}}}"#
        )
    };
    let sum = |input: u64, cost: f64| {
        format!(
            r#"{{"type":"cost-state","totalCostUSD":{cost},"modelUsage":{{"claude-opus-5-5":{{"inputTokens":{input},"outputTokens":4}}}}}}"#
        )
    };
    let since: jiff::Timestamp = "2026-11-20T19:00:10Z".parse().expect("a time");
    let mut reader = UsageReader::of_transcript(Timestamp(since.as_millisecond()));
    let lines = [message("a", 1), sum(12, 0.5), message("b", 11), message("b", 12)];
    for line in lines.iter().chain(&lines) {
        reader.line(line);
    }
    let now = reader.figures().expect("figures");
    assert_eq!((now.tokens.input, now.cost_usd, now.unpriced.input), (10, None, 10), "nobody priced it yet: {now:?}");
    for line in [sum(30, 0.75), message("b", 13), message("c", 14)] {
        reader.line(&line);
    }
    let now = reader.figures().expect("figures");
    assert_eq!((now.tokens.input, now.cost_usd, now.unpriced.input), (18 + 10, Some(0.25), 10), "{now:?}");
}

#[test]
fn the_beginning_of_an_answer_is_estimated_until_it_is_counted() {
    let mut reader = run();
    let begun = r#"{"type":"assistant","message":{"id":"m","usage":{"input_tokens":10,"output_tokens":1},"content":[{"type":"text","text":"01234567890123456789"}]}}"#;
    reader.line(begun);
    let now = reader.figures().expect("figures");
    assert_eq!((now.tokens.output, now.estimated), (5, 5), "{now:?}");
    reader.line(r#"{"type":"result","total_cost_usd":0.1,"usage":{"input_tokens":10,"output_tokens":7}}"#);
    let now = reader.figures().expect("figures");
    assert_eq!((now.tokens.output, now.estimated, now.is_whole), (7, 0, true), "{now:?}");
}

#[test]
fn opencodes_plugin_tells_each_answer_once() {
    let payload = r#"{"info":{"id":"msg_1","modelID":"mock-model","cost":0.01,"tokens":{"input":60,"output":15,"reasoning":5,"cache":{"read":40,"write":0}}}}"#;
    let line = told_by_hook("message.updated", payload).expect("a line");
    assert!(told_by_hook("session.idle", payload).is_none());
    let mut reader = run();
    for _ in 0..2 {
        assert!(reader.line(&line));
    }
    let now = reader.figures().expect("figures");
    assert_eq!(now.tokens, Tokens { input: 60, output: 20, cache_read: 40, cache_write: 0 });
    assert_eq!((now.cost_usd, now.model.as_deref(), now.context), (Some(0.01), Some("mock-model"), Some(100)));
}
