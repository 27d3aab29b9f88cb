//! The cockpit: a client that shows workers' screens and lets the person steer them.
//!
//! `State` and `Msg` go into the pure `update`, commands come out; `view` draws the state; `run` is the
//! one loop around them that owns the terminal, the connection to the daemon and the connections to the
//! hosts of visible panes. It holds no truth: it can be killed at any instant and opened again.

mod bars;
mod cells;
mod choices;
pub mod clipboard;
pub mod dialog;
mod editor;
mod elsewhere;
pub(crate) mod encode;
mod error;
mod fields;
pub(crate) mod input;
mod keyboard;
mod layout;
pub mod layout_file;
mod links;
pub mod message;
pub mod mode;
pub mod motion;
mod outer;
mod outside;
mod painter;
pub mod pane;
pub mod reading;
mod run;
pub mod selection;
mod skin;
pub mod state;
mod status;
mod stepper;
mod terminal;
mod tmux;
mod update;
mod view;
mod wire;

pub use error::TuiError;
pub use outer::Outer;
pub use outside::{Record, Records};
pub use painter::Painter;
pub use run::{Cockpit, Left, run};
pub use skin::Skin;
pub use terminal::TerminalEnvironment;
pub use update::update;
pub use view::{Whose, view};
pub use wire::Reconnect;

/// Which keys the footer names as the owner of the keyboard, in words; for tests of rule 1.
pub fn owner_words(state: &state::State) -> String {
    bars::owner_words(state)
}
