//! A session host of an older protocol, in the place of a real one: it speaks as the recording of a real host of that
//! protocol does, over the session's own socket, and understands nothing newer. Only numbers and keys that an answer has
//! to repeat are put into the recorded bytes.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::world::{World, until};
use super::{LONG, kill_and_wait};

/// The recording.
const RECORDED: &str = include_str!("../fixtures/pane/protocol-1.txt");

/// What hosts of protocol 1 understand; the shape of the messages as it was then.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "the shape counts, whether or not a field is used")]
pub enum ToHost {
    View { version: u32, rows: u16, cols: u16, resize: bool },
    Watch { version: u32 },
    Input(IgnoredAny),
    Paste(String),
    Resize { rows: u16, cols: u16 },
    History { back: u32, count: u32 },
    Capture { ansi: bool, history: bool },
    Write { key: String, bytes: IgnoredAny, paste: bool, only_if: String },
    Lock(bool),
    Stop { grace_ms: u64, ask: IgnoredAny },
    Collected { up_to: u64 },
    Bury,
    Report(IgnoredAny),
}

/// One recorded message.
pub struct Recorded {
    pub connection: &'static str,
    pub to_host: bool,
    pub name: &'static str,
    /// With its length before it.
    pub frame: Vec<u8>,
}

/// The recording, in order.
pub fn recorded() -> Vec<Recorded> {
    let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut parts = line.split(' ');
            let mut part = || parts.next().unwrap_or_default();
            let (connection, direction, name, hex) = (part(), part(), part(), part());
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            let frame = (0..hex.len()).step_by(2).map(byte).collect();
            Recorded { connection, to_host: direction == ">", name, frame }
        })
        .collect()
}

/// The recorded answers of one connection to the n-th message of this name to the host.
fn answers(connection: &str, name: &str, n: usize) -> Vec<Vec<u8>> {
    let all = recorded().into_iter().filter(|message| message.connection == connection);
    let after = all.skip_while({
        let mut left = n;
        move |message| {
            let is_it = message.to_host && message.name == name;
            let found = is_it && left == 0;
            left -= usize::from(is_it && left > 0);
            !found
        }
    });
    after.skip(1).take_while(|message| !message.to_host).map(|message| message.frame).collect()
}

/// A frame with the text or number behind a field's name replaced, if it has one; both are as `MessagePack` writes them.
fn with_field(frame: Vec<u8>, name: &str, value: &[u8]) -> Vec<u8> {
    let field = [&[0xa0 | u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
    let Some(at) = frame.windows(field.len()).position(|part| part == field) else { return frame };
    let at = at + field.len();
    let old = match frame[at] {
        0xd9 => 2 + usize::from(frame[at + 1]),
        0xce => 5,
        0xcd => 3,
        0xcc => 2,
        short @ 0xa0..=0xbf => 1 + usize::from(short & 0x1f),
        _ => 1,
    };
    let body = [&frame[4..at], value, &frame[at + old..]].concat();
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
}

fn text(value: &str) -> Vec<u8> {
    [&[0xd9, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
}

/// What it was told so far.
#[derive(Default)]
struct Heard {
    names: Vec<String>,
    collected: u64,
    misunderstood: Vec<Vec<u8>>,
    watchers: Vec<UnixStream>,
    viewers: Vec<UnixStream>,
    is_buried: bool,
}

pub struct OldHost {
    directory: PathBuf,
    heard: Arc<Mutex<Heard>>,
    /// The process that stands for the host in its record, and the one for the agent.
    stands_for: [Child; 2],
}

impl OldHost {
    /// Takes the place of a running session's host, while no daemon runs.
    pub fn in_place_of(world: &World, running: &Value) -> Self {
        let session = running["id"].as_str().unwrap().to_owned();
        let directory = world.path("qd/state/sessions").join(&session);
        kill_and_wait("the host", &running["host_pid"]);
        until("its agent is gone", LONG, || (!super::runs(&running["pid"])).then_some(()));
        let stand_in = || Command::new("sleep").arg("100000").stdin(Stdio::null()).spawn().unwrap();
        let stands_for = [stand_in(), stand_in()];
        let identity = |child: &Child| quarterdeck::process::identity(child.id()).unwrap();
        let [host, agent] = [identity(&stands_for[0]), identity(&stands_for[1])];
        let record = serde_json::json!({
            "pid": host.pid, "started_ticks": host.started_ticks,
            "agent_pid": agent.pid, "agent_started_ticks": agent.started_ticks,
        });
        fs::write(directory.join("host.json"), record.to_string()).unwrap();
        // launch records had no place then
        let launch = directory.join("launch.json");
        let mut facts: Value = serde_json::from_slice(&fs::read(&launch).unwrap()).unwrap();
        facts.as_object_mut().unwrap().remove("place");
        fs::write(&launch, facts.to_string()).unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let socket = PathBuf::from(running["socket"].as_str().unwrap());
        listen(&socket, &session, &heard);
        Self { directory, heard, stands_for }
    }

    /// Whether a message of this name came.
    pub fn heard(&self, name: &str) -> bool {
        self.heard.lock().unwrap().names.iter().any(|heard| heard == name)
    }

    /// Reports up to here were collected.
    pub fn collected(&self) -> u64 {
        self.heard.lock().unwrap().collected
    }

    /// How often reports were collected.
    pub fn collections(&self) -> usize {
        self.heard.lock().unwrap().names.iter().filter(|name| *name == "collected").count()
    }

    /// How many daemons came.
    pub fn watched(&self) -> usize {
        self.heard.lock().unwrap().watchers.len()
    }

    /// Messages that no host of this protocol understands.
    pub fn misunderstood(&self) -> usize {
        self.heard.lock().unwrap().misunderstood.len()
    }

    /// Its agent reports progress, as it did in the recording. A host says so again to everybody who comes, until it is
    /// collected.
    pub fn reports(&self) {
        let reported = recorded().into_iter().find(|message| message.name == "reported").unwrap().frame;
        for watcher in &mut self.heard.lock().unwrap().watchers {
            let _ = watcher.write_all(&reported);
        }
    }

    /// Its agent ended as it did in the recording: that is on record before anybody is told.
    fn ends(directory: &Path, heard: &Mutex<Heard>) {
        let ended = recorded().into_iter().find(|message| message.name == "ended").unwrap().frame;
        let exit = serde_json::json!({ "code": 3, "signal": null, "at": 1_795_202_067_454_i64, "tail": "end" });
        fs::write(directory.join("exit.json"), exit.to_string()).unwrap();
        let mut heard = heard.lock().unwrap();
        let Heard { watchers, viewers, .. } = &mut *heard;
        for stream in watchers.iter_mut().chain(viewers) {
            let _ = stream.write_all(&ended);
        }
    }

    /// When it was told to end it does; otherwise it is still asked to.
    pub fn until_buried(&mut self) {
        until("the old host is told to stop", LONG, || self.heard("stop").then_some(()));
        Self::ends(&self.directory, &self.heard);
        until("its end is taken note of", LONG, || self.heard.lock().unwrap().is_buried.then_some(()));
        self.stands_for.iter_mut().for_each(end);
    }
}

impl Drop for OldHost {
    fn drop(&mut self) {
        self.stands_for.iter_mut().for_each(end);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn listen(socket: &Path, session: &str, heard: &Arc<Mutex<Heard>>) {
    let _ = fs::remove_file(socket);
    let listener = UnixListener::bind(socket).unwrap();
    let (session, heard) = (session.to_owned(), Arc::clone(heard));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (session, heard) = (session.clone(), Arc::clone(&heard));
            std::thread::spawn(move || serve(stream, &session, &heard));
        }
    });
}

/// One connection, until it ends or says something that this protocol does not have.
fn serve(mut stream: UnixStream, session: &str, heard: &Mutex<Heard>) {
    let (mut connection, mut seen) = ("viewer", HashMap::<&str, usize>::new());
    while let Some(body) = read(&mut stream) {
        let Ok(message) = quarterdeck::protocol::pane::decode::<ToHost>(&body) else {
            heard.lock().unwrap().misunderstood.push(body);
            return;
        };
        let (name, patch): (&str, Option<(&str, Vec<u8>)>) = match &message {
            ToHost::View { .. } => ("view", Some(("session", text(session)))),
            ToHost::Watch { .. } => {
                connection = "daemon";
                ("watch", Some(("session", text(session))))
            }
            ToHost::History { back, .. } => ("history", Some(("back", [&[0xce], &back.to_be_bytes()[..]].concat()))),
            ToHost::Write { key, .. } => ("write", Some(("key", text(key)))),
            ToHost::Input(_) => ("input", None),
            ToHost::Capture { .. } => ("capture", None),
            ToHost::Lock(_) => ("lock", None),
            ToHost::Collected { up_to } => {
                heard.lock().unwrap().collected = *up_to;
                ("collected", None)
            }
            ToHost::Bury => {
                heard.lock().unwrap().is_buried = true;
                ("bury", None)
            }
            // its end is told when the story says so
            ToHost::Stop { .. } => ("stop", None),
            ToHost::Paste(_) | ToHost::Resize { .. } | ToHost::Report(_) => ("other", None),
        };
        let n = seen.entry(name).or_default();
        let mut said = if name == "stop" { Vec::new() } else { answers(connection, name, *n) };
        if said.is_empty() && *n > 0 {
            // oftener than in the recording: as at first
            said = answers(connection, name, 0);
        }
        *n += 1;
        for frame in said {
            let frame = match &patch {
                Some((field, value)) => with_field(frame, field, value),
                None => frame,
            };
            if stream.write_all(&frame).is_err() {
                return;
            }
        }
        let mut heard = heard.lock().unwrap();
        heard.names.push(name.to_owned());
        match name {
            "watch" => heard.watchers.extend(stream.try_clone()),
            "view" => heard.viewers.extend(stream.try_clone()),
            _ => {}
        }
    }
}

fn read(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}
