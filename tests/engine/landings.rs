//! landings
