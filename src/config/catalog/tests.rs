//! The shipped catalogues are sound, overrides win, and every mistake is named with its place.
#![allow(clippy::unwrap_used)]

use super::{Missions, RoleClass, Roles, SourceFile};
use crate::model::{Explain, Kind};

fn roles() -> Roles {
    Roles::parse(&[]).unwrap()
}

#[test]
fn every_shipped_role_is_complete() {
    let roles = roles();
    assert!(roles.names().count() >= 10);
    for role in roles.all() {
        assert!(role.examples.len() >= 5, "{} has too few examples", role.name);
        assert!(!role.owns.is_empty() && !role.capabilities.is_empty(), "{} owns or can nothing", role.name);
        for part in ["## Rules", "## What is yours", "## A task for you says", "## When you hand over"] {
            assert!(role.text.contains(part), "{} lacks `{part}`", role.name);
        }
        for mate in &role.may_spawn {
            assert!(roles.get(mate).is_some(), "{} may ask for `{mate}`, which does not exist", role.name);
        }
        assert_eq!(role.instructions().matches("## Rules of the house").count(), 1);
    }
}

#[test]
fn every_shipped_mission_has_its_coordinators_and_more_makers() {
    let roles = roles();
    for mission in Missions::parse(&[], &roles).unwrap().all() {
        for role in super::missions::ALWAYS {
            assert!(mission.roster.iter().any(|entry| entry.role == role), "{} lacks {role}", mission.name);
        }
        let makers: u16 = mission
            .roster
            .iter()
            .filter(|entry| roles.get(&entry.role).unwrap().class == RoleClass::Code)
            .map(|entry| entry.count)
            .sum();
        assert!(u32::from(makers) * 2 > mission.size(), "{} has too many coordinators", mission.name);
        assert!(mission.budget_usd >= f64::from(mission.size()) * 1.6, "{} is short of money", mission.name);
    }
}

#[test]
fn an_alias_finds_the_role_and_a_slip_gets_a_suggestion() {
    let roles = roles();
    assert_eq!(roles.get("engine-dev").unwrap().name, "library-dev");
    let error = roles.find("debuger").unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.hint().unwrap(), "did you mean `debugger`?");
}

#[test]
fn own_files_replace_shipped_ones() {
    let text = "+++\nname = \"debugger\"\ntitle = \"Mine\"\nclass = \"code\"\nsummary = \"s\"\n+++\n\nBe quick.\n";
    let own =
        [SourceFile { file: "roles/debugger.md", text }, SourceFile { file: "roles/_rules.md", text: "Be kind.\n" }];
    let roles = Roles::parse(&own).unwrap();
    assert_eq!(roles.get("debugger").unwrap().instructions(), "Be quick.\n\nBe kind.");
}

#[test]
fn mistakes_name_file_line_and_remedy() {
    let unknown = "+++\nname = \"x\"\ntitle = \"X\"\nclass = \"code\"\nsumary = \"s\"\n+++\nText\n";
    let error = Roles::parse(&[SourceFile { file: "x.md", text: unknown }]).unwrap_err();
    assert!(error.to_string().contains("`x.md`") && error.to_string().contains("line 5"), "{error}");
    assert_eq!(error.hint().unwrap(), "did you mean `summary`?");
    let open = Roles::parse(&[SourceFile { file: "x.md", text: "+++\nname = \"x\"\n" }]).unwrap_err();
    assert!(open.to_string().contains("line 2"), "{open}");
    let other = "+++\nname = \"y\"\ntitle = \"X\"\nclass = \"code\"\nsummary = \"s\"\n+++\nText\n";
    let error = Roles::parse(&[SourceFile { file: "x.md", text: other }]).unwrap_err();
    assert!(error.to_string().contains("named `y`"), "{error}");
}

#[test]
fn a_mission_with_an_unknown_role_or_senseless_figures_is_refused() {
    let mission = |roster: &str, limit: u16| {
        format!(
            "name = \"m\"\ntitle = \"M\"\nsummary = \"s\"\nbudget_usd = 5.0\nmax_concurrency = {limit}\n\
             [models]\ncode = \"a\"\ncoordination = \"b\"\ncritical = \"c\"\n[[roster]]\n{roster}"
        )
    };
    let parse = |text: &str| Missions::parse(&[SourceFile { file: "m.toml", text }], &roles());
    let error = parse(&mission("role = \"tech-leed\"", 2)).unwrap_err();
    assert_eq!((error.kind(), error.hint().unwrap().as_str()), (Kind::Invalid, "did you mean `tech-lead`?"));
    assert!(parse(&mission("role = \"debugger\"", 0)).is_err());
    assert!(parse(&mission("role = \"debugger\"\ncount = 0", 1)).is_err());
    assert_eq!(parse(&mission("role = \"debugger\"", 1)).unwrap().get("m").unwrap().size(), 4);
}
