//! Who may be connected, and how many at once. Processes of the session have places of their own: they cannot
//! take those of the daemon and of the person's viewers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::session::peer::Standing;

/// Connections from outside every session.
const MOST_OUTSIDE: usize = 128;
/// Connections from inside the session: hooks and reports, each of which is over in a moment.
const MOST_INSIDE: usize = 16;

/// How many places are taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    outside: Arc<AtomicUsize>,
    inside: Arc<AtomicUsize>,
}

/// A place, free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    taken: Arc<AtomicUsize>,
    pub(super) standing: Standing,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Places {
    /// A place for a peer, or why there is none.
    pub(super) fn take(&self, standing: Standing) -> Result<Place, &'static str> {
        let (taken, most) = match standing {
            Standing::Outside => (&self.outside, MOST_OUTSIDE),
            Standing::Inside => (&self.inside, MOST_INSIDE),
            Standing::Stranger => return Err("processes of other sessions have no business here"),
        };
        let more = |count: usize| (count < most).then_some(count + 1);
        match taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more) {
            Ok(_) => Ok(Place { taken: Arc::clone(taken), standing }),
            Err(_) => Err("too many connections at once; try again in a moment"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_inside_take_no_place_of_those_outside() {
        let places = Places::default();
        let inside: Vec<Place> = std::iter::from_fn(|| places.take(Standing::Inside).ok()).collect();
        assert_eq!(inside.len(), MOST_INSIDE);
        let outside: Vec<Place> = std::iter::from_fn(|| places.take(Standing::Outside).ok()).collect();
        assert_eq!(outside.len(), MOST_OUTSIDE);
        assert!(places.take(Standing::Stranger).is_err());
        drop(inside);
        assert!(places.take(Standing::Inside).is_ok());
    }
}
