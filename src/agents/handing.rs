//! How a text is handed to an agent that runs: pasted as it is, or, when its composer would not take that in one piece, as
//! a file of the session. What is pasted then is one line that names the file and shows how the text begins.
//!
//! Composers fail on long pastes, each in its own way: Codex answers no Enter behind a megabyte for long, Gemini CLI drops it
//! without a word. A file is read with the agent's own tool.

use std::path::{Path, PathBuf};

use crate::model::{one_line, truncate};

use super::Agent;
use super::prompt::safe;

/// How many characters of a long text a person is shown.
const BEGINNING: usize = 80;

/// For whoever finds the directory.
pub(super) const README: &str = "Prompts that were too long for the agent's input box.\n";

/// What goes into the composer, and what must be written before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handing {
    /// For the composer.
    pub text: String,
    /// The file with the whole text (mode 0600), when that is not it.
    pub file: Option<(PathBuf, String)>,
}

/// Where long prompts of a session are.
pub(super) fn prompts(session_directory: &Path) -> PathBuf {
    session_directory.join("prompts")
}

impl Agent {
    /// How to hand a text over. `key` names it forever: asked again, it is the same file.
    pub fn hand(&self, key: &str, text: &str, session_directory: &Path) -> Handing {
        let text = safe(text);
        if !self.takes_prompts() || text.len() <= self.definition.composer.longest_paste {
            return Handing { text, file: None };
        }
        let name: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let path = prompts(session_directory).join(format!("{name}.md"));
        // its size tells the agent to read it in parts
        let size = format!("{} bytes, {} lines", text.len(), text.lines().count());
        let place = path.display();
        let line =
            format!("Read all of the file {place} ({size}) and do what it says. It begins: {}", beginning(&text));
        Handing { text: line, file: Some((path, text)) }
    }
}

/// The beginning, without what an agent would look up in the middle of a text.
fn beginning(text: &str) -> String {
    let start: String = text.chars().take(BEGINNING * 4).filter(|c| !matches!(c, '@' | '`')).collect();
    truncate(&one_line(start.strip_prefix("Task: ").unwrap_or(&start)), BEGINNING)
}
