//! Whose size the PTY has: that of the viewer who was active last, of those who may resize.

use super::pty::pty_size;
use super::state::{PeerId, Role, State};
use crate::session::say::say;

impl State {
    /// A viewer did something: its size counts from now on.
    pub(super) fn activate(&mut self, peer: PeerId) {
        self.activity += 1;
        let activity = self.activity;
        if let Some(Role::Viewer { active_at, .. }) = self.peers.get_mut(&peer).map(|peer| &mut peer.role) {
            *active_at = activity;
        }
        self.apply_size();
    }

    /// Gives the PTY and the screen the size that should be.
    pub(super) fn apply_size(&mut self) {
        let wanted = self.peers.values().filter_map(|peer| match peer.role {
            Role::Viewer { rows, cols, resizes: true, active_at } => Some((active_at, rows, cols)),
            _ => None,
        });
        let Some((_, rows, cols)) = wanted.max() else { return };
        let before = self.terminal.size();
        self.terminal.resize(rows, cols);
        let size = self.terminal.size();
        if size == before {
            return;
        }
        self.sizes.note(self.bytes, size);
        if let Err(error) = self.pty.master.resize(pty_size(size)) {
            say!("cannot resize the terminal: {error}");
        }
        self.changed();
    }
}
