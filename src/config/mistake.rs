//! What is wrong with a file that a person wrote, in one line, with the nearest word that is known.

use thiserror::Error;

use crate::model::{Explain, Kind};

/// A settings file that cannot be used.
#[derive(Debug, Error)]
#[error("`{file}` cannot be used: {message}")]
pub struct SettingsError {
    /// Which file.
    pub file: String,
    /// Line, column and what is wrong, one line.
    pub message: String,
    /// A known key that is close to an unknown one.
    pub suggestion: Option<String>,
}

impl Explain for SettingsError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn hint(&self) -> Option<String> {
        self.suggestion.as_ref().map(|key| format!("did you mean `{key}`?"))
    }
}

/// One line that says where and what, and the nearest known key when an unknown one was used.
pub(super) fn explain(error: &toml::de::Error, text: &str, file: &str) -> SettingsError {
    let line = error.span().map(|span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    let what = error.message().lines().next().unwrap_or("not understood").to_owned();
    let quoted: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
    let suggestion = match quoted.split_first() {
        Some((unknown, known)) if what.starts_with("unknown field") => known
            .iter()
            .min_by_key(|key| distance(unknown, key))
            .filter(|key| distance(unknown, key) <= 3)
            .map(|key| (*key).to_owned()),
        _ => None,
    };
    let what = what.split(", expected").next().unwrap_or(&what).to_owned();
    SettingsError {
        file: file.to_owned(),
        message: line.map_or_else(|| what.clone(), |line| format!("line {line}: {what}")),
        suggestion,
    }
}

/// Levenshtein distance, for suggestions.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            let cost = if x == *y { diagonal } else { diagonal.min(above).min(left) + 1 };
            diagonal = above;
            left = cost;
            *cell = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
