//! What a theme gives a look to: meanings, never hues.

macro_rules! roles {
    ($($variant:ident $name:literal $text:literal;)+) => {
        /// A meaning that a theme gives a look to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = $name] $variant,)+
        }

        impl Role {
            /// All of them; a theme defines every one.
            pub const ALL: &'static [Role] = &[$(Role::$variant),+];

            /// Its name in theme files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Role::$variant => $name,)+
                }
            }

            /// Whether people read words in it, so that its contrast must be at least 4.5.
            pub fn is_text(self) -> bool {
                match self {
                    $(Role::$variant => $text,)+
                }
            }

            /// The one with this name.
            pub fn named(name: &str) -> Option<Role> {
                Self::ALL.iter().copied().find(|role| role.name() == name)
            }
        }
    };
}

roles! {
    TextNormal "text.normal" true;
    TextDim "text.dim" true;
    TextStrong "text.strong" true;
    TextAccent "text.accent" true;
    FrameNormal "frame.normal" false;
    FrameFocused "frame.focused" false;
    FrameDialog "frame.dialog" false;
    TabNormal "tab.normal" true;
    TabActive "tab.active" true;
    Worker1 "worker.1" false;
    Worker2 "worker.2" false;
    Worker3 "worker.3" false;
    Worker4 "worker.4" false;
    Worker5 "worker.5" false;
    Worker6 "worker.6" false;
    WorkerOther "worker.other" false;
    AgentWorking "agent.working" true;
    AgentWaiting "agent.waiting" true;
    AgentReview "agent.review" true;
    AgentLimited "agent.limited" true;
    AgentBlocked "agent.blocked" true;
    AgentIdle "agent.idle" true;
    AgentDone "agent.done" true;
    AgentFailed "agent.failed" true;
    AgentPaused "agent.paused" true;
    AgentUnknown "agent.unknown" true;
    OwnerLabel "owner.label" true;
    HintKey "hint.key" true;
    HintText "hint.text" true;
    ChatYou "chat.you" true;
    ChatLead "chat.lead" true;
    DiffAdded "diff.added" true;
    DiffRemoved "diff.removed" true;
    DiffHunk "diff.hunk" true;
    DiffFile "diff.file" true;
    SelectRow "select.row" true;
    SelectText "select.text" true;
    SearchMatch "search.match" true;
    SearchCurrent "search.current" true;
    ToastGood "toast.good" true;
    ToastBad "toast.bad" true;
}

impl Role {
    /// The role of a worker's number, frame and marks.
    pub fn worker(number: u16) -> Role {
        match number {
            1 => Role::Worker1,
            2 => Role::Worker2,
            3 => Role::Worker3,
            4 => Role::Worker4,
            5 => Role::Worker5,
            6 => Role::Worker6,
            _ => Role::WorkerOther,
        }
    }
}
