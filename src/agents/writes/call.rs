//! One tool call as agents report it: the payload of a hook, or a line of a structured stream. The shapes differ and
//! change; what is looked for is the same in all of them: the tool's name, paths, commands and patches.

use std::path::Path;

use serde_json::{Map, Value};

use crate::model::truncate;

use super::{Targets, shell};

/// The longest command that is kept, in characters.
const LONGEST_COMMAND: usize = 20_000;
/// Paths and commands of one call.
const MOST: usize = 100;
/// Nested objects that are looked into.
const DEEPEST: usize = 12;

/// Tools that change nothing, whatever their arguments are called.
const READERS: [&str; 9] =
    ["read", "glob", "grep", "ls", "read_file", "list_directory", "read_many_files", "search_file_content", "webfetch"];
/// What the names of tools that change files have in them.
const WRITERS: [&str; 12] = [
    "write",
    "edit",
    "create",
    "delete",
    "remove",
    "move",
    "rename",
    "patch",
    "replace",
    "save",
    "insert",
    "file_change",
];
/// What arguments are called that name a file.
const PATHS: [&str; 14] = [
    "file_path",
    "filepath",
    "path",
    "absolute_path",
    "notebook_path",
    "target_file",
    "filename",
    "relative_path",
    "destination",
    "dest",
    "new_path",
    "old_path",
    "target",
    "file",
];
/// What arguments are called that hold a command line.
const COMMANDS: [&str; 4] = ["command", "cmd", "script", "commandline"];
/// What came out of a call, or is its bookkeeping: the agent did not ask for anything there.
const OUTPUTS: [&str; 8] =
    ["tool_response", "output", "aggregated_output", "result", "stdout", "stderr", "metadata", "usage"];
/// Lines of a patch that name a file.
const PATCHED: [&str; 4] = ["*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "];

/// What one tool call says that it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// Files that it writes, as it named them.
    writes: Vec<String>,
    /// Commands that it runs.
    commands: Vec<String>,
    /// Where it runs, when it says so.
    directory: Option<String>,
}

impl Call {
    /// Reads a call. `None` when it writes no files and runs nothing.
    pub fn read(tool: &str, payload: &str) -> Option<Self> {
        let payload: Value = serde_json::from_str(payload).ok()?;
        let mut call = Self { directory: text(&payload, "cwd").map(str::to_owned), ..Self::default() };
        call.look_into(&payload, tool, 0);
        (!call.writes.is_empty() || !call.commands.is_empty()).then_some(call)
    }

    /// A command line that a session was started with.
    pub fn of_command(command: &str) -> Self {
        Self { commands: vec![command.to_owned()], ..Self::default() }
    }

    /// The commands that it runs.
    pub fn commands(&self) -> &[String] {
        &self.commands
    }

    /// Bytes that it takes to remember.
    pub fn size(&self) -> usize {
        self.writes.iter().chain(&self.commands).map(String::len).sum::<usize>()
            + self.directory.as_ref().map_or(0, String::len)
    }

    /// Adds what it writes. `directory` is where its session works.
    pub fn add_targets(&self, targets: &mut Targets, directory: &Path, home: Option<&Path>) {
        let directory = self.directory.as_deref().map_or(directory, Path::new);
        for path in &self.writes {
            targets.add_file(shell::absolute(path, Some(directory), home));
        }
        for command in &self.commands {
            shell::add_command(targets, command, directory, home);
        }
    }

    fn look_into(&mut self, value: &Value, tool: &str, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Object(object) if !is_answer(object) => {
                let tool = tool_of(object).unwrap_or(tool).to_owned();
                for (key, value) in object.iter().filter(|(key, _)| !OUTPUTS.contains(&key.as_str())) {
                    self.argument(&key.to_lowercase(), value, &tool, depth);
                }
            }
            Value::Array(list) => list.iter().for_each(|value| self.look_into(value, tool, depth + 1)),
            _ => {}
        }
    }

    fn argument(&mut self, key: &str, value: &Value, tool: &str, depth: usize) {
        let name = tool.to_lowercase();
        match value {
            Value::String(text) => {
                self.patch(text);
                if key == "arguments" && text.starts_with('{') {
                    // a call whose arguments are JSON inside JSON
                    if let Ok(inner) = serde_json::from_str(text) {
                        self.look_into(&inner, tool, depth + 1);
                    }
                } else if COMMANDS.contains(&key) && !READERS.contains(&name.as_str()) {
                    self.run(text);
                } else if PATHS.contains(&key) && is_writer(&name) {
                    self.write(text);
                }
            }
            Value::Array(words) if COMMANDS.contains(&key) && words.iter().all(Value::is_string) => {
                let words: Vec<String> = words.iter().filter_map(Value::as_str).map(quoted).collect();
                self.run(&words.join(" "));
            }
            other => self.look_into(other, tool, depth + 1),
        }
    }

    fn patch(&mut self, text: &str) {
        if !text.contains("*** ") {
            return;
        }
        for line in text.lines() {
            if let Some(path) = PATCHED.iter().find_map(|mark| line.strip_prefix(mark)) {
                self.write(path.trim());
            }
        }
    }

    fn write(&mut self, path: &str) {
        if self.writes.len() < MOST && !path.is_empty() {
            self.writes.push(path.to_owned());
        }
    }

    fn run(&mut self, command: &str) {
        if self.commands.len() < MOST {
            self.commands.push(truncate(command, LONGEST_COMMAND));
        }
    }
}

/// What a tool answered, as a block of its own.
fn is_answer(object: &Map<String, Value>) -> bool {
    matches!(
        object.get("type").and_then(Value::as_str),
        Some("tool_result" | "function_call_output" | "text" | "thinking")
    )
}

/// The tool that an object is about.
fn tool_of(object: &Map<String, Value>) -> Option<&str> {
    let named = |key: &str| object.get(key).and_then(Value::as_str);
    let kind = named("type").filter(|kind| matches!(*kind, "file_change" | "command_execution"));
    let called = ["input", "arguments", "parameters"].iter().any(|key| object.contains_key(*key));
    kind.or_else(|| named("tool_name")).or_else(|| named("tool")).or_else(|| named("name").filter(|_| called))
}

/// Whether a tool of that name, in lower case, changes files. Tools of servers have their server's name before their own.
fn is_writer(name: &str) -> bool {
    let own = name.rsplit("__").next().unwrap_or(name);
    WRITERS.iter().any(|word| own.contains(word))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// One word as a shell reads it back.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(tool: &str, payload: &str, file: &str) -> bool {
        let root = Path::new("/home/me/shop");
        let mut targets = Targets::default();
        if let Some(call) = Call::read(tool, payload) {
            call.add_targets(&mut targets, Path::new("/state/worktree"), Some(Path::new("/home/me")));
        }
        targets.has(root, &root.join(file))
    }

    #[test]
    fn editing_tools_of_every_agent_write_what_they_name() {
        for (tool, payload) in [
            ("Write", r#"{"tool_name":"Write","tool_input":{"file_path":"/home/me/shop/a.rs","content":"x"}}"#),
            ("Edit", r#"{"cwd":"/home/me/shop/src","tool_name":"Edit","tool_input":{"file_path":"../a.rs"}}"#),
            (
                "Edit",
                r#"{"type":"assistant","message":{"content":[{"type":"text","text":"hi"},
                    {"type":"tool_use","name":"MultiEdit","input":{"file_path":"/home/me/shop/a.rs"}}]}}"#,
            ),
            (
                "Edit",
                r#"{"type":"item.started","item":{"type":"file_change","changes":[{"path":"/home/me/shop/a.rs","kind":"update"}]}}"#,
            ),
            ("replace", r#"{"type":"tool_use","tool_name":"replace","parameters":{"file_path":"/home/me/shop/a.rs"}}"#),
            (
                "edit",
                r#"{"type":"tool_use","part":{"tool":"edit","state":{"input":{"filePath":"/home/me/shop/a.rs"},"output":"ok"}}}"#,
            ),
            (
                "apply_patch",
                "{\"tool_input\":{\"input\":\"*** Begin Patch\\n*** Update File: /home/me/shop/a.rs\\n+x\\n*** End Patch\"}}",
            ),
            (
                "mcp__files__write_file",
                r#"{"tool_name":"mcp__files__write_file","tool_input":{"path":"/home/me/shop/a.rs"}}"#,
            ),
            (
                "shell",
                r#"{"type":"function_call","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"echo x > /home/me/shop/a.rs\"]}"}"#,
            ),
        ] {
            assert!(writes(tool, payload, "a.rs"), "{payload}");
            assert!(!writes(tool, payload, "b.rs"), "{payload}");
        }
    }

    #[test]
    fn what_only_reads_writes_nothing() {
        for (tool, payload) in [
            ("Read", r#"{"tool_name":"Read","tool_input":{"file_path":"/home/me/shop/a.rs"}}"#),
            ("Bash", r#"{"tool_name":"Bash","tool_input":{"command":"cat /home/me/shop/a.rs"}}"#),
            (
                "mcp__files__read_text",
                r#"{"tool_name":"mcp__files__read_text","tool_input":{"path":"/home/me/shop/a.rs"}}"#,
            ),
            (
                "Bash",
                r#"{"tool_name":"Bash","tool_input":{"command":"ls"},"tool_response":{"stdout":"*** Update File: /home/me/shop/a.rs","command":"rm /home/me/shop/a.rs"}}"#,
            ),
            (
                "Write",
                r#"{"tool_name":"Write","tool_input":{"file_path":"/state/worktree/a.rs","content":"/home/me/shop/a.rs"}}"#,
            ),
            ("Write", r#"{"tool_name":"Write","tool_input":{"file_path":"/home/me/shop-2/a.rs"}}"#),
            ("Write", "not json"),
        ] {
            assert!(!writes(tool, payload, "a.rs"), "{payload}");
        }
    }
}
