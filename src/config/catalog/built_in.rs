//! The catalogue files that ship with the program, embedded so that the binary needs nothing beside it.

use super::SourceFile;

macro_rules! embedded {
    ($directory:literal: $($file:literal),+ $(,)?) => {
        &[$(SourceFile { file: $file, text: include_str!(concat!("../../../", $directory, "/", $file)) }),+]
    };
}

/// Everything in `roles/`.
pub(super) const ROLES: &[SourceFile<'static>] = embedded!["roles":
    "_rules.md",
    "architect.md",
    "backend-dev.md",
    "css-artist.md",
    "database-dev.md",
    "debugger.md",
    "docs-writer.md",
    "full-stack-dev.md",
    "integration-tester.md",
    "library-dev.md",
    "performance-analyst.md",
    "producer.md",
    "qa-engineer.md",
    "refactorer.md",
    "security-auditor.md",
    "self-reviewer.md",
    "tech-lead.md",
    "test-generator.md",
    "ui-dev.md",
];

/// Everything in `missions/`.
pub(super) const MISSIONS: &[SourceFile<'static>] = embedded!["missions":
    "api-service.toml",
    "bugfix-sprint.toml",
    "full-team.toml",
    "library.toml",
    "refactor.toml",
    "web-app.toml",
];
