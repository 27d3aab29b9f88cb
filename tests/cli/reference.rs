//! `docs/cli.md` is what the program understands: it is made from the definition and cannot go stale.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, ArgAction, Command, CommandFactory};

const HEADING: &str = "# The command line\n\n\
    Every command, as `qd COMMAND --help` has it. Commands that read have `--json`. Exit codes: 0 ok, 1 it did not \
    work out (a task that failed, a check that is red), 2 usage, 3 not found, 4 conflict, 5 busy or limit, \
    6 unavailable, 70 internal.\n\n\
    A worker is named `2` or `@2`, a task `7` or `#7` (where both fit: `#7`), a session by the beginning of its id.\n";

#[test]
fn the_reference_is_what_the_program_understands() {
    let mut text = HEADING.to_owned();
    let mut whole = quarterdeck::cli::Arguments::command();
    whole.build();
    command(&mut text, &whole, &["qd".to_owned()]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    if std::env::var_os("QD_WRITE_DOCS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == text, "docs/cli.md is stale: QD_WRITE_DOCS=1 cargo test --test cli reference");
}

/// One command and those below it.
fn command(text: &mut String, command: &Command, path: &[String]) {
    let name = path.join(" ");
    let arguments: Vec<&Arg> = command.get_arguments().filter(|argument| is_own(argument)).collect();
    write!(text, "\n## `{name}`\n\n").unwrap();
    if let Some(about) = command.get_long_about().or(command.get_about()) {
        writeln!(text, "{}.\n", about.to_string().trim_end_matches('.')).unwrap();
    }
    let aliases: Vec<String> = command.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    if !aliases.is_empty() {
        writeln!(text, "Also: {}.\n", aliases.join(", ")).unwrap();
    }
    let positional = arguments.iter().filter(|argument| argument.is_positional()).map(|argument| usage(argument));
    let options = arguments.iter().any(|argument| !argument.is_positional());
    let words: Vec<String> =
        std::iter::once(name).chain(options.then(|| "[OPTIONS]".to_owned())).chain(positional).collect();
    if !command.has_subcommands() || !arguments.is_empty() {
        writeln!(text, "```text\n{}\n```", words.join(" ")).unwrap();
    }
    if !arguments.is_empty() {
        text.push_str("\n| | |\n|---|---|\n");
    }
    for argument in &arguments {
        writeln!(text, "| {} | {} |", spelled(argument), explained(argument)).unwrap();
    }
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        let path: Vec<String> = path.iter().cloned().chain([below.get_name().to_owned()]).collect();
        self::command(text, below, &path);
    }
}

/// Not one that every command has.
fn is_own(argument: &Arg) -> bool {
    !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version")
}

fn value(argument: &Arg) -> String {
    argument.get_value_names().into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn usage(argument: &Arg) -> String {
    let name = value(argument);
    let name = if name.is_empty() { argument.get_id().as_str().to_uppercase() } else { name };
    let many = argument.get_num_args().is_some_and(|count| count.max_values() > 1)
        || matches!(argument.get_action(), ArgAction::Append);
    let name = if many { format!("{name}…") } else { name };
    if argument.is_required_set() { name } else { format!("[{name}]") }
}

fn spelled(argument: &Arg) -> String {
    if argument.is_positional() {
        return format!("`{}`", usage(argument));
    }
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let name = short.into_iter().chain(long).collect::<Vec<_>>().join(", ");
    let takes = argument.get_action().takes_values();
    if takes { format!("`{name} {}`", value(argument)) } else { format!("`{name}`") }
}

fn explained(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let choices: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|choice| format!("`{}`", choice.get_name()))
        .collect();
    let choices = if choices.is_empty() { String::new() } else { format!(": {}", choices.join(", ")) };
    format!("{help}{choices}").replace('|', "\\|")
}
