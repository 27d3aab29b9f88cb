//! What is wrong with a model's answer.

use std::fmt;

/// A plan of more tasks is none that a person reads.
pub(super) const MOST_TASKS: usize = 24;

/// Why an answer cannot be used, in words for the model's second try and for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There is no JSON object in it.
    NoJson,
    /// The object is not of the schema.
    Shape {
        /// What the parser says.
        detail: String,
    },
    /// No task, or more than are taken.
    Count {
        /// How many.
        tasks: usize,
    },
    /// Not one entry for each task.
    Entries {
        /// How many there are.
        entries: usize,
        /// How many there should be.
        tasks: usize,
    },
    /// One task is wrong.
    Task {
        /// Its place, from 0.
        place: usize,
        /// What is wrong with it.
        what: String,
    },
    /// Tasks wait for each other in a circle.
    Circle {
        /// Their places, in order.
        places: Vec<usize>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NoJson => f.write_str("there is no JSON object in the answer"),
            Problem::Shape { detail } => write!(f, "the JSON does not follow the schema: {detail}"),
            Problem::Count { tasks } => write!(f, "it holds {tasks} tasks; 1 to {MOST_TASKS} are taken"),
            Problem::Entries { entries, tasks } => write!(f, "it holds {entries} entries for {tasks} tasks"),
            Problem::Task { place, what } => write!(f, "task {place}: {what}"),
            Problem::Circle { places } => {
                let line: Vec<String> = places.iter().map(ToString::to_string).collect();
                write!(f, "tasks wait for each other in a circle: {}", line.join(" -> "))
            }
        }
    }
}
