//! A mission becomes a plan: one task for each seat of the team. Who leads begins, then those whom the others wait for, then the other
//! makers, then those who check and describe what was made, then those who review. Pure: roles and team come as arguments.

use crate::model::{Complexity, Dependency, ExecutorKind, Forecast, Priority, TaskDraft, TaskType, one_line, truncate};

/// One kind of seat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// The role's name: `backend-dev`.
    pub role: String,
    /// What it is called on screen.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// It plans, reviews or watches rather than makes.
    pub coordinates: bool,
    /// It writes documents (plans, decisions).
    pub writes_docs: bool,
    /// Globs of the files that are its own.
    pub owns: Vec<String>,
    /// The others wait for its results.
    pub critical: bool,
    /// How many.
    pub count: u16,
    /// How hard its part is, as far as the class of its model says it.
    pub complexity: Option<Complexity>,
}

/// The team of a mission.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Team {
    /// What the mission is called on screen.
    pub title: String,
    /// Who.
    pub members: Vec<Member>,
}

/// When a seat has its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Leads,
    Opens,
    Makes,
    Checks,
    Reviews,
}

const STAGES: [Stage; 5] = [Stage::Leads, Stage::Opens, Stage::Makes, Stage::Checks, Stage::Reviews];

/// The longest part of the request in a title, in characters.
const TITLE: usize = 48;

/// The tasks of a team for a request, each stage after the one before it.
pub fn plan(text: &str, team: &Team, default_agent: &str) -> Vec<TaskDraft> {
    let mut drafts: Vec<TaskDraft> = Vec::new();
    let mut before: Vec<Dependency> = Vec::new();
    for stage in STAGES {
        let mut these = Vec::new();
        for member in team.members.iter().filter(|member| stage_of(member) == stage) {
            for number in 1..=member.count {
                these.push(Dependency::Sibling(drafts.len()));
                drafts.push(draft(text, team, (member, number), (&before, default_agent)));
            }
        }
        if !these.is_empty() {
            before = these;
        }
    }
    drafts
}

fn stage_of(member: &Member) -> Stage {
    let about_tests = |glob: &String| {
        let words = ["tests/", "qa/", "docs/", "benches/", "spec", "test", "README", "CHANGELOG", ".md"];
        words.iter().any(|word| glob.contains(word))
    };
    match (member.coordinates, member.critical) {
        (true, _) if member.writes_docs => Stage::Leads,
        (true, _) => Stage::Reviews,
        (false, true) => Stage::Opens,
        (false, false) if !member.owns.is_empty() && member.owns.iter().all(about_tests) => Stage::Checks,
        (false, false) => Stage::Makes,
    }
}

fn draft(
    text: &str,
    team: &Team,
    (member, number): (&Member, u16),
    (before, default_agent): (&[Dependency], &str),
) -> TaskDraft {
    let which = if member.count > 1 { format!(" {number}") } else { String::new() };
    let request = truncate(&one_line(text), TITLE);
    TaskDraft {
        title: format!("{}{which}: {request}", member.title),
        body: body(text, team, member, number),
        task_type: task_type(member),
        complexity: member.complexity.unwrap_or(Complexity::Medium),
        confidence: 0.7,
        agent: default_agent.to_owned(),
        model: None,
        run: None,
        role: Some(member.role.clone()),
        instructions: None,
        worker: None,
        autonomy: None,
        mode: None,
        depends: before.to_vec(),
        open_ended: false,
        fork: None,
        executor: ExecutorKind::default(),
        priority: Priority::Normal,
        forecast: Forecast { files: member.owns.clone(), ..Forecast::default() },
        route: None,
        budget: None,
    }
}

fn task_type(member: &Member) -> TaskType {
    let is = |word: &str| member.role.contains(word);
    if member.coordinates {
        TaskType::Research
    } else if is("debug") {
        TaskType::Bug
    } else if is("refactor") {
        TaskType::Refactor
    } else if is("test") || is("qa") {
        TaskType::Test
    } else if is("docs") {
        TaskType::Documentation
    } else {
        TaskType::Feature
    }
}

fn body(text: &str, team: &Team, member: &Member, number: u16) -> String {
    let mut lines = vec![
        format!("You are the {} of a team ({}). {}", member.title.to_lowercase(), team.title, member.summary),
        "Do your role's part of this request, and leave the parts of the others to them:".to_owned(),
        String::new(),
        text.trim().to_owned(),
        String::new(),
    ];
    if member.count > 1 {
        lines.push(format!(
            "There are {} with your role, and you are number {number}: where the work can be counted, take every {}th \
             piece, beginning with piece {number}.",
            member.count, member.count
        ));
    }
    let others: Vec<&str> =
        team.members.iter().filter(|it| it.role != member.role).map(|it| it.title.as_str()).collect();
    if !others.is_empty() {
        lines.push(format!("The others: {}.", others.join(", ")));
    }
    lines.push(
        match stage_of(member) {
            Stage::Leads => "You begin: what you write down (goal, parts, decisions, how one sees that it is done) is what they work from.",
            Stage::Opens => "The makers wait for your result: lay the ground that they build on.",
            Stage::Makes => "What was laid down before you has landed; build on it.",
            Stage::Checks => "What the makers made has landed: try it, hold it with tests or describe it.",
            Stage::Reviews => "Everything has landed: look at it, and put right or write down what is missing.",
        }
        .to_owned(),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(role: &str, owns: &[&str]) -> Member {
        let owns = owns.iter().map(|glob| (*glob).to_owned()).collect();
        Member { role: role.into(), title: role.into(), owns, count: 1, ..Member::default() }
    }

    fn team() -> Team {
        let lead = Member { coordinates: true, writes_docs: true, ..member("producer", &["tasks.md"]) };
        let first =
            Member { critical: true, complexity: Some(Complexity::Complex), ..member("full-stack-dev", &["src/**"]) };
        let makers = Member { count: 2, ..member("ui-dev", &["src/ui/**"]) };
        let reviewer = Member { coordinates: true, ..member("tech-lead", &["**"]) };
        let members = vec![reviewer, member("qa-engineer", &["tests/**"]), makers, first, lead];
        Team { title: "Web application".into(), members }
    }

    #[test]
    fn each_stage_waits_for_the_one_before() {
        let drafts = plan("Build a shop", &team(), "claude");
        let roles: Vec<&str> = drafts.iter().filter_map(|draft| draft.role.as_deref()).collect();
        assert_eq!(roles, ["producer", "full-stack-dev", "ui-dev", "ui-dev", "qa-engineer", "tech-lead"]);
        let waits: Vec<usize> = drafts.iter().map(|draft| draft.depends.len()).collect();
        assert_eq!(waits, [0, 1, 1, 1, 2, 1]);
        assert_eq!(drafts[4].depends, [Dependency::Sibling(2), Dependency::Sibling(3)]);
        assert_eq!(drafts[3].title, "ui-dev 2: Build a shop");
        assert_eq!((drafts[0].task_type, drafts[4].task_type), (TaskType::Research, TaskType::Test));
        assert_eq!(drafts[1].complexity, Complexity::Complex);
        assert!(drafts.iter().all(|draft| draft.body.contains("\nBuild a shop\n")));
    }
}
