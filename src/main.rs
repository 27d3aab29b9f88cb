//! The `qd` binary: for now only the hidden `qd host DIR`, the session host.

use std::env;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [command, directory] if command == "host" => quarterdeck::session::run_host(Path::new(directory)),
        _ => ExitCode::from(2),
    }
}
