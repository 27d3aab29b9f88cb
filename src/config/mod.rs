//! What can be configured: places, settings, agent definitions, keymap, theme, catalogues. This layer
//! parses text and computes paths; reading files is for the daemon, the client and the faces.

mod agents;
pub mod catalog;
pub mod keymap;
mod mistake;
mod paths;
mod planner;
mod prices;
mod router;
mod settings;
pub mod slash;
pub mod theme;

pub use agents::{
    Adapter, AgentDefinition, AlwaysDefinition, Arguments, AskDefinition, Composer, DialogDefinition,
    EnvironmentChanges, PromptDelivery, ScreenPatterns, SignIn, StreamFormat, Times, TitlePatterns,
};
pub use mistake::SettingsError;
pub use paths::{Environment, Paths};
pub use planner::{PlannerBackend, PlannerSettings};
pub use prices::{Price, Prices};
pub use router::{ModelMapUse, RouterBackend, RouterSettings, SHARING, models};
pub use settings::{
    BudgetSettings, Handoff, Landing, ProjectExecutor, ProjectSettings, ProviderSettings, Resume, Settings,
};
