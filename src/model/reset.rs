//! When a provider's limit resets, read from the words that agents show: `resets 3pm`, `try again in 12 min`,
//! `Retry-After: 30`, `try again at Nov 25th, 2026 3:04 PM`, or seconds since the epoch behind a bar. What is not
//! understood is not guessed. Times of day are the person's own.

use std::time::Duration;

use jiff::civil::{Date, Time};

use super::Timestamp;

/// The longest wait that is believed.
const LONGEST: Duration = Duration::from_secs(8 * 24 * 3600);
/// What stands before a length of time.
const IN: [&str; 8] = [
    "try again in ",
    "retry in ",
    "retry after ",
    "retry-after: ",
    "retry-after ",
    "resets in ",
    "reset in ",
    "available in ",
];
/// What stands before a moment.
const AT: [&str; 5] = ["resets at ", "resets ", "reset at ", "try again at ", "available at "];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// When the limit that `text` tells of resets. `offset_s` is how far the person's clock is ahead of UTC.
pub fn reset_at(text: &str, now: Timestamp, offset_s: i64) -> Option<Timestamp> {
    let text = text.to_lowercase();
    let found = after(&text, &IN)
        .and_then(length)
        .map(|wait| now.after(wait))
        .or_else(|| epoch(&text))
        .or_else(|| after(&text, &AT).and_then(|rest| moment(rest, now, offset_s)));
    found.filter(|at| *at > now && *at <= now.after(LONGEST))
}

/// What a run says at its provider's limit.
const LIMIT: [&str; 10] = [
    "rate_limit",
    "rate limit",
    "ratelimit",
    "usage limit",
    "hit your limit",
    "limit reached",
    "quota exceeded",
    "resource_exhausted",
    "retry-after",
    "too many requests",
];
/// How the last line of a structured run begins that told its error.
const TOLD: &str = "failed: ";
/// What stands before the error of one that ended without a result.
const BEFORE: &str = " before it told a result";
/// How an error of a program's own begins.
const ERRORS: [&str; 6] = ["error:", "api error", "fatal:", "✗ ", "litellm.", "no answer from the model ("];

/// The words of a provider's limit at the end of a headless run. The error that its structured output told decides; only
/// without one, lines that begin like an error do. What the agent wrote about limits in general says nothing.
pub fn limit_told(tail: &str) -> Option<String> {
    let lines: Vec<String> = tail.lines().map(|line| line.trim_end().to_lowercase()).collect();
    let is_limit = |line: &str| {
        let status = line.split(|c: char| !c.is_alphanumeric()).any(|word| word == "429");
        status || LIMIT.iter().any(|word| line.contains(word))
    };
    let last = lines.iter().rev().find(|line| !line.is_empty())?;
    let without_result =
        last.split_once(BEFORE).filter(|(how, _)| how.starts_with("ended with") || how.starts_with("was "));
    let told = match (last.strip_prefix(TOLD), without_result) {
        (Some(error), _) => vec![error],
        (None, Some((_, error))) if !error.is_empty() => vec![error],
        _ => {
            lines.iter().map(String::as_str).filter(|line| ERRORS.iter().any(|start| line.starts_with(start))).collect()
        }
    };
    told.iter().any(|line| is_limit(line)).then(|| told.join("\n"))
}

/// What follows the first of some words that is there.
fn after<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().find_map(|word| text.split_once(word).map(|(_, rest)| rest.trim_start()))
}

/// `12 min`, `2 hours 5 minutes`, `1h30m`, `30` (seconds).
fn length(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0u64;
    let mut known = false;
    while let Some((number, tail)) = number(rest) {
        let tail = tail.strip_prefix('.').map_or(tail, |part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
        let tail = tail.trim_start();
        let word: String = tail.chars().take_while(char::is_ascii_alphabetic).collect();
        let unit = match word.as_str() {
            "d" | "day" | "days" => 86_400,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "ms" => 0,
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            _ if !known => return Some(Duration::from_secs(number)),
            _ => break,
        };
        known = true;
        total = total.saturating_add(number.saturating_mul(unit));
        rest = tail.get(word.len()..)?.trim_start_matches([' ', ',']).trim_start_matches("and ");
    }
    known.then(|| Duration::from_secs(total.max(1)))
}

/// A number at the start, and what follows it.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text.get(..digits)?.parse().ok()?;
    Some((number, text.get(digits..)?))
}

/// `limit reached|1795180000`.
fn epoch(text: &str) -> Option<Timestamp> {
    let (seconds, _) = number(text.split_once('|')?.1.trim_start())?;
    (seconds > 1_000_000_000).then(|| Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000)))
}

/// `3pm`, `15:30`, `nov 25th, 2026 3:04 pm`, or RFC 3339.
fn moment(text: &str, now: Timestamp, offset_s: i64) -> Option<Timestamp> {
    if let Some(at) =
        text.split_whitespace().next().and_then(|word| word.to_uppercase().parse::<jiff::Timestamp>().ok())
    {
        return Some(Timestamp(at.as_millisecond()));
    }
    let local = now.0.saturating_add(offset_s.saturating_mul(1_000));
    let today = jiff::Timestamp::from_millisecond(local).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (date, rest) = match dated(text, today) {
        Some((date, rest)) => (Some(date), rest),
        None => (None, text),
    };
    let time = time(rest.trim_start_matches([',', ' ']).trim_start_matches("at "))?;
    let utc = |date: Date| {
        let at = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
        Some(Timestamp(at.saturating_sub(offset_s.saturating_mul(1_000))))
    };
    match date {
        Some(date) => utc(date),
        None => utc(today).filter(|at| *at > now).or_else(|| utc(today.tomorrow().ok()?)),
    }
}

/// A day by its month's name, and what follows it.
fn dated(text: &str, today: Date) -> Option<(Date, &str)> {
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    let month = MONTHS.iter().position(|month| word.starts_with(month))?;
    let (day, rest) = number(text.get(word.len()..)?.trim_start())?;
    let rest = ["st", "nd", "rd", "th"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
    let rest = rest.trim_start_matches([',', ' ']);
    let (year, rest) = match number(rest) {
        Some((year, after)) if year > 2_000 => (i16::try_from(year).ok()?, after),
        _ => (today.year(), rest),
    };
    let date = Date::new(year, i8::try_from(month + 1).ok()?, i8::try_from(day).ok()?).ok()?;
    Some((date, rest))
}

/// `3pm`, `3:04 pm`, `15:30`.
fn time(text: &str) -> Option<Time> {
    let (hour, rest) = number(text)?;
    let (minute, rest) = match rest.strip_prefix(':') {
        Some(rest) => number(rest)?,
        None => (0, rest),
    };
    let rest = rest.trim_start();
    let hour = match (hour, rest.starts_with("pm") || rest.starts_with("p.m"), rest.starts_with('a')) {
        (12, true, _) => 12,
        (hour @ 1..=11, true, _) => hour + 12,
        (12, _, true) => 0,
        (hour, ..) => hour,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 14:00 UTC.
    const NOW: Timestamp = Timestamp(1_795_183_200_000);

    fn minutes(text: &str, offset_h: i64) -> Option<i64> {
        reset_at(text, NOW, offset_h * 3_600).map(|at| (at.0 - NOW.0) / 60_000)
    }

    #[test]
    fn the_words_of_agents_are_understood() {
        let known = [
            ("You've hit your limit · resets 3pm", 60),
            ("resets 3:30pm (UTC)", 90),
            ("Your limit resets at 1pm", 23 * 60),
            ("You've hit your usage limit. Try again in 12 min.", 12),
            ("try again in 2 hours 5 minutes", 125),
            ("resets in 1h30m", 90),
            ("Retry-After: 120", 2),
            ("please try again at Nov 21st, 2026 2:00 PM.", 24 * 60),
            ("resets Nov 21 at 3pm", 25 * 60),
            ("Claude AI usage limit reached|1795186800", 60),
            ("reset at 2026-11-20T15:00:00Z", 60),
        ];
        for (text, expected) in known {
            assert_eq!(minutes(text, 0), Some(expected), "{text}");
        }
        assert_eq!(minutes("resets 3pm", -5), Some(6 * 60), "at nine in the morning of New York");
    }

    #[test]
    fn a_limit_is_what_the_run_says_of_itself_and_not_what_it_writes_about() {
        let limits = [
            "working on it\nfailed: API Error: 429 too many requests",
            "✗ Claude AI usage limit reached|1795186800\n  12 tokens in, 0 out\nfailed: Claude AI usage limit reached|1795186800",
            "ended with exit code 1 before it told a result: exceeded retry limit, last status: 429\n\n",
            "litellm.RateLimitError: slow down",
            "Error: quota exceeded, retry in 30s\nended with exit code 1 before it told a result",
        ];
        for tail in limits {
            assert!(limit_told(tail).is_some(), "{tail}");
        }
        let others = [
            "I will add a rate limit to the API\nthe rate limit test fails\nfailed: error_max_turns",
            "I add a rate limit and answer with 429",
            "  error: rate limit is not defined\nfailed: not signed in",
            "rate limit added\nended with exit code 1 before it told a result",
            "ended with exit code 1 before it told a result: no such model\n",
            "",
        ];
        for tail in others {
            assert_eq!(limit_told(tail), None, "{tail}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for text in ["You've hit your limit", "resets soon", "try again later", "resets 99pm", "resets Foo 3", ""] {
            assert_eq!(minutes(text, 0), None, "{text}");
        }
    }
}
