//! A model on loopback that does what the prompt says: enough of the Anthropic Messages API (streaming, tool use,
//! side calls, `count_tokens`, probes) for the real Claude Code, and no more.
//!
//! The last message of the person may hold markers, carried out in order, one tool call a turn:
//! `[[mock:write PATH CONTENT]]` (`\n` in it is a newline), `[[mock:bash COMMAND]]`, `[[mock:report SUMMARY]]` (calls
//! `qd report done --summary …`), `[[mock:progress TEXT]]` (`qd report progress …`), `[[mock:say TEXT]]`, `[[mock:error STATUS]]`, `[[mock:hang]]`. Then its turn ends.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// A running mock. It ends when dropped.
pub struct MockModel {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    count: AtomicUsize,
    prompts: Mutex<Vec<String>>,
}

impl MockModel {
    /// Listens on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("address");
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(Seen::default());
        let (stopping, counting) = (stop.clone(), seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, stop) = (counting.clone(), stopping.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream, &seen, &stop);
                });
            }
        });
        Self { address, stop, seen }
    }

    /// For `ANTHROPIC_BASE_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests for messages so far, side calls included.
    pub fn requests(&self) -> usize {
        self.seen.count.load(Ordering::SeqCst)
    }

    /// The person's last message of each request that offered tools.
    pub fn prompts(&self) -> Vec<String> {
        self.seen.prompts.lock().expect("not poisoned").clone()
    }
}

impl Drop for MockModel {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

struct Request {
    method: String,
    path: String,
    body: Value,
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim().to_lowercase();
        match header.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap_or(0),
            Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
            _ if header.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    if chunked {
        body = read_chunks(reader)?;
    } else {
        reader.read_exact(&mut body)?;
    }
    Ok(Some(Request { method, path, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }))
}

fn read_chunks(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim().split(';').next().unwrap_or("0"), 16).unwrap_or(0);
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk)?;
        if size == 0 {
            return Ok(body);
        }
        chunk.truncate(size);
        body.extend(chunk);
    }
}

fn serve(stream: TcpStream, seen: &Seen, stop: &AtomicBool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut out = stream;
    while let Some(request) = read_request(&mut reader)? {
        let path = request.path.split('?').next().unwrap_or_default();
        match (request.method.as_str(), path) {
            ("POST", "/v1/messages/count_tokens") => json_reply(&mut out, 200, &json!({ "input_tokens": 1_000 }))?,
            ("POST", "/v1/messages") => {
                seen.count.fetch_add(1, Ordering::SeqCst);
                return messages(&mut out, &request.body, seen, stop);
            }
            ("HEAD", _) => out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?,
            ("GET", "/v1/models") => json_reply(&mut out, 200, &json!({ "data": [], "has_more": false }))?,
            _ => json_reply(
                &mut out,
                404,
                &json!({ "type": "error", "error": { "type": "not_found_error", "message": "mock" } }),
            )?,
        }
    }
    Ok(())
}

fn json_reply(out: &mut TcpStream, status: u16, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let head =
        format!("HTTP/1.1 {status} Mock\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    out.write_all(head.as_bytes())?;
    out.write_all(body.as_bytes())
}

/// One thing that a marker asks for.
enum Step {
    Tool(&'static str, Value),
    Say(String),
    Error(u16),
    Hang,
}

fn messages(out: &mut TcpStream, body: &Value, seen: &Seen, stop: &AtomicBool) -> std::io::Result<()> {
    let has_tools = body["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["name"] == "Bash"));
    let (prompt, results) = last_prompt(body);
    let model = body["model"].as_str().unwrap_or("mock").to_owned();
    let streams = body["stream"].as_bool().unwrap_or(false);
    let block = if has_tools {
        seen.prompts.lock().expect("not poisoned").push(prompt.clone());
        match steps(&prompt).into_iter().nth(results) {
            Some(Step::Tool(name, input)) => {
                json!({ "type": "tool_use", "id": format!("toolu_mock_{}", seen.count.load(Ordering::SeqCst)), "name": name, "input": input })
            }
            Some(Step::Say(text)) => json!({ "type": "text", "text": text }),
            Some(Step::Error(status)) => return error(out, status),
            Some(Step::Hang) => return hang(stop),
            None => json!({ "type": "text", "text": "Done, as the mock was told." }),
        }
    } else {
        json!({ "type": "text", "text": side_answer(body) })
    };
    let reason = if block["type"] == "tool_use" { "tool_use" } else { "end_turn" };
    let id = format!("msg_mock_{}", seen.count.load(Ordering::SeqCst));
    let usage = json!({ "input_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1 });
    let message = |content: Value, stop_reason: Value| json!({ "id": id, "type": "message", "role": "assistant", "model": model, "content": content, "stop_reason": stop_reason, "stop_sequence": null, "usage": usage });
    if !streams {
        return json_reply(out, 200, &message(json!([block]), json!(reason)));
    }
    stream(out, &message(json!([]), Value::Null), &block, reason)
}

/// Calls without tools: titles, and the safety classifier of auto mode, which is told that all is well.
fn side_answer(body: &Value) -> String {
    let asked = body["system"].to_string();
    if asked.contains("<block>") { "<block>no</block>".to_owned() } else { "Mock title".to_owned() }
}

fn error(out: &mut TcpStream, status: u16) -> std::io::Result<()> {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    json_reply(
        out,
        status,
        &json!({ "type": "error", "error": { "type": kind, "message": format!("mock error {status}") } }),
    )
}

fn hang(stop: &AtomicBool) -> std::io::Result<()> {
    while !stop.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn stream(out: &mut TcpStream, message: &Value, block: &Value, reason: &str) -> std::io::Result<()> {
    out.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
    )?;
    let mut event = |name: &str, mut data: Value| {
        data["type"] = json!(name);
        out.write_all(format!("event: {name}\ndata: {data}\n\n").as_bytes())
    };
    event("message_start", json!({ "message": message }))?;
    let (empty, deltas) = if block["type"] == "tool_use" {
        let mut empty = block.clone();
        empty["input"] = json!({});
        (
            empty,
            pieces(&block["input"].to_string(), |piece| json!({ "type": "input_json_delta", "partial_json": piece })),
        )
    } else {
        let text = block["text"].as_str().unwrap_or_default();
        (json!({ "type": "text", "text": "" }), pieces(text, |piece| json!({ "type": "text_delta", "text": piece })))
    };
    event("content_block_start", json!({ "index": 0, "content_block": empty }))?;
    for delta in deltas {
        event("content_block_delta", json!({ "index": 0, "delta": delta }))?;
    }
    event("content_block_stop", json!({ "index": 0 }))?;
    event(
        "message_delta",
        json!({ "delta": { "stop_reason": reason, "stop_sequence": null }, "usage": { "output_tokens": 20 } }),
    )?;
    event("message_stop", json!({}))
}

fn pieces(text: &str, wrap: fn(String) -> Value) -> Vec<Value> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(40).map(|chunk| wrap(chunk.iter().collect())).collect()
}

/// The person's last message (reminders of the CLI removed) and how many tools answered after it.
fn last_prompt(body: &Value) -> (String, usize) {
    let (mut prompt, mut results) = (String::new(), 0);
    for message in body["messages"].as_array().into_iter().flatten().filter(|message| message["role"] == "user") {
        let blocks = message["content"].as_array().cloned().unwrap_or_default();
        let answered = blocks.iter().filter(|block| block["type"] == "tool_result").count();
        if answered > 0 {
            results += answered;
            continue;
        }
        let texts: Vec<&str> = match &message["content"] {
            Value::String(text) => vec![text],
            _ => blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
        };
        let text = without_reminders(&texts.join("\n"));
        if !text.trim().is_empty() {
            (prompt, results) = (text, 0);
        }
    }
    (prompt, results)
}

fn without_reminders(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("<system-reminder>") {
        kept.push_str(before);
        rest = after.split_once("</system-reminder>").map_or("", |(_, after)| after);
    }
    kept + rest
}

fn steps(prompt: &str) -> Vec<Step> {
    prompt
        .split("[[mock:")
        .skip(1)
        .filter_map(|marker| marker.split_once("]]"))
        .filter_map(|(marker, _)| step(marker))
        .collect()
}

fn step(marker: &str) -> Option<Step> {
    let (verb, rest) = marker.split_once(char::is_whitespace).unwrap_or((marker, ""));
    let bash =
        |command: String| Step::Tool("Bash", json!({ "command": command, "description": "As the mock was told" }));
    Some(match verb {
        "write" => {
            let (path, content) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            Step::Tool("Write", json!({ "file_path": path, "content": content.replace("\\n", "\n") }))
        }
        "bash" => bash(rest.to_owned()),
        "report" => bash(format!("qd report done --summary '{}'", rest.replace('\'', r"'\''"))),
        "progress" => bash(format!("qd report progress '{}'", rest.replace('\'', r"'\''"))),
        "say" => Step::Say(rest.to_owned()),
        "error" => Step::Error(rest.trim().parse().ok()?),
        "hang" => Step::Hang,
        _ => return None,
    })
}
