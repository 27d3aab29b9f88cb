//! Everything a person can do in the cockpit: one table of names and descriptions, from which help,
//! hints and palette are made.

macro_rules! table {
    ($(#[$doc:meta])* $type:ident { $($variant:ident $name:literal $description:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $(#[doc = $description] $variant,)+
        }

        impl $type {
            /// All of them, in the order of help.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// The name in `keymaps.toml`.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)+
                }
            }

            /// What it is, for people.
            pub fn description(self) -> &'static str {
                match self {
                    $($type::$variant => $description,)+
                }
            }

            /// The one with this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

table! {
    /// Where keys mean something: one table of `keymaps.toml` each.
    Context {
        Direct "direct" "everywhere, also while you type to an agent";
        Leader "leader" "after the leader key";
        Cockpit "cockpit" "COCKPIT: keys are commands";
        Chat "chat" "CHAT: typing to the orchestrator";
        Scroll "scroll" "SCROLL: reading a pane's history";
        Select "select" "SCROLL: marking what is to be copied";
        Search "search" "SCROLL: typing what to look for";
        Tasks "tasks" "the task list";
        Plan "plan" "a plan that waits";
        Review "review" "a change that waits to land";
        Approval "approval" "a question that waits";
        Handoff "handoff" "a handoff";
        Ask "ask" "a question of the cockpit";
        List "list" "links, or what can be taken back";
        Palette "palette" "all commands";
        Help "help" "help";
    }
}

table! {
    /// Something a person can do.
    Action {
        AppLeader "app.leader" "the next key is a command (twice: send the leader key itself)";
        Worker1 "worker.go-1" "go to worker 1";
        Worker2 "worker.go-2" "go to worker 2";
        Worker3 "worker.go-3" "go to worker 3";
        Worker4 "worker.go-4" "go to worker 4";
        Worker5 "worker.go-5" "go to worker 5";
        Worker6 "worker.go-6" "go to worker 6";
        Worker7 "worker.go-7" "go to worker 7";
        Worker8 "worker.go-8" "go to worker 8";
        Worker9 "worker.go-9" "go to worker 9";
        ViewGrid "view.grid" "grid of panes, and back";
        ViewChat "view.chat" "chat: say what is to be done";
        ViewTasks "view.tasks" "tasks";
        ViewReview "view.review" "review what waits to land";
        SearchEverywhere "search.everywhere" "look for text in all panes";
        LinkOpen "link.open" "links in sight: open or copy one";
        LinkCopy "link.copy" "copy the address";
        UndoList "undo.list" "take back what changed the repository (lists it)";
        ViewBack "view.back" "back to where you were";
        ViewCockpit "view.cockpit" "keys become commands";
        AttentionNext "attention.next" "next that needs me";
        AttentionOpen "attention.open" "open the request shown";
        AttentionApprove "attention.approve" "approve the request shown";
        AttentionDeny "attention.deny" "deny the request shown";
        AttentionAlways "attention.always" "approve it for more than this once, as it offers";
        WorkerHandoff "worker.handoff" "hand off to a fresh session";
        WorkerExplain "worker.explain" "why this worker counts as what it does";
        WorkerInterrupt "worker.interrupt" "interrupt the agent (sends Esc)";
        WorkerStop "worker.stop" "stop this worker's session (asks)";
        PaneType "pane.type" "type into the pane";
        PaneNewline "pane.newline" "new line in the agent's prompt (as Shift+Enter)";
        PaneNext "pane.next" "next pane";
        PaneLeft "pane.left" "pane to the left";
        PaneRight "pane.right" "pane to the right";
        PaneUp "pane.up" "pane above";
        PaneDown "pane.down" "pane below";
        PaneZoom "pane.zoom" "zoom this pane, and back";
        PaneMinimise "pane.minimise" "minimise this pane, and back";
        PaneScroll "pane.scroll" "scroll and read history";
        ScrollUp "scroll.up" "line up";
        ScrollDown "scroll.down" "line down";
        ScrollHalfUp "scroll.half-up" "half a page up";
        ScrollHalfDown "scroll.half-down" "half a page down";
        ScrollPageUp "scroll.page-up" "page up";
        ScrollPageDown "scroll.page-down" "page down";
        ScrollTop "scroll.top" "to the top";
        ScrollBottom "scroll.bottom" "to the end";
        ScrollLineUp "scroll.line-up" "move the text down by a line";
        ScrollLineDown "scroll.line-down" "move the text up by a line";
        ScrollLeave "scroll.leave" "follow again";
        CursorLeft "cursor.left" "cursor to the left";
        CursorRight "cursor.right" "cursor to the right";
        CursorWord "cursor.word" "to the next word";
        CursorBack "cursor.back" "to the word before";
        CursorWordEnd "cursor.word-end" "to the end of the word";
        CursorLineStart "cursor.line-start" "to the start of the line";
        CursorLineEnd "cursor.line-end" "to the end of the line";
        SearchForward "search.forward" "look for text, downwards";
        SearchBackward "search.backward" "look for text, upwards";
        SearchNext "search.next" "next match";
        SearchPrevious "search.previous" "match before";
        SearchRun "search.run" "look for it";
        SearchCancel "search.cancel" "stop looking";
        CopyChars "copy.chars" "mark characters";
        CopyLines "copy.lines" "mark lines";
        CopyBlock "copy.block" "mark a rectangle";
        CopySwap "copy.swap" "to the other end of what is marked";
        CopyDrop "copy.drop" "mark nothing";
        CopyTake "copy.take" "copy what is marked";
        CopyCode "copy.code" "copy the last block of code";
        CopyWrite "copy.write" "write the copied text to a file";
        LogEdit "log.edit" "open the whole history in your editor ($EDITOR)";
        ChatSend "chat.send" "send";
        ChatNewline "chat.newline" "new line";
        ChatLeave "chat.leave" "back to the panes (the draft is kept)";
        ListUp "list.up" "row up";
        ListDown "list.down" "row down";
        ListOpen "list.open" "open the row";
        PlanToggle "plan.toggle" "task on or off";
        PlanEdit "plan.edit" "edit the task's title";
        PlanConfirm "plan.confirm" "start the ticked tasks";
        PlanKeep "plan.keep" "do not start yet (the plan is kept)";
        PlanDecline "plan.decline" "decline the plan";
        TaskRun "task.run" "start the task now";
        TaskLand "task.land" "review and land the task";
        TaskOutput "task.output" "what the task's last session showed";
        TaskCancel "task.cancel" "cancel the task (asks)";
        TaskRetry "task.retry" "retry the task";
        HandoffContinue "handoff.continue" "start the handoff, or go on";
        HandoffRetry "handoff.retry" "retry the failed step";
        HandoffSkip "handoff.skip" "leave the failed step out";
        HandoffCancel "handoff.cancel" "cancel the handoff (the old session goes on)";
        AskYes "ask.yes" "do it";
        AskNext "ask.next" "next choice";
        AskPrevious "ask.previous" "choice before";
        DialogClose "dialog.close" "close";
        AppPalette "app.palette" "all commands";
        AppHelp "app.help" "help";
        AppLock "app.lock" "lock: all keys go to the agent, and back";
        AppDetach "app.detach" "leave; workers keep running";
        AppQuit "app.quit" "quit (asks)";
    }
}

impl Action {
    /// The worker that a `worker.go-N` goes to.
    pub fn worker(self) -> Option<u16> {
        self.name().strip_prefix("worker.go-")?.parse().ok()
    }

    /// The `worker.go-N` for a number from 1 to 9.
    pub fn go(worker: u16) -> Option<Action> {
        Self::ALL.iter().copied().find(|action| action.worker() == Some(worker))
    }
}
