//! Starting the daemon as a process of its own: detached, with its complaints in a file whose new part
//! can be shown when it does not come up.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Child;

use crate::config::Paths;
use crate::process::{self, Detached};

use super::ClientError;

/// As much of its last words as is shown.
const LAST_WORDS: u64 = 2_000;

/// A daemon that was started and has not answered yet.
pub(super) struct Launched {
    child: Child,
    /// Where its complaints go.
    pub log: PathBuf,
    before: u64,
}

impl Launched {
    /// Starts `qd serve`.
    pub(super) fn start(paths: &Paths, qd: &Path) -> Result<Self, ClientError> {
        let logs = paths.logs();
        std::fs::create_dir_all(&logs).map_err(|source| ClientError::Prepare { path: logs.clone(), source })?;
        let log = logs.join("daemon.err");
        let before = std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
        let child = process::spawn_detached(Detached {
            argv: vec![qd.as_os_str().to_owned(), "serve".into(), "--detached".into()],
            env: Vec::new(),
            remove_env: Vec::new(),
            cwd: PathBuf::from("/"),
            log: Some(log.clone()),
        })
        .map_err(|source| ClientError::Start { source })?;
        Ok(Self { child, log, before })
    }

    /// Whether it is over already.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// What it wrote since it was started, the last of it, made safe.
    pub(super) fn last_words(&self) -> String {
        let mut words = Vec::new();
        let read = std::fs::File::open(&self.log).and_then(|mut file| {
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(self.before.max(length.saturating_sub(LAST_WORDS))))?;
            file.take(LAST_WORDS).read_to_end(&mut words)
        });
        match read {
            Ok(_) => crate::model::sanitize(&String::from_utf8_lossy(&words)).trim().to_owned(),
            Err(_) => String::new(),
        }
    }
}
