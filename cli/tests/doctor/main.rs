//! `toolgate doctor` with one mistake at a time, in the settings, at the authorization server, in
//! the proxy or in the running server.

mod issuer;
#[path = "../../src/doctor/mistakes.rs"]
mod mistakes;
mod planted;
mod proxy;
mod scene;

use std::collections::{BTreeMap, BTreeSet};

use mistakes::MISTAKES;
use planted::{PLANTED, SHELL};
use scene::Scene;
use support::server_process::{Folder, Program};

/// The families whose mistakes are in the settings.
const SETTINGS: &[&str] = &["program"];
/// The families whose mistakes are at the authorization server.
const ISSUERS: &[&str] = &["issuer", "authorization"];
/// The families whose mistakes are in the proxy or the running server.
const PUBLIC: &[&str] = &["public", "challenge", "metadata", "cors"];

/// Plants the mistakes of these families one by one. The check of each must find it, say what was
/// seen and how to fix it. Of the other checks, exactly those that the table lists must fail.
async fn plant(families: &[&str]) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (mistake, further, change) in PLANTED {
        let id = mistake.split('/').next().expect("an id");
        if !families.contains(&id.split('.').next().expect("a family")) {
            continue;
        }
        count += 1;
        let mut scene = Scene::default();
        change(&mut scene);
        if cfg!(not(unix))
            && scene
                .program
                .is_some_and(|program| program.contains(&SHELL))
        {
            continue;
        }
        let diagnosis = scene.diagnose().await;
        let found: BTreeMap<_, _> = diagnosis
            .violated()
            .map(|finding| (finding["id"].as_str().expect("an id"), finding))
            .collect();
        let expected: BTreeSet<_> = further.iter().copied().chain([id]).collect();
        let ids: BTreeSet<_> = found.keys().copied().collect();
        if ids != expected {
            let seen: Vec<_> = found
                .iter()
                .map(|(id, finding)| format!("\n    {id}: {}", finding["seen"]))
                .collect();
            wrong.push(format!("{mistake}: {}", seen.concat()));
            continue;
        }
        let finding = found[id];
        for part in ["seen", "remedy", "requirement"] {
            let text = finding[part].as_str().expect("a text");
            assert!(!text.is_empty(), "{mistake}: {finding}");
        }
        let fails = found.values().any(|finding| finding["verdict"] == "fail");
        let code = diagnosis.ended.status.code();
        assert_eq!(code, Some(i32::from(fails)), "{mistake}: {finding}");
    }
    assert!(count > 0, "no mistake is of {families:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn correct_settings_have_no_findings() {
    let diagnosis = Scene::default().diagnose().await;
    let violated: Vec<_> = diagnosis.violated().collect();
    assert!(violated.is_empty(), "{violated:#?}");
    assert_eq!(diagnosis.ended.status.code(), Some(0));
    // No check passes because it did not run.
    let findings = diagnosis.report["findings"].as_array().expect("findings");
    let skipped: BTreeSet<_> = findings
        .iter()
        .filter(|finding| finding["verdict"] == "skipped")
        .map(|finding| finding["id"].as_str().expect("an id"))
        .collect();
    let expected = ["authorization.introspection", "public.origins"];
    assert_eq!(skipped, BTreeSet::from(expected));
}

#[tokio::test]
async fn mistakes_in_the_settings_are_found() {
    plant(SETTINGS).await;
}

#[tokio::test]
async fn mistakes_at_the_authorization_server_are_found() {
    plant(ISSUERS).await;
}

#[tokio::test]
async fn mistakes_of_the_proxy_and_of_the_running_server_are_found() {
    plant(PUBLIC).await;
}

#[test]
fn every_mistake_of_the_documentation_is_planted() {
    let documented: Vec<_> = MISTAKES.iter().map(|(mistake, _)| *mistake).collect();
    let planted: Vec<_> = PLANTED.iter().map(|(mistake, ..)| *mistake).collect();
    assert_eq!(planted, documented);
    let families = planted
        .iter()
        .map(|mistake| mistake.split('.').next().expect("a family"));
    let tested = [SETTINGS, ISSUERS, PUBLIC].concat();
    assert_eq!(
        families.collect::<BTreeSet<_>>(),
        tested.into_iter().collect()
    );
    assert!(planted.len() >= 25);
}

#[tokio::test]
async fn every_check_of_its_own_finds_a_planted_mistake() {
    let folder = Folder::new();
    let ended = Program::new(env!("CARGO_BIN_EXE_toolgate"), &folder)
        .args(&["doctor", "--list"])
        .run()
        .await;
    let checks: BTreeSet<_> = ended
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")?.0.into())
        .collect();
    let planted: BTreeSet<_> = PLANTED
        .iter()
        .map(|(mistake, ..)| mistake.split('/').next().expect("an id"))
        .collect();
    let missing: Vec<_> = checks.difference(&planted).collect();
    assert!(!checks.is_empty() && missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn without_a_program_it_says_what_it_needs() {
    let folder = Folder::new();
    let ended = Program::new(env!("CARGO_BIN_EXE_toolgate"), &folder)
        .args(&["doctor"])
        .run()
        .await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("PROGRAM"), "{ended:?}");
}

/// The output of the program and of servers is untrusted text.
#[cfg(unix)]
#[tokio::test]
async fn the_report_for_people_has_no_control_characters_and_names_the_remedy() {
    let folder = Folder::new();
    let script = r"printf '\033[2Jbroken' >&2; exit 1";
    let ended = Program::new(env!("CARGO_BIN_EXE_toolgate"), &folder)
        .args(&["doctor", "--", SHELL, "-c", script])
        .run()
        .await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(!ended.stdout.contains('\u{1b}'), "{ended:?}");
    for part in [
        "fail     program.settings",
        "broken",
        "do      Do what the program says",
        "to fix: program.settings",
    ] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
}
