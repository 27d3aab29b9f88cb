//! Gemini CLI: the policy file that one session gets.
//!
//! It has hooks too, but takes them only from the person's settings, the repository's, or files that root owns: there
//! is no way to add one for a session alone, so they are left alone. Its title tells the same (`◇ Ready`, `✦ Working…`,
//! `✋ Action Required`), without the time that each hook would cost the turn.

/// Commands that only look or that git can take back: what a headless run may do besides editing files.
const HEADLESS_COMMANDS: [&str; 15] = [
    "git status",
    "git diff",
    "git log",
    "git show",
    "git blame",
    "git grep",
    "git ls-files",
    "git rev-parse",
    "git add",
    "git commit",
    "git mv",
    "git rm",
    "git restore",
    "git stash",
    "qd report",
];

/// The policy of one session, in TOML: the report is allowed without asking, and headless (where nobody can
/// be asked) the commands above. Tiers of the person and the administrator stay in force: 100 is the middle of ours.
pub(super) fn policy(headless: bool) -> String {
    let commands: &[&str] = if headless { &HEADLESS_COMMANDS } else { &["qd report"] };
    let list = commands.iter().map(|command| format!("\"{command}\"")).collect::<Vec<_>>().join(", ");
    format!(
        "# Quarterdeck: for this session only.\n[[rule]]\ntoolName = \"run_shell_command\"\ncommandPrefix = [{list}]\n\
         decision = \"allow\"\npriority = 100\n"
    )
}
