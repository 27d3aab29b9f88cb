//! One bounded line at a time from a stream. A peer that never ends its line costs `MAX_LINE` bytes and
//! not the memory of the machine.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Reads up to the next newline into `line` (which is emptied first), without the newline. `false` at
/// the end of the stream; a last line without newline counts as cut off and is dropped.
pub(super) async fn read_line(
    from: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    limit: usize,
) -> io::Result<bool> {
    line.clear();
    loop {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            return Ok(false);
        }
        let newline = available.iter().position(|byte| *byte == b'\n');
        let part = newline.map_or(available, |at| available.split_at(at).0);
        if line.len() + part.len() > limit {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "line too long"));
        }
        line.extend_from_slice(part);
        let used = part.len() + usize::from(newline.is_some());
        from.consume(used);
        if newline.is_some() {
            return Ok(true);
        }
    }
}
