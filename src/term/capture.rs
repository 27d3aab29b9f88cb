//! The whole terminal as text, for `Capture`, logs and people.

use super::line::Line;
use super::sgr;
use super::terminal::Terminal;

impl Terminal {
    /// Screen, and history when asked for, as text; soft-wrapped rows are joined, trailing blank rows left out.
    pub fn capture(&mut self, ansi: bool, history: bool) -> String {
        let frame = self.frame();
        let mut lines: Vec<Line> = Vec::new();
        if history {
            lines.extend(self.parser.callbacks().history.lines());
            if frame.modes.alternate_screen {
                lines.extend(self.alternate.history().lines());
            }
        }
        lines.extend(frame.lines);
        let used = lines.iter().rposition(|line| !line.is_blank()).map_or(0, |last| last + 1);
        let mut text = String::new();
        for line in lines.iter().take(used) {
            if ansi {
                sgr::format_line(line, &mut text);
            } else {
                line.spans.iter().for_each(|span| text.push_str(&span.text));
            }
            if !line.wrapped {
                text.push('\n');
            }
        }
        text
    }
}
