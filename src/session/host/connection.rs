//! One connection: says hello, reads requests until the other side is gone. What goes out is the
//! sender's work, on a thread of its own, so that a slow reader never delays a key.

use std::io::{BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};

use super::bell::Bell;
use super::doors::Door;
use super::outgoing::Outgoing;
use super::places::Place;
use super::requests::handle;
use super::sender::{self, Sender};
use super::start_thread;
use super::state::{Peer, PeerId, Role, Shared};
use crate::protocol::pane::{FromHost, ToHost, VERSION, encode, read_from};
use crate::session::peer::{Standing, standing};
use crate::session::say::say;

/// Bytes that may wait in the kernel for a viewer that does not read.
const WAITING: usize = 32 * 1024;

/// What is said to those who come when too many are there.
const OUT_OF_FILES: &str =
    "the session's host has no file descriptors left; its agent runs on: close other viewers of it";

/// Says hello and gives the peer a place; who gets none is told why and let go. Never blocks: so little fits
/// into every new socket.
pub(super) fn admit(shared: &Shared, mut stream: UnixStream, door: Door) -> Option<(UnixStream, Place)> {
    let session = shared.launch.session.as_str();
    let standing = standing(&stream, &shared.directory, session)?;
    let standing = if door == Door::Inner && standing == Standing::Outside { Standing::Inside } else { standing };
    let hello = hello(shared);
    let mut say = |message: &FromHost| encode(message).and_then(|bytes| stream.write_all(&bytes)).ok();
    say(&hello)?;
    match shared.places.take(standing) {
        Ok(place) => Some((stream, place)),
        Err(why) => {
            let why = if is_out_of_files() { OUT_OF_FILES } else { why };
            // a peer that is gone already need not be told
            let _ = say(&FromHost::Refused(why.to_owned()));
            None
        }
    }
}

/// Tells somebody who came on the last file descriptor why there is no place.
pub(super) fn turn_away(shared: &Shared, mut stream: UnixStream) {
    let hello = hello(shared);
    for message in [hello, FromHost::Refused(OUT_OF_FILES.to_owned())] {
        // a peer that is gone already need not be told
        let _ = encode(&message).and_then(|bytes| stream.write_all(&bytes));
    }
}

fn hello(shared: &Shared) -> FromHost {
    FromHost::Hello {
        version: VERSION,
        session: shared.launch.session.as_str().to_owned(),
        pid: shared.agent_pid,
        host_pid: std::process::id(),
    }
}

/// Whether nothing can be opened any more: then nobody's origin can be traced either.
fn is_out_of_files() -> bool {
    let opened = std::fs::File::open("/proc/self/stat").map_err(|error| error.raw_os_error());
    matches!(opened, Err(Some(error)) if [Errno::EMFILE as i32, Errno::ENFILE as i32].contains(&error))
}

/// Serves one connection to its end.
pub(super) fn run(shared: &Arc<Shared>, stream: UnixStream, place: &Place) {
    let Ok(outgoing) = stream.try_clone() else { return };
    keep_short(&outgoing);
    let waker = Arc::new(Bell::default());
    let (id, sender) = join(shared, &waker, outgoing);
    match start_thread("sender", Arc::clone(shared), move |shared| sender::run(&shared, &waker, &sender)) {
        Ok(()) => read(shared, id, place.standing, stream),
        Err(error) => say!("{error}"),
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
        outgoing: Outgoing::default(),
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

/// Forgets the peer and wakes whoever waits for it, its own reader too.
pub(super) fn leave(shared: &Shared, id: PeerId) {
    let mut state = shared.state();
    if let Some(peer) = state.peers.remove(&id) {
        peer.waker.ring();
        state.apply_size();
        shared.turned.ring();
        shared.room.ring();
    }
}
