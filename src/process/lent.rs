//! File descriptors that a library lends as a number only.
//!
//! The second reviewed file with `unsafe`: std lets nobody duplicate a number without it.
#![allow(unsafe_code, reason = "a number from a library becomes a descriptor of our own")]

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

/// A duplicate of our own of a descriptor that its lender keeps open during the call.
pub fn duplicate(lent: RawFd) -> io::Result<OwnedFd> {
    if lent < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the number is not -1, and is borrowed for this call only; a closed one makes the kernel refuse
    // the duplication (EBADF), it is not dereferenced.
    unsafe { BorrowedFd::borrow_raw(lent) }.try_clone_to_owned()
}
