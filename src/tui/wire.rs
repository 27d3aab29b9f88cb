//! The connection to the daemon: its notices while it stands, and the way back once it is gone. What a
//! lost connection means for the person is the state's business; this only connects.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::broadcast;

use crate::client::{Client, ClientError};
use crate::protocol::control::Notice;

/// Connects to the daemon again; `true` starts it when there is none.
pub type Reconnect = Arc<dyn Fn(bool) -> BoxFuture<'static, Result<Client, ClientError>> + Send + Sync>;

/// What comes over the wire.
pub(super) enum News {
    /// The daemon says something by itself.
    Said(Notice),
    /// The connection is gone.
    Gone,
    /// There is a new connection.
    Back(Client),
    /// A try failed.
    Failed(ClientError),
}

/// Where the connection stands.
enum Standing {
    /// It stands.
    Up { notices: broadcast::Receiver<Notice>, closed: BoxFuture<'static, ()> },
    /// Nobody tries to get it back.
    Down,
    /// A try is under way.
    Trying(BoxFuture<'static, Result<Client, ClientError>>),
}

/// The connection to the daemon.
pub(super) struct Wire {
    reconnect: Option<Reconnect>,
    standing: Standing,
}

impl Wire {
    /// Listens to a client; `reconnect` gets a new one when this one is gone.
    pub(super) fn new(client: &Client, reconnect: Option<Reconnect>) -> Self {
        Self { reconnect, standing: up(client) }
    }

    /// What comes next; never, while the connection is down and nobody tries. Nothing is lost when the
    /// future is dropped.
    pub(super) async fn next(&mut self) -> News {
        match &mut self.standing {
            Standing::Down => std::future::pending().await,
            Standing::Up { notices, closed } => {
                let news = heard(notices, closed).await;
                if matches!(news, News::Gone | News::Said(Notice::Stopping)) {
                    self.standing = Standing::Down;
                }
                news
            }
            Standing::Trying(attempt) => match attempt.await {
                Ok(client) => {
                    self.standing = up(&client);
                    News::Back(client)
                }
                Err(error) => {
                    self.standing = Standing::Down;
                    News::Failed(error)
                }
            },
        }
    }

    /// Tries to connect again, that much later; without a way back it stays down.
    pub(super) fn again(&mut self, after: Duration, start: bool) {
        let Some(reconnect) = self.reconnect.clone() else { return };
        self.standing = Standing::Trying(Box::pin(async move {
            tokio::time::sleep(after).await;
            reconnect(start).await
        }));
    }
}

fn up(client: &Client) -> Standing {
    Standing::Up { notices: client.notices(), closed: Box::pin(client.closed()) }
}

/// The next notice, or the end. Notices that were missed are replaced by the newest.
async fn heard(notices: &mut broadcast::Receiver<Notice>, closed: &mut BoxFuture<'static, ()>) -> News {
    loop {
        tokio::select! {
            biased;
            notice = notices.recv() => match notice {
                Ok(notice) => return News::Said(notice),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return News::Gone,
            },
            () = &mut *closed => return News::Gone,
        }
    }
}
