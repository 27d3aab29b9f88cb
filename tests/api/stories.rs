//! What clients of the socket can count on.

use quarterdeck::model::{Autonomy, Kind, TaskStatus};
use quarterdeck::protocol::control::{AddOptions, Notice, Request, Response};

use super::house::{House, git};

fn shell(run: &str) -> AddOptions {
    AddOptions { run: Some(run.to_owned()), autonomy: Some(Autonomy::Full), ..AddOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_task_lands() {
    let house = House::new().await;
    let project = house.project().await;
    assert_eq!(project.target, "main");
    assert_eq!(project.workers.len(), 4);
    let tasks = house.add(project.id, "Add a greeting", shell("echo hello > greeting.txt")).await;
    let done = house.wait(&tasks).await;
    assert_eq!(done[0].status, TaskStatus::Completed, "{:?}", done[0]);
    assert!(done[0].commit.is_some());
    assert_eq!(std::fs::read_to_string(house.repository().join("greeting.txt")).unwrap(), "hello\n");
    assert_eq!(git(&house.repository(), &["status", "--porcelain"]), "");
    let message = git(&house.repository(), &["log", "-1", "--format=%B"]);
    assert!(message.contains("Quarterdeck-Task: 1"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_at_once_all_land() {
    let house = House::new().await;
    let project = house.project().await;
    let mut tasks = Vec::new();
    for number in 1..=4 {
        let run = format!("echo {number} > file-{number}.txt");
        tasks.extend(house.add(project.id, &format!("Write file {number}"), shell(&run)).await);
    }
    for task in house.wait(&tasks).await {
        assert_eq!(task.status, TaskStatus::Completed, "{task:?}");
    }
    for number in 1..=4 {
        assert!(house.repository().join(format!("file-{number}.txt")).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_changes_of_one_line_conflict_by_name() {
    let house = House::new().await;
    let project = house.project().await;
    let mut tasks = house.add(project.id, "First word", shell("sed -i s/two/TWO/ list.txt")).await;
    tasks.extend(house.add(project.id, "Second word", shell("sed -i s/two/zwei/ list.txt")).await);
    let ended = house.wait(&tasks).await;
    let landed = ended.iter().filter(|task| task.status == TaskStatus::Completed).count();
    let held: Vec<_> = ended.iter().filter(|task| task.status == TaskStatus::NeedsReview).collect();
    assert_eq!((landed, held.len()), (1, 1), "{ended:?}");
    assert!(held[0].reason.as_deref().unwrap().contains("list.txt"), "{:?}", held[0].reason);
    let text = std::fs::read_to_string(house.repository().join("list.txt")).unwrap();
    assert!(!text.contains("<<<<"), "{text}");
    assert_eq!(git(&house.repository(), &["status", "--porcelain"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn confirm_waits_for_a_yes_twice() {
    let house = House::new().await;
    let project = house.project().await;
    let options = AddOptions { run: Some("echo x > x.txt".into()), ..AddOptions::default() };
    let tasks = house.add(project.id, "Write x", options).await;
    assert_eq!(tasks[0].status, TaskStatus::Proposed);
    house.call(Request::ConfirmPlan { plan: tasks[0].plan.unwrap(), tasks: vec![] }).await.unwrap();
    let waiting = house.until(&tasks[0], TaskStatus::NeedsReview).await;
    assert!(waiting.needs.is_some());
    assert!(!house.repository().join("x.txt").exists());
    let Response::Text(diff) = house.call(Request::Diff { task: tasks[0].id }).await.unwrap() else { panic!() };
    assert!(diff.contains("+x"), "{diff}");
    house.call(Request::LandTask { task: tasks[0].id }).await.unwrap();
    house.until(&tasks[0], TaskStatus::Completed).await;
    assert!(house.repository().join("x.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_clients_hear_of_changes() {
    let house = House::new().await;
    let project = house.project().await;
    let mut notices = house.client.notices();
    house.call(Request::Watch { project: project.id }).await.unwrap();
    let tasks = house.add(project.id, "Add a file", shell("echo 1 > one.txt")).await;
    let seen = tokio::time::timeout(super::house::PATIENCE, async {
        loop {
            if let Ok(Notice::Project(view)) = notices.recv().await
                && view.tasks.iter().any(|task| task.id == tasks[0].id && task.status == TaskStatus::Completed)
            {
                return true;
            }
        }
    });
    assert!(seen.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_knows_everything() {
    let house = House::new().await;
    let project = house.project().await;
    let tasks = house.add(project.id, "Add a file", shell("echo 1 > one.txt")).await;
    house.wait(&tasks).await;
    let options = AddOptions { run: Some("true".into()), ..AddOptions::default() };
    let proposed = house.add(project.id, "Later", options).await;
    let house = house.restart().await;
    let Response::Task(done) = house.call(Request::Task { task: tasks[0].id }).await.unwrap() else { panic!() };
    assert_eq!(done.status, TaskStatus::Completed);
    let Response::Task(later) = house.call(Request::Task { task: proposed[0].id }).await.unwrap() else { panic!() };
    assert_eq!(later.status, TaskStatus::Proposed);
    assert_eq!(house.project().await.id, project.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dirty_checkout_holds_the_landing_up_and_nothing_else() {
    let house = House::new().await;
    let project = house.project().await;
    std::fs::write(house.repository().join("list.txt"), "mine\n").unwrap();
    let tasks = house.add(project.id, "Add a file", shell("echo 1 > one.txt")).await;
    let held = house.until(&tasks[0], TaskStatus::Merging).await;
    let held = if held.reason.is_some() { held } else { wait_for_reason(&house, &held).await };
    assert!(held.reason.as_deref().unwrap().contains("busy"), "{:?}", held.reason);
    assert_eq!(std::fs::read_to_string(house.repository().join("list.txt")).unwrap(), "mine\n");
    git(&house.repository(), &["checkout", "-q", "list.txt"]);
    house.until(&tasks[0], TaskStatus::Completed).await;
}

async fn wait_for_reason(house: &House, task: &quarterdeck::protocol::TaskView) -> quarterdeck::protocol::TaskView {
    for _ in 0..3_000 {
        let Response::Task(view) = house.call(Request::Task { task: task.id }).await.unwrap() else { panic!() };
        if view.reason.is_some() {
            return *view;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no reason was given");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_said_to_be_missing() {
    let house = House::new().await;
    let project = house.project().await;
    let missing = house.call(Request::Task { task: "99".parse().unwrap() }).await.unwrap_err();
    assert_eq!(missing.kind, Kind::NotFound);
    let nowhere = house.call(Request::OpenProject { path: "/".into() }).await.unwrap_err();
    assert!(nowhere.message.contains("git repository"), "{nowhere}");
    let options = AddOptions { agent: Some("nobody".into()), ..AddOptions::default() };
    let unknown = house
        .call(Request::Add { project: project.id, text: "x".into(), options: Box::new(options) })
        .await
        .unwrap_err();
    assert_eq!(unknown.kind, Kind::NotFound);
    assert!(unknown.hint.unwrap().contains("claude"));
    let empty =
        house.call(Request::Add { project: project.id, text: "  ".into(), options: Box::default() }).await.unwrap_err();
    assert_eq!(empty.kind, Kind::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_words_in_the_chat_are_commands_and_what_ends_something_waits_for_a_yes() {
    let house = House::new().await;
    let project = house.project().await.id;
    let say = async |text: &str| house.call(Request::Chat { project, text: text.to_owned() }).await;
    let said = async |text: &str| match say(text).await.unwrap() {
        Response::Said { text, plan: None } => text,
        other => panic!("`{text}` was not understood: {other:?}"),
    };
    let tasks = house.add(project, "Sit and wait", shell("sleep 1000")).await;
    house.until(&tasks[0], TaskStatus::Executing).await;
    assert!(said("status?").await.contains("Sit and wait"));
    assert!(said("cancel task 1").await.starts_with("Cancel #1 Sit and wait"));
    assert_eq!(said("no").await, "left as it is");
    said("cancel task 1").await;
    assert!(said("status").await.contains("executing"), "another message lets the question drop");
    assert!(
        matches!(say("yes").await.unwrap(), Response::Said { plan: Some(_), .. }),
        "there is nothing to say yes to"
    );
    said("cancel #1").await;
    said("yes").await;
    house.until(&tasks[0], TaskStatus::Cancelled).await;
    assert_eq!(say("cancel task 1").await.unwrap_err().kind, Kind::Conflict, "it is over");
    assert_eq!(say("stop worker 4").await.unwrap_err().kind, Kind::Conflict);
    assert_eq!(say("retry task 77").await.unwrap_err().kind, Kind::NotFound);
    assert!(matches!(say("cancel button is broken").await.unwrap(), Response::Said { plan: Some(_), .. }));
}
