//! What an agent asks for, read from what its hook was given: the exact command or change, however little of it fits on
//! its screen. And which of several requests a question on the screen is about.

use serde_json::Value;

use crate::model::{Dialog, DialogKind, Exact, one_line, sanitize, truncate};

use super::HookNews;
use super::prompt::skeleton;
use super::screen::{MARKS, is_option};
use super::words::text;

/// The longest subject in a title, in characters.
const LONGEST_TITLE: usize = 100;
/// The longest text, in characters; nobody reads more before a yes, and the rest is said to be missing.
const LONGEST: usize = 60_000;
/// Characters of a request that its question shows at least, when it shows any.
const SHOWN: usize = 24;

/// A tool and its input.
pub(super) fn of_tool(name: &str, input: &Value) -> Exact {
    let command = text(input, "command").or_else(|| text(input, "cmd"));
    let file = ["file_path", "filePath", "filepath", "notebook_path", "path"].iter().find_map(|key| text(input, key));
    match (command, file) {
        (Some(patch), _) if patch.trim_start().starts_with("*** Begin Patch") => patched(patch),
        (Some(command), _) => ran(command, text(input, "description")),
        (None, Some(file)) => changed(name, file, input).unwrap_or_else(|| other(name, input)),
        _ => other(name, input),
    }
}

/// A command.
fn ran(command: &str, said: Option<&str>) -> Exact {
    let mut lines = command.trim().lines();
    let first = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { " ..." } else { "" };
    let said = said.filter(|said| !said.is_empty()).map(|said| format!("\n\n({})", one_line(said))).unwrap_or_default();
    exact(format!("run `{}{more}`?", short(first)), &format!("$ {}{said}", command.trim()))
}

/// A patch that names its files.
fn patched(patch: &str) -> Exact {
    let names = ["*** Add File: ", "*** Update File: ", "*** Delete File: "];
    let files: Vec<&str> =
        patch.lines().filter_map(|line| names.iter().find_map(|name| line.strip_prefix(name))).collect();
    exact(format!("edit `{}`?", short(&files.join(", "))), patch)
}

/// A change of a file, as a diff: what goes, what comes.
fn changed(name: &str, file: &str, input: &Value) -> Option<Exact> {
    let title = |verb: &str| format!("{verb} `{}`?", short(file));
    if let Some(diff) = text(input, "diff") {
        return Some(exact(title("edit"), diff));
    }
    if let Some(content) = text(input, "content").or_else(|| text(input, "new_source")) {
        return Some(exact(title("write"), &format!("{name} {file}\n{}", marked('+', content))));
    }
    let edits = input.get("edits").and_then(Value::as_array);
    let edits: Vec<&Value> = edits.map_or_else(|| vec![input], |edits| edits.iter().collect());
    let parts: Option<Vec<String>> = edits.into_iter().map(edit).collect();
    Some(exact(title("edit"), &format!("{name} {file}\n{}", parts?.join("\n@@\n"))))
}

fn edit(edit: &Value) -> Option<String> {
    let (old, new) = (text(edit, "old_string")?, text(edit, "new_string")?);
    let everywhere = edit.get("replace_all").and_then(Value::as_bool).unwrap_or(false);
    let note = if everywhere { "(wherever it stands in the file)\n" } else { "" };
    let both = [marked('-', old), marked('+', new)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    Some(format!("{note}{}", both.join("\n")))
}

fn marked(mark: char, text: &str) -> String {
    text.lines().map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n")
}

/// Whatever else a tool is given.
fn other(name: &str, input: &Value) -> Exact {
    let subject = super::words::subject(input).map(|subject| format!(" on `{}`", short(subject))).unwrap_or_default();
    let given = serde_json::to_string_pretty(input).unwrap_or_default();
    exact(format!("use {}{subject}?", short(name)), &format!("{name} {given}"))
}

fn exact(title: String, whole: &str) -> Exact {
    let mut clean = sanitize(whole);
    let hidden = whole.chars().filter(|c| !matches!(c, '\t' | '\r')).count() != {
        let tabs = whole.matches('\t').count();
        clean.chars().count() - 4 * tabs
    };
    let length = clean.chars().count();
    if length > LONGEST {
        clean = clean.chars().take(LONGEST).collect();
        let more = length - LONGEST;
        clean = format!("{clean}\n(and {more} characters more that are not shown here)");
    }
    if hidden {
        clean.push_str("\n(it also holds control or invisible characters, which are not shown)");
    }
    Exact { title, text: clean }
}

fn short(subject: &str) -> String {
    truncate(&one_line(subject), LONGEST_TITLE)
}

/// What a session's agent has asked to be allowed and was not told to go on with.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    open: Vec<Exact>,
}

impl Requests {
    /// After a restart: what the person is being asked already.
    pub fn resumed(asked: Option<Exact>) -> Self {
        Self { open: asked.into_iter().collect() }
    }

    /// A hook said this. Answers whether anything changed.
    pub fn heard(&mut self, news: &HookNews) -> bool {
        let before = self.open.len();
        if news.all_answered {
            self.open.clear();
        } else if let Some(ran) = &news.ran {
            // the same first line is enough: what is not known exactly is shown as the screen has it
            self.open.retain(|open| open.title != ran.title);
        }
        if let Some(asked) = news.asks.clone().filter(|asked| !self.open.contains(asked)) {
            self.open.push(asked);
            return true;
        }
        self.open.len() != before
    }

    /// It was answered with no: no hook tells that.
    pub fn refused(&mut self, asked: &Exact) {
        self.open.retain(|open| open != asked);
    }

    /// The request that a question on the screen is about: the one whose words it shows; or the only one, where the pane
    /// is so small that it shows no words but the bare question. When that is not clear, none.
    pub fn of(&self, dialog: &Dialog) -> Option<Exact> {
        if dialog.kind != DialogKind::Permission {
            return None;
        }
        let shown = skeleton(&dialog.text);
        let fitting: Vec<&Exact> = self.open.iter().filter(|open| names(&shown, open)).collect();
        match (fitting.as_slice(), self.open.as_slice()) {
            ([one], _) => Some((*one).clone()),
            ([], [one]) if is_bare(&dialog.text) => Some(one.clone()),
            _ => None,
        }
    }
}

/// Whether a question does not show what it is about: nothing stands above its options but a sentence that names
/// nothing (`Do you want to proceed?`).
fn is_bare(shown: &str) -> bool {
    let asks = |row: &str| {
        let mut words = row.strip_suffix('?').unwrap_or_default().split_whitespace();
        let is_word = |word: &str| word.chars().all(char::is_alphabetic);
        words.next().is_some_and(is_word) && words.all(|word| is_word(word) && !word.starts_with(char::is_uppercase))
    };
    let rows = shown.lines().map(|row| row.trim().trim_start_matches(MARKS));
    rows.take_while(|row| !is_option(row)).all(asks)
}

/// Whether a question shows what a request is about: the beginning of its command, the name of its file, or its tool.
/// (Directories are named by options of other questions too.)
fn names(shown: &str, request: &Exact) -> bool {
    let is_run = request.title.starts_with("run ");
    let sign =
        match request.title.split('`').nth(1).map(|subject| subject.trim_end_matches(" ...").trim_end_matches('…')) {
            Some(command) if is_run => command,
            Some(place) => place.trim_end_matches('/').rsplit('/').next().unwrap_or_default(),
            // a tool of an MCP server: `mcp__server__tool`
            None => {
                request.title.trim_start_matches("use ").trim_end_matches('?').rsplit("__").next().unwrap_or_default()
            }
        };
    let sign: String = skeleton(sign).chars().take(SHOWN).collect();
    !sign.is_empty() && shown.contains(&sign)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asks(text: &str) -> Dialog {
        Dialog::told(DialogKind::Permission, text)
    }

    fn heard(requests: &mut Requests, asked: &Exact) {
        requests.heard(&HookNews { asks: Some(asked.clone()), ..HookNews::default() });
    }

    #[test]
    fn commands_and_changes_are_told_whole() {
        let bash = of_tool("Bash", &json!({ "command": "for a in *\ndo rm $a\ndone", "description": "Clean" }));
        assert_eq!(bash.title, "run `for a in * ...`?");
        assert_eq!(bash.text, "$ for a in *\ndo rm $a\ndone\n\n(Clean)");
        let edit = of_tool("Edit", &json!({ "file_path": "/p/a.rs", "old_string": "a\nb", "new_string": "c" }));
        assert_eq!((edit.title.as_str(), edit.text.as_str()), ("edit `/p/a.rs`?", "Edit /p/a.rs\n-a\n-b\n+c"));
        let write = of_tool("Write", &json!({ "file_path": "/p/a.txt", "content": "x\ny\n" }));
        assert_eq!((write.title.as_str(), write.text.as_str()), ("write `/p/a.txt`?", "Write /p/a.txt\n+x\n+y"));
        let patch = "*** Begin Patch\n*** Add File: ask.txt\n+hello\n*** End Patch";
        let patched = of_tool("apply_patch", &json!({ "command": patch }));
        assert_eq!((patched.title.as_str(), patched.text.as_str()), ("edit `ask.txt`?", patch));
        let fetch = of_tool("WebFetch", &json!({ "url": "https://a.b/", "prompt": "what" }));
        assert!(fetch.title == "use WebFetch on `https://a.b/`?" && fetch.text.contains("\"prompt\": \"what\""));
        let long = of_tool("Write", &json!({ "file_path": "/p/a", "content": "x".repeat(100_000) }));
        assert!(long.text.contains("characters more that are not shown"), "{}", long.text.len());
    }

    #[test]
    fn what_cannot_be_shown_is_said() {
        let hidden = of_tool("Bash", &json!({ "command": "echo \u{202e}txt \u{1b}[8m; rm x" }));
        assert!(hidden.text.contains("invisible characters") && !hidden.text.contains('\u{202e}'), "{}", hidden.text);
        assert!(!of_tool("Bash", &json!({ "command": "echo\ta\r\nb" })).text.contains("invisible"));
    }

    #[test]
    fn a_question_about_something_else_is_not_tied_to_the_only_request() {
        let rm = of_tool("Bash", &json!({ "command": "rm a" }));
        let mut requests = Requests::default();
        heard(&mut requests, &rm);
        for other in [
            "Bash command\ncurl x | sh\nDo you want to proceed?\n❯ 1. Yes\n2. No",
            "Do you want to make this edit to main.rs?\n❯ 1. Yes",
            "Do you want to create Makefile?\n❯ 1. Yes",
            "Fetch\nDo you want to allow Claude to fetch this content?\n1. Yes",
        ] {
            assert_eq!(requests.of(&asks(other)), None, "{other}");
        }
        for bare in ["Do you want to proceed?\n❯ 1. Yes\n2. No\nEsc to cancel", "❯ 1. Yes\n2. No, and tell `a` what"]
        {
            assert_eq!(requests.of(&asks(bare)), Some(rm.clone()), "{bare}");
        }
        requests.refused(&rm);
        assert_eq!(requests.of(&asks("Do you want to proceed?\n1. Yes")), None);
    }

    #[test]
    fn a_tool_without_a_subject_is_known_by_its_name() {
        let mut requests = Requests::default();
        let tool = of_tool("mcp__tracker__close_all", &json!({}));
        heard(&mut requests, &tool);
        let fetch = of_tool("WebFetch", &json!({ "url": "https://a.example/", "prompt": "what" }));
        heard(&mut requests, &fetch);
        assert_eq!(requests.of(&asks("Tool use\ntracker - close_all() (MCP)\nDo you want to proceed?")), Some(tool));
        assert_eq!(requests.of(&asks("Fetch\nhttps://a.example/\nDo you want to allow this?")), Some(fetch));
    }

    #[test]
    fn a_question_is_tied_to_its_own_request() {
        let (rm, ls) =
            (of_tool("Bash", &json!({ "command": "rm a" })), of_tool("Bash", &json!({ "command": "ls -la" })));
        let mut requests = Requests::default();
        assert_eq!(requests.of(&asks("Do you want to proceed?")), None);
        heard(&mut requests, &rm);
        assert_eq!(requests.of(&asks("Do you want to proceed?\n1. Yes")), Some(rm.clone()), "a small pane");
        heard(&mut requests, &ls);
        assert_eq!(requests.of(&asks("Do you want to proceed?\n1. Yes")), None, "it may be either");
        assert_eq!(requests.of(&asks("Bash command\nls -la\nDo you want to proceed?")), Some(ls.clone()));
        assert_eq!(requests.of(&Dialog::told(DialogKind::Trust, "ls -la")), None);
        requests.heard(&HookNews { ran: Some(rm), ..HookNews::default() });
        assert_eq!(requests.of(&asks("Do you want to proceed?")), Some(ls));
        requests.heard(&HookNews { all_answered: true, ..HookNews::default() });
        assert_eq!(requests.of(&asks("Do you want to proceed?")), None);
    }
}
