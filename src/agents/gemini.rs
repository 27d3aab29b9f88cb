//! Gemini CLI: the policy file that one session gets.
//!
//! It has hooks too, but takes them only from the person's settings, the repository's, or files that root owns: there
//! is no way to add one for a session alone, so they are left alone. Its title tells the same (`◇ Ready`, `✦ Working…`,
//! `✋ Action Required`), without the time that each hook would cost the turn. A turn that is over between two looks at it
//! left its prompt in the log of the conversation (`~/.gemini/tmp/PROJECT/chats/session-TIME-ID.jsonl`).

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::context::LaunchContext;

/// What a headless run may do besides editing files, with any options: nothing of it runs a program, writes outside the
/// worktree, or touches what all worktrees share (as `git stash` does).
const HEADLESS_COMMANDS: [&str; 8] =
    ["git status", "git ls-files", "git rev-parse", "git add", "git commit", "git mv", "git rm", "qd report"];

/// Looking, in plain words only, without the options that write a file (`--output`) or run a program
/// (`--open-files-in-pager`, `-O`, `--ext-diff`, `--textconv`; git takes their beginnings too). The rule's pattern is
/// matched against the call as JSON from the command's first letter on; the last character is the quote after it.
const LOOKING: &str = "git (diff|log|show|blame|grep)(?=[ \"])(?![^\"]*( --ou| --op| --ext| --textc| -[A-Za-z]*O))[ A-Za-z0-9_./:^~@=,+-]*\"";

/// Above what we allow and below what administrators say.
const FORBIDDEN: u32 = 900;

/// The policy of one session, in TOML: no edits in the person's checkout and no commands that name it; the report is allowed without asking, and headless (where nobody can
/// be asked) the commands above. Tiers of the person and the administrator stay in force: 100 is the middle of ours.
pub(super) fn policy(context: &LaunchContext<'_>, headless: bool) -> String {
    let commands: &[&str] = if headless { &HEADLESS_COMMANDS } else { &["qd report"] };
    let list = commands.iter().map(|command| format!("\"{command}\"")).collect::<Vec<_>>().join(", ");
    let rule = |what: &str| {
        format!("[[rule]]\ntoolName = \"run_shell_command\"\n{what}\ndecision = \"allow\"\npriority = 100\n")
    };
    let mut allowed = format!("# Quarterdeck: for this session only.\n{}", rule(&format!("commandPrefix = [{list}]")));
    if headless {
        let looking = serde_json::Value::String(LOOKING.to_owned());
        allowed += &format!("\n{}", rule(&format!("commandRegex = {looking}")));
    }
    allowed + &context.fenced_off().map(|checkout| forbidden(checkout, context.hides_checkout)).unwrap_or_default()
}

/// The rules against a directory. Patterns are regular expressions over the arguments as JSON, where a path ends with
/// its quote, a slash or a space.
fn forbidden(checkout: &Path, reading: bool) -> String {
    let tools: &[&str] = if reading {
        &["write_file", "replace", "run_shell_command", "read_file", "read_many_files", "list_directory"]
    } else {
        &["write_file", "replace", "run_shell_command"]
    };
    let inside = format!("{}([/\" \\\\]|$)", escaped(&checkout.to_string_lossy()));
    let rule = |tool: &&str| {
        format!(
            "\n[[rule]]\ntoolName = \"{tool}\"\nargsPattern = {}\ndecision = \"deny\"\npriority = {FORBIDDEN}\n",
            serde_json::Value::String(inside.clone())
        )
    };
    tools.iter().map(rule).collect()
}

/// Where a conversation's log is: the directory with one of each project, and how the file's name ends. `None` for what is
/// no id of it.
pub(super) fn log_place(home: &Path, conversation: &str) -> Option<(PathBuf, String)> {
    let id = conversation.get(..8).filter(|id| id.chars().all(|c| c.is_ascii_hexdigit()))?;
    Some((home.join(".gemini/tmp"), format!("-{id}.jsonl")))
}

/// The prompt of a line of the log, if it is one: `{"type":"user","content":[{"text":"…"}]}`. Results of tools have no text.
pub(super) fn logged_prompt(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line.get("type")? != "user" {
        return None;
    }
    let texts: Vec<&str> =
        line.get("content")?.as_array()?.iter().filter_map(|part| part.get("text")?.as_str()).collect();
    (!texts.is_empty()).then(|| texts.concat())
}

/// A text as a regular expression for itself.
fn escaped(text: &str) -> String {
    let special =
        |letter: char| !letter.is_alphanumeric() && !matches!(letter, '/' | '_' | '-' | ' ') && letter.is_ascii();
    text.chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}
