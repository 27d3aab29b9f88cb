//! The cases of the escape-sequence suite: after the chapters of vttest and esctest, in our own words. Each says
//! what a screen of six rows and twelve columns shows afterwards (rows parted by `|`, blank ends left out) and
//! where the cursor is (zero-based). The expectation is what DEC's manuals and xterm's ctlseqs say.

/// One case.
pub struct Case {
    /// The chapter it stands in.
    pub chapter: &'static str,
    /// What is shown to work.
    pub name: &'static str,
    /// What the program prints.
    pub input: &'static str,
    /// The rows.
    pub rows: &'static str,
    /// Row and column of the cursor; a cursor behind the last column counts as on it.
    pub cursor: (u16, u16),
}

/// Rows of the screen.
pub const ROWS: u16 = 6;
/// Columns of the screen.
pub const COLS: u16 = 12;

const fn case(
    chapter: &'static str,
    name: &'static str,
    input: &'static str,
    rows: &'static str,
    cursor: (u16, u16),
) -> Case {
    Case { chapter, name, input, rows, cursor }
}

const MOVES: &str = "Cursor movement";
const ERASE: &str = "Erasing";
const EDIT: &str = "Inserting and deleting";
const SCROLL: &str = "Scrolling and margins";
const WRAP: &str = "Wrapping";
const TABS: &str = "Tab stops";
const SETS: &str = "Character sets";
const WIDE: &str = "Wide and combined characters";
const ALT: &str = "Alternate screen";
const SAVE: &str = "Saving, resets, patterns";
const ODD: &str = "Odd and broken sequences";

/// All cases, chapter by chapter.
pub const CASES: &[Case] = &[
    // -- movement
    case(MOVES, "CUP goes to row and column", "\x1b[3;5Hx", "||    x", (2, 5)),
    case(MOVES, "CUP without numbers goes home", "ab\x1b[Hx", "xb", (0, 1)),
    case(MOVES, "CUP stops at the edges", "\x1b[99;99Hx", "|||||           x", (5, 11)),
    case(MOVES, "CUP takes 0 as 1", "\x1b[0;0Hx", "x", (0, 1)),
    case(MOVES, "HVP is CUP", "\x1b[2;2fx", "| x", (1, 2)),
    case(MOVES, "CUU stops at the top", "\x1b[3;3H\x1b[9Ax", "  x", (0, 3)),
    case(MOVES, "CUD stops at the bottom", "\x1b[3;3H\x1b[9Bx", "|||||  x", (5, 3)),
    case(MOVES, "CUF stops at the right edge", "\x1b[99Cx", "           x", (0, 11)),
    case(MOVES, "CUB stops at the left edge", "abc\x1b[9Dx", "xbc", (0, 1)),
    case(MOVES, "CUU, CUD, CUF and CUB take 0 as 1", "\x1b[3;3H\x1b[0A\x1b[0C\x1b[0B\x1b[0Dx", "||  x", (2, 3)),
    case(MOVES, "CNL and CPL go to the first column", "abc\x1b[2Ex\x1b[1Fy", "abc|y|x", (1, 1)),
    case(MOVES, "CHA and HPA set the column", "abc\x1b[2Gx\x1b[5`y", "axc y", (0, 5)),
    case(MOVES, "VPA sets the row", "abc\x1b[3dx", "abc||   x", (2, 4)),
    case(MOVES, "HPR and VPR move on", "a\x1b[2ab\x1b[2ec", "a  b||    c", (2, 5)),
    case(MOVES, "BS goes left and stops", "ab\x08x\x08\x08\x08\x08y", "yx", (0, 1)),
    case(MOVES, "CUB after the last column", "0123456789ab\x1b[DX", "0123456789Xb", (0, 11)),
    case(MOVES, "CR goes to the first column", "abc\rx", "xbc", (0, 1)),
    case(MOVES, "LF, VT and FF go down in the column", "a\nb\x0bc\x0cd", "a| b|  c|   d", (3, 4)),
    case(MOVES, "IND goes down, NEL to the next line", "ab\x1bDc\x1bEd", "ab|  c|d", (2, 1)),
    case(MOVES, "RI goes up", "\x1b[2;3Ha\x1bMb", "   b|  a", (0, 4)),
    case(MOVES, "CUU stops at the top margin when below it", "\x1b[3;5r\x1b[4;1H\x1b[9Ax", "||x", (2, 1)),
    case(MOVES, "CUU passes the margin when above it", "\x1b[3;5r\x1b[2;1H\x1b[9Ax", "x", (0, 1)),
    case(MOVES, "CUD stops at the bottom margin when above it", "\x1b[2;4r\x1b[3;1H\x1b[9Bx", "|||x", (3, 1)),
    case(MOVES, "CUD passes the margin when below it", "\x1b[2;4r\x1b[5;1H\x1b[9Bx", "|||||x", (5, 1)),
    case(MOVES, "origin mode counts from the margins", "\x1b[2;4r\x1b[?6h\x1b[2;1Hx\x1b[9;1Hy", "||x|y", (3, 1)),
    case(
        MOVES,
        "origin mode goes home when set and reset",
        "\x1b[2;4r\x1b[5;5H\x1b[?6hx\x1b[5;5H\x1b[?6ly",
        "y|x",
        (0, 1),
    ),
    // -- erasing
    case(ERASE, "ED 0 erases to the end", "aaa\r\nbbb\r\nccc\x1b[2;2H\x1b[J", "aaa|b", (1, 1)),
    case(ERASE, "ED 1 erases from the start", "aaa\r\nbbb\r\nccc\x1b[2;2H\x1b[1J", "|  b|ccc", (1, 1)),
    case(ERASE, "ED 2 erases all and stays", "aaa\r\nbbb\x1b[2J", "", (1, 3)),
    case(ERASE, "ED 3 leaves the screen", "aaa\x1b[3J", "aaa", (0, 3)),
    case(ERASE, "EL 0 erases to the end of the line", "abcdef\x1b[3G\x1b[K", "ab", (0, 2)),
    case(ERASE, "EL 1 erases from the start of the line", "abcdef\x1b[3G\x1b[1K", "   def", (0, 2)),
    case(ERASE, "EL 2 erases the line", "abcdef\x1b[3G\x1b[2K", "", (0, 2)),
    case(ERASE, "ECH erases and does not move", "abcdef\x1b[3G\x1b[2X", "ab  ef", (0, 2)),
    case(ERASE, "ECH takes 0 as 1 and stops at the edge", "abcdef\x1b[3G\x1b[0X\x1b[5G\x1b[99X", "ab d", (0, 4)),
    case(ERASE, "DECSED and DECSEL erase like ED and EL", "abc\r\ndef\x1b[1;2H\x1b[?K\x1b[2;2H\x1b[?J", "a|d", (1, 1)),
    case(ERASE, "margins do not hold ED back", "a\r\nb\r\nc\x1b[2;2r\x1b[2;3r\x1b[1;1H\x1b[J", "", (0, 0)),
    // -- editing
    case(EDIT, "ICH moves the rest to the right", "abcdef\x1b[3G\x1b[2@", "ab  cdef", (0, 2)),
    case(EDIT, "ICH loses what passes the edge", "abcdefghijkl\x1b[1G\x1b[3@", "   abcdefghi", (0, 0)),
    case(EDIT, "DCH moves the rest to the left", "abcdef\x1b[3G\x1b[2P", "abef", (0, 2)),
    case(EDIT, "DCH more than there is", "abcdef\x1b[3G\x1b[99P", "ab", (0, 2)),
    case(EDIT, "IL moves lines down", "a\r\nb\r\nc\x1b[2;1H\x1b[L", "a||b|c", (1, 0)),
    case(EDIT, "IL stays within the margins", "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2;1H\x1b[L", "a||b|d", (1, 0)),
    case(EDIT, "IL outside of the margins does nothing", "a\r\nb\r\nc\x1b[2;3r\x1b[1;1H\x1b[L", "a|b|c", (0, 0)),
    case(EDIT, "DL moves lines up", "a\r\nb\r\nc\x1b[1;1H\x1b[M", "b|c", (0, 0)),
    case(EDIT, "DL stays within the margins", "a\r\nb\r\nc\r\nd\x1b[1;3r\x1b[1;1H\x1b[M", "b|c||d", (0, 0)),
    case(EDIT, "DL more than there is", "a\r\nb\r\nc\x1b[2;1H\x1b[99M", "a", (1, 0)),
    case(EDIT, "insert mode moves the rest to the right", "abc\x1b[2G\x1b[4hxy\x1b[4lz", "axyzc", (0, 4)),
    case(
        EDIT,
        "insert mode loses what passes the edge",
        "abcdefghijkl\x1b[1G\x1b[4hxyz\x1b[4l",
        "xyzabcdefghi",
        (0, 3),
    ),
    case(EDIT, "insert mode of a wide character", "abc\x1b[2G\x1b[4h漢\x1b[4l", "a漢bc", (0, 3)),
    case(EDIT, "REP repeats the last character", "ab\x1b[3bc", "abbbbc", (0, 6)),
    case(EDIT, "REP wraps", "a\x1b[13b", "aaaaaaaaaaaa|aa", (1, 2)),
    case(EDIT, "REP of a wide character", "漢\x1b[2b", "漢漢漢", (0, 6)),
    // -- scrolling
    case(SCROLL, "LF at the bottom scrolls", "a\x1b[6;1Hb\nc", "||||b| c", (5, 2)),
    case(SCROLL, "IND at the bottom scrolls", "a\x1b[2;1Hb\x1b[6;1H\x1bDc", "b|||||c", (5, 1)),
    case(SCROLL, "RI at the top scrolls back", "a\r\nb\x1b[1;1H\x1bMc", "c|a|b", (0, 1)),
    case(SCROLL, "SU scrolls up and does not move", "a\r\nb\r\nc\x1b[2S", "c", (2, 1)),
    case(SCROLL, "SD scrolls down and does not move", "a\r\nb\x1b[2T", "||a|b", (1, 1)),
    case(SCROLL, "DECSTBM goes home", "abc\r\ndef\x1b[2;4rx", "xbc|def", (0, 1)),
    case(SCROLL, "DECSTBM of an impossible region is ignored", "abc\x1b[4;4rx\x1b[5;2ry", "abcxy", (0, 5)),
    case(SCROLL, "DECSTBM takes the screen for what is missing", "\x1b[3r\x1b[6;1Ha\nb", "||||a| b", (5, 2)),
    case(SCROLL, "LF scrolls within the margins", "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\nx", "a|c|x|d", (2, 1)),
    case(SCROLL, "LF below the margins does not scroll", "a\x1b[2;3r\x1b[6;1Hx\ny", "a|||||xy", (5, 2)),
    case(SCROLL, "RI scrolls within the margins", "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2;1H\x1bMx", "a|x|b|d", (1, 1)),
    case(SCROLL, "SU and SD stay within the margins", "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[S\x1b[T\x1b[T", "a|||d", (0, 0)),
    case(
        SCROLL,
        "text that wraps at the bottom margin scrolls",
        "a\x1b[2;3r\x1b[3;1H0123456789abX",
        "a|0123456789ab|X",
        (2, 1),
    ),
    case(SCROLL, "SU of more than there is", "a\r\nb\x1b[99S", "", (1, 1)),
    // -- wrapping
    case(WRAP, "text goes on in the next row", "0123456789abcd", "0123456789ab|cd", (1, 2)),
    case(WRAP, "the last column is filled before it wraps", "0123456789ab", "0123456789ab", (0, 11)),
    case(WRAP, "CR in the last column stays in the row", "0123456789ab\rX", "X123456789ab", (0, 1)),
    case(WRAP, "LF after the last column", "0123456789ab\nX", "0123456789ab||X", (2, 1)),
    case(WRAP, "CUP ends a pending wrap", "0123456789ab\x1b[1;12HX", "0123456789aX", (0, 11)),
    case(
        WRAP,
        "EL does not end a pending wrap at another place",
        "0123456789ab\x1b[1;11H\x1b[KX",
        "0123456789X",
        (0, 11),
    ),
    case(
        WRAP,
        "without DECAWM the last column is overwritten",
        "\x1b[?7l0123456789abcd\x1b[?7h",
        "0123456789ad",
        (0, 11),
    ),
    case(WRAP, "DECAWM on again wraps", "\x1b[?7l0123456789abcd\x1b[?7hXY", "0123456789aX|Y", (1, 1)),
    case(WRAP, "BS after the last column", "0123456789ab\x08X", "0123456789Xb", (0, 11)),
    case(WRAP, "newline mode goes to the first column", "a\x1b[20hb\nc\x1b[20l\nd", "ab|c| d", (2, 2)),
    // -- tabs
    case(TABS, "HT goes to the next stop", "a\tb", "a       b", (0, 9)),
    case(TABS, "HT stops at the right edge", "\t\t\tx", "           x", (0, 11)),
    case(TABS, "HT erases nothing", "abcdefghij\r\tX", "abcdefghXj", (0, 9)),
    case(TABS, "HTS sets a stop", "\x1b[4G\x1bH\r\tx", "   x", (0, 4)),
    case(TABS, "TBC clears a stop", "\x1b[9G\x1b[g\r\tx", "           x", (0, 11)),
    case(TABS, "TBC 3 clears all stops", "\x1b[3g\r\tx", "           x", (0, 11)),
    case(TABS, "CHT goes forward by stops", "\x1b[3G\x1bH\r\x1b[2Ix", "        x", (0, 9)),
    case(TABS, "CBT goes back by stops", "\x1b[12G\x1b[Zx\x1b[2Zy", "y       x", (0, 1)),
    case(TABS, "DECST8C brings the default stops back", "\x1b[3g\x1b[?5W\r\tx", "        x", (0, 9)),
    // -- character sets
    case(SETS, "G0 line drawing", "\x1b(0lqk\x1b(Bq", "┌─┐q", (0, 4)),
    case(SETS, "SO and SI shift G1", "\x1b)0a\x0ex\x0fx", "a│x", (0, 3)),
    case(SETS, "DECRC brings the character set back", "\x1b(0\x1b7\x1b(Bq\x1b8q", "─", (0, 1)),
    case(SETS, "RIS chooses ASCII", "\x1b(0\x1bcq", "q", (0, 1)),
    case(SETS, "a title is not drawn", "\x1b(0\x1b]2;qq\x07x", "│", (0, 1)),
    // -- wide and combined
    case(WIDE, "a wide character takes two columns", "漢字x", "漢字x", (0, 5)),
    case(WIDE, "a wide character does not fit the last column", "0123456789a漢", "0123456789a|漢", (1, 2)),
    case(WIDE, "half of a wide character is erased whole", "漢字\x1b[2Gx", " x字", (0, 2)),
    case(WIDE, "its other half, too", "漢字\x1b[3Gx", "漢x", (0, 3)),
    case(WIDE, "ECH of half a wide character", "漢字x\x1b[1G\x1b[X", "  字x", (0, 0)),
    case(WIDE, "DCH of a wide character", "漢字x\x1b[1G\x1b[2P", "字x", (0, 0)),
    case(WIDE, "combining marks take no column", "e\u{301}x", "e\u{301}x", (0, 2)),
    case(WIDE, "a mark joins a wide character", "漢\u{301}x", "漢\u{301}x", (0, 3)),
    case(WIDE, "a mark after the last column joins it", "0123456789ae\u{301}x", "0123456789ae\u{301}|x", (1, 1)),
    case(WIDE, "emoji are wide", "🎉x", "🎉x", (0, 3)),
    case(WIDE, "the emoji form is wide", "❤\u{fe0f}x", "❤\u{fe0f}x", (0, 3)),
    case(WIDE, "skin tones join their emoji", "👍\u{1f3fd}x", "👍\u{1f3fd}x", (0, 3)),
    case(WIDE, "families joined by ZWJ are one", "👩\u{200d}👧x", "👩\u{200d}👧x", (0, 3)),
    case(WIDE, "flags are one", "🇩🇪x", "🇩🇪x", (0, 3)),
    // -- alternate screen
    case(ALT, "1049 shows a blank screen and comes back", "ab\x1b[?1049hxyz\x1b[?1049lc", "abc", (0, 3)),
    case(ALT, "1049 keeps the cursor's place", "\x1b[3;3H\x1b[?1049h\x1b[H\x1b[?1049lx", "||  x", (2, 3)),
    case(ALT, "1049 is blank each time", "\x1b[?1049habc\x1b[?1049l\x1b[?1049h\x1b[2;1Hx", "|x", (1, 1)),
    case(ALT, "1047 and 1048 together", "ab\x1b[?1048h\x1b[?1047h\x1b[2;2Hx\x1b[?1047l\x1b[?1048lc", "abc", (0, 3)),
    case(ALT, "1049 leaves the cursor in its place", "\x1b[3;3H\x1b[?1049hx", "||  x", (2, 3)),
    case(ALT, "47 comes back", "ab\x1b[?47hx\x1b[?47l", "ab", (0, 3)),
    case(ALT, "margins of the main screen are its own", "\x1b[2;3r\x1b[?1049h\x1b[6;1Ha\nb\x1b[?1049l", "", (0, 0)),
    // -- saving, resets, patterns
    case(SAVE, "DECSC and DECRC", "\x1b[2;3H\x1b7\x1b[5;5Hx\x1b8y", "|  y|||    x", (1, 3)),
    case(SAVE, "SCOSC and SCORC", "\x1b[2;3H\x1b[s\x1b[5;5Hx\x1b[uy", "|  y|||    x", (1, 3)),
    case(SAVE, "DECRC without DECSC goes home", "abc\x1b8x", "xbc", (0, 1)),
    case(SAVE, "RIS blanks the screen and goes home", "abc\x1b[2;3r\x1b[?6h\x1bcx", "x", (0, 1)),
    case(SAVE, "DECSTR leaves screen and cursor", "abc\x1b[2;3r\x1b[2;2H\x1b[!px", "abc| x", (1, 2)),
    case(
        SAVE,
        "DECSTR resets margins, origin and insert mode",
        "a\x1b[2;3r\x1b[?6h\x1b[4h\x1b[!p\x1b[1;1Hx",
        "x",
        (0, 1),
    ),
    case(
        SAVE,
        "DECALN fills the screen",
        "\x1b[2;3r\x1b#8",
        "EEEEEEEEEEEE|EEEEEEEEEEEE|EEEEEEEEEEEE|EEEEEEEEEEEE|EEEEEEEEEEEE|EEEEEEEEEEEE",
        (0, 0),
    ),
    // -- odd
    case(ODD, "unknown sequences are swallowed", "a\x1b[?99x\x1b[5;6zb\x1b#3c", "abc", (0, 3)),
    case(ODD, "CAN ends a sequence", "a\x1b[3\x18b", "ab", (0, 2)),
    case(ODD, "ESC begins another sequence", "a\x1b[3\x1b[2Gb", "ab", (0, 2)),
    case(ODD, "controls within a sequence are done", "ab\x1b[\r2Cx", "abx", (0, 3)),
    case(
        ODD,
        "DCS, SOS, PM and APC are swallowed",
        "a\x1bPq#0\x1b\\b\x1bXx\x1b\\c\x1b^x\x1b\\d\x1b_x\x1b\\e",
        "abcde",
        (0, 5),
    ),
    case(ODD, "OSC ends at BEL or ST", "a\x1b]2;x\x07b\x1b]2;x\x1b\\c", "abc", (0, 3)),
    case(ODD, "NUL and DEL are nothing", "a\0b\x7fc", "abc", (0, 3)),
    case(ODD, "too many parameters", "\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20mx", "x", (0, 1)),
    case(ODD, "huge numbers", "\x1b[99999999;99999999Hx", "|||||           x", (5, 11)),
    case(ODD, "empty parameters", "\x1b[;3Hx\x1b[2;Hy", "  x|y", (1, 1)),
];

/// What is known not to be as it should, by the case's name, and why.
pub const GAPS: &[(&str, &str)] = &[
    ("skin tones join their emoji", "each of the two takes two columns"),
    ("families joined by ZWJ are one", "each member takes two columns"),
];

/// Where tmux 3.3 does otherwise, by the case's name, and why that is no reason for us to.
pub const TMUX: &[(&str, &str)] = &[
    ("HPR and VPR move on", "does not know them"),
    ("BS after the last column", "counts that as one column more"),
    ("CUB after the last column", "counts that as one column more"),
    ("DECSED and DECSEL erase like ED and EL", "does not know them"),
    ("IL outside of the margins does nothing", "moves the lines"),
    ("REP wraps", "stops at the edge"),
    ("REP of a wide character", "repeats narrow ones only"),
    ("newline mode goes to the first column", "does not know it"),
    ("CHT goes forward by stops", "does not know it"),
    ("DECST8C brings the default stops back", "does not know it"),
    ("G0 line drawing", "prints the letters when captured"),
    ("SO and SI shift G1", "prints the letters when captured"),
    ("DECRC brings the character set back", "prints the letters when captured"),
    ("a title is not drawn", "prints the letters when captured"),
    ("half of a wide character is erased whole", "keeps it until it is drawn"),
    ("ECH of half a wide character", "leaves one column less"),
    ("the emoji form is wide", "leaves it narrow"),
    ("skin tones join their emoji", "has the same gap"),
    ("1047 and 1048 together", "does not know 1048"),
    ("DECSTR resets margins, origin and insert mode", "does not know it"),
];
