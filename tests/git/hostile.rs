//! What an agent can write in its worktree and in the shared configuration: none of it may run.

use std::fs;
use std::path::PathBuf;

use quarterdeck::git::{Integration, Landing, Repository, Worktree};

use super::support::{Place, label, write};

/// Does everything that Quarterdeck does with a task.
fn whole_life(place: &Place, repository: &Repository, worktree: &Worktree) -> String {
    write(&worktree.path.join("work.txt"), "work\n");
    repository.commit_leftovers(worktree, "Work", &[]).unwrap().unwrap();
    let head = repository.head_of(worktree).unwrap();
    assert!(repository.is_clean_at(worktree, &head).unwrap());
    repository.diff("main", &head).unwrap();
    repository.changed_files("main", &head).unwrap();
    repository.dirty().unwrap();
    let Integration::Merged { commit, target_was, .. } =
        repository.integrate(&place.state("integration"), "main", &head, "m").unwrap()
    else {
        panic!()
    };
    let landing = repository.land("main", &target_was, &commit, &label("land")).unwrap();
    assert_eq!(landing, Landing::Landed);
    write(&worktree.path.join("more.txt"), "more\n");
    let kept = repository.remove_worktree(worktree, &label("remove")).unwrap().unwrap();
    assert_eq!(place.git(&["show", &format!("{kept}:more.txt")]), "more");
    repository.undo(None).unwrap();
    repository.add_worktree(&place.state("next"), "feat/next", "main").unwrap();
    head
}

/// Shows that a trap works: plain git, as a person or a careless program would run it, steps into it.
fn control(place: &Place, directory: &std::path::Path, args: &[&str], trace: &std::path::Path) {
    place.try_git(directory, args);
    assert!(trace.exists(), "the trap {} does not work", trace.display());
    fs::remove_file(trace).unwrap();
}

fn assert_never_ran(traces: &[PathBuf]) {
    for trace in traces {
        assert!(!trace.exists(), "{} ran", trace.display());
    }
}

#[test]
fn a_rewritten_git_file_leads_nowhere() {
    let place = Place::new();
    let repository = place.open();
    let (script, trace) = place.trap("fsmonitor");
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    let evil = place.state("evil");
    fs::create_dir_all(&evil).unwrap();
    place.git_in(&evil, &["init", "-q"]);
    place.git_in(&evil, &["config", "core.fsmonitor", &script]);
    place.git_in(&evil, &["config", "core.hooksPath", &evil.to_string_lossy()]);
    write(&worktree.path.join(".git"), &format!("gitdir: {}/.git\n", evil.display()));
    control(&place, &worktree.path, &["status"], &trace);
    let head = whole_life(&place, &repository, &worktree);
    assert_eq!(place.git(&["show", &format!("{head}:work.txt")]), "work");
    assert_never_ran(&[trace]);
}

#[test]
fn a_repository_in_place_of_the_git_file_leads_nowhere() {
    let place = Place::new();
    let repository = place.open();
    let (script, trace) = place.trap("fsmonitor");
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    fs::remove_file(worktree.path.join(".git")).unwrap();
    place.git_in(&worktree.path, &["init", "-q"]);
    place.git_in(&worktree.path, &["config", "core.fsmonitor", &script]);
    control(&place, &worktree.path, &["status"], &trace);
    let head = whole_life(&place, &repository, &worktree);
    let files = place.git(&["ls-tree", "-r", "--name-only", &head]);
    assert!(files.contains("work.txt") && !files.contains(".git/"), "{files}");
    assert_never_ran(&[trace]);
}

#[test]
fn the_worktrees_own_git_directory_is_put_right() {
    let place = Place::new();
    let repository = place.open();
    let (script, trace) = place.trap("fsmonitor");
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    let evil = place.state("evil.git");
    fs::create_dir_all(&evil).unwrap();
    place.git_in(&evil, &["init", "-q", "--bare"]);
    place.git_in(&evil, &["config", "core.fsmonitor", &script]);
    fs::write(worktree.git_dir.join("commondir"), format!("{}\n", evil.display())).unwrap();
    fs::write(worktree.git_dir.join("gitdir"), format!("{}/.git\n", place.root.display())).unwrap();
    fs::write(
        worktree.git_dir.join("config.worktree"),
        format!("[core]\n\tbare = true\n\tworktree = /\n\tfsmonitor = {script}\n"),
    )
    .unwrap();
    place.git(&["config", "extensions.worktreeConfig", "true"]);
    whole_life(&place, &repository, &worktree);
    assert_never_ran(&[trace]);
}

#[test]
fn programs_that_the_shared_configuration_names_never_run() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    let mut traces = Vec::new();
    let mut trap = |name: &str| {
        let (script, trace) = place.trap(name);
        traces.push(trace);
        script
    };
    let hooks = place.state("hooks");
    fs::create_dir_all(&hooks).unwrap();
    let script = trap("hook");
    for hook in [
        "post-checkout",
        "post-merge",
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
        "post-index-change",
        "pre-push",
    ] {
        fs::copy(&script, hooks.join(hook)).unwrap();
        fs::copy(&script, place.root.join(".git/hooks").join(hook)).unwrap();
    }
    let mut config = format!(
        "[core]\n\tfsmonitor = {}\n\thooksPath = {}\n\tpager = {}\n",
        trap("fsmonitor"),
        hooks.display(),
        trap("pager")
    );
    config += &format!(
        "\tsshCommand = {}\n\teditor = {}\n\talternateRefsCommand = {}\n",
        trap("ssh"),
        trap("editor"),
        trap("alternates")
    );
    let (clean, smudge, process) = (trap("clean"), trap("smudge"), trap("process"));
    config += &format!("[filter \"evil=x\"]\n\tclean = {clean}\n\tsmudge = {smudge}\n\trequired = true\n");
    config += &format!("[filter \"slow\"]\n\tprocess = {process}\n\trequired = true\n");
    config += &format!(
        "[diff]\n\texternal = {}\n[diff \"evil\"]\n\ttextconv = {}\n\tcommand = {}\n",
        trap("external"),
        trap("textconv"),
        trap("command")
    );
    config += &format!("[merge]\n\tverifySignatures = true\n[merge \"evil\"]\n\tdriver = {}\n", trap("driver"));
    config += &format!(
        "[gpg]\n\tprogram = {}\n[commit]\n\tgpgSign = true\n[alias]\n\tmerge = !{}\n",
        trap("gpg"),
        trap("alias")
    );
    config += &format!(
        "[branch \"main\"]\n\tmergeOptions = --verify-signatures\n[credential]\n\thelper = !{}\n",
        trap("credential")
    );
    // Hidden behind an include that only git itself understands.
    write(&place.state("included"), &config);
    let shared = place.root.join(".git/config");
    let text = fs::read_to_string(&shared).unwrap()
        + "[remote \"x\"]\n\turl = https://example.org/x\n"
        + &format!(
            "[includeIf \"hasconfig:remote.*.url:https://example.org/**\"]\n\tpath = {}\n",
            place.state("included").display()
        );
    fs::write(&shared, text).unwrap();
    let attributes = "*.txt filter=evil=x diff=evil merge=evil\nwork.txt filter=slow diff=evil\n";
    write(&worktree.path.join(".gitattributes"), attributes);
    write(&place.root.join(".git/info/attributes"), attributes);
    control(&place, &place.root, &["status"], &place.home.join("fsmonitor.ran"));
    control(&place, &place.root, &["branch", "control"], &place.home.join("hook.ran"));
    let trace = place.home.join("textconv.ran");
    place.git(&["commit", "-q", "--no-gpg-sign", "--no-verify", "--allow-empty", "-m", "control"]);
    control(&place, &place.root, &["cat-file", "--textconv", "HEAD:readme.txt"], &trace);
    for trace in &traces {
        drop(fs::remove_file(trace));
    }
    // Makes git want to hash the checkout's files again.
    place.write("readme.txt", "hello\n");
    whole_life(&place, &repository, &worktree);
    assert_never_ran(&traces);
}

#[test]
fn a_remote_cannot_name_programs() {
    let place = Place::new();
    let repository = place.open();
    place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    let (script, trace) = place.trap("remote");
    let bare = place.state("remote.git");
    place.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    for hook in ["pre-receive", "post-receive", "update"] {
        fs::copy(&script, bare.join("hooks").join(hook)).unwrap();
    }
    place.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    place.git(&["config", "remote.origin.receivepack", &script]);
    control(&place, &place.root, &["push", "-q", bare.to_str().unwrap(), "main"], &trace);
    place.git(&["config", "remote.origin.vcs", "evil"]);
    repository.push("feat/x").unwrap();
    place.git(&["config", "remote.origin.url", &format!("ext::{script} %S")]);
    assert!(repository.push("feat/x").is_err());
    place.git(&["config", "remote.origin.url", "https://nowhere.invalid/x"]);
    place.git(&["config", &format!("url.ext::{script} .insteadOf"), "https://nowhere.invalid/"]);
    assert!(repository.push("feat/x").is_err());
    assert_never_ran(&[trace]);
}

#[test]
fn the_persons_own_filters_do_run_for_a_new_worktree() {
    let place = Place::new();
    let (script, trace) = place.trap("own");
    place.git(&["config", "--global", "filter.own.smudge", &script]);
    place.write(".gitattributes", "readme.txt filter=own\n");
    place.git(&["add", "-A"]);
    place.git(&["commit", "-q", "-m", "attributes"]);
    assert!(!trace.exists());
    place.open().add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    assert!(trace.exists());
}

#[test]
fn a_head_that_points_at_the_target_moves_no_target() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    fs::write(worktree.git_dir.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    write(&worktree.path.join("a.txt"), "a\n");
    let before = place.tip("main");
    let commit = repository.commit_leftovers(&worktree, "Work", &[]).unwrap().unwrap();
    assert_eq!(place.tip("main"), before);
    assert_eq!((place.tip("feat/x"), repository.head_of(&worktree).unwrap()), (commit.clone(), commit));
}

#[test]
fn a_branch_named_like_a_commit_is_not_that_commit() {
    let place = Place::new();
    let repository = place.open();
    let worktree = place.task(&repository, "feat/x", &[("a.txt", "a\n")]);
    let (head, main) = (repository.head_of(&worktree).unwrap(), place.tip("main"));
    place.git(&["update-ref", &format!("refs/heads/{head}"), &main]);
    assert!(repository.file_at(&head, "a.txt").unwrap().is_some());
    assert_eq!(repository.ahead("main", &head).unwrap(), 1);
}

#[test]
fn a_link_in_place_of_the_worktree_is_only_a_link() {
    let place = Place::new();
    let repository = place.open();
    let worktree = repository.add_worktree(&place.state("t7"), "feat/x", "main").unwrap();
    fs::rename(&worktree.path, place.state("aside")).unwrap();
    std::os::unix::fs::symlink(&place.home, &worktree.path).unwrap();
    repository.remove_worktree(&worktree, &label("remove")).unwrap();
    assert!(place.home.join(".gitconfig").exists());
    assert!(worktree.path.symlink_metadata().is_err());
}
