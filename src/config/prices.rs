//! The price table: what models cost per million tokens, and how much fits into their context. The one that ships with
//! the program is `prices.toml`; the person's own file comes before it.

use serde::Deserialize;

use crate::model::{Tokens, dollars as millions, fits_wildcard, micros};

use super::SettingsError;
use super::mistake::explain;

/// The table that ships with the program.
const SHIPPED: &str = include_str!("../../prices.toml");

/// One row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The models, `*` for any text.
    pub model: String,
    /// US dollars for a million tokens read.
    pub input: f64,
    /// US dollars for a million tokens written.
    pub output: f64,
    /// US dollars for a million tokens from the cache; as `input` when it is not known.
    pub cache_read: Option<f64>,
    /// US dollars for a million tokens into the cache; as `input` when it is not known.
    pub cache_write: Option<f64>,
    /// Tokens that fit into the context.
    pub window: Option<u64>,
}

impl Price {
    /// What tokens cost, in millionths of a US dollar.
    pub fn micros(&self, tokens: Tokens) -> u64 {
        // dollars per million tokens
        let part = |count: u64, price: f64| millions(count) * price;
        let sum = part(tokens.input, self.input)
            + part(tokens.output, self.output)
            + part(tokens.cache_read, self.cache_read.unwrap_or(self.input))
            + part(tokens.cache_write, self.cache_write.unwrap_or(self.input));
        micros(sum)
    }
}

/// The rows, the person's first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prices(Vec<Price>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "price")]
    prices: Vec<Price>,
}

impl Prices {
    /// The person's table, if there is one, before the shipped one. `file` names it in errors.
    pub fn layered(own: Option<&str>, file: &str) -> Result<Self, SettingsError> {
        let mut rows = own.map(|text| parse(text, file)).transpose()?.unwrap_or_default();
        rows.extend(parse(SHIPPED, "prices.toml")?);
        Ok(Self(rows))
    }

    /// The row of a model.
    pub fn of(&self, model: &str) -> Option<&Price> {
        self.0.iter().find(|price| fits_wildcard(&price.model, model, '*', None))
    }
}

fn parse(text: &str, file: &str) -> Result<Vec<Price>, SettingsError> {
    let read: File = toml::from_str(text).map_err(|error| explain(&error, text, file))?;
    Ok(read.prices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pattern_that_fits_counts_and_the_persons_come_first() {
        let own = "[[price]]\nmodel = \"claude-sonnet-5-5\"\ninput = 1\noutput = 2\n";
        let prices = Prices::layered(Some(own), "own").unwrap();
        assert_eq!(prices.of("claude-sonnet-5-5").map(|price| price.input), Some(1.0));
        assert_eq!(prices.of("claude-sonnet-5").and_then(|price| price.window), Some(1_000_000));
        assert!(prices.of("gemini-2.5-flash-lite").is_some_and(|price| price.input < 1.0));
        assert!(prices.of("some-other").is_none());
        assert!(Prices::layered(Some("[[price]]\nmodle = 3"), "own").is_err());
    }

    #[test]
    fn the_table_agrees_with_what_claude_code_reckons_itself() {
        let prices = Prices::layered(None, "").unwrap();
        let tokens = Tokens { input: 900, output: 171, cache_read: 2_700, cache_write: 300 };
        // `total_cost_usd` of tests/fixtures/agents/streams/claude_ok.jsonl
        assert_eq!(prices.of("claude-sonnet-5-5").unwrap().micros(tokens), 4_530);
    }
}
