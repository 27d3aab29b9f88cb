//! Real repositories in a temporary place with a home and a git configuration of their own.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::git::{Environment, Label, Repository, Worktree};
use quarterdeck::model::Timestamp;
use quarterdeck::process::{Finished, Program};
use tempfile::TempDir;

/// A repository `shop` on branch `main` with one commit, and a directory for worktrees.
pub struct Place {
    pub directory: TempDir,
    pub home: PathBuf,
    pub root: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        Self::named("shop")
    }

    /// The same with another directory name.
    pub fn named(name: &str) -> Self {
        let place = Self::empty(name);
        place.git(&["init", "-q", "-b", "main"]);
        place.write("readme.txt", "hello\n");
        place.write("src/one.txt", "1\n2\n3\n4\n5\n");
        place.write(".gitignore", "/build/\n.env\n");
        place.git(&["add", "-A"]);
        place.git(&["commit", "-q", "-m", "start"]);
        place
    }

    /// A home, and a directory without a repository.
    pub fn empty(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().canonicalize().unwrap();
        let (home, root) = (base.join("home"), base.join(name));
        fs::create_dir_all(&home).unwrap();
        fs::create_dir_all(&root).unwrap();
        fs::write(home.join(".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n").unwrap();
        Self { directory, home, root }
    }

    pub fn environment(&self) -> Environment {
        Environment::inherited()
            .with("HOME", &self.home)
            .with("GIT_CONFIG_GLOBAL", self.home.join(".gitconfig"))
            .with("GIT_CONFIG_NOSYSTEM", "1")
    }

    pub fn open(&self) -> Repository {
        Repository::open_in(&self.root, self.environment()).unwrap()
    }

    /// Where worktrees go.
    pub fn state(&self, name: &str) -> PathBuf {
        self.home.parent().unwrap().join("state").join(name)
    }

    /// Runs git as the person would, in the main checkout; it has to succeed.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.root, args)
    }

    pub fn git_in(&self, directory: &Path, args: &[&str]) -> String {
        let finished = self.try_git(directory, args);
        assert!(finished.success(), "git {args:?}: {}", String::from_utf8_lossy(&finished.stderr));
        String::from_utf8_lossy(&finished.stdout).trim_end().to_owned()
    }

    pub fn try_git(&self, directory: &Path, args: &[&str]) -> Finished {
        let program = Program::new("git").args(args).cwd(directory);
        let program = program.env("HOME", &self.home).env("GIT_CONFIG_GLOBAL", self.home.join(".gitconfig"));
        program.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_EDITOR", "true").run().unwrap()
    }

    pub fn write(&self, path: &str, content: &str) {
        write(&self.root.join(path), content);
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    pub fn tip(&self, branch: &str) -> String {
        self.git(&["rev-parse", &format!("refs/heads/{branch}")])
    }

    /// A script that would leave a trace; and the file that it would leave.
    pub fn trap(&self, name: &str) -> (String, PathBuf) {
        let (script, trace) = (self.home.join(format!("{name}.sh")), self.home.join(format!("{name}.ran")));
        write(&script, &format!("#!/bin/sh\ntouch '{}'\ncat\n", trace.display()));
        fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        (script.to_string_lossy().into_owned(), trace)
    }

    /// A worktree with one committed change, and the commit that merges it into main.
    pub fn task(&self, repository: &Repository, branch: &str, files: &[(&str, &str)]) -> Worktree {
        let path = self.state(&branch.replace('/', "-"));
        let worktree = repository.add_worktree(&path, branch, "main").unwrap();
        for (file, content) in files {
            write(&worktree.path.join(file), content);
        }
        repository.commit_leftovers(&worktree, &format!("Work on {branch}"), &[]).unwrap().unwrap();
        worktree
    }
}

pub fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

pub fn label(what: &str) -> Label {
    Label { what: what.to_owned(), task: Some(7), at: Timestamp(1_800_000_000_000) }
}
