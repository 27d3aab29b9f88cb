//! The log that some agents keep of a conversation while it goes on. Gemini CLI has no hook that one session could be given,
//! and a quick turn may be over between two looks at its screen: its log has the prompt. It is read only while a delivery
//! waits for its turn, from where it ended before Enter was pressed.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::followed;
use super::link::Link;

/// The most that is read at once, in bytes: the prompt stands near the beginning of what is new.
const MOST: u64 = 16 * 1024 * 1024;

/// How far a log went.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    path: Option<PathBuf>,
    length: u64,
}

impl Link {
    /// Where the log ends now.
    pub(super) async fn note_log(&self) -> Noted {
        let Some(place) = self.log_place().await else { return Noted::default() };
        let noted = tokio::task::spawn_blocking(move || {
            let path = find(&place.0, &place.1);
            let length = path.as_ref().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len());
            Noted { path, length }
        });
        noted.await.unwrap_or_default()
    }

    /// The prompts that the log has had since.
    pub(super) async fn logged_prompts(&self) -> Vec<String> {
        let (Some(place), Some(agent)) = (self.log_place().await, self.agent.clone()) else { return Vec::new() };
        let noted = self.noted.clone();
        let read = tokio::task::spawn_blocking(move || {
            let path = noted.path.or_else(|| find(&place.0, &place.1))?;
            let mut file = followed::open(&path).ok()?;
            file.seek(SeekFrom::Start(noted.length)).ok()?;
            let mut text = Vec::new();
            file.take(MOST).read_to_end(&mut text).ok()?;
            Some(String::from_utf8_lossy(&text).lines().filter_map(|line| agent.logged_prompt(line)).collect())
        });
        read.await.ok().flatten().unwrap_or_default()
    }

    async fn log_place(&self) -> Option<(PathBuf, String)> {
        let agent = self.agent.as_ref().filter(|agent| agent.keeps_log())?;
        let wanted = self.id.clone();
        let conversation =
            self.daemon.core.look(move |state, _| state.session(&wanted)?.conversation.clone()).await.ok()??;
        agent.log_place(Path::new(&std::env::var_os("HOME")?), &conversation)
    }
}

/// The log in one of the projects of a directory.
fn find(projects: &Path, end: &str) -> Option<PathBuf> {
    let chats = fs::read_dir(projects).ok()?.flatten().map(|project| project.path().join("chats"));
    let logs = chats.filter_map(|chats| fs::read_dir(chats).ok()).flat_map(Iterator::flatten);
    logs.map(|log| log.path()).find(|log| log.to_string_lossy().ends_with(end))
}
