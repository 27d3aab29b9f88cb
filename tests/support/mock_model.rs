//! A model on loopback that does what the prompt says: enough of the Anthropic Messages API, the `OpenAI` Responses and
//! Chat Completions APIs and the Gemini API (streaming, tool use, side calls, probes) for the real agents, and no more.
//!
//! The last message of the person may hold markers, carried out in order, one tool call a turn:
//! `[[mock:write PATH CONTENT]]` (`\n` in it is a newline), `[[mock:bash COMMAND]]`, `[[mock:report SUMMARY]]` (calls
//! `qd report done --summary …`), `[[mock:escalate COMMAND]]` (a command that Codex is to run outside of its sandbox),
//! `[[mock:progress TEXT]]` (`qd report progress …`), `[[mock:say TEXT]]`, `[[mock:error STATUS]]`, `[[mock:hang]]`. Then its turn ends.
//! A message that names a file to be read (as long prompts do) makes it read the file's first lines before anything else.
//!
//! Asked to plan, it answers `[[mock:plan JSON]]`, or `[[mock:replan JSON]]` when its first plan could not be used;
//! `[[mock:error STATUS]]` and `[[mock:hang]]` as above.

#![allow(dead_code, reason = "each test binary uses a part")]

#[path = "mock_model/anthropic.rs"]
mod anthropic;
#[path = "mock_model/gemini.rs"]
mod gemini;
#[path = "mock_model/openai.rs"]
mod openai;

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
    turns: Mutex<Vec<String>>,
    told: Mutex<String>,
    bodies: Mutex<Vec<String>>,
    asked: Mutex<Vec<String>>,
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

    /// The prompts that began a turn, each as often as it arrived.
    pub fn turns(&self) -> Vec<String> {
        self.seen.turns.lock().expect("not poisoned").clone()
    }

    /// The last request that came with the result of a tool.
    pub fn told(&self) -> String {
        self.seen.told.lock().expect("not poisoned").clone()
    }

    /// Whether one of the last requests that offered tools has both of these texts: what was said now, and before.
    pub fn knows(&self, now: &str, before: &str) -> bool {
        self.seen.bodies.lock().expect("not poisoned").iter().any(|body| body.contains(now) && body.contains(before))
    }

    /// For `ANTHROPIC_BASE_URL` and `GOOGLE_GEMINI_BASE_URL`; with `/v1` for OpenAI's APIs.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests for messages so far, side calls included.
    pub fn requests(&self) -> usize {
        self.seen.count.load(Ordering::SeqCst)
    }

    /// The questions for plans.
    pub fn asked(&self) -> Vec<String> {
        self.seen.asked.lock().expect("not poisoned").clone()
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
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        let mut call = Call { out: &mut out, body: &request.body, seen, stop };
        match (request.method.as_str(), path.as_str()) {
            ("POST", "/v1/messages/count_tokens") => json_reply(&mut out, 200, &json!({ "input_tokens": 1_000 }))?,
            ("POST", "/v1/messages") => return anthropic::messages(&mut call),
            ("POST", "/v1/responses") => return openai::responses(&mut call),
            ("POST", "/v1/chat/completions") => return openai::chat(&mut call),
            ("POST", path) if path.contains("/models/") => match path.rsplit(':').next().unwrap_or_default() {
                "countTokens" => json_reply(&mut out, 200, &json!({ "totalTokens": 1_000 }))?,
                method => {
                    let streams = method == "streamGenerateContent";
                    return gemini::generate(&mut call, streams);
                }
            },
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

/// One request to the model.
struct Call<'a> {
    out: &'a mut TcpStream,
    body: &'a Value,
    seen: &'a Seen,
    stop: &'a AtomicBool,
}

impl Call<'_> {
    /// What the model answers to the person's last prompt after so many tool results. With tools it is a turn of the
    /// agent's, and counts as a prompt when it is the first.
    fn answer(&mut self, prompt: &str, results: usize, has_tools: bool) -> Step {
        self.seen.count.fetch_add(1, Ordering::SeqCst);
        if PLANNING.iter().any(|start| prompt.contains(start)) {
            self.seen.asked.lock().expect("not poisoned").push(prompt.to_owned());
            return planned(prompt);
        }
        if !has_tools {
            return Step::Say("Mock title".to_owned());
        }
        self.seen.prompts.lock().expect("not poisoned").push(prompt.to_owned());
        let mut bodies = self.seen.bodies.lock().expect("not poisoned");
        let first = bodies.len().saturating_sub(KEPT - 1);
        bodies.drain(..first);
        bodies.push(self.body.to_string());
        if results == 0 {
            self.seen.turns.lock().expect("not poisoned").push(prompt.to_owned());
        } else {
            *self.seen.told.lock().expect("not poisoned") = self.body.to_string();
        }
        let last = || Step::Say("Done, as the mock was told.".to_owned());
        steps(prompt).into_iter().nth(results).unwrap_or_else(last)
    }

    /// A number that no other request has.
    fn number(&self) -> usize {
        self.seen.count.load(Ordering::SeqCst)
    }

    /// The head of an answer in pieces. The connection ends with it.
    fn begin_events(&mut self) -> std::io::Result<()> {
        self.out.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
        )
    }

    /// One piece.
    fn event(&mut self, name: Option<&str>, data: &Value) -> std::io::Result<()> {
        let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
        self.out.write_all(format!("{name}data: {data}\n\n").as_bytes())
    }

    /// Never answers.
    #[allow(clippy::unnecessary_wraps, reason = "an answer like the others")]
    fn hang(&self) -> std::io::Result<()> {
        while !self.stop.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// So many requests are kept whole.
const KEPT: usize = 8;

/// What questions for a plan and for who gets its tasks begin with.
const PLANNING: [&str; 2] = ["You plan work for coding agents.", "You give tasks to coding agents."];

/// The plan that the request holds.
fn planned(prompt: &str) -> Step {
    // what stands before is about other requests
    let prompt = prompt.split_once("The request, between the marks,").map_or(prompt, |(_, request)| request);
    let again = prompt.contains("It cannot be used:");
    let marker = if again { "[[mock:replan " } else { "[[mock:plan " };
    let Some((_, rest)) = prompt.split_once(marker) else {
        return steps(prompt).into_iter().next().unwrap_or(Step::Plan("I have no plan.".to_owned()));
    };
    let json = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next();
    match json {
        Some(Ok(plan)) => Step::Plan(plan.to_string()),
        _ => Step::Plan(rest.split("]]").next().unwrap_or_default().to_owned()),
    }
}

/// One thing that a marker asks for.
enum Step {
    Write {
        path: String,
        content: String,
    },
    /// The first lines of a file, with the agent's own tool.
    Read(String),
    Bash(String),
    /// A command outside of the sandbox, where there is one.
    Escalate(String),
    Say(String),
    Plan(String),
    Error(u16),
    Hang,
}

fn pieces(text: &str, wrap: impl Fn(String) -> Value) -> Vec<Value> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(40).map(|chunk| wrap(chunk.iter().collect())).collect()
}

/// The texts of a message, whatever its blocks are called.
fn texts(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn without_reminders(text: &str) -> String {
    without(text, "system-reminder")
}

/// The text without what stands in a tag: CLIs add such parts to what the person said.
fn without(text: &str, tag: &str) -> String {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(&open) {
        kept.push_str(before);
        rest = after.split_once(&close).map_or("", |(_, after)| after);
    }
    kept + rest
}

fn steps(prompt: &str) -> Vec<Step> {
    let named = prompt.trim_start().strip_prefix("Read all of the file ").and_then(|rest| rest.split_once(" ("));
    let marked = prompt
        .split("[[mock:")
        .skip(1)
        .filter_map(|marker| marker.split_once("]]"))
        .filter_map(|(marker, _)| step(marker));
    named.map(|(path, _)| Step::Read(path.to_owned())).into_iter().chain(marked).collect()
}

fn step(marker: &str) -> Option<Step> {
    let (verb, rest) = marker.split_once(char::is_whitespace).unwrap_or((marker, ""));
    Some(match verb {
        "write" => {
            let (path, content) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            Step::Write { path: path.to_owned(), content: content.replace("\\n", "\n") }
        }
        "bash" => Step::Bash(rest.to_owned()),
        "escalate" => Step::Escalate(rest.to_owned()),
        "report" => Step::Bash(format!("qd report done --summary '{}'", rest.replace('\'', r"'\''"))),
        "progress" => Step::Bash(format!("qd report progress '{}'", rest.replace('\'', r"'\''"))),
        "say" => Step::Say(rest.to_owned()),
        "error" => Step::Error(rest.trim().parse().ok()?),
        "hang" => Step::Hang,
        _ => return None,
    })
}
