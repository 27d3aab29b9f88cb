//! Recorded structured output of headless runs.

use quarterdeck::agents::transcript::{News, Transcript, Usage};

use super::fixture;

fn read(name: &str) -> (String, Vec<News>, Transcript) {
    let mut transcript = Transcript::new("claude");
    let mut text = String::new();
    let mut news = Vec::new();
    for line in fixture(&format!("streams/claude_{name}.jsonl")).lines() {
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
    assert_eq!(Transcript::new("claude").finish(Some(0)).code, 1, "no result, no success");
    assert_eq!(Transcript::new("claude").finish(None).code, 1);
    assert_eq!(Transcript::new("codex").finish(Some(0)).code, 0);
}

#[test]
fn what_is_not_understood_is_shown_and_harmless() {
    let mut transcript = Transcript::new("claude");
    let shown = transcript.line("{\"type\":\"brand_new\",\"x\":1} \u{1b}]0;evil\u{7}").text;
    assert!(shown.contains("brand_new") && !shown.contains("evil"), "{shown}");
    assert!(transcript.line("npm warn something").text.contains("npm warn"));
    let hostile = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"\u001b[2Jgone\u009b31m"}]}}"#;
    assert_eq!(transcript.line(hostile).text, "gone31m\n");
    assert!(transcript.line("").text.is_empty());
}
