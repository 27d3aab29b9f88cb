//! `qd approval`: what waits for the person, and the answers.

use clap::{Args, Subcommand, ValueEnum};

use crate::model::{AnswerKind, ApprovalId};
use crate::protocol::ApprovalView;
use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::reading::{Scope, Shape};
use super::{Context, Done, Output, Stop, Tone, words};

/// `qd approval …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What waits, most urgent first
    List(List),
    /// Answer one
    Answer(Answer),
}

/// `qd approval list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    shape: Shape,
}

/// `qd approval answer`.
#[derive(Debug, Args)]
pub struct Answer {
    /// Which: `3` or `#3`
    approval: ApprovalId,
    /// The answer
    #[arg(value_enum, value_name = "ANSWER")]
    word: Word,
    /// Words that go with it; for a question, the reply
    #[arg(long)]
    text: Option<String>,
}

/// An answer on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Word {
    /// Yes, this once
    Yes,
    /// No
    No,
    /// Yes, and for more than this once, where the question offers it
    Always,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::List(list) => list.run(context).await,
            Command::Answer(answer) => answer.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = self.scope.project(context, &client).await?;
        let approvals = ask!(client, Request::Approvals { project }, Response::Approvals(approvals) => approvals);
        self.shape.whole(context.output, approvals.as_slice(), |approvals| match approvals {
            [] => context.output.toned(Tone::Faint, "nothing waits for you"),
            approvals => approvals.iter().try_for_each(|approval| print(context.output, approval)),
        })
    }
}

/// One question with everything that is needed to decide, and how to answer it.
fn print(output: Output, approval: &ApprovalView) -> Result<(), Stop> {
    output.toned(Tone::Strong, format!("#{} {}", approval.id, approval.title))?;
    let about = format!(
        "  {}  task {}  worker {}  since {}",
        approval.kind,
        words::task_or_dash(approval.task),
        words::worker_or_dash(approval.worker),
        words::age(approval.asked_at)
    );
    output.toned(Tone::Faint, about)?;
    for line in approval.detail.lines() {
        output.line(format!("  {line}"))?;
    }
    let always = approval.subject.dialog().is_some_and(|dialog| dialog.always.is_some());
    let words = if always { "yes|no|always" } else { "yes|no" };
    output.line(match (approval.answerable, approval.worker) {
        (true, _) => format!("  answer: qd approval answer {} {words}", approval.id),
        (false, Some(worker)) => format!("  answer in its pane: qd attach @{worker}"),
        (false, None) => "  answer in its pane".to_owned(),
    })
}

impl Answer {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let kind = match self.word {
            Word::Yes => AnswerKind::Yes,
            Word::No => AnswerKind::No,
            Word::Always => AnswerKind::Always,
        };
        let request = Request::Answer { approval: self.approval, kind, text: self.text };
        context.order(&client, request).await
    }
}
