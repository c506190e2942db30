//! The files of a new package: `cli/templates`.

use super::checkout::Checkout;

/// The release that new packages depend on. `None`: a checkout that `--path` names.
pub(super) const RELEASE: Option<&str> = None;

/// The files, with `{{…}}` where names go.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        include_str!("../../templates/Cargo.toml.template"),
    ),
    ("src/main.rs", include_str!("../../templates/src/main.rs")),
    ("src/tools.rs", include_str!("../../templates/src/tools.rs")),
    (
        "src/access_tests.rs",
        include_str!("../../templates/src/access_tests.rs"),
    ),
    (
        "src/access.txt",
        include_str!("../../templates/src/access.txt"),
    ),
    ("README.md", include_str!("../../templates/README.md")),
    (".env.example", include_str!("../../templates/env.example")),
    ("Dockerfile", include_str!("../../templates/Dockerfile")),
    (
        ".dockerignore",
        include_str!("../../templates/dockerignore"),
    ),
    (".gitignore", include_str!("../../templates/gitignore")),
    (
        ".github/workflows/ci.yml",
        include_str!("../../templates/ci.yml"),
    ),
];

/// Returns the files of a package of this name.
pub(super) fn files(name: &str, checkout: Option<&Checkout>) -> Vec<(&'static str, String)> {
    let source = |folder: &str| match (checkout, RELEASE) {
        (Some(checkout), _) => format!("path = \"{}/{folder}\"", checkout.path()),
        (None, release) => format!("version = \"{}\"", release.unwrap_or_default()),
    };
    let (toolgate, testing) = (source("runtime"), source("testing"));
    let path = checkout.map(Checkout::path).unwrap_or_default();
    let fill = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{toolgate}}", &toolgate)
            .replace("{{toolgate-testing}}", &testing)
            .replace("{{checkout}}", path)
    };
    FILES
        .iter()
        .map(|(file, text)| (*file, fill(text)))
        .collect()
}
