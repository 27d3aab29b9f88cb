//! Endpoints and agents that answer, refuse, hang and babble.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Cli, Dialect, Endpoint, LlmError, Model, Question};

const PATIENCE: Duration = Duration::from_secs(20);

fn question() -> Question {
    Question { prompt: "Plan it".into(), schema: json!({ "type": "object" }) }
}

/// A server that answers one request with this, and hands the request over.
fn server(status: &str, answer: &str) -> (String, thread::JoinHandle<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len());
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0);
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        (head, serde_json::from_slice(&body).unwrap())
    });
    (base, serving)
}

fn endpoint(dialect: Dialect, base: String) -> Model {
    Model::Endpoint(Endpoint { dialect, base, model: "small".into(), key: None })
}

#[test]
fn both_dialects_are_asked_and_read() {
    let said = r#"{"content":[{"type":"text","text":"{}"}],"usage":{"input_tokens":7,"output_tokens":2}}"#;
    let (base, serving) = server("200 OK", said);
    let answer = endpoint(Dialect::Anthropic, base).ask(&question(), PATIENCE).unwrap();
    assert_eq!((answer.text.as_str(), answer.input_tokens, answer.output_tokens), ("{}", Some(7), Some(2)));
    let (head, body) = serving.join().unwrap();
    assert!(head.starts_with("post /v1/messages ") && head.contains("anthropic-version: 2023-06-01"), "{head}");
    assert_eq!(body["messages"][0]["content"], "Plan it");

    let said = r#"{"choices":[{"message":{"content":"{}"}}],"usage":{"prompt_tokens":7,"completion_tokens":2}}"#;
    let (base, serving) = server("200 OK", said);
    let answer = endpoint(Dialect::OpenAi, format!("{base}/v1")).ask(&question(), PATIENCE).unwrap();
    assert_eq!((answer.text.as_str(), answer.input_tokens, answer.output_tokens), ("{}", Some(7), Some(2)));
    let (head, body) = serving.join().unwrap();
    assert!(head.starts_with("post /v1/chat/completions "), "{head}");
    assert_eq!(body["response_format"]["json_schema"]["schema"], question().schema);
}

#[test]
fn refusals_silence_and_missing_keys_are_told_apart() {
    let (base, serving) = server("401 Unauthorized", r#"{"error":"bad key"}"#);
    let error = endpoint(Dialect::OpenAi, base).ask(&question(), PATIENCE).unwrap_err();
    assert!(matches!(&error, LlmError::Refused { status: 401, detail, .. } if detail.contains("bad key")), "{error}");
    serving.join().unwrap();
    let (base, serving) = server("200 OK", "<html>hello</html>");
    let error = endpoint(Dialect::OpenAi, base).ask(&question(), PATIENCE).unwrap_err();
    assert!(matches!(error, LlmError::NoText { .. }), "{error}");
    serving.join().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = endpoint(Dialect::OpenAi, format!("http://{closed}")).ask(&question(), PATIENCE).unwrap_err();
    assert!(matches!(error, LlmError::Unreachable { .. }), "{error}");
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", mute.local_addr().unwrap());
    let error = endpoint(Dialect::OpenAi, base).ask(&question(), Duration::from_millis(200)).unwrap_err();
    assert!(matches!(error, LlmError::TimedOut { .. }), "{error}");
    let keyed = Endpoint {
        dialect: Dialect::OpenAi,
        base: "http://127.0.0.1:1".into(),
        model: "small".into(),
        key: Some("QD_TEST_NO_SUCH_KEY".into()),
    };
    let error = keyed.ask(&question(), PATIENCE).unwrap_err();
    assert!(matches!(error, LlmError::NoKey { .. }), "{error}");
}

fn cli(script: &str) -> Cli {
    Cli {
        agent: "claude".into(),
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".into(), script.into()],
        model: String::new(),
        answer: vec!["/structured_output".into(), "/result".into(), "/item/text".into()],
        set: vec![("FLAVOUR".into(), "mint".into())],
        remove: vec!["HOME".into()],
        path: std::env::var_os("PATH").unwrap(),
        directory: std::env::temp_dir(),
    }
}

#[test]
fn an_agent_is_asked_on_its_input_and_read_from_its_last_word() {
    let lines = r#"read asked; printf '{"item":{"text":"first"}}\nnoise\n{"item":{"text":"%s %s%s"},"usage":{"output_tokens":3}}\n' "$asked" "$FLAVOUR" "$HOME""#;
    let answer = cli(lines).ask(&question(), PATIENCE).unwrap();
    assert_eq!((answer.text.as_str(), answer.output_tokens), ("Plan it mint", Some(3)));
    let answer = cli(r#"echo '{"result":"","structured_output":{"tasks":[]}}'"#).ask(&question(), PATIENCE).unwrap();
    assert_eq!(answer.text, r#"{"tasks":[]}"#);
}

#[test]
fn an_agent_that_fails_or_hangs_says_so() {
    let error = cli("echo 'Not logged in' >&2; exit 3").ask(&question(), PATIENCE).unwrap_err();
    assert_eq!(error.to_string(), "`claude` ended with exit code 3: Not logged in");
    let error = cli("sleep 60").ask(&question(), Duration::from_millis(200)).unwrap_err();
    assert!(matches!(error, LlmError::TimedOut { .. }), "{error}");
}
