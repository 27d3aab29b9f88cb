//! Recorded structured output of headless runs.

use quarterdeck::agents::transcript::{News, Transcript, Usage};
use quarterdeck::config::StreamFormat;

use super::fixture;

use StreamFormat::{Claude, Codex, Copilot, Gemini, Kimi, Opencode, Qwen, Text};

fn read(name: &str) -> (String, Vec<News>, Transcript) {
    play(Claude, &format!("claude_{name}"))
}

fn play(format: StreamFormat, file: &str) -> (String, Vec<News>, Transcript) {
    let mut transcript = Transcript::new(format);
    let mut text = String::new();
    let mut news = Vec::new();
    for line in fixture(&format!("streams/{file}.jsonl")).lines() {
        let rendered = transcript.line(line);
        text.push_str(&rendered.text);
        news.extend(rendered.news);
    }
    (text, news, transcript)
}

#[test]
fn a_good_run() {
    let (text, news, transcript) = read("ok");
    assert!(
        matches!(&news[0], News::Started { conversation, .. } if conversation == "610b1cd6-2d54-490e-90ea-0a1360bf46c1")
    );
    assert!(news.contains(&News::Tool { name: "Bash".to_owned(), subject: "wc -c hello.txt".to_owned() }));
    let Some(News::Finished { succeeded: true, usage, .. }) = news.last() else { panic!("{news:?}") };
    assert_eq!(*usage, Usage { input_tokens: 1_200, cached_tokens: 2_700, output_tokens: 171, cost_usd: 0.00453 });
    assert!(text.contains("I'll create the file now.") && text.contains("● Bash wc -c hello.txt"), "{text}");
    assert_eq!(transcript.finish(Some(0)).code, 0);
    assert_eq!(transcript.finish(Some(1)).code, 0, "the result event decides");
}

#[test]
fn exit_codes_lie() {
    for (name, code) in [("e400", 1), ("maxturns", 1), ("sigINT", 0), ("resume_bad", 1), ("nokey", 1)] {
        let (text, _, transcript) = read(name);
        let verdict = transcript.finish(Some(code));
        assert_eq!(verdict.code, 1, "{name}: {text}");
        assert!(verdict.text.contains("failed:"), "{name}: {}", verdict.text);
    }
    let (_, _, denied) = read("denied");
    assert_eq!(denied.finish(Some(0)).code, 0);
    assert_eq!(Transcript::new(Claude).finish(Some(0)).code, 1, "no result, no success");
    assert_eq!(Transcript::new(Claude).finish(None).code, 1);
    assert_eq!(Transcript::new(Text).finish(Some(0)).code, 0);
}

#[test]
fn what_is_not_understood_is_shown_and_harmless() {
    let mut transcript = Transcript::new(Claude);
    let shown = transcript.line("{\"type\":\"brand_new\",\"x\":1} \u{1b}]0;evil\u{7}").text;
    assert!(shown.contains("brand_new") && !shown.contains("evil"), "{shown}");
    assert!(transcript.line("npm warn something").text.contains("npm warn"));
    let hostile = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"\u001b[2Jgone\u009b31m"}]}}"#;
    assert_eq!(transcript.line(hostile).text, "gone31m\n");
    assert!(transcript.line("").text.is_empty());
}

#[test]
fn codex_runs() {
    let (text, news, transcript) = play(Codex, "codex_ok");
    assert!(matches!(&news[0], News::Started { conversation, .. } if conversation.starts_with("01a1")), "{news:?}");
    assert!(news.iter().any(|news| matches!(news, News::Tool { name, .. } if name == "Edit")), "{news:?}");
    assert!(text.contains("● Bash wc -c"), "{text}");
    let Some(News::Finished { succeeded: true, usage, text: said }) = news.last() else { panic!("{news:?}") };
    assert_eq!(*usage, Usage { input_tokens: 900, cached_tokens: 2_700, output_tokens: 171, cost_usd: 0.0 });
    assert!(said.starts_with("Done."), "{said}");
    assert!(!text.contains('$'), "Codex names no price: {text}");
    assert_eq!(transcript.finish(Some(0)).code, 0);
    for name in ["codex_e400", "codex_nokey", "codex_sigINT"] {
        let (text, _, transcript) = play(Codex, name);
        assert_eq!(transcript.finish(Some(1)).code, 1, "{name}: {text}");
        assert_eq!(transcript.finish(Some(0)).code, 1, "{name}: {text}");
    }
    let (_, _, failed) = play(Codex, "codex_e400");
    assert!(failed.finish(Some(1)).text.contains("mock error 400"), "{}", failed.finish(Some(1)).text);
}

#[test]
fn gemini_runs() {
    let (text, news, transcript) = play(Gemini, "gemini_ok");
    assert!(matches!(&news[0], News::Started { model, .. } if model == "gemini-2.5-pro"), "{news:?}");
    assert!(text.contains("I'll create the file now.\n"), "pieces are one sentence: {text}");
    let Some(News::Finished { succeeded: true, usage, text: said }) = news.last() else { panic!("{news:?}") };
    assert_eq!(*usage, Usage { input_tokens: 900, cached_tokens: 2_700, output_tokens: 171, cost_usd: 0.0 });
    assert!(said.starts_with("Done. I created"), "{said}");
    assert_eq!(transcript.finish(Some(0)).code, 0);
    for (name, code) in [("gemini_e400", 144), ("gemini_sigINT", 0)] {
        let (text, _, transcript) = play(Gemini, name);
        assert_ne!(transcript.finish(Some(code)).code, 0, "{name}: {text}");
    }
}

#[test]
fn opencode_runs() {
    let (text, news, transcript) = play(Opencode, "opencode_ok");
    assert!(matches!(&news[0], News::Started { conversation, .. } if conversation.starts_with("ses_")), "{news:?}");
    assert!(text.contains("● bash ") && text.contains("✓ the agent finished"), "{text}");
    let Some(News::Finished { succeeded: true, usage, .. }) = news.last() else { panic!("{news:?}") };
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), (900, 2_700, 171));
    assert!((usage.cost_usd - 0.006_075).abs() < 1e-9, "the steps' costs together: {usage:?}");
    assert_eq!(transcript.finish(Some(0)).code, 0);
    let (text, _, refused) = play(Opencode, "opencode_perm_ask");
    assert_eq!(refused.finish(Some(0)).code, 1, "a run that was refused something did not succeed: {text}");
    assert!(refused.finish(Some(0)).text.contains("permission"), "{}", refused.finish(Some(0)).text);
    let (_, _, failed) = play(Opencode, "opencode_e401");
    assert!(failed.finish(Some(1)).text.contains("mock error 401"));
}

#[test]
fn runs_of_others() {
    let (text, news, transcript) = play(Kimi, "kimi_ok");
    assert!(text.contains("● Write"), "{text}");
    assert!(news.iter().any(|news| matches!(news, News::Started { .. })), "{news:?}");
    assert_eq!((transcript.finish(Some(0)).code, transcript.finish(Some(1)).code), (0, 1));
    // Qwen Code speaks as Claude Code does, and counts the cached tokens twice
    let (text, news, transcript) = play(Qwen, "qwen_ok");
    let Some(News::Finished { succeeded: true, usage, .. }) = news.last() else { panic!("{news:?}") };
    let Some(News::Finished { usage: whole, .. }) = play(Claude, "qwen_ok").1.pop() else { panic!("{news:?}") };
    assert_eq!(usage.input_tokens + usage.cached_tokens, whole.input_tokens);
    assert!(text.contains("Qwen Code · "), "{text}");
    assert_eq!(transcript.finish(Some(0)).code, 0);
    assert_eq!(play(Qwen, "qwen_e401").2.finish(Some(1)).code, 1);
    let (text, news, transcript) = play(Copilot, "copilot_ok");
    assert!(text.contains("● bash wc -c hello.txt") && text.contains("  38 hello.txt"), "{text}");
    assert!(matches!(news.last(), Some(News::Finished { succeeded: true, .. })), "{news:?}");
    assert!(news.iter().any(|news| matches!(news, News::Started { .. })) && transcript.finish(Some(0)).code == 0);
    let (text, news, transcript) = play(Copilot, "copilot_e401");
    assert!(text.contains("Authentication failed") && text.contains("try 2"), "{text}");
    assert!(matches!(news.last(), Some(News::Finished { succeeded: false, .. })), "{news:?}");
    assert_eq!(transcript.finish(Some(0)).code, 1, "whatever the exit code is");
}
