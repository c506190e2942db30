//! Finds the name that the user's `Cargo.toml` gives to toolgate.

use std::{env, fs, path::Path, sync::OnceLock};

use syn::Ident;

/// Returns the name of toolgate in a package that renames it, or `None` if it does not.
///
/// Without `crate = path`, each path of an expansion would be an error of its own, and none would
/// name the remedy.
pub(crate) fn name() -> Option<Ident> {
    static NAME: OnceLock<Option<String>> = OnceLock::new();
    let name = NAME.get_or_init(|| {
        let folder = env::var_os("CARGO_MANIFEST_DIR")?;
        let manifest = fs::read_to_string(Path::new(&folder).join("Cargo.toml")).ok()?;
        new_name(&manifest)
    });
    syn::parse_str(&name.as_ref()?.replace('-', "_")).ok()
}

/// Returns the name of the dependency `name = { package = "toolgate", … }`, if no dependency has the
/// name `toolgate`.
fn new_name(manifest: &str) -> Option<String> {
    let mut renamed = None;
    let mut table = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']');
            if table.ends_with("dependencies.toolgate") {
                return None;
            }
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim().trim_matches('"'), value.replace(' ', ""));
        if table.ends_with("dependencies") {
            if key == "toolgate" || key.starts_with("toolgate.") {
                return None;
            }
            if value.contains("package=\"toolgate\"") {
                renamed = Some(key.to_owned());
            }
        } else if key == "package"
            && value == "\"toolgate\""
            && let Some((_, name)) = table.split_once("dependencies.")
        {
            renamed = Some(name.to_owned());
        } else if table == "package" && key == "name" && value == "\"toolgate\"" {
            // toolgate itself, which imports itself by its name.
            return None;
        }
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_dependency_is_found() {
        for (manifest, expected) in [
            (
                "[dependencies]\ngate = { package = \"toolgate\", version = \"0.1\" }",
                Some("gate"),
            ),
            (
                "[dependencies]\n\"gate\" = { path = \"a\", package=\"toolgate\" }",
                Some("gate"),
            ),
            (
                "[dev-dependencies.gate]\nversion = \"1\"\npackage = \"toolgate\"",
                Some("gate"),
            ),
            ("[dependencies]\ntoolgate = \"1\"", None),
            (
                "[dependencies]\ntoolgate.workspace = true\ngate = { package = \"toolgate\" }",
                None,
            ),
            ("[dependencies.toolgate]\nversion = \"1\"", None),
            (
                "[dependencies]\nserde = \"1\"\n[features]\na = [\"toolgate\"]",
                None,
            ),
            ("[package]\nname = \"toolgate\"", None),
        ] {
            assert_eq!(new_name(manifest).as_deref(), expected, "{manifest}");
        }
    }
}
