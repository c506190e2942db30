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
    let path = checkout.map(Checkout::path);
    let fill = |text: &str| filled(text, name, path, RELEASE.unwrap_or_default());
    FILES
        .iter()
        .map(|(file, text)| (*file, fill(text)))
        .collect()
}

/// Fills in a template. Lines between `{{#checkout}}` and `{{/checkout}}` are for a checkout only.
fn filled(text: &str, name: &str, checkout: Option<&str>, release: &str) -> String {
    let source = |folder: &str| match checkout {
        Some(checkout) => format!("path = \"{checkout}/{folder}\""),
        None => format!("version = \"{release}\""),
    };
    let (mut lines, mut is_left_out) = (String::new(), false);
    for line in text.lines() {
        match line {
            "{{#checkout}}" => is_left_out = checkout.is_none(),
            "{{/checkout}}" => is_left_out = false,
            _ if is_left_out => {}
            _ => lines.extend([line, "\n"]),
        }
    }
    lines
        .replace("{{name}}", name)
        .replace("{{crate}}", &name.replace('-', "_"))
        .replace("{{toolgate}}", &source("runtime"))
        .replace("{{toolgate-testing}}", &source("testing"))
        .replace("{{checkout}}", checkout.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_release_no_file_needs_a_checkout() {
        for (file, text) in FILES {
            let filled = filled(text, "demo", None, "0.1.0");
            for part in ["{{", "path =", "--from=toolgate", "TOOLGATE_REPOSITORY"] {
                let filled = filled.replace("${{", "");
                assert!(!filled.contains(part), "{file}: {part}");
            }
        }
        let settings = filled(FILES[6].1, "my-demo", None, "0.1.0");
        assert!(settings.contains(",my_demo=info\n"), "{settings}");
        let manifest = filled(FILES[0].1, "demo", None, "0.1.0");
        assert!(manifest.contains("toolgate-testing = { version = \"0.1.0\" }"));
    }
}
