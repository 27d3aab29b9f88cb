//! Which operands the programs write that people and agents change files with.

use super::shell::Line;

/// Programs that run the rest of their words as a command, with the options of theirs that have an argument.
const RUNNERS: [(&str, &[&str]); 11] = [
    ("sudo", &["-u", "-g", "-C", "-D"]),
    ("doas", &["-u"]),
    ("env", &["-u", "-C"]),
    ("nohup", &[]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("exec", &["-a"]),
    ("command", &[]),
    ("builtin", &[]),
    ("setsid", &[]),
    ("stdbuf", &["-i", "-o", "-e"]),
];
/// Such programs in a row that are followed: what is longer was written to be long.
const MOST_RUNNERS: usize = 16;
/// Shells.
const SHELLS: [&str; 6] = ["sh", "bash", "zsh", "dash", "ksh", "ash"];
/// What git does to a whole checkout.
const GIT_CHANGES: [&str; 13] = [
    "reset",
    "stash",
    "clean",
    "merge",
    "rebase",
    "pull",
    "cherry-pick",
    "revert",
    "am",
    "apply",
    "switch",
    "checkout",
    "restore",
];
/// Options of git with an argument, before its subcommand.
const GIT_OPTIONS: [&str; 4] = ["-c", "--git-dir", "--namespace", "--exec-path"];

/// Adds what one command writes, and the command that it runs, and so on.
pub(super) fn run(line: &mut Line<'_>, words: &[String]) {
    let mut words = words;
    for _ in 0..MOST_RUNNERS {
        words = run_one(line, words);
        if words.is_empty() {
            return;
        }
    }
}

/// Adds what a program writes itself. Gives back the command that it runs, if it does.
fn run_one<'a>(line: &mut Line<'_>, words: &'a [String]) -> &'a [String] {
    let Some((program, rest)) = words.split_first() else { return &[] };
    let name = program.rsplit('/').next().unwrap_or(program);
    let is_option = |word: &&String| word.starts_with('-') && word.len() > 1;
    let operands = || rest.iter().filter(|word| !is_option(word)).map(String::as_str);
    let has =
        |letters: &[char]| rest.iter().filter(is_option).any(|word| !word.starts_with("--") && word.contains(letters));
    match name {
        "cd" | "pushd" | "chdir" => line.enter(operands().next().unwrap_or(if rest.is_empty() { "~" } else { "-" })),
        "popd" => line.enter("-"),
        "export" | "readonly" | "local" | "declare" => rest.iter().for_each(|word| line.assign(word)),
        "tee" | "touch" | "shred" | "truncate" | "unlink" => operands().for_each(|file| line.file(file)),
        "rm" if has(&['r', 'R']) || rest.iter().any(|word| word == "--recursive") => {
            operands().for_each(|place| line.tree(place));
        }
        "rm" => operands().for_each(|file| line.file(file)),
        "mv" => {
            operands().for_each(|place| line.tree(place));
            copies(line, rest, true);
        }
        "cp" | "install" | "ln" | "rsync" | "scp" => copies(line, rest, has(&['r', 'R', 'a'])),
        "dd" => rest.iter().filter_map(|word| word.strip_prefix("of=")).for_each(|file| line.file(file)),
        "sed" | "perl" | "ruby" if has(&['i']) || rest.iter().any(|word| word.starts_with("--in-place")) => {
            operands().for_each(|file| line.file(file));
        }
        "find" => find(line, rest),
        "git" => git(line, rest),
        "eval" => line.run(&rest.join(" ")),
        "timeout" => {
            let at = rest.iter().position(|word| !word.starts_with('-')).unwrap_or(rest.len());
            return rest.get(at + 1..).unwrap_or_default();
        }
        shell if SHELLS.contains(&shell) => {
            let at =
                rest.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c'));
            if let Some(command) = at.and_then(|at| rest.get(at + 1)) {
                line.apart(command);
            }
        }
        runner => {
            if let Some((_, options)) = RUNNERS.iter().find(|(name, _)| *name == runner) {
                return after_options(line, rest, options);
            }
        }
    }
    &[]
}

/// The command after a runner's own options and assignments.
fn after_options<'a>(line: &mut Line<'_>, words: &'a [String], with_argument: &[&str]) -> &'a [String] {
    let mut rest = words;
    while let Some((word, more)) = rest.split_first() {
        if with_argument.contains(&word.as_str()) {
            rest = more.get(1..).unwrap_or_default();
        } else if word.starts_with('-') {
            rest = more;
        } else if word.split_once('=').is_some_and(|(name, _)| !name.contains('/')) {
            line.assign(word);
            rest = more;
        } else {
            break;
        }
    }
    rest
}

/// Copies: the last operand, or what they are called inside it.
fn copies(line: &mut Line<'_>, words: &[String], whole: bool) {
    let into = words.iter().position(|word| word == "-t" || word == "--target-directory");
    let named = into.and_then(|at| words.get(at + 1)).map(String::as_str);
    let operands: Vec<&str> = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .map(String::as_str)
        .filter(|word| Some(*word) != named)
        .collect();
    let (to, from) = match named {
        Some(to) => (to, operands.as_slice()),
        None => match operands.split_last() {
            Some((to, from)) if !from.is_empty() => (*to, from),
            _ => return,
        },
    };
    line.file(to);
    for source in from {
        let own = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
        match own {
            "" | "." | ".." => line.tree(to),
            own if whole && source.ends_with('/') => {
                line.tree(to);
                line.tree(&format!("{to}/{own}"));
            }
            own if whole => line.tree(&format!("{to}/{own}")),
            own => line.file(&format!("{to}/{own}")),
        }
    }
}

fn find(line: &mut Line<'_>, words: &[String]) {
    let changes = ["rm", "sed", "mv", "truncate", "touch", "perl", "shred"];
    let run = words.iter().zip(words.iter().skip(1)).any(|(option, program)| {
        matches!(option.as_str(), "-exec" | "-execdir" | "-ok") && changes.contains(&program.as_str())
    });
    if run || words.iter().any(|word| word == "-delete") {
        words.iter().take_while(|word| !word.starts_with(['-', '(', '!'])).for_each(|place| line.tree(place));
    }
}

fn git(line: &mut Line<'_>, words: &[String]) {
    let outside = line.directory.clone();
    let (mut rest, mut tree) = (words, None);
    while let Some((word, more)) = rest.split_first() {
        rest = more;
        match word.as_str() {
            "-C" => {
                if let Some((place, more)) = rest.split_first() {
                    line.directory = line.absolute(place).map(Into::into);
                    rest = more;
                }
            }
            "--work-tree" => {
                tree = rest.first();
                rest = rest.get(1..).unwrap_or_default();
            }
            option if GIT_OPTIONS.contains(&option) => rest = rest.get(1..).unwrap_or_default(),
            option if option.starts_with('-') => {}
            _ => {
                let place = tree.map_or(".", String::as_str);
                subcommand(line, word, rest, place);
                break;
            }
        }
    }
    line.directory = outside;
}

fn subcommand(line: &mut Line<'_>, name: &str, words: &[String], place: &str) {
    let paths = words.iter().position(|word| word == "--").and_then(|at| words.get(at + 1..)).unwrap_or_default();
    let operands = words.iter().filter(|word| !word.starts_with('-'));
    match name {
        "rm" | "mv" => operands.for_each(|file| line.tree(file)),
        "stash" if words.first().is_some_and(|word| matches!(word.as_str(), "list" | "show")) => {}
        "clean" if words.iter().any(|word| matches!(word.as_str(), "-n" | "--dry-run")) => {}
        "checkout" | "reset" | "stash" | "clean" if !paths.is_empty() => paths.iter().for_each(|file| line.tree(file)),
        "restore" => operands.for_each(|file| line.tree(file)),
        name if GIT_CHANGES.contains(&name) => line.repository(place),
        _ => {}
    }
}
