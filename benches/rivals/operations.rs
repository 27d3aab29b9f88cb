//! What a face waits for when it asks the daemon: requests over the real socket to a real daemon, its
//! store on disk. Beside them, in turns, what only reads: the same of tmux over its control mode; and what changes
//! something: the time until the same disk has taken one block.

use std::path::Path;
use std::time::Instant;

use quarterdeck::client::{AutoStart, Client};
use quarterdeck::config::{Environment, Paths};
use quarterdeck::model::{Autonomy, PlanId, ProjectId, TaskId};
use quarterdeck::protocol::control::{AddOptions, Request, Response};

use crate::control::{Control, Disk};
use crate::effort::pick;
use crate::figures::Figures;
use crate::scene::{qd, tmux_version};
use crate::table::Row;
use crate::world::World;

const ROUNDS: usize = 300;

/// Figures of one kind of request.
#[derive(Default)]
struct Asked {
    add: Figures,
    edit: Figures,
    list: Figures,
    queue: Figures,
    decline: Figures,
    tmux: Figures,
    disk: Figures,
}

pub fn measure() -> Vec<Row> {
    let world = World::new();
    world.qd(&["worker", "list"]).good(); // the daemon runs and knows the project
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = runtime.block_on(ask(&world.path("qd"), &world.repository()));
    let (tmux, disk) = ((&asked.tmux, "(`list-panes`)"), (&asked.disk, "(one block to the disk)"));
    [
        ("add a task", asked.add, disk),
        ("edit a task", asked.edit, disk),
        ("list tasks", asked.list, tmux),
        ("list what waits for the person", asked.queue, tmux),
        ("decline a plan", asked.decline, disk),
    ]
    .into_iter()
    .map(|(what, figures, (beside, name))| {
        let p99 = figures.quantile(0.99);
        let rival = if beside.is_empty() { "–".to_owned() } else { format!("{} {name}", shown(beside)) };
        let ratio = (!beside.is_empty()).then(|| p99 / beside.quantile(0.99));
        let what = format!("{what} at the API, p50; p99, ms");
        Row::absolute(&what, shown(&figures), "p99 < 2", p99 < 2.0).beside(rival, ratio)
    })
    .collect()
}

fn shown(figures: &Figures) -> String {
    format!("{:.2}; {:.2}", figures.median(), figures.quantile(0.99))
}

async fn ask(home: &Path, repository: &Path) -> Asked {
    let environment =
        Environment { qd_home: Some(home.to_owned()), xdg_runtime_dir: None, uid: nix::unistd::getuid().as_raw() };
    let client = Client::connect(&Paths::new(&environment).unwrap(), qd(), AutoStart::No).await.unwrap();
    let Response::Project(project) = client.call(Request::OpenProject { path: repository.to_owned() }).await.unwrap()
    else {
        panic!("not a project")
    };
    let mut asked = Asked::default();
    let mut tmux = tmux_version().map(|_| Control::open());
    let mut disk = Disk::in_directory(home);
    for round in 0..pick(ROUNDS, 100) {
        let (task, plan) = add(&client, project.id, &mut asked, round).await;
        let edit = Request::EditTask {
            task,
            title: Some(format!("edited {round}")),
            body: None,
            agent: None,
            model: None,
            worker: None,
        };
        timed(&client, edit, &mut asked.edit).await;
        timed(&client, Request::Tasks { project: Some(project.id) }, &mut asked.list).await;
        timed(&client, Request::Approvals { project: Some(project.id) }, &mut asked.queue).await;
        timed(&client, Request::DeclinePlan { plan }, &mut asked.decline).await;
        if let Some(tmux) = &mut tmux {
            asked.tmux.push_ms(tmux.ask("list-panes"));
        }
        asked.disk.push_ms(disk.reach());
    }
    asked
}

async fn add(client: &Client, project: ProjectId, asked: &mut Asked, round: usize) -> (TaskId, PlanId) {
    let options = AddOptions {
        agent: Some("shell".to_owned()),
        run: Some("true".to_owned()),
        autonomy: Some(Autonomy::Confirm),
        ..AddOptions::default()
    };
    let request = Request::Add { project, text: format!("a task, number {round}"), options: Box::new(options) };
    match timed(client, request, &mut asked.add).await {
        Response::Tasks(tasks) => {
            let task = tasks.first().expect("one task");
            (task.id, task.plan.expect("it has a plan"))
        }
        other => panic!("not tasks: {other:?}"),
    }
}

async fn timed(client: &Client, request: Request, figures: &mut Figures) -> Response {
    let began = Instant::now();
    let response = client.call(request).await.expect("the daemon answers");
    figures.push_ms(began.elapsed());
    response
}
