//! What a host says for its log (`host.log` is its standard error). `eprintln!` panics where the disk is full, and a
//! panic there would end the host and with it the agent.

/// A line for `host.log`, if it can be written.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        // a disk without room, or a log that is gone: nobody is left to tell
        let _ = writeln!(std::io::stderr().lock(), $($words)*);
    }};
}

pub(in crate::session) use say;
