//! One answer to one dialog, key by key. Plain state; the link does the talking.

use std::time::Duration;

use crate::agents::{DIALOG_SETTLE, guard};
use crate::model::{AnswerKind, Dialog, EffectId, Exact, Timestamp};
use crate::protocol::pane::WriteFate;

/// An answer whose turn has not come.
pub(super) struct Answer {
    /// The effect that asked.
    pub(super) effect: EffectId,
    /// What is answered.
    pub(super) dialog: Dialog,
    /// Which way.
    pub(super) kind: AnswerKind,
}

/// The keys of one dialog answer on their way, one write each. Programs ignore keys that come as soon as a
/// question appears, so the question must have stood for a while first, and must be seen to go afterwards;
/// if it stays, the same keys are sent again under new journal keys.
pub(super) struct Answering {
    /// The effect that asked.
    pub(super) effect: EffectId,
    dialog: Dialog,
    kind: AnswerKind,
    keys: Vec<String>,
    tries: u32,
    phase: AnswerPhase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerPhase {
    /// The next key may be written then.
    Press { key: usize, at: Timestamp },
    /// A key is with the host.
    Pressing { key: usize },
    /// All keys are written; the question should go.
    Check { until: Timestamp },
}

/// What an answer under way wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AnswerStep {
    /// Write this: journal key, bytes, and what must be on the screen.
    Write(String, Vec<u8>, String),
    /// The question went: answered.
    Answered,
    /// It cannot be answered any more.
    Gone,
}

/// Between two keys of one answer: the program needs a moment.
const BETWEEN_KEYS: Duration = Duration::from_millis(250);
/// How long a question may take to go after the last key.
const GOES_WITHIN: Duration = Duration::from_secs(2);
/// How often the keys are sent.
const ANSWER_TRIES: u32 = 3;

impl Answering {
    /// Of its dialog, which stood since `since`. Nothing is written yet.
    pub(super) fn new(Answer { effect, dialog, kind }: Answer, since: Timestamp) -> Self {
        let keys = dialog.keys(kind).unwrap_or_default().to_vec();
        let phase = AnswerPhase::Press { key: 0, at: since.after(DIALOG_SETTLE) };
        Self { effect, dialog, kind, keys, tries: 1, phase }
    }

    /// What is not allowed by this answer.
    pub(super) fn refuses(&self) -> Option<&Exact> {
        self.dialog.exact.as_ref().filter(|_| self.kind == AnswerKind::No)
    }

    /// When `due` has something to say.
    pub(super) fn wake(&self) -> Option<Timestamp> {
        match self.phase {
            AnswerPhase::Press { at, .. } | AnswerPhase::Check { until: at } => Some(at),
            AnswerPhase::Pressing { .. } => None,
        }
    }

    /// Time passed.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<AnswerStep> {
        match self.phase {
            AnswerPhase::Press { key, at } if at <= now => Some(self.press(key)),
            AnswerPhase::Check { until } if until <= now => {
                self.tries += 1;
                Some(if self.tries > ANSWER_TRIES { AnswerStep::Gone } else { self.press(0) })
            }
            _ => None,
        }
    }

    fn press(&mut self, key: usize) -> AnswerStep {
        self.phase = AnswerPhase::Pressing { key };
        self.write().unwrap_or(AnswerStep::Gone)
    }

    /// The write that is with the host: also what to ask for again after the connection was lost.
    pub(super) fn write(&self) -> Option<AnswerStep> {
        let AnswerPhase::Pressing { key } = self.phase else { return None };
        let bytes = self.keys.get(key)?.clone().into_bytes();
        // before each key: the person, or the program, may have gone on in between
        Some(AnswerStep::Write(self.journal_key(key), bytes, guard(&self.dialog)))
    }

    fn journal_key(&self, key: usize) -> String {
        format!("{}.answer-{}-{key}", self.effect, self.tries)
    }

    /// Whether this is the write that is with the host.
    pub(super) fn is_writing(&self, journal_key: &str) -> bool {
        matches!(self.phase, AnswerPhase::Pressing { key } if self.journal_key(key) == journal_key)
    }

    /// The host answered the write.
    pub(super) fn wrote(&mut self, fate: WriteFate, now: Timestamp) -> Option<AnswerStep> {
        let AnswerPhase::Pressing { key } = self.phase else { return None };
        match fate {
            WriteFate::Mismatch if self.tries > 1 => Some(AnswerStep::Answered),
            WriteFate::Mismatch | WriteFate::Over => Some(AnswerStep::Gone),
            // never sent blindly again: the check sees whether the question went
            WriteFate::Written | WriteFate::AlreadyWritten | WriteFate::Unknown => {
                self.phase = if key + 1 < self.keys.len() && fate != WriteFate::Unknown {
                    AnswerPhase::Press { key: key + 1, at: now.after(BETWEEN_KEYS) }
                } else {
                    AnswerPhase::Check { until: now.after(GOES_WITHIN) }
                };
                None
            }
        }
    }

    /// The screen shows this dialog now, or none: after the last key, anything else means that it was taken.
    pub(super) fn sees(&self, dialog: Option<&Dialog>) -> Option<AnswerStep> {
        let checking = matches!(self.phase, AnswerPhase::Check { .. });
        (checking && dialog.is_none_or(|shown| !self.is_for(shown))).then_some(AnswerStep::Answered)
    }

    /// Whether the answer is for this question: in a small pane two may look alike, and ask for different things.
    pub(super) fn is_for(&self, shown: &Dialog) -> bool {
        guard(shown) == guard(&self.dialog) && shown.exact == self.dialog.exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DialogKind;

    fn asks(command: &str) -> Dialog {
        let text = format!(
            "Bash command\n{command}\nDo you want to proceed?\n❯ 1. Yes\n2. No\nTip: auto mode handles these prompts for you, without asking"
        );
        let (yes, no) = (vec!["1".into()], vec!["\u{1b}".into()]);
        Dialog { yes, no, ..Dialog::told(DialogKind::Permission, &text) }
    }

    fn answering() -> Answering {
        let answer = Answer { effect: EffectId(7), dialog: asks("touch a"), kind: AnswerKind::Yes };
        let mut answering = Answering::new(answer, Timestamp(0));
        answering.due(Timestamp(60_000)).unwrap();
        answering
    }

    #[test]
    fn the_next_question_of_the_same_kind_is_another_one() {
        let mut answering = answering();
        assert_eq!(answering.wrote(WriteFate::Written, Timestamp(60_000)), None);
        assert_eq!(answering.sees(Some(&asks("touch a"))), None, "it still stands");
        assert_eq!(answering.sees(Some(&asks("rm b"))), Some(AnswerStep::Answered));
    }

    #[test]
    fn two_questions_that_look_alike_are_told_by_what_they_ask_for() {
        let exact = |text: &str| Some(Exact { title: String::new(), text: text.to_owned() });
        let asked = Dialog { exact: exact("$ rm a"), ..asks("") };
        let answer = Answer { effect: EffectId(7), dialog: asked.clone(), kind: AnswerKind::Yes };
        let answering = Answering::new(answer, Timestamp(0));
        assert!(answering.is_for(&asked));
        assert!(!answering.is_for(&Dialog { exact: exact("$ rm b"), ..asked.clone() }));
        assert!(!answering.is_for(&Dialog { exact: None, ..asked.clone() }));
        assert_eq!(answering.refuses(), None, "yes refuses nothing");
        let no = Answer { effect: EffectId(8), dialog: asked.clone(), kind: AnswerKind::No };
        assert_eq!(Answering::new(no, Timestamp(0)).refuses(), asked.exact.as_ref());
    }

    #[test]
    fn every_key_is_written_only_to_the_whole_question() {
        let Some(AnswerStep::Write(_, _, only_if)) = answering().write() else { panic!("nothing to write") };
        assert!(only_if.lines().any(|row| row == "touch a") && only_if.lines().any(|row| row == "1. Yes"), "{only_if}");
    }
}
