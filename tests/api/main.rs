//! The control protocol against one daemon in this process: real store, real git, real hosts.

mod house;
mod stories;
