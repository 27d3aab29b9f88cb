//! Repositories: worktrees, leftovers, trial merges, landing, hidden refs and undo. The only module that
//! writes refs or worktrees (invariant 3).
//!
//! Two tools do the work. **git2** reads, merges in memory and makes commits: libgit2 runs no programs at
//! all, so nothing that an agent wrote into its worktree, its attributes or the repository's configuration
//! can run through it. That is why leftovers are committed and kept with it: filters (LFS, git-crypt) do not
//! run there, and files that they would have translated are kept as they are on disk.
//! The **`git` program** (`program`, the only file that starts it) creates worktrees, moves checkouts and
//! pushes; it gets the recorded git directory and work tree, and every setting that names a program counts
//! only where the person's own configuration sets it, never where the repository's does, since agents can
//! write that. So LFS set up by `git lfs install` works, and a filter that exists only in `.git/config` does not run.
//! Hooks never run, whoever wrote them: creating a worktree, landing and pushing are Quarterdeck's acts.
//!
//! Other repositories inside a worktree are kept as plain files (without their `.git`): a link to a commit
//! that exists nowhere else would keep nothing.
//!
//! Hidden refs: `refs/quarterdeck/kept/…` (what was in removed worktrees), `refs/quarterdeck/undo/…` (what
//! was done, so that it can be taken back). Records of worktrees we made: `<common>/quarterdeck/worktrees/`.

mod careful;
mod checkout;
mod checks;
mod commit;
mod environment;
mod error;
mod far;
mod far_end;
mod ignored;
mod incoming;
mod integrate;
mod keep;
mod land;
mod leftovers;
mod looking;
mod private;
mod private_tips;
mod program;
mod push;
mod read;
mod record;
mod remove;
mod repository;
mod snapshot;
mod stale;
mod touched;
mod undo;
mod worktree;

pub use checks::detect_checks;
pub use commit::with_trailers;
pub use environment::Environment;
pub use error::GitError;
pub use far::FarPlace;
pub use far_end::answer_far;
pub use integrate::Integration;
pub use land::Landing;
pub use looking::CheckoutState;
pub use private::PrivateGit;
pub use push::Push;
pub use repository::{Head, Label, Repository};
pub use touched::Touched;
pub use undo::{Undo, UndoAction};
pub use worktree::Worktree;
