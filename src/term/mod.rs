//! The terminal behind a session: what the agent's output means (a wrapper around vt100), what scrolled
//! away, the answers to what programs ask of a terminal, and the bytes that keys, mouse and paste become.
//! Pure: no I/O, no clock. It knows nothing of the wire; whoever sends a frame converts it.

mod ahead;
mod alternate;
mod answers;
mod capture;
mod colours;
mod controls;
mod extras;
mod frame;
mod history;
pub mod input;
pub mod keys;
mod line;
pub mod links;
mod listener;
mod mark;
pub mod mouse;
mod palette;
mod prepass;
mod resize;
pub mod search;
mod sgr;
mod tabs;
mod terminal;
#[cfg(test)]
mod tests;
mod touched;

pub use capture::Transcript;
pub use frame::{Frame, Modes, Mouse};
pub use history::History;
pub use keys::{focus, paste};
pub use line::{Ink, Line, Link, Span, Style, attribute};
pub use listener::News;
pub use palette::{Rgb, palette};
pub use terminal::{MOST_COLUMNS, MOST_ROWS, Terminal};
