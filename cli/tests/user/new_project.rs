//! `toolgate new`: what it writes, and that it works.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use support::server_process::{Ended, Folder, Program};

use crate::desk::{run_with_consent, toolgate};

/// This checkout.
fn checkout() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the checkout").to_owned()
}

async fn new(folder: &Folder, arguments: &[&str]) -> Ended {
    let all: Vec<_> = ["new"].iter().chain(arguments).copied().collect();
    toolgate(folder, &all).run().await
}

async fn new_demo(folder: &Folder) -> Ended {
    let checkout = checkout();
    let checkout = checkout.to_str().expect("UTF-8");
    new(folder, &["demo", "--path", checkout]).await
}

/// Returns every file below a folder, by its path.
fn files(folder: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(folder).expect("it is below");
                    found.push(name.display().to_string().replace('\\', "/"));
                }
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_new_package_has_every_file_and_every_name_is_filled_in() {
    let folder = Folder::new();
    let ended = new_demo(&folder).await;
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stdout.contains("cargo test"), "{ended:?}");
    let demo = folder.path().join("demo");
    let expected = [
        ".dockerignore",
        ".env.example",
        ".github/workflows/ci.yml",
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "Dockerfile",
        "README.md",
        "src/access.txt",
        "src/access_tests.rs",
        "src/main.rs",
        "src/tools.rs",
    ];
    assert_eq!(files(&demo), expected);
    for name in expected {
        let text = fs::read_to_string(demo.join(name)).expect("text");
        // GitHub's own expressions begin with a dollar sign.
        assert!(!text.replace("${{", "").contains("{{"), "{name}: {text}");
    }
    let readme = fs::read_to_string(demo.join("README.md")).expect("text");
    assert!(readme.lines().count() <= 10, "{readme}");
    // Nothing else is left next to it.
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn a_folder_with_content_is_refused_and_stays_as_it_is() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("demo")).expect("a folder");
    folder.write("demo/mine.txt", "mine");
    let ended = new_demo(&folder).await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("not empty"), "{ended:?}");
    assert_eq!(files(folder.path()), ["demo/mine.txt"]);
    fs::remove_file(folder.path().join("demo/mine.txt")).expect("it is there");
    let ended = new_demo(&folder).await;
    assert!(ended.status.success(), "an empty folder: {ended:?}");
}

#[tokio::test]
async fn a_name_or_a_checkout_that_is_none_is_refused_and_nothing_is_written() {
    let folder = Folder::new();
    let checkout = checkout();
    let checkout = checkout.to_str().expect("UTF-8");
    for (arguments, reason) in [
        (["../demo", "--path", checkout].as_slice(), "`../demo`"),
        (&["fn", "--path", checkout], "keyword"),
        (&["tokio", "--path", checkout], "another package"),
        (&["demo", "--path", "."], "no checkout of Toolgate"),
        (&["demo", "--path", "nowhere"], "cannot be opened"),
        (&["demo"], "--path"),
    ] {
        let ended = new(&folder, arguments).await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains(reason), "{reason}: {ended:?}");
        assert!(files(folder.path()).is_empty(), "{arguments:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_not_followed() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("demo")).expect("a link");
    let ended = new_demo(&folder).await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(files(elsewhere.path()).is_empty());
}

/// Runs Cargo in a new package, with the folder of programs of this workspace.
fn cargo(package: &Path, arguments: &[&str]) {
    let target = Path::new(env!("CARGO_BIN_EXE_toolgate"));
    let target = target.ancestors().nth(2).expect("the target folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(arguments)
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target);
    // The profile of this workspace, so that its dependencies need not be compiled again.
    if std::env::var_os("CARGO_PROFILE_DEV_DEBUG").is_none() {
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    }
    let output = cargo.output().expect("Cargo runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{arguments:?}\n{out}\n{errors}");
}

/// Takes minutes at first, because it compiles the library with the features of the package, and
/// then seconds.
#[tokio::test]
async fn a_new_package_passes_its_tests_and_serves() {
    let folder = Folder::new();
    let ended = new_demo(&folder).await;
    assert!(ended.status.success(), "{ended:?}");
    let package = folder.path().join("demo");
    cargo(&package, &["fmt", "--check"]);
    cargo(&package, &["test", "--offline"]);
    cargo(&package, &["build", "--offline"]);
    let toolgate_path = Path::new(env!("CARGO_BIN_EXE_toolgate"));
    let demo = toolgate_path.with_file_name(format!("demo{}", std::env::consts::EXE_SUFFIX));
    let demo = demo.to_str().expect("UTF-8");

    let server = Program::new(demo, &folder).serve().await;
    let resource = server.resource();
    let client = reqwest::Client::new();
    let answer = client.post(&resource).body("{}").send().await;
    assert_eq!(answer.expect("an answer").status(), 401);
    let call = toolgate(&folder, &["call", &resource, "read_board"]);
    let ended = run_with_consent(call, &["board:read"]).await;
    assert_eq!(ended.stdout, "The board is empty.\n", "{ended:?}");
    let post = [
        "call",
        &resource,
        "post_note",
        "--arg",
        "text=Buy milk",
        "--yes",
    ];
    let post = toolgate(&folder, &post);
    let ended = run_with_consent(post, &["board:read", "board:read board:write"]).await;
    assert_eq!(ended.stdout, "1\n", "{ended:?}");

    let bind = server.address().to_string();
    let doctor = toolgate(&folder, &["doctor", "--", demo]).var("TOOLGATE_BIND", bind);
    let ended = doctor.run().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stdout);
}
