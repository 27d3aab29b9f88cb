//! What a screen says of a text that is on its way: whose text stands in the composer, and whether ours has become part of
//! the conversation.

use std::collections::BTreeSet;

use crate::agents::Agent;
use crate::agents::prompt::{PLAIN, is_same, plain, skeleton};
use crate::protocol::pane::Observation;

/// Characters of the text that are looked for, at its beginning and at its end.
const SAMPLE: usize = 24;
/// Up to so many characters, all of the text is looked for in the conversation.
const WHOLE: usize = 400;
/// Characters of a longer one.
const LONG_SAMPLE: usize = 80;

/// What stands in the composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// Nothing.
    Nothing,
    /// Our text, or what the agent puts in its place, and nothing else.
    Ours,
    /// Our text and something beside it.
    Mixed,
    /// Text that is not ours.
    Theirs,
    /// No composer is in sight, or this agent's cannot be told from the rest of the screen.
    Unknown,
}

/// The text that is looked for on the screens of its agent.
#[derive(Debug, Clone)]
pub(super) struct Looks {
    agent: Agent,
    text: String,
}

impl Looks {
    pub(super) fn new(agent: &Agent, text: &str) -> Self {
        Self { agent: agent.clone(), text: text.to_owned() }
    }

    /// What stands in the composer.
    pub(super) fn stands(&self, seen: &Observation) -> Stands {
        let composer = &self.agent.reader.composer;
        match composer.find(seen).map(|found| found.text) {
            Some(text) if text.is_empty() => Stands::Nothing,
            Some(text) if self.is_only_ours(&text) => Stands::Ours,
            Some(text) if self.is_within(&text) => Stands::Mixed,
            Some(_) => Stands::Theirs,
            None if !composer.is_known() && self.is_within(&self.agent.reader.tail(seen).join("\n")) => Stands::Ours,
            None => Stands::Unknown,
        }
    }

    /// What must still be on the screen when something is written into the composer that is seen now: its rows; of one that
    /// cannot be told from the rest of the screen, the last row that is not blank.
    pub(super) fn guard(&self, seen: &Observation) -> String {
        let reader = &self.agent.reader;
        let rows = reader.composer.find(seen).map(|found| found.guard).filter(|guard| !guard.trim().is_empty());
        rows.or_else(|| reader.tail(seen).last().map(|row| row.trim().to_owned())).unwrap_or_default()
    }

    /// Whether our text stands anywhere on the screen: taken, and part of the conversation now. All of it counts, since
    /// prompts often begin alike; of one that is too long for a screen, a long beginning or end.
    pub(super) fn stands_on(&self, seen: &Observation) -> bool {
        let screen = seen.screen.join("\n");
        let (text, rows) = (skeleton(&self.text), skeleton(&screen));
        if text.chars().count() > WHOLE {
            let (start, end) = sample(&text, LONG_SAMPLE);
            return rows.contains(&start) || rows.contains(&end);
        }
        let known_plainly = plain(&self.text);
        rows.contains(&text) || (known_plainly.len() >= PLAIN && plain(&screen).contains(&known_plainly))
    }

    /// Whether a prompt that the agent took is ours, or has ours in it.
    pub(super) fn is_in(&self, prompt: &str) -> bool {
        let ours = skeleton(&self.text);
        is_same(prompt, &self.text) || (ours.chars().count() >= PLAIN && skeleton(prompt).contains(&ours))
    }

    /// Whether a place holds our text or what stands for it. A composer scrolls: beginning or end is enough.
    fn is_within(&self, place: &str) -> bool {
        let composer = &self.agent.reader.composer;
        if composer.may_replace(&self.text) && place.lines().any(|row| composer.shows_paste(row)) {
            return true;
        }
        let (start, end) = sample(&skeleton(&self.text), SAMPLE);
        let rows = skeleton(place);
        if !start.is_empty() && (rows.contains(&start) || rows.contains(&end)) {
            return true;
        }
        let (start, end) = sample(&plain(&self.text), PLAIN);
        let rows = plain(place);
        start.len() == PLAIN && (rows.contains(&start) || rows.contains(&end))
    }

    /// Whether a composer's text is ours from its first to its last character, or the part of it that is in sight. What
    /// stands for a long paste is not ours when our text would be shown as it is: then it is a paste of the person.
    fn is_only_ours(&self, shown: &str) -> bool {
        let composer = &self.agent.reader.composer;
        if composer.may_replace(&self.text) && composer.is_paste(shown) {
            return true;
        }
        let (ours, seen) = (skeleton(&self.text), skeleton(shown));
        let length = seen.chars().count();
        if ours == seen || (length >= SAMPLE && ours.contains(&seen)) {
            return true;
        }
        // screens join and drop characters; they add none
        if length > ours.chars().count() || has_strangers(&seen, &ours) {
            return false;
        }
        let (ours, seen) = (plain(&self.text), plain(shown));
        ours.len() >= PLAIN && (ours == seen || (seen.len() >= SAMPLE && ours.contains(&seen)))
    }
}

/// Whether there are letters in a text that another one cannot have become: a letter and its accent may be one on the
/// screen, or come apart.
fn has_strangers(seen: &str, ours: &str) -> bool {
    let is_mark = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
    let is_accented = |c: &char| matches!(c, '\u{c0}'..='\u{24f}');
    let known: BTreeSet<char> = ours.chars().collect();
    let marked = ours.chars().any(|c| is_mark(&c));
    seen.chars().filter(|c| c.is_alphanumeric()).any(|c| !(known.contains(&c) || marked && is_accented(&c)))
}

/// So many characters of the beginning and of the end.
fn sample(text: &str, length: usize) -> (String, String) {
    let skipped = text.chars().count().saturating_sub(length);
    (text.chars().take(length).collect(), text.chars().skip(skipped).collect())
}
