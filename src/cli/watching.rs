//! A project as it changes: its view now, and again whenever the daemon says that it is another.

use tokio::sync::broadcast::{self, error::RecvError};

use crate::client::Client;
use crate::model::{Kind, ProjectId};
use crate::protocol::ProjectView;
use crate::protocol::control::{Notice, Request, Response};

use super::Stop;
use super::context::ask;

/// A watched project. Dropping it ends the watch with the connection.
pub(super) struct Watching {
    client: Client,
    project: ProjectId,
    notices: broadcast::Receiver<Notice>,
}

impl Watching {
    /// Begins to watch; the first view comes at once.
    pub(super) async fn begin(client: &Client, project: ProjectId) -> Result<(Self, ProjectView), Stop> {
        let notices = client.notices();
        let view = ask!(client, Request::Watch { project }, Response::Project(view) => *view);
        Ok((Self { client: client.clone(), project, notices }, view))
    }

    /// The next view. Nothing is lost when it is not awaited to its end: every view is whole.
    pub(super) async fn next(&mut self) -> Result<ProjectView, Stop> {
        let closed = self.client.closed();
        tokio::pin!(closed);
        loop {
            let notice = tokio::select! {
                notice = self.notices.recv() => notice,
                () = &mut closed => return Err(lost()),
            };
            match notice {
                Ok(Notice::Project(view)) if view.id == self.project => return Ok(*view),
                Ok(Notice::Stopping) | Err(RecvError::Closed) => return Err(lost()),
                Ok(_) | Err(RecvError::Lagged(_)) => {}
            }
        }
    }
}

fn lost() -> Stop {
    Stop::new(Kind::Unavailable, "the daemon has ended").hint("sessions run on; the same command finds them again")
}
