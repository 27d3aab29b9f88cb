//! What a session uses, from its agent's own figures: its structured output as it comes, or its conversation's
//! transcript file when a hook says that a turn ended. Where an agent gives none, four bytes of what it was told and of
//! what it showed are taken for a token, and marked as an estimate. Nothing is polled.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::agents::usage::{Figures, UsageReader, transcript_of};
use crate::config::Prices;
use crate::engine::Fact;
use crate::model::{ContextFill, SessionId, SessionUse, Tokens, Usage};
use crate::term::Terminal;

use super::link::Link;

/// The longest line of a transcript file that is read, in bytes; a longer one holds no figures that we know.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
/// The most of a screen log that is read for an estimate, in bytes.
const LONGEST_LOG: u64 = 16 * 1024 * 1024;
/// Bytes of text that are taken for a token.
const BYTES_PER_TOKEN: u64 = 4;

/// What is known of one session's use.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Its structured output.
    run: UsageReader,
    /// Its transcript file, as far as it was read.
    file: Option<Followed>,
    /// What was told last.
    told: Option<SessionUse>,
    /// What was known before this daemon began to read: lines that were collected then do not come again.
    before: Usage,
}

impl Meter {
    /// For a session of which this is known.
    pub(super) fn after(known: Option<&SessionUse>) -> Self {
        let exact = known.map(|known| known.usage).filter(|usage| usage.estimated_tokens == 0);
        Self { before: exact.unwrap_or_default(), ..Self::default() }
    }
}

/// A transcript file that grows.
#[derive(Debug)]
struct Followed {
    path: PathBuf,
    read: u64,
    reader: UsageReader,
}

impl Followed {
    /// Reads whole lines from where the last reading ended.
    fn follow(&mut self) -> std::io::Result<()> {
        let mut file = std::fs::File::open(&self.path)?;
        if file.metadata()?.len() < self.read {
            return Ok(()); // cut off or replaced: what was read stays known
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
            if read == 0 || (line.last() != Some(&b'\n') && read < usize::try_from(LONGEST_LINE).unwrap_or(usize::MAX))
            {
                return Ok(()); // the last line is still being written
            }
            self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(0));
            self.reader.line(&String::from_utf8_lossy(&line));
        }
    }
}

impl Link {
    /// A line of structured output.
    /// `false` when it was not taken in.
    pub(super) async fn meter_line(&mut self, line: &str, mark: Option<(SessionId, u64)>) -> bool {
        let figures = if self.meter.run.line(line) { self.meter.run.figures() } else { None };
        let Some(figures) = figures else { return true };
        let mut now = priced(&figures, &self.daemon.prices);
        if !figures.is_whole {
            now.usage.add(&self.meter.before);
        }
        // with its mark: a line is taken in with its figures or not at all, so that none counts twice
        self.daemon.core.collect(Fact::Used { session: self.id.clone(), now }, mark).await
    }

    /// A hook: when it says that the turn ended, the transcript file that it names is read on.
    pub(super) async fn meter_hook(&mut self, event: &str, payload: &str) {
        let Some(path) = transcript_of(event, payload) else { return };
        let since = self.created_at;
        let known = self.meter.file.take().filter(|file| file.path == path);
        let mut file = known.unwrap_or_else(|| Followed { path, read: 0, reader: UsageReader::of_transcript(since) });
        let read = tokio::task::spawn_blocking(move || {
            if let Err(error) = file.follow() {
                tracing::debug!(%error, path = %file.path.display(), "a transcript cannot be read");
            }
            file
        });
        let Ok(file) = read.await else { return };
        let figures = file.reader.figures();
        self.meter.file = Some(file);
        if let Some(figures) = figures {
            self.tell_use(priced(&figures, &self.daemon.prices)).await;
        }
    }

    /// The turn or the session is over: an agent that gives no figures is estimated.
    pub(super) async fn meter_estimate(&mut self) {
        let known = self.meter.run.figures().is_some()
            || self.meter.file.as_ref().is_some_and(|file| file.reader.figures().is_some());
        if known || !self.is_metered {
            return;
        }
        let wanted = self.id.clone();
        let told = self.daemon.core.look(move |state, _| {
            let session = state.session(&wanted).filter(|session| session.prompted)?;
            // figures of before a restart of this daemon are better than an estimate
            let exact = state.ledger.sessions.get(&wanted).is_some_and(|known| known.last.usage.estimated_tokens == 0);
            let task = session.task.and_then(|task| state.task(task));
            let model = task.and_then(|task| task.model.clone());
            (!exact).then(|| (state.opening(session, false).len(), model))
        });
        let Ok(Some((told, model))) = told.await else { return };
        let log = self.daemon.paths.session(&self.id).join("stream.log");
        let Ok(shown) = tokio::task::spawn_blocking(move || shown_bytes(&log)).await else { return };
        let tokens = |bytes: u64| bytes.div_ceil(BYTES_PER_TOKEN);
        let (input, output) = (tokens(u64::try_from(told).unwrap_or(0)), tokens(shown));
        let figures = Figures { tokens: Tokens { input, output, ..Tokens::default() }, model, ..Figures::default() };
        let mut now = priced(&figures, &self.daemon.prices);
        now.usage.estimated_tokens = now.usage.tokens.total();
        self.tell_use(now).await;
    }

    async fn tell_use(&mut self, now: SessionUse) {
        if self.meter.told.as_ref() != Some(&now) {
            self.meter.told = Some(now.clone());
            self.daemon.core.fact(Fact::Used { session: self.id.clone(), now }).await;
        }
    }
}

/// Figures with their price: the agent's own, else the table's, marked as an estimate.
fn priced(figures: &Figures, prices: &Prices) -> SessionUse {
    let price = figures.model.as_deref().and_then(|model| prices.of(model));
    let own = figures.cost_usd.map(|usd| (usd.max(0.0) * 1e6).round() as u64);
    let reckoned = price.map_or(0, |price| price.micros(figures.tokens));
    let window = figures.window.or_else(|| price.and_then(|price| price.window));
    SessionUse {
        usage: Usage {
            tokens: figures.tokens,
            cost_micros: own.unwrap_or(reckoned),
            estimated_tokens: 0,
            estimated_micros: if own.is_some() { 0 } else { reckoned },
        },
        model: figures.model.clone(),
        context: figures.context.zip(window).map(|(used, window)| ContextFill { used, window }),
    }
}

/// How much text a session's screen log shows, without what was drawn over.
fn shown_bytes(log: &Path) -> u64 {
    let Ok(file) = std::fs::File::open(log) else { return 0 };
    let mut bytes = Vec::new();
    if file.take(LONGEST_LOG).read_to_end(&mut bytes).is_err() {
        return 0;
    }
    let mut screen = Terminal::new(40, 120, 100_000);
    screen.process(&bytes);
    let now: usize = screen.text().iter().map(|line| line.trim_end().len()).sum();
    let before: usize = screen.history().lines().map(|line| line.text().trim_end().len()).sum();
    u64::try_from(now.saturating_add(before)).unwrap_or(0)
}
