//! The cockpit without a terminal: state and keys in, screens of a test backend out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod daemon;
mod dialogs;
mod finding;
mod input;
mod knowing;
mod reading;
mod safety;
mod screens;
mod support;
mod themes;
