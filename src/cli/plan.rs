//! `qd plan`: yes or no to the tasks that came from one message.

use clap::Subcommand;

use crate::model::{PlanId, TaskId};
use crate::protocol::control::Request;

use super::{Context, Done};

/// `qd plan …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Yes: its tasks start as workers become free
    Confirm {
        /// The plan
        plan: PlanId,
        /// Only these of its tasks
        tasks: Vec<TaskId>,
    },
    /// Do not wait for the model that plans it: the built-in rules do
    Rules {
        /// The plan
        plan: PlanId,
    },
    /// No: its tasks are cancelled
    Decline {
        /// The plan
        plan: PlanId,
    },
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let request = match self {
            Command::Confirm { plan, tasks } => Request::ConfirmPlan { plan, tasks },
            Command::Rules { plan } => Request::PlanByRules { plan },
            Command::Decline { plan } => Request::DeclinePlan { plan },
        };
        context.order(&client, request).await
    }
}
