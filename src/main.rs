//! `qd`: see the library's documentation.

fn main() -> std::process::ExitCode {
    quarterdeck::cli::run(std::env::args_os())
}
