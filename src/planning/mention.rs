//! An agent named in the text: `@codex …`, `with claude`, `using gemini`, `ask opencode to …`. Only names of installed
//! agents are mentions; anything else with an `@` is the person's own text.

use std::ops::Range;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// Which agent.
    pub(super) agent: String,
    /// The words that name it, as written.
    words: String,
    /// The command behind `@shell`.
    pub(super) command: Option<String>,
}

/// Words before a name that make it a mention.
const LEADS: [&str; 8] = ["with", "using", "use", "ask", "by", "via", "have", "let"];

/// The first mention in the text, outside quotes and code.
pub(super) fn find(text: &str, agents: &[String]) -> Option<Mention> {
    let words = words_of(text);
    let known = |word: &str| agents.iter().find(|agent| agent.eq_ignore_ascii_case(word));
    for (place, range) in words.iter().enumerate() {
        let word = text.get(range.clone())?.trim_end_matches([',', ':', '.', ';', '!', '?']);
        if let Some(agent) = word.strip_prefix('@').and_then(|name| known(name).or_else(|| shell(name, agents))) {
            let rest = text.get(range.end..).unwrap_or_default().trim();
            let command = (agent == "shell" && !rest.is_empty()).then(|| command_of(rest));
            return Some(Mention { agent: agent.clone(), words: text.get(range.clone())?.to_owned(), command });
        }
        let lead =
            place.checked_sub(1).and_then(|before| words.get(before)).and_then(|before| text.get(before.clone()));
        let Some(lead) = lead.filter(|lead| LEADS.iter().any(|known| known.eq_ignore_ascii_case(lead))) else {
            continue;
        };
        let Some(agent) = known(word).filter(|agent| *agent != "shell") else { continue };
        let start = words.get(place - 1)?.start;
        // "ask codex to fix", "use codex to fix", "have codex fix"; "use claude" alone may be about the API: needs "to" or an end
        let next = words.get(place + 1).and_then(|next| text.get(next.clone())).unwrap_or_default();
        let to = next.eq_ignore_ascii_case("to").then(|| words.get(place + 1).map(|next| next.end)).flatten();
        let needs_to = ["use", "ask", "have", "let"].iter().any(|known| known.eq_ignore_ascii_case(lead));
        let ends = next.is_empty() || text.get(range.clone())?.ends_with([',', '.', ':', ';', '!', '?']);
        if needs_to && to.is_none() && !ends && lead.eq_ignore_ascii_case("use") {
            continue;
        }
        let end = to.filter(|_| needs_to).unwrap_or(range.end);
        return Some(Mention { agent: agent.clone(), words: text.get(start..end)?.to_owned(), command: None });
    }
    None
}

/// The agents that a text names, each once, in the order of the text; never the shell.
pub fn named(text: &str, agents: &[String]) -> Vec<String> {
    let agents: Vec<String> = agents.iter().filter(|agent| *agent != "shell").cloned().collect();
    let mut named: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(mention) = find(rest, &agents) {
        let Some((_, after)) = rest.split_once(mention.words.as_str()) else { break };
        rest = after;
        if !named.contains(&mention.agent) {
            named.push(mention.agent);
        }
    }
    named
}

/// `@shell` is an agent wherever it is asked for by name, listed or not.
fn shell<'a>(name: &str, agents: &'a [String]) -> Option<&'a String> {
    agents.iter().find(|agent| *agent == "shell").filter(|_| name.eq_ignore_ascii_case("shell"))
}

/// The text without the words that name the agent.
pub(super) fn without(text: &str, mention: Option<&Mention>) -> String {
    let Some(mention) = mention else { return text.to_owned() };
    let Some((before, after)) = text.split_once(mention.words.as_str()) else { return text.to_owned() };
    let after = after.trim_start_matches([',', ':']).trim_start();
    let before = before.trim_end();
    match (before.is_empty(), after.is_empty()) {
        (true, _) => after.to_owned(),
        (_, true) => before.trim_end_matches([',', ':']).to_owned(),
        _ => format!("{before} {after}"),
    }
}

/// A command may stand in backticks.
fn command_of(rest: &str) -> String {
    let rest = rest.trim_start_matches(':').trim();
    let inner = rest.strip_prefix('`').and_then(|inner| inner.strip_suffix('`')).filter(|inner| !inner.contains('`'));
    inner.unwrap_or(rest).trim().to_owned()
}

/// Places of the words that stand outside quotes and code.
pub(super) fn words_of(text: &str) -> Vec<Range<usize>> {
    let quoted = super::clauses::quoted(text);
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_whitespace() {
            if let Some(begin) = start.take()
                && !quoted.iter().any(|range: &Range<usize>| range.contains(&begin))
            {
                words.push(begin..at);
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    words
}
