//! Text from the command line or, for `-`, from standard input.

use std::io::Read;

use crate::model::Kind;

use super::Stop;

/// The longest text that is read from standard input, in bytes; the protocol's line holds it with escapes.
const LONGEST_TEXT: u64 = 2 * 1024 * 1024;

/// The text itself, or standard input when it is `-`.
pub(super) fn or_standard_input(text: &str) -> Result<String, Stop> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST_TEXT + 1).read_to_end(&mut bytes);
    read.map_err(|error| Stop::system("standard input cannot be read", &error))?;
    if bytes.len() as u64 > LONGEST_TEXT {
        return Err(Stop::new(Kind::Invalid, format!("the text is longer than {} MiB", LONGEST_TEXT >> 20))
            .hint("put it into a file of the repository and name the file"));
    }
    let text = String::from_utf8(bytes).map_err(|_| Stop::new(Kind::Invalid, "standard input is not UTF-8 text"))?;
    Ok(text.trim_end_matches('\n').to_owned())
}
