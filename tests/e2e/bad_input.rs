//! What nobody should type, and what happens then: a clear message, nothing lost, no panic.

use std::fs;
use std::time::Duration;

use super::world::{Ended, World};

/// A shell task that would do nothing.
const ADD: [&str; 7] = ["task", "add", "Nothing", "--run", "true", "--agent", "shell"];

/// A refusal: one clear complaint, a code that says what sort, and no crash.
fn refused(ended: &Ended, codes: &[i32], word: &str) {
    assert!(ended.code.is_some_and(|code| codes.contains(&code)), "exit code among {codes:?}: {ended:?}");
    assert!(ended.stderr.contains("error:"), "{ended:?}");
    assert!(ended.stderr.to_lowercase().contains(word), "says `{word}`: {ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
}

#[test]
fn a_directory_that_is_no_repository() {
    let world = World::without_repository();
    let ended = world.qd_in(&world.path("home"), &ADD, b"");
    refused(&ended, &[2, 3], "repository");
    assert!(ended.stderr.contains("hint:"), "{ended:?}");
}

#[test]
fn a_bare_repository() {
    let world = World::without_repository();
    world.git_in(&world.path("home"), &["init", "--quiet", "--bare", "../project"]);
    refused(&world.qd(&ADD), &[2, 4], "bare");
}

#[test]
fn a_repository_without_commits() {
    let world = World::without_repository();
    world.git_in(&world.path("home"), &["init", "--quiet", "../project"]);
    refused(&world.qd(&ADD), &[2, 4], "commit");
}

#[test]
fn a_detached_head() {
    let world = World::new();
    world.git(&["checkout", "--quiet", "--detach"]);
    let ended = world.qd(&ADD);
    refused(&ended, &[2, 4], "detached");
    assert!(ended.stderr.contains("hint:"), "{ended:?}");
}

#[test]
fn a_place_that_cannot_be_written() {
    let mut world = World::new();
    fs::write(world.path("file"), "").unwrap();
    world.environment.push(("QD_HOME".to_owned(), world.path("file/below").display().to_string()));
    refused(&world.qd(&ADD), &[6], "file/below");
}

#[test]
fn an_agent_that_does_not_exist() {
    let world = World::new();
    refused(&world.qd(&["task", "add", "x", "--agent", "cluade"]), &[2, 3], "cluade");
}

#[test]
fn a_flag_and_a_command_that_do_not_exist() {
    let world = World::new();
    refused(&world.qd(&["task", "add", "x", "--autonmy", "full"]), &[2], "autonmy");
    refused(&world.qd(&["tsak"]), &[2], "tsak");
}

#[test]
fn a_task_that_does_not_exist() {
    let world = World::new();
    refused(&world.qd(&["task", "get", "99"]), &[3], "99");
    refused(&world.qd(&["task", "add", "x", "--run", "true", "--agent", "shell", "--depends", "99"]), &[2, 3], "99");
}

#[test]
fn an_unknown_setting() {
    let world = World::new();
    fs::create_dir_all(world.path("qd/config")).unwrap();
    fs::write(world.path("qd/config/config.toml"), "slost = 3\n").unwrap();
    let ended = world.qd(&ADD);
    refused(&ended, &[2], "slost");
    assert!(ended.stderr.contains("did you mean `slots`"), "{ended:?}");
}

#[test]
fn output_that_is_no_text() {
    let world = World::new();
    let noise =
        "head -c 300000 /dev/urandom; printf '\\377\\376\\033[999999;999999H\\033]0;\\377'; echo fine > fine.txt";
    world.shell_task("Noise", noise).good();
    assert_eq!(world.landed("fine.txt"), "fine\n");
}

#[test]
fn a_title_with_escapes_is_shown_harmlessly() {
    let world = World::new();
    world.qd(&["task", "add", "Evil \u{1b}]0;owned\u{7} \u{1b}[31mtitle", "--run", "true", "--agent", "shell"]).good();
    let shown = world.qd(&["task", "list"]).good().stdout;
    assert!(shown.contains("Evil") && !shown.contains('\u{1b}') && !shown.contains('\u{7}'), "{shown:?}");
}

#[test]
fn a_prompt_of_a_megabyte() {
    let world = World::new();
    let text = format!("Long story\n\n{}", "All work and no play. \u{e4}\u{1f600}\n".repeat(40_000));
    assert!(text.len() > 1_000_000);
    let ended = world.qd_in(
        &world.repository(),
        &["task", "add", "-", "--run", "echo read > read.txt", "--agent", "shell", "--autonomy", "full", "--json"],
        text.as_bytes(),
    );
    let task = ended.good().json();
    let id = task["id"].as_u64().unwrap();
    let kept = world.until_status(id, "completed", Duration::from_secs(60));
    assert_eq!(kept["body"].as_str().unwrap().trim_end(), text.trim_end(), "nothing of it is lost");
}

#[test]
fn text_that_is_not_utf8() {
    let world = World::new();
    let ended =
        world.qd_in(&world.repository(), &["task", "add", "-", "--run", "true", "--agent", "shell"], b"caf\xe9");
    refused(&ended, &[2], "utf-8");
}
