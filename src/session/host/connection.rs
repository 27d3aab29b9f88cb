//! One connection: says hello, reads requests until the other side is gone. What goes out is the
//! sender's work, on a thread of its own, so that a slow reader never delays a key.

use std::collections::VecDeque;
use std::io::{BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use nix::sys::socket::{setsockopt, sockopt};

use super::bell::Bell;
use super::doors::Door;
use super::requests::handle;
use super::sender::{self, Sender};
use super::start_thread;
use super::state::{Peer, PeerId, Role, Shared};
use crate::protocol::pane::{FromHost, ToHost, VERSION, encode, read_from};
use crate::session::peer::{Standing, standing};

/// Bytes that may wait in the kernel for a viewer that does not read.
const WAITING: usize = 32 * 1024;

/// Serves one connection to its end.
pub(super) fn run(shared: &Arc<Shared>, mut stream: UnixStream, door: Door) {
    let session = shared.launch.session.as_str();
    let Some(standing) = standing(&stream, &shared.directory, session) else { return };
    let standing = if door == Door::Inner && standing == Standing::Outside { Standing::Inside } else { standing };
    let hello = FromHost::Hello {
        version: VERSION,
        session: session.to_owned(),
        pid: shared.agent_pid,
        host_pid: std::process::id(),
    };
    let greeted = encode(&hello).and_then(|bytes| stream.write_all(&bytes));
    let (Ok(()), Ok(outgoing)) = (greeted, stream.try_clone()) else { return };
    keep_short(&outgoing);
    let waker = Arc::new(Bell::default());
    let (id, sender) = join(shared, &waker, outgoing);
    match start_thread("sender", Arc::clone(shared), move |shared| sender::run(&shared, &waker, &sender)) {
        Ok(()) => read(shared, id, standing, stream),
        Err(error) => eprintln!("{error}"),
    }
    leave(shared, id);
}

/// A slow viewer shall see the screen of now and not of a while ago: little waits in the kernel.
fn keep_short(outgoing: &UnixStream) {
    // with the usual length everything works too
    let _ = setsockopt(outgoing, sockopt::SndBuf, &WAITING);
}

fn join(shared: &Shared, waker: &Arc<Bell>, outgoing: UnixStream) -> (PeerId, Arc<Mutex<Sender>>) {
    let mut state = shared.state();
    let id = state.next_peer;
    state.next_peer += 1;
    let sender = Arc::new(Mutex::new(Sender::new(id, outgoing)));
    let peer = Peer {
        waker: Arc::clone(waker),
        outgoing: VecDeque::new(),
        role: Role::Unknown,
        pacing: false,
        expects_echo: false,
        sender: Arc::clone(&sender),
    };
    state.peers.insert(id, peer);
    (id, sender)
}

fn read(shared: &Arc<Shared>, id: PeerId, standing: Standing, stream: UnixStream) {
    let mut stream = BufReader::new(stream);
    // an error is a broken or foreign stream: there is nobody to tell
    while let Ok(Some(message)) = read_from::<ToHost>(&mut stream) {
        handle(shared, id, standing, message);
    }
}

fn leave(shared: &Shared, id: PeerId) {
    let mut state = shared.state();
    if let Some(peer) = state.peers.remove(&id) {
        peer.waker.ring();
        state.apply_size();
        shared.turned.ring();
        shared.room.ring();
    }
}
