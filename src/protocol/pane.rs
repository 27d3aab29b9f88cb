//! Viewer (or daemon) ↔ session host, over the session's own socket. Each message is a 4-byte
//! big-endian length followed by `MessagePack` with field names (so that old hosts and new clients
//! understand each other: unknown fields are ignored, new ones have defaults).

use std::io;

use serde::{Deserialize, Serialize};

use crate::model::{Exit, Report};

/// The version of this protocol; hosts outlive upgrades, so it only grows. 2 brought `Lines` and `Search`,
/// which a host of version 1 does not understand (it closes the connection).
pub const VERSION: u32 = 2;

/// The longest message, in bytes.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// What is sent to a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToHost {
    /// First message of a viewer: its size, and whether its size may become the PTY's.
    View {
        /// The viewer's protocol version.
        version: u32,
        /// Rows it can show.
        rows: u16,
        /// Columns it can show.
        cols: u16,
        /// Whether to resize the PTY to that.
        resize: bool,
    },
    /// First message of the daemon: wants `Observed`, `Reported` and `Ended`. Only processes outside every session may.
    Watch {
        /// The daemon's protocol version.
        version: u32,
    },
    /// Bytes for the PTY, already encoded for what the inner program asked for.
    Input(#[serde(with = "serde_bytes_vec")] Vec<u8>),
    /// Text pasted by the person: the host brackets it when the inner program asked for that.
    Paste(String),
    /// The viewer's new size.
    Resize {
        /// Rows.
        rows: u16,
        /// Columns.
        cols: u16,
    },
    /// A page of history: `count` lines that end `back` lines above the top of the screen. Answer: `History`.
    History {
        /// Distance of the page's end from the screen's first row; 0 is the line just above it.
        back: u32,
        /// How many lines.
        count: u32,
    },
    /// Lines by their absolute numbers (see `ScreenUpdate::dropped`), as far as they are in the history; the
    /// host may answer with fewer than asked. Answer: `Lines`. Since version 2.
    Lines {
        /// The first line.
        from: u64,
        /// How many lines.
        count: u32,
    },
    /// The next match in history and screen, from a place on. Answer: `Found`. Since version 2.
    Search {
        /// Comes back with the answer.
        id: u32,
        /// What to look for; letters of any case are found unless it has a capital letter.
        pattern: String,
        /// Absolute number of the line and column from which to look on; a match just there is not meant.
        from: (u64, u16),
        /// Towards older lines.
        backward: bool,
    },
    /// The whole screen and history as text. Answer: `Captured`.
    Capture {
        /// With SGR escapes.
        ansi: bool,
        /// With history.
        history: bool,
    },
    /// Write bytes once: journalled under `key` before the write. Answer: `Wrote`. Daemon only.
    Write {
        /// Names this write forever.
        key: String,
        /// What.
        #[serde(with = "serde_bytes_vec")]
        bytes: Vec<u8>,
        /// Write inside bracketed-paste marks when the inner program asked for them.
        paste: bool,
        /// Only if the screen still holds this text (a dialog's); empty means always.
        only_if: String,
    },
    /// Lock or unlock the input of people. Daemon only.
    Lock(bool),
    /// Ask, wait `grace_ms`, then force the whole process group and every descendant. Daemon only.
    Stop {
        /// Milliseconds between asking and forcing; 0 forces at once.
        grace_ms: u64,
        /// What to type first, to ask politely (`/exit\r`), if anything.
        #[serde(with = "serde_bytes_vec")]
        ask: Vec<u8>,
    },
    /// Reports up to this number were committed and may be forgotten. Daemon only.
    Collected {
        /// The number.
        up_to: u64,
    },
    /// The exit record was committed: the host may end. Daemon only.
    Bury,
    /// From inside the session: `qd report`, a hook, or the transcript filter. Answer: `Noted`.
    Report(SessionReport),
}

/// What comes out of a session besides its screen. The host keeps reports on disk until collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionReport {
    /// `qd report done|progress|ask`.
    Said(Report),
    /// An agent's hook: its name and its payload (JSON as the agent gave it).
    Hook {
        /// The event's name, as the agent calls it.
        event: String,
        /// The payload.
        payload: String,
    },
    /// A line of an agent's structured output (JSON as the agent gave it).
    Stream {
        /// The line.
        line: String,
    },
}

/// What a host sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromHost {
    /// First message: who answers.
    Hello {
        /// The host's protocol version.
        version: u32,
        /// The session.
        session: String,
        /// The agent's process.
        pid: u32,
        /// The host's process.
        host_pid: u32,
    },
    /// The screen, or what changed of it since the last one to this viewer.
    Screen(ScreenUpdate),
    /// Answer to `History`; oldest first. `total` is how many lines there are.
    History {
        /// The page.
        lines: Vec<Row>,
        /// The same distance as asked.
        back: u32,
        /// All lines of history.
        total: u32,
    },
    /// Answer to `Lines`.
    Lines {
        /// Absolute number of the first line of the page; beyond what was asked for when that was dropped.
        first: u64,
        /// The page, oldest first.
        lines: Vec<Row>,
        /// As in `ScreenUpdate`.
        dropped: u64,
        /// All lines of history.
        history: u32,
    },
    /// Answer to `Search`.
    Found(Found),
    /// Answer to `Capture`.
    Captured(String),
    /// Answer to `Write`.
    Wrote {
        /// The key.
        key: String,
        /// What became of it.
        fate: WriteFate,
    },
    /// To the daemon: what the screen says now. At most one in 200 ms, and one after things settled.
    Observed(Observation),
    /// To the daemon: a report, with its number.
    Reported {
        /// Counts up from 1 in each session.
        number: u64,
        /// What.
        report: SessionReport,
    },
    /// The answer to `Report`: it is on disk.
    Noted,
    /// The agent ended.
    Ended(Exit),
    /// Not allowed, or not understood; the connection stays.
    Refused(String),
    /// OSC 52 of the inner program: text for the person's clipboard (write only).
    Clipboard(String),
    /// The bell, or OSC 9/777: text may be empty.
    Alert(String),
}

/// What became of a journalled write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteFate {
    /// Written now.
    Written,
    /// This key was written before; nothing was written now.
    AlreadyWritten,
    /// This key was begun before a crash and may or may not have reached the agent; nothing was written now.
    Unknown,
    /// The screen did not hold the `only_if` text; nothing was written, and the key is free again.
    Mismatch,
    /// The agent is over.
    Over,
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Found {
    /// The number that the search came with.
    pub id: u32,
    /// Where the match begins: absolute number of the line, and column. `None` when there is no match at all.
    pub at: Option<(u64, u16)>,
    /// Which of all matches it is, oldest first, from 1.
    pub index: u32,
    /// How many matches there are.
    pub total: u32,
    /// Nothing was left in that direction: it was gone on from the other end.
    pub wrapped: bool,
}

/// One cell's look. Colours: `None` is the default colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Look {
    /// Foreground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fg: Option<Colour>,
    /// Background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bg: Option<Colour>,
    /// Bits of `look::*`.
    #[serde(default)]
    pub attributes: u16,
}

/// Attribute bits of a `Look`.
pub mod look {
    /// Bold.
    pub const BOLD: u16 = 1;
    /// Dim.
    pub const DIM: u16 = 2;
    /// Italic.
    pub const ITALIC: u16 = 4;
    /// Underline.
    pub const UNDERLINE: u16 = 8;
    /// Inverse video.
    pub const INVERSE: u16 = 16;
    /// Struck through.
    pub const STRIKE: u16 = 32;
    /// Hidden (concealed).
    pub const HIDDEN: u16 = 64;
    /// Blinking.
    pub const BLINK: u16 = 128;
    /// A line above.
    pub const OVERLINE: u16 = 256;
}

/// A terminal colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Palette entry.
    Indexed(u8),
    /// True colour.
    Rgb(u8, u8, u8),
}

/// A run of text with one look. `text` may hold wide characters and grapheme clusters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Run {
    /// The text.
    pub text: String,
    /// Its look.
    #[serde(default)]
    pub look: Look,
    /// The hyperlink (OSC 8) that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A hyperlink of the inner program: never opened without a person's yes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Link {
    /// Parts of one link that are apart on the screen have the same id; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Where it leads.
    pub uri: String,
}

/// One row: runs from the left; what is missing on the right is blank.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Row {
    /// The runs.
    pub runs: Vec<Run>,
    /// Whether it goes on in the next row (soft wrap).
    #[serde(default)]
    pub wrapped: bool,
}

/// What the inner program asked of its terminal, for key and mouse encoding and for the frame.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Modes {
    /// On the alternate screen.
    pub alternate_screen: bool,
    /// DECCKM.
    pub application_cursor: bool,
    /// DECKPAM.
    pub application_keypad: bool,
    /// DEC 2004.
    pub bracketed_paste: bool,
    /// DEC 1004.
    pub focus_events: bool,
    /// Which mouse reports it wants.
    pub mouse: MouseMode,
    /// DEC 1006.
    pub mouse_sgr: bool,
    /// Kitty keyboard flags on top of its stack; 0 is legacy.
    pub keyboard_flags: u8,
    /// xterm modifyOtherKeys level (0–2).
    pub modify_other_keys: u8,
}

/// Mouse reporting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MouseMode {
    /// None.
    #[default]
    Off,
    /// DEC 9: presses only.
    Press,
    /// DEC 1000: presses and releases.
    PressRelease,
    /// DEC 1002: and drags.
    Drag,
    /// DEC 1003: all motion.
    Any,
}

/// Screen changes for one viewer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScreenUpdate {
    /// The PTY's rows.
    pub rows: u16,
    /// The PTY's columns.
    pub cols: u16,
    /// All rows follow, forget the old ones.
    pub full: bool,
    /// Row number and its new content.
    pub changed: Vec<(u16, Row)>,
    /// Cursor row and column, zero-based; `None` when hidden.
    pub cursor: Option<(u16, u16)>,
    /// DECSCUSR shape, 0–6.
    #[serde(default)]
    pub cursor_shape: u8,
    /// The modes.
    pub modes: Modes,
    /// OSC 0/2 title.
    pub title: String,
    /// Lines of history above the screen.
    pub history: u32,
    /// Input is locked, by a handoff or by a budget.
    #[serde(default)]
    pub locked: bool,
    /// Lines that the history has forgotten. The absolute number of a line is this plus its place in the
    /// history (the screen's rows follow), and stays the same for as long as the line lives. Lines of the
    /// alternate screen have numbers of their own, from 2^48 on.
    #[serde(default)]
    pub dropped: u64,
}

/// What the daemon reads a session's state from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// The title.
    pub title: String,
    /// The screen's rows as plain text, trailing blanks removed.
    pub screen: Vec<String>,
    /// Cursor row and column.
    pub cursor: (u16, u16),
    /// Modes.
    pub modes: Modes,
    /// Bytes that came out of the PTY so far.
    pub bytes: u64,
    /// Milliseconds since the last output.
    pub quiet_ms: u64,
    /// The agent's own program has the terminal, and not one that it started as a job: how a shell waits at its prompt.
    #[serde(default)]
    pub own_foreground: bool,
}

/// Writes one message.
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let body = rmp_serde::to_vec_named(message).map_err(io::Error::other)?;
    if body.len() > MAX_MESSAGE {
        return Err(io::Error::other("message too long"));
    }
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut framed = Vec::with_capacity(body.len() + 4);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(&body);
    Ok(framed)
}

/// Reads one message; `None` at a clean end of the stream.
pub fn read_from<T: serde::de::DeserializeOwned>(from: &mut impl io::Read) -> io::Result<Option<T>> {
    let mut length = [0u8; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_MESSAGE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "message too long"));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    decode(&body).map(Some)
}

/// Decodes one message body (without its length).
pub fn decode<T: serde::de::DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    rmp_serde::from_slice(body).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Byte vectors as `MessagePack` binary instead of arrays of numbers.
mod serde_bytes_vec {
    use serde::de::{Deserializer, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = sequence.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}
