//! `[router]` of `config.toml`: which agents share the work, and when the model follows the complexity; and `models.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::mistake::{SettingsError, explain};
use crate::model::Models;

/// The agents that share the work unless the person names others, best known first.
pub const SHARING: [&str; 6] = ["claude", "codex", "opencode", "kimi", "minimax", "gemini"];

/// Tools that a router may recommend for a task.
const TOOLS: [&str; 11] = ["yq", "jq", "bash", "just", "git", "rg", "sed", "awk", "python3", "node", "npm"];

/// Who gets a task that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouterSettings {
    /// Who decides.
    pub backend: RouterBackend,
    /// Agents that share the work in turn; `None` is [`SHARING`], as far as they are known to be signed in, and only where
    /// no default agent is configured.
    pub agents: Option<Vec<String>>,
    /// Agents that are tried for a task, one after the other, before `fallback` gets it.
    pub max_route_attempts: u32,
    /// Who gets a task when none of those can be used.
    #[serde(alias = "fallback_executor")]
    pub fallback: String,
    /// Finished tasks of a type that an agent must have before its success counts.
    pub samples: u32,
    /// When the model follows the complexity.
    pub model_map: ModelMapUse,
    /// Tools that may be recommended for a task.
    pub allowed_tools: Vec<String>,
}

impl Default for RouterSettings {
    fn default() -> Self {
        Self {
            backend: RouterBackend::Auto,
            agents: None,
            max_route_attempts: 3,
            fallback: "codex".to_owned(),
            samples: 5,
            model_map: ModelMapUse::Planned,
            allowed_tools: TOOLS.into_iter().chain(["bun"]).map(str::to_owned).collect(),
        }
    }
}

/// Who decides about agents and models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouterBackend {
    /// The model that plans decides of what it plans; everything else goes in turn, without a call.
    Auto,
    /// A model is also asked about tasks that the rules made.
    Llm,
    /// In turn, whatever a model proposes.
    RoundRobin,
}

/// When the model follows the complexity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelMapUse {
    /// Where a model judged the complexity, or the text says it (`complexity:simple`).
    Planned,
    /// Also where the rules guess it.
    Always,
    /// Every agent keeps its own default.
    Never,
}

/// The models that come with the program.
const SHIPPED: &str = include_str!("../../models.toml");

/// Which models of each agent fit which complexity: the shipped ones with the person's own file on top, agent by agent.
pub fn models(own: Option<(&str, &str)>) -> Result<BTreeMap<String, Models>, SettingsError> {
    let read = |text: &str, file: &str| {
        toml::from_str::<BTreeMap<String, Models>>(text).map_err(|error| explain(&error, text, file))
    };
    let mut all = read(SHIPPED, "models.toml")?;
    if let Some((text, file)) = own {
        all.extend(read(text, file)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Complexity;

    #[test]
    fn the_shipped_models_are_there_and_a_file_of_ones_own_replaces_an_agents() {
        let shipped = models(None).unwrap();
        assert_eq!(shipped["claude"].fit(Complexity::Simple), Some("haiku"));
        assert_eq!(shipped["codex"].fit(Complexity::Complex), Some("gpt-5.3-codex"));
        assert_eq!(shipped["claude"].review.as_deref(), Some("sonnet"));
        assert_eq!(shipped["claude"].class("opus"), Some(Complexity::Complex));
        assert!(!shipped.contains_key("gemini"));
        let own = models(Some(("[claude]\nsimple = \"sonnet\"\nmore = [\"opus\"]\n", "own"))).unwrap();
        assert_eq!(own["claude"].fit(Complexity::Simple), Some("sonnet"));
        assert_eq!(own["claude"].fit(Complexity::Complex), None);
        assert_eq!(own["claude"].all(), ["sonnet", "opus"]);
        assert!(models(Some(("[claude]\nhuge = \"x\"\n", "own"))).is_err());
    }
}
