//! What a permission question on an agent's screen is about, read from its text: the command or the file, so that
//! the question can be told by its title. What is not recognised is not guessed.

use crate::model::{one_line, truncate};

/// The longest subject in a title, in characters.
const LONGEST: usize = 100;

/// ``run `cargo add serde`?`` or ``edit `src/a.rs`?``, when the text says it.
pub(super) fn subject(text: &str) -> Option<String> {
    let rows: Vec<&str> = text.lines().map(bare).collect();
    command(&rows).map(|command| format!("run `{}`?", short(&command))).or_else(|| {
        let (verb, what) = rows.iter().find_map(|row| edit(row)).or_else(|| destination(&rows))?;
        Some(format!("{verb} `{}`?", short(what)))
    })
}

/// A row without the frame around it.
fn bare(row: &str) -> &str {
    row.trim_matches(|c: char| c.is_whitespace() || ('\u{2500}'..='\u{259f}').contains(&c))
}

fn short(text: &str) -> String {
    truncate(&one_line(text), LONGEST)
}

/// A command: behind `$ `, behind `… to run: `, or below a heading `Bash command`.
fn command(rows: &[&str]) -> Option<String> {
    let told = |row: &str| {
        let named = || row.starts_with("Allow ").then(|| row.split_once(" to run: "))?;
        let command = row.strip_prefix("$ ").or_else(|| named().map(|(_, command)| command))?.trim();
        (!command.is_empty()).then(|| command.to_owned())
    };
    if let Some((at, command)) = rows.iter().enumerate().find_map(|(at, row)| Some((at, told(row)?))) {
        // a narrow pane wraps: what is not all of it must not look like it
        let more = rows.get(at + 1).is_some_and(|row| !row.is_empty() && !is_choice(row));
        return Some(if more { format!("{command} ...") } else { command });
    }
    let heading = rows.iter().position(|row| *row == "Bash command" || row.starts_with("Bash command ("))?;
    let block: Vec<&str> = rows
        .iter()
        .skip(heading + 1)
        .skip_while(|row| row.is_empty())
        .take_while(|row| !row.is_empty())
        .copied()
        .collect();
    let first = block.first()?;
    // the last row of the block is what the agent says of it; more rows are a longer command
    Some(if block.len() > 2 { format!("{first} ...") } else { (*first).to_owned() })
}

/// Whether a row is one of the answers to choose from.
fn is_choice(row: &str) -> bool {
    let numbered = row.split_once('.').is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    numbered || row.starts_with(['[', '❯', '›', '●', '○'])
}

/// `Do you want to create a.txt?` and its kin.
fn edit<'a>(row: &&'a str) -> Option<(&'static str, &'a str)> {
    let asked = row.strip_prefix("Do you want to ")?.strip_suffix('?')?;
    let kinds = [("make this edit to ", "edit"), ("edit ", "edit"), ("create ", "create"), ("overwrite ", "overwrite")];
    let (verb, what) = kinds.iter().find_map(|(words, verb)| Some((*verb, asked.strip_prefix(words)?.trim())))?;
    (!what.is_empty()).then_some((verb, what))
}

/// The file of proposed edits that names its destination.
fn destination<'a>(rows: &[&'a str]) -> Option<(&'static str, &'a str)> {
    let edits = rows.iter().any(|row| row.contains("make the following edits"));
    let file = rows.iter().find_map(|row| row.strip_prefix("Destination:")).map(str::trim)?;
    (edits && !file.is_empty()).then_some(("edit", file))
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn commands_and_edits_are_named_and_nothing_is_guessed() {
        let told = |text| subject(text).unwrap_or_default();
        assert_eq!(
            told("Allow demo to run: sh bin/inkwell --version\n[y] yes  [n] no"),
            "run `sh bin/inkwell --version`?"
        );
        let bash =
            "────\n Bash command\n\n   cargo add serde\n   Add a dependency\n\n Do you want to proceed?\n ❯ 1. Yes";
        assert_eq!(told(bash), "run `cargo add serde`?");
        assert_eq!(
            told("Bash command\n\n  for a in *\n  do rm $a\n  done\n  Clean\n\nDo you want to proceed?"),
            "run `for a in * ...`?"
        );
        assert_eq!(told("Do you want to create hello.txt?\n❯ 1. Yes"), "create `hello.txt`?");
        assert_eq!(told(" Do you want to make this edit to src/a.rs?"), "edit `src/a.rs`?");
        assert_eq!(
            told("Would you like to run the following command?\n\n  $ touch ask.txt\n› 1. Yes, proceed (y)"),
            "run `touch ask.txt`?"
        );
        let edits = "Would you like to make the following edits?\n Description:  Apply\n Destination:  /p/ask.txt";
        assert_eq!(told(edits), "edit `/p/ask.txt`?");
        assert_eq!(told("│ $ ls │"), "run `ls`?");
        assert_eq!(
            told("Allow demo to run: sh bin/inkwell --ve\nrsion\n[y] yes  [n] no"),
            "run `sh bin/inkwell --ve ...`?"
        );
        assert_eq!(subject("Do you want to proceed?\n❯ 1. Yes"), None);
        assert_eq!(subject("Do you want to use this API key?"), None);
        assert_eq!(subject(""), None);
    }
}
