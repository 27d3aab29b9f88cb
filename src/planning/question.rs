//! Questions about how things stand, in plain words: "why is 3 waiting?", "what did worker 2 change?". They are answered from
//! the store. Only a whole sentence that asks nothing else is one; the rest is work to be planned.

use crate::model::{TaskId, WorkerNumber};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateQuestion {
    /// Why a task does not go on.
    Why(TaskId),
    /// What a task's branch changed.
    ChangedBy(TaskId),
    /// What a worker's task changed.
    WorkerChanged(WorkerNumber),
    /// What a worker does.
    WorkerDoes(WorkerNumber),
    /// What waits for the person.
    Needs,
    /// What failed or needs review.
    Failed,
    /// What the day cost.
    Cost,
}

/// The question that a message is, if it is nothing else.
pub fn question(text: &str) -> Option<StateQuestion> {
    let plain: String = text.trim().trim_end_matches(['?', '.', '!']).to_lowercase().replace("what's", "what is");
    let words: Vec<&str> =
        plain.split_whitespace().filter(|word| !matches!(*word, "the" | "task" | "please")).collect();
    match words.as_slice() {
        ["why", "is" | "does" | "did", id, verb] if is_rest(verb) => task(id).map(StateQuestion::Why),
        ["what", "is" | "does", id, "waiting" | "wait", "for"] => task(id).map(StateQuestion::Why),
        ["what", "did", "worker", number, verb] if is_change(verb) => worker(number).map(StateQuestion::WorkerChanged),
        ["what", "has", "worker", number, verb] if is_change(verb) => worker(number).map(StateQuestion::WorkerChanged),
        ["what", "is", "worker", number, "doing"] | ["what", "does", "worker", number, "do"] => {
            worker(number).map(StateQuestion::WorkerDoes)
        }
        ["what", "did" | "has", id, verb] if is_change(verb) => match id.strip_prefix('@') {
            Some(number) => worker(number).map(StateQuestion::WorkerChanged),
            None => task(id).map(StateQuestion::ChangedBy),
        },
        ["what", "needs", "me"] | ["what", "is", "waiting" | "open", "for", "me"] | ["what", "waits", "for", "me"] => {
            Some(StateQuestion::Needs)
        }
        ["what", "failed" | "broke"] | ["what", "has" | "is", "failed"] => Some(StateQuestion::Failed),
        ["how", "much", "did" | "has", "today", "cost"] | ["what", "did" | "has", "today", "cost"] => {
            Some(StateQuestion::Cost)
        }
        _ => None,
    }
}

fn is_rest(verb: &str) -> bool {
    matches!(verb, "waiting" | "wait" | "blocked" | "stuck" | "fail" | "failed" | "stop" | "stopped" | "paused")
}

fn is_change(verb: &str) -> bool {
    matches!(verb, "change" | "changed" | "do" | "done" | "write" | "written")
}

fn task(word: &str) -> Option<TaskId> {
    let digits = word.strip_prefix('#').unwrap_or(word);
    digits.parse().ok().filter(|_| digits.chars().all(|c| c.is_ascii_digit()))
}

fn worker(word: &str) -> Option<WorkerNumber> {
    word.strip_prefix('@').unwrap_or(word).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_nothing_else_is_a_question_about_the_state() {
        for (text, asked) in [
            ("why is 3 waiting?", StateQuestion::Why(TaskId(3))),
            ("Why is task #3 blocked?", StateQuestion::Why(TaskId(3))),
            ("What's #3 waiting for?", StateQuestion::Why(TaskId(3))),
            ("what did worker 2 change?", StateQuestion::WorkerChanged(WorkerNumber(2))),
            ("what did @2 do", StateQuestion::WorkerChanged(WorkerNumber(2))),
            ("what did #7 change", StateQuestion::ChangedBy(TaskId(7))),
            ("what is worker 1 doing?", StateQuestion::WorkerDoes(WorkerNumber(1))),
            ("what needs me?", StateQuestion::Needs),
            ("what failed?", StateQuestion::Failed),
            ("How much did today cost?", StateQuestion::Cost),
        ] {
            assert_eq!(question(text), Some(asked), "{text}");
        }
    }

    #[test]
    fn questions_about_the_code_are_work() {
        for text in [
            "why is the login waiting?",
            "why is 3 waiting for the lock in pool.rs?",
            "what did the last release change?",
            "what does worker 2 do in the thread pool",
            "how much did today cost in the invoice view?",
            "why is it failing",
            "",
        ] {
            assert_eq!(question(text), None, "{text}");
        }
    }
}
