//! How much is measured: everything, or with `--quick` what a few minutes allow.

use std::sync::OnceLock;

static QUICK: OnceLock<bool> = OnceLock::new();

/// To be said once, before anything is measured.
pub fn set(quick: bool) {
    let _ = QUICK.set(quick);
}

pub fn is_quick() -> bool {
    QUICK.get().copied().unwrap_or(false)
}

/// One of two amounts.
pub fn pick<T>(full: T, quick: T) -> T {
    if is_quick() { quick } else { full }
}
