//! The PTY's descriptor, which `portable_pty` lends as a number only.
//!
//! The second reviewed file with `unsafe`: std lets nobody duplicate a number without it.
#![allow(unsafe_code, reason = "a number from a library becomes a descriptor of our own")]

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use portable_pty::MasterPty;

/// A duplicate of our own of a PTY's descriptor. For PTYs of `native_pty_system` only: these own what they name.
pub(super) fn duplicate(master: &(dyn MasterPty + Send)) -> io::Result<OwnedFd> {
    let lent = master.as_raw_fd().filter(|lent| *lent >= 0).ok_or(io::ErrorKind::Unsupported)?;
    // SAFETY: the number is not -1. `UnixMasterPty::as_raw_fd` answers the descriptor that it owns and closes
    // only when it is dropped; `master` is borrowed until after the duplication, so the number is neither
    // closed nor used again meanwhile.
    unsafe { BorrowedFd::borrow_raw(lent) }.try_clone_to_owned()
}
