//! What a session uses, from its agent's own figures: its structured output as it comes, or its conversation's
//! transcript file when a hook says that there is something new in it. Where an agent gives none, four bytes of what it
//! was told and of what it showed are taken for a token, and marked as an estimate. Nothing is polled.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::agents::usage::{
    BYTES_PER_TOKEN, Figures, UsageReader, is_worth_reading, told_by_hook, transcript_file, transcript_of,
    transcript_roots,
};
use crate::config::Prices;
use crate::engine::{Fact, State};
use crate::model::{
    ContextFill, Session, SessionId, SessionMode, SessionUse, Timestamp, Tokens, Usage, dollars, micros,
};
use crate::term::Terminal;

use super::followed::{self, Followed};
use super::link::Link;

/// Transcript files of one session that are followed; an agent that names more keeps what is read of these.
const MOST_FILES: usize = 64;
/// The most of a screen log that is read for an estimate, in bytes.
const LONGEST_LOG: u64 = 16 * 1024 * 1024;

/// What is known of one session's use.
#[derive(Debug)]
pub(super) struct Meter {
    /// Lines with figures that come to us: structured output, hooks of our own.
    told_lines: UsageReader,
    /// The transcript files of its conversations (a new one may be begun within it), as far as they were read.
    files: Vec<Followed>,
    /// Which of them it writes now.
    current: Option<PathBuf>,
    /// What was told last.
    told: Option<SessionUse>,
    /// What was known before this daemon began to read: lines that were collected then do not come again.
    before: Usage,
    /// When it was asked for: what its conversation used before is not its own.
    since: Timestamp,
    /// Whether it is an agent that uses a model: a shell and the demo do not.
    is_metered: bool,
    /// Whether its output says everything.
    is_headless: bool,
}

impl Meter {
    /// For a session, with what is known of it and of earlier ones in its conversation.
    pub(super) fn new(state: &State, session: &Session) -> Self {
        let known = state.ledger.sessions.get(&session.id).map(|record| record.last.usage);
        let mut earlier = Usage::default();
        if let Some(conversation) = &session.conversation {
            let same = |other: &&Session| {
                other.id != session.id
                    && other.agent == session.agent
                    && other.conversation.as_ref() == Some(conversation)
            };
            for other in state.sessions.values().filter(same) {
                earlier.add(&state.ledger.sessions.get(&other.id).map(|record| record.last.usage).unwrap_or_default());
            }
        }
        Self {
            told_lines: UsageReader::of_run(earlier.tokens, dollars(earlier.cost_micros)),
            files: Vec::new(),
            current: None,
            told: None,
            before: known.filter(|usage| usage.estimated_tokens == 0).unwrap_or_default(),
            since: session.created_at,
            is_metered: !matches!(session.agent.as_str(), "shell" | "demo"),
            is_headless: session.mode == SessionMode::Autonomous,
        }
    }
}

impl Meter {
    /// This file is the one that is written now.
    fn follow(&mut self, path: PathBuf, roots: Vec<PathBuf>) {
        if self.files.iter().all(|file| file.path != path) {
            if self.files.len() >= MOST_FILES {
                return;
            }
            self.files.push(Followed::new(path.clone(), roots, self.since));
        }
        self.current = Some(path);
    }

    /// What all its files say, priced.
    fn read_so_far(&self, prices: &Prices) -> Option<SessionUse> {
        let mut sum: Option<SessionUse> = None;
        for file in &self.files {
            let Some(figures) = file.reader.figures() else { continue };
            let now = priced(&figures, prices);
            let mut usage = sum.as_ref().map(|sum| sum.usage).unwrap_or_default();
            usage.add(&now.usage);
            let is_current = sum.is_none() || self.current.as_ref() == Some(&file.path);
            let last = sum.take().filter(|_| !is_current).unwrap_or(now);
            sum = Some(SessionUse { usage, ..last });
        }
        sum
    }
}

impl Link {
    /// A line of structured output, or of a hook. `false` when it was not taken in.
    pub(super) async fn meter_line(&mut self, line: &str, mark: Option<(SessionId, u64)>) -> bool {
        let reader = &mut self.meter.told_lines;
        let figures = if reader.line(line) { reader.figures() } else { None };
        let Some(figures) = figures else { return true };
        let mut now = priced(&figures, &self.daemon.prices);
        if !figures.is_whole {
            now.usage.add(&self.meter.before);
        }
        // with its mark: a line is taken in with its figures or not at all, so that none counts twice
        self.daemon.core.collect(Fact::Used { session: self.id.clone(), now }, mark).await
    }

    /// A hook that tells figures itself. `false` when they were not taken in.
    pub(super) async fn meter_hook(&mut self, event: &str, payload: &str, mark: Option<(SessionId, u64)>) -> bool {
        if self.meter.is_headless {
            return true; // its output says the same
        }
        match told_by_hook(event, payload) {
            Some(line) => self.meter_line(&line, mark).await,
            None => true,
        }
    }

    /// The transcript file that a hook names is read on when there is probably something new in it.
    pub(super) async fn meter_named(&mut self, event: &str, payload: &str) {
        if self.meter.is_headless {
            return;
        }
        if let Some(path) = transcript_of(payload) {
            let roots = transcript_roots(&self.transcripts(), |name| std::env::var_os(name));
            self.meter.follow(path, roots);
        }
        if is_worth_reading(event) {
            self.meter_file().await;
        }
    }

    /// Where its agent's transcripts are, as patterns.
    fn transcripts(&self) -> Vec<String> {
        self.agent.as_ref().map(|agent| agent.definition().transcripts.clone()).unwrap_or_default()
    }

    /// The turn or the session is over: what is new in the transcript file counts, and an agent that gives no figures is
    /// estimated.
    pub(super) async fn meter_rest(&mut self) {
        if !self.meter.is_metered {
            return;
        }
        // a headless run that was ended has not said all of it
        if !self.meter.is_headless || !self.meter.told_lines.figures().is_some_and(|figures| figures.is_whole) {
            self.find_transcript().await;
            self.meter_file().await;
        }
        let has_figures = |reader: &UsageReader| reader.figures().is_some();
        // where there is a file that holds no figures, nothing was used
        if self.meter.files.iter().all(|file| file.read == 0) && !has_figures(&self.meter.told_lines) {
            self.estimate().await;
        }
    }

    /// The transcript file of an agent whose hooks name none.
    async fn find_transcript(&mut self) {
        let patterns = self.transcripts();
        if !self.meter.files.is_empty() || patterns.is_empty() {
            return;
        }
        let wanted = self.id.clone();
        let conversation = self.daemon.core.look(move |state, _| state.session(&wanted)?.conversation.clone()).await;
        let Ok(Some(conversation)) = conversation else { return };
        let roots = transcript_roots(&patterns, |name| std::env::var_os(name));
        let find = move || transcript_file(&patterns, &conversation, |name| std::env::var_os(name));
        if let Ok(Some(path)) = tokio::task::spawn_blocking(find).await {
            self.meter.follow(path, roots);
        }
    }

    /// Reads the transcript file that is written now on.
    async fn meter_file(&mut self) {
        let current = self.meter.current.clone();
        let Some(place) = self.meter.files.iter().position(|file| Some(&file.path) == current.as_ref()) else { return };
        let mut file = self.meter.files.swap_remove(place);
        let read = tokio::task::spawn_blocking(move || {
            if let Err(error) = file.follow() {
                tracing::debug!(%error, path = %file.path.display(), "a transcript cannot be read");
            }
            file
        });
        let Ok(file) = read.await else { return };
        self.meter.files.push(file);
        if let Some(now) = self.meter.read_so_far(&self.daemon.prices) {
            self.tell_use(now).await;
        }
    }

    async fn estimate(&mut self) {
        let wanted = self.id.clone();
        let told = self.daemon.core.look(move |state, _| {
            let session = state.session(&wanted).filter(|session| session.prompted)?;
            // figures of before a restart of this daemon are better than an estimate
            let exact = state.ledger.sessions.get(&wanted).is_some_and(|known| known.last.usage.estimated_tokens == 0);
            let task = session.task.and_then(|task| state.task(task));
            let model = task.and_then(|task| task.model.clone());
            let known = state.ledger.sessions.get(&wanted).map_or(0, |known| known.last.usage.tokens.total());
            (!exact).then(|| (state.opening(session, false).len(), model, known))
        });
        let Ok(Some((told, model, known))) = told.await else { return };
        let log = self.daemon.paths.session(&self.id).join("stream.log");
        let Ok(shown) = tokio::task::spawn_blocking(move || shown_bytes(&log)).await else { return };
        let tokens = |bytes: u64| bytes.div_ceil(BYTES_PER_TOKEN);
        let (input, output) = (tokens(u64::try_from(told).unwrap_or(0)), tokens(shown));
        let tokens = Tokens { input, output, ..Tokens::default() };
        if tokens.total() < known {
            return; // the log began a new half: what was used before stays used
        }
        let figures = Figures { tokens, unpriced: tokens, estimated: tokens.total(), model, ..Figures::default() };
        self.tell_use(priced(&figures, &self.daemon.prices)).await;
    }

    async fn tell_use(&mut self, now: SessionUse) {
        if self.meter.told.as_ref() != Some(&now) {
            self.meter.told = Some(now.clone());
            self.daemon.core.fact(Fact::Used { session: self.id.clone(), now }).await;
        }
    }
}

/// Figures with their price: the agent's own, and the table's for what that leaves out, marked as an estimate.
fn priced(figures: &Figures, prices: &Prices) -> SessionUse {
    let price = figures.model.as_deref().and_then(|model| prices.of(model));
    let own = figures.cost_usd.map_or(0, micros);
    let reckoned = price.map_or(0, |price| price.micros(figures.unpriced));
    let window = figures.window.or_else(|| price.and_then(|price| price.window));
    SessionUse {
        usage: Usage {
            tokens: figures.tokens,
            cost_micros: own.saturating_add(reckoned),
            estimated_tokens: figures.estimated,
            estimated_micros: reckoned,
        },
        model: figures.model.clone(),
        context: figures.context.zip(window).map(|(used, window)| ContextFill { used, window }),
    }
}

/// How much text a session's screen log shows, without what was drawn over.
fn shown_bytes(log: &Path) -> u64 {
    let Ok(file) = followed::open(log) else { return 0 };
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
