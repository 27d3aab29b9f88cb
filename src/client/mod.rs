//! Talking to the daemon and to session hosts: connect (starting the daemon when it is absent), requests
//! over one multiplexed stream, notices, and the pane protocol. Decides nothing and keeps no state of
//! projects: whoever calls does that.

mod connect;
mod connection;
mod error;
mod inside;
mod launch;
mod lines;
pub mod pane;
mod swept;

pub use connect::AutoStart;
pub use connection::Client;
pub use error::ClientError;
