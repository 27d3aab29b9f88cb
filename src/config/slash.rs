//! The chat's slash commands in one table: what `/help` lists, what Tab completes, and what a slip is compared with.

/// One command of the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlashCommand {
    /// Its name, without the slash.
    pub name: &'static str,
    /// What follows it; empty for nothing.
    pub arguments: &'static str,
    /// What it does.
    pub what: &'static str,
}

const fn command(name: &'static str, arguments: &'static str, what: &'static str) -> SlashCommand {
    SlashCommand { name, arguments, what }
}

/// All of them, as `/help` lists them.
pub const SLASH: [SlashCommand; 20] = [
    command("plan", "TEXT", "plan it and ask, whatever the autonomy"),
    command("mission", "[NAME TEXT]", "the teams; with a name, plan it for that team"),
    command("rules", "", "do not wait for the model that plans"),
    command("decline", "", "call off the plan that waits or is being made"),
    command("status", "", "what is open"),
    command("tasks", "", "the same"),
    command("workers", "", "who does what"),
    command("queue", "", "what waits for a session"),
    command("agents", "", "which agents are installed"),
    command("approvals", "", "what waits for you"),
    command("usage", "", "tokens and cost, and model calls for planning"),
    command("budget", "[AMOUNT [TASK|@WORKER|day]]", "what may be used; `default` follows the configuration"),
    command("run", "TASK", "start a task"),
    command("land", "TASK", "land a task"),
    command("retry", "TASK", "another attempt"),
    command("cancel", "TASK", "call a task off; its work is kept"),
    command("stop", "WORKER", "stop a worker; its work is kept"),
    command("handoff", "WORKER", "a fresh session goes on"),
    command("autonomy", "manual|confirm|full", "what happens without asking you"),
    command("help", "", "this list"),
];

/// The command of this name.
pub fn find(name: &str) -> Option<&'static SlashCommand> {
    SLASH.iter().find(|command| command.name == name)
}

/// The command that a slip comes closest to.
pub fn nearest(name: &str) -> Option<&'static SlashCommand> {
    let distance = |command: &&SlashCommand| super::mistake::distance(name, command.name);
    SLASH.iter().min_by_key(distance).filter(|command| distance(command) <= 2)
}

/// What Tab makes of a draft: the name as far as it is certain, and a blank behind it when it is whole.
pub fn complete(draft: &str) -> Option<String> {
    let start = draft.strip_prefix('/').filter(|start| !start.contains(char::is_whitespace))?;
    let fits: Vec<&str> = SLASH.iter().map(|command| command.name).filter(|name| name.starts_with(start)).collect();
    let (first, rest) = fits.split_first()?;
    let common = rest.iter().fold(*first, |common, name| {
        let same = common.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        common.get(..same).unwrap_or(common)
    });
    let blank = if rest.is_empty() { " " } else { "" };
    Some(format!("/{common}{blank}")).filter(|completed| completed != draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_far_as_they_are_certain() {
        assert_eq!(complete("/ha").as_deref(), Some("/handoff "));
        assert_eq!(complete("/ru"), None, "rules or run");
        assert_eq!(complete("/st"), None, "status or stop");
        assert_eq!(complete("/r"), None);
        assert_eq!(complete("/a"), None);
        assert_eq!(complete("/app").as_deref(), Some("/approvals "));
        assert_eq!(complete("/land 3"), None);
        assert_eq!(complete("land"), None);
        assert_eq!(nearest("hanoff").map(|command| command.name), Some("handoff"));
        assert_eq!(nearest("something"), None);
    }

    #[test]
    fn each_name_stands_once() {
        for (place, command) in SLASH.iter().enumerate() {
            assert!(SLASH.iter().skip(place + 1).all(|other| other.name != command.name), "{}", command.name);
        }
    }
}
