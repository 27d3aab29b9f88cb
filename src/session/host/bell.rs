//! What a thread waits for: a bell that is heard also by those who come to wait a moment later.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Rings are counted, so that none is missed between looking at the state and waiting. Waiting happens
/// without the state's lock: who wakes must queue for it like everybody else, and is then let in fairly.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// Wakes everybody who waits.
    pub(super) fn ring(&self) {
        *self.count() += 1;
        self.rung.notify_all();
    }

    /// How often it rang; to be read before the state's lock is given up.
    pub(super) fn rings(&self) -> u64 {
        *self.count()
    }

    /// Waits for a ring after `heard`, with or without an end.
    pub(super) fn wait(&self, heard: u64, until: Option<Instant>) {
        let mut rings = self.count();
        while *rings == heard {
            let Some(until) = until else {
                rings = self.rung.wait(rings).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let patience = until.saturating_duration_since(Instant::now());
            if patience.is_zero() {
                return;
            }
            rings = self.rung.wait_timeout(rings, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn count(&self) -> MutexGuard<'_, u64> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
