//! A plain process of the user.

use super::{Executor, ExecutorError, Job, Place, Workplace, Wrapped};
use crate::model::ExecutorKind;

/// Runs things as they are.
pub(super) struct Local;

impl Executor for Local {
    fn kind(&self) -> ExecutorKind {
        ExecutorKind::Local
    }

    fn available(&self) -> Result<String, ExecutorError> {
        Ok("agents run as you, with your files; nothing fences them in".to_owned())
    }

    fn wrap(&self, job: Job, _: &Workplace) -> Result<Wrapped, ExecutorError> {
        Ok(Wrapped { job, place: Place::default() })
    }
}
