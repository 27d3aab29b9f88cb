//! What a shell command line writes: its redirections, and the operands of programs that are known to write them. Follows
//! `cd`, variables that it sets itself, subshells and shells inside shells.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::programs;
use super::targets::Targets;
use super::words::{Reader, Token, UNKNOWN};

/// Shells inside shells that are read.
const DEEPEST: usize = 4;
/// Parentheses inside parentheses.
const DEEPEST_OPEN: usize = 50;
/// What is read of one command line, in bytes: with the shells inside it and the values of its variables, which can
/// double with every word.
const MOST_READ: usize = 256 * 1024;
/// The longest path that a system takes, in bytes.
const LONGEST_PATH: usize = 4096;

/// Words that stand before a command and are none.
const BEFORE: [&str; 12] = ["then", "else", "elif", "if", "do", "while", "until", "!", "{", "}", "time", "fi"];

/// A name as an absolute path without `.` and `..`; `None` when it is not known.
pub(super) fn absolute(name: &str, directory: Option<&Path>, home: Option<&Path>) -> Option<String> {
    if name.is_empty() || name.contains(UNKNOWN) {
        return None;
    }
    let path = match name.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => home?.join(rest.trim_start_matches('/')),
        _ if name.starts_with('/') => PathBuf::from(name),
        _ => directory?.join(name),
    };
    if path.as_os_str().len() > LONGEST_PATH {
        return None;
    }
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    Some(plain.to_string_lossy().into_owned())
}

/// A command line on its way.
pub(super) struct Line<'a> {
    pub(super) targets: &'a mut Targets,
    pub(super) directory: Option<PathBuf>,
    before: Option<PathBuf>,
    pub(super) home: Option<&'a Path>,
    variables: HashMap<String, String>,
    depth: usize,
    /// Bytes that may still be read.
    left: usize,
}

/// Adds what a command line writes that runs in `directory`.
pub(super) fn add_command(targets: &mut Targets, command: &str, directory: &Path, home: Option<&Path>) {
    let mut line = Line {
        targets,
        directory: Some(directory.to_path_buf()),
        before: None,
        home,
        variables: HashMap::new(),
        depth: 0,
        left: MOST_READ,
    };
    if let Some(home) = home {
        line.variables.insert("HOME".to_owned(), home.to_string_lossy().into_owned());
    }
    line.set_directory(Some(directory.to_path_buf()));
    line.run(command);
}

impl Line<'_> {
    /// Reads commands, here or in a shell of their own, which leaves nothing behind.
    pub(super) fn run(&mut self, command: &str) {
        let Some(left) = self.left.checked_sub(command.len()).filter(|_| self.depth < DEEPEST) else { return };
        self.left = left;
        self.depth += 1;
        let mut reader = Reader::new(command, left);
        let mut outside = Vec::new();
        let mut words: Vec<String> = Vec::new();
        while let Some(token) = reader.next(&self.variables) {
            match token {
                Token::Word { text, quoted } => {
                    if quoted || !words.is_empty() || !self.assigns(&text) {
                        words.push(text);
                    }
                }
                Token::Into => {
                    if let Some(Token::Word { text, .. }) = reader.next(&self.variables) {
                        self.file(&text);
                    }
                }
                Token::From => drop(reader.next(&self.variables)),
                Token::Next => self.command(&std::mem::take(&mut words)),
                Token::Open if outside.len() == DEEPEST_OPEN => break,
                Token::Open => {
                    self.command(&std::mem::take(&mut words));
                    outside.push((self.directory.clone(), self.variables.clone()));
                }
                Token::Close => {
                    self.command(&std::mem::take(&mut words));
                    if let Some((directory, variables)) = outside.pop() {
                        (self.directory, self.variables) = (directory, variables);
                    }
                }
            }
        }
        self.command(&words);
        self.left = self.left.saturating_sub(reader.expanded);
        for inner in reader.inner {
            self.apart(&inner);
        }
        self.depth -= 1;
    }

    /// Commands of a shell inside this one.
    pub(super) fn apart(&mut self, command: &str) {
        let (directory, variables) = (self.directory.clone(), self.variables.clone());
        self.run(command);
        (self.directory, self.variables) = (directory, variables);
    }

    fn command(&mut self, words: &[String]) {
        let words: &[String] = match words.iter().position(|word| !BEFORE.contains(&word.as_str())) {
            Some(first) => words.get(first..).unwrap_or_default(),
            None => return,
        };
        programs::run(self, words);
    }

    /// Takes in `name=value`.
    fn assigns(&mut self, word: &str) -> bool {
        let Some((name, value)) = word.split_once('=') else { return false };
        let is_name = !name.is_empty()
            && !name.starts_with(|letter: char| letter.is_ascii_digit())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if is_name {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        is_name
    }

    /// `export` and its like.
    pub(super) fn assign(&mut self, word: &str) {
        self.assigns(word);
    }

    /// `cd`, with `None` for a place that nobody knows.
    pub(super) fn enter(&mut self, place: &str) {
        let next = match place {
            "-" => self.before.clone(),
            place => self.absolute(place).map(PathBuf::from),
        };
        self.set_directory(next);
    }

    fn set_directory(&mut self, next: Option<PathBuf>) {
        self.before = std::mem::replace(&mut self.directory, next);
        let place = self.directory.as_ref().map_or_else(|| UNKNOWN.to_string(), |it| it.to_string_lossy().into_owned());
        self.variables.insert("PWD".to_owned(), place);
    }

    pub(super) fn absolute(&self, name: &str) -> Option<String> {
        absolute(name, self.directory.as_deref(), self.home)
    }

    pub(super) fn file(&mut self, name: &str) {
        self.targets.add_file(self.absolute(name));
    }

    pub(super) fn tree(&mut self, name: &str) {
        self.targets.add_tree(self.absolute(name));
        self.file(name);
    }

    pub(super) fn repository(&mut self, place: &str) {
        self.targets.add_repository(self.absolute(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(command: &str, file: &str) -> bool {
        let mut targets = Targets::default();
        add_command(&mut targets, command, Path::new("/state/tree"), Some(Path::new("/home/me")));
        let root = Path::new("/home/me/shop");
        targets.has(root, &root.join(file))
    }

    #[test]
    fn what_writes_a_file_is_known() {
        for command in [
            "echo mine > /home/me/shop/a.txt",
            "echo mine >>'/home/me/shop/a.txt'",
            "cd /home/me/shop && echo mine >> a.txt; cd -",
            "cd /home/me/shop/src && sed -i 's/a/b/' ../a.txt",
            "cd ~/shop; rm -f a.txt",
            "(cd /home/me; rm -rf shop)",
            "ROOT=/home/me/shop; echo x | tee -a \"$ROOT/a.txt\" >/dev/null",
            "export R=/home/me/shop\ntouch ${R}/a.txt",
            "bash -lc 'cp other /home/me/shop/a.txt'",
            "cp /state/tree/a.txt /home/me/shop",
            "mv /home/me/shop/a.txt /tmp/x",
            "git -C /home/me/shop checkout -- a.txt",
            "git -C /home/me/shop stash",
            "cd /home/me/shop && git reset --hard",
            "cat <<'EOF' > /home/me/shop/a.txt\nhello\nEOF",
            "if true; then rm /home/me/shop/*.txt; fi",
            "sudo env A=b dd if=/dev/zero of=/home/me/shop/a.txt",
            "find /home/me/shop -name '*.txt' -delete",
            "echo $(rm /home/me/shop/a.txt)",
            "make 2>&1 &> /home/me/shop/a.txt",
            "perl -pi -e 's/a/b/' /home/me/shop/a.txt",
            "/usr/bin/truncate -s 0 /home/me/shop/a.txt",
            "true || ln -sf /tmp/x /home/me/shop/a.txt",
        ] {
            assert!(writes(command, "a.txt"), "{command}");
        }
    }

    #[test]
    fn what_only_reads_a_file_or_writes_another_one_is_no_evidence() {
        for command in [
            "cat /home/me/shop/a.txt > seen.txt",
            "cd /home/me/shop && git diff a.txt && git log -- a.txt",
            "grep -rn needle /home/me/shop | tee found.txt",
            "diff a.txt /home/me/shop/a.txt",
            "cp /home/me/shop/a.txt .",
            "sed 's/a/b/' /home/me/shop/a.txt > a.txt",
            "cd /home/me/shop && make",
            "(cd /home/me/shop); rm a.txt",
            "echo '> /home/me/shop/a.txt'",
            "cat <<EOF > notes.md\nrm /home/me/shop/a.txt\necho x > /home/me/shop/a.txt\nEOF",
            "rm /home/me/shop/*.rs",
            "rm /home/me/shop-2/a.txt",
            "echo x > $UNSET/a.txt",
            "cd \"$SOMEWHERE\" && rm a.txt",
            "cd /home/me/shop && ls 2>/dev/null >&2 # rm a.txt",
            "git checkout -- a.txt && git stash",
            "git -C /home/me/shop checkout -- b.txt",
            "python3 -c 'open(\"/home/me/shop/a.txt\").read()'",
            "find /home/me/shop -name a.txt",
            "[ -f /home/me/shop/a.txt ] && echo there",
        ] {
            assert!(!writes(command, "a.txt"), "{command}");
        }
    }

    #[test]
    fn a_command_written_to_be_expensive_costs_little() {
        let long = "a".repeat(200);
        let file = format!("{long}.txt");
        for command in [
            format!("rm ~/shop/{}b", "*".repeat(1_000)),
            format!("rm ~/shop/{}b", "*a".repeat(900)),
            format!("{}rm x", "nohup ".repeat(3_000)),
            format!("{}rm x", "timeout 1 ".repeat(1_900)),
            format!("A=aaaaaaaa;{} rm $A", "A=$A$A;".repeat(2_500)),
            format!("A='eval $A;eval $A;eval $A;eval $A';{}", "eval $A;".repeat(2_000)),
            format!("{}rm x", "(".repeat(19_000)),
            format!("rm {}x", "$(".repeat(9_000)),
        ] {
            // a stack as small as those that read commands in the daemon
            let small = std::thread::Builder::new().stack_size(256 * 1024);
            let (asked, file) = (command.clone(), file.clone());
            assert!(!small.spawn(move || writes(&asked, &file)).unwrap().join().unwrap(), "{command:.60}");
        }
        assert!(writes("nohup nice -n 5 rm ~/shop/a****.txt", &file));
    }
}
