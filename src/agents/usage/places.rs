//! Where a conversation's transcript file is: a hook names it, or the agent's definition says where its files are.
//! Nothing is polled: what a hook or a turn's end says is when it is worth reading.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use crate::agents::words::text;

/// Directories that one `*` of a pattern may have; more are not looked through.
const MOST_PLACES: usize = 4_000;

/// The file that a hook's payload names.
pub fn transcript_of(payload: &str) -> Option<PathBuf> {
    let payload: Value = serde_json::from_str(payload).ok()?;
    let path: PathBuf = text(&payload, "transcript_path").filter(|path| path.starts_with('/'))?.into();
    // an agent's word: it leads nowhere by detours
    path.components().all(|part| part != Component::ParentDir).then_some(path)
}

/// The directories below which an agent's transcripts are: its patterns up to the first name that differs.
pub fn transcript_roots(patterns: &[String], variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let roots = patterns.iter().filter_map(|pattern| {
        let (start, rest) = pattern.split_once('/')?;
        let fixed = rest.split('/').take_while(|part| !part.contains(['*', '{']));
        let root = fixed.fold(start_of(start, &variable)?, |root, part| root.join(part));
        root.is_absolute().then_some(root)
    });
    roots.collect()
}

/// What `~` or `$NAME` at the start of a pattern stands for.
fn start_of(start: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let name = if start == "~" { "HOME" } else { start.strip_prefix('$')? };
    variable(name).filter(|value| !value.is_empty()).map(Into::into)
}

/// Whether after this hook there is probably something new in the file: a tool ended, or the turn did.
pub fn is_worth_reading(event: &str) -> bool {
    matches!(
        event,
        "PostToolUse" | "PostToolUseFailure" | "Stop" | "StopFailure" | "SubagentStop" | "Interrupt" | "SessionEnd"
    )
}

/// The line with figures that a hook of our own plugin (`opencode`) carries.
pub fn told_by_hook(event: &str, payload: &str) -> Option<String> {
    if event != "message.updated" {
        return None;
    }
    let payload: Value = serde_json::from_str(payload).ok()?;
    let info = payload.get("info")?;
    Some(json!({ "type": event, "info": info }).to_string())
}

/// The newest file that fits one of an agent's patterns: `~/` and `$NAME/` at the start, `*` for any text within one
/// name, `{conversation}` for the conversation's id and `{short}` for its first eight characters.
pub fn transcript_file(
    patterns: &[String],
    conversation: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if conversation.is_empty() || !conversation.chars().all(plain) {
        return None; // a foreign id never becomes a path of its own making
    }
    let short: String = conversation.chars().take(8).collect();
    let files = patterns.iter().filter_map(|pattern| {
        let pattern = pattern.replace("{conversation}", conversation).replace("{short}", &short);
        let (start, rest) = pattern.split_once('/')?;
        Some(matching(&start_of(start, &variable)?, rest))
    });
    let age = |path: &PathBuf| fs::metadata(path).and_then(|it| it.modified()).ok();
    files.flatten().filter(|path| path.is_file()).max_by_key(age)
}

/// The paths below `root` that fit.
fn matching(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![root.to_path_buf()];
    for part in pattern.split('/') {
        found = if part.contains('*') {
            found.iter().flat_map(|place| children(place, part)).take(MOST_PLACES).collect()
        } else {
            found.into_iter().map(|place| place.join(part)).collect()
        };
    }
    found
}

fn children(place: &Path, pattern: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let names = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(|name| fits(pattern, name)));
    names.map(|entry| entry.path()).collect()
}

/// Whether a name fits a pattern with `*`.
fn fits(pattern: &str, name: &str) -> bool {
    let (first, rest) = pattern.split_once('*').unwrap_or((pattern, ""));
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let Some((middle, last)) = rest.rsplit_once('*') else { return name.ends_with(rest) };
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let Some((_, after)) = name.split_once(part) else { return false };
        name = after;
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_conversation_and_foreign_ids_are_no_paths() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join(".gemini/tmp/p-1/chats");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("session-2026-11-20T19-35-30937a97.jsonl"), "").unwrap();
        let patterns = ["~/.gemini/tmp/*/chats/session-*-{short}.jsonl".to_owned()];
        let variable = |name: &str| (name == "HOME").then(|| home.path().as_os_str().to_owned());
        let find = |id: &str| transcript_file(&patterns, id, variable);
        assert!(find("30937a97-7221-4888-8454-dfdbb9051f78").is_some());
        assert!(find("40937a97").is_none() && find("../x").is_none() && find("").is_none());
        assert_eq!(transcript_roots(&patterns, variable), [home.path().join(".gemini/tmp")]);
        let named = |path: &str| transcript_of(&json!({ "transcript_path": path }).to_string());
        assert!(named("/home/a/b.jsonl").is_some() && named("/home/../b.jsonl").is_none() && named("b").is_none());
        assert!(fits("session-*-a.jsonl", "session-1-2-a.jsonl") && !fits("a*b*c", "acb") && fits("a*b*c", "a-b-c"));
    }
}
