//! Commands in plain words: "cancel task 20", "stop worker 2", "retry #3", "status?". Only a sentence that says
//! nothing else is one: "cancel button is broken" is work to be done, and so is "cancel task 20 in the list view".

use crate::model::{TaskId, WorkerNumber};

/// What a message asks of the orchestrator itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// How things stand.
    Status,
    /// Call a task off.
    Cancel(TaskId),
    /// Another attempt at a task.
    Retry(TaskId),
    /// Start a task.
    Run(TaskId),
    /// Land a task.
    Land(TaskId),
    /// End what a worker runs.
    Stop(WorkerNumber),
    /// A fresh session for a worker.
    Handoff(WorkerNumber),
}

impl Spoken {
    /// Whether it ends something that cannot simply go on: then it waits for a yes.
    pub fn is_destructive(self) -> bool {
        matches!(self, Spoken::Cancel(_) | Spoken::Stop(_))
    }
}

/// What an answer to a question of the orchestrator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assent {
    /// Do it.
    Yes,
    /// Leave it.
    No,
}

/// The command that a message is, if it is nothing else.
pub fn spoken(text: &str) -> Option<Spoken> {
    let text = plain(text);
    if STATUS.contains(&text.as_str()) {
        return Some(Spoken::Status);
    }
    let mut words: Vec<&str> = text.split_whitespace().filter(|word| *word != "the").collect();
    if words.first() == Some(&"please") {
        words.remove(0);
    }
    if words.last() == Some(&"please") {
        words.pop();
    }
    let (verb, object) = match words.as_slice() {
        ["call", "off", rest @ ..] => ("cancel", rest),
        ["try", rest @ .., "again"] => ("retry", rest),
        ["hand", "off", rest @ ..] => ("handoff", rest),
        [verb, rest @ ..] => (*verb, rest),
        [] => return None,
    };
    match (verb, of_task(object), of_worker(object)) {
        ("cancel" | "abort" | "drop", Some(task), _) => Some(Spoken::Cancel(task)),
        ("retry" | "rerun", Some(task), _) => Some(Spoken::Retry(task)),
        ("run" | "start", Some(task), _) => Some(Spoken::Run(task)),
        ("land" | "merge", Some(task), _) => Some(Spoken::Land(task)),
        ("stop" | "kill" | "end", _, Some(worker)) => Some(Spoken::Stop(worker)),
        ("handoff", _, Some(worker)) => Some(Spoken::Handoff(worker)),
        _ => None,
    }
}

/// Whether a message is a plain yes or no and nothing else.
pub fn assent(text: &str) -> Option<Assent> {
    match plain(text).as_str() {
        "yes" | "y" | "yes please" | "do it" | "ok" | "okay" | "sure" => Some(Assent::Yes),
        "no" | "n" | "no thanks" | "leave it" | "don't" | "never mind" => Some(Assent::No),
        _ => None,
    }
}

const STATUS: [&str; 12] = [
    "status",
    "what is running",
    "what's running",
    "what is going on",
    "what's going on",
    "how is it going",
    "how do things stand",
    "what needs me",
    "what is waiting",
    "what's waiting",
    "who needs me",
    "what are you doing",
];

/// In small letters, with single blanks and without the punctuation at its end.
fn plain(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").trim_end_matches(['?', '.', '!', ' ']).to_owned()
}

/// `task 20`, `task #20` or `#20`; a bare number could be anything.
fn of_task(words: &[&str]) -> Option<TaskId> {
    let number = match words {
        ["task", number] => number.strip_prefix('#').unwrap_or(number),
        [number] => number.strip_prefix('#')?,
        _ => return None,
    };
    digits(number).map(TaskId)
}

/// `worker 2` or `@2`.
fn of_worker(words: &[&str]) -> Option<WorkerNumber> {
    let number = match words {
        ["worker", number] => number.strip_prefix('@').unwrap_or(number),
        [number] => number.strip_prefix('@')?,
        _ => return None,
    };
    digits(number).and_then(|number| u16::try_from(number).ok()).map(WorkerNumber)
}

fn digits(text: &str) -> Option<u64> {
    text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_else_is_a_command() {
        for (text, command) in [
            ("status?", Spoken::Status),
            ("What's  running?", Spoken::Status),
            ("cancel task 20", Spoken::Cancel(TaskId(20))),
            ("Please cancel #20.", Spoken::Cancel(TaskId(20))),
            ("call off task 3", Spoken::Cancel(TaskId(3))),
            ("stop worker 2", Spoken::Stop(WorkerNumber(2))),
            ("stop @2 please", Spoken::Stop(WorkerNumber(2))),
            ("retry task 3!", Spoken::Retry(TaskId(3))),
            ("try task #3 again", Spoken::Retry(TaskId(3))),
            ("start the task 4", Spoken::Run(TaskId(4))),
            ("merge #5", Spoken::Land(TaskId(5))),
            ("hand off worker 1", Spoken::Handoff(WorkerNumber(1))),
        ] {
            assert_eq!(spoken(text), Some(command), "{text}");
        }
    }

    #[test]
    fn everything_else_is_work() {
        for text in [
            "cancel button is broken",
            "cancel task 20 in the list view",
            "cancel",
            "cancel 20",
            "cancel the task",
            "stop worker 2 from starting twice",
            "stop workers",
            "retry the request 3 times",
            "run the tests",
            "start worker 2",
            "add a status page",
            "status of the build is wrong",
            "cancel task 99999999999999999999",
            "cancel task 1 and task 2",
            "merge #",
            "",
        ] {
            assert_eq!(spoken(text), None, "{text}");
        }
        assert_eq!(assent("Yes."), Some(Assent::Yes));
        assert_eq!(assent("no"), Some(Assent::No));
        assert_eq!(assent("yes, and add tests"), None);
    }
}
