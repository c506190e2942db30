//! Which items the crate exports, and under which paths.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, File, Item, ItemUse, UseTree, Visibility};

use super::items;

/// What a path to an item of these crates begins with.
const INSIDE: [&str; 7] = [
    "crate",
    "self",
    "super",
    "toolgate_core",
    "toolgate_oauth",
    "toolgate_redis",
    "toolgate_store",
];

/// The parsed source files of a crate, by their path below `src`.
pub(crate) struct Sources(BTreeMap<String, File>);

/// One exported name: the public path, and the module of the crate that it comes from.
struct Export {
    module: String,
    name: String,
    origin: Vec<String>,
}

pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = items::text(attribute);
        text.contains("doc(hidden)") || text.contains("cfg(test)") || text.contains("cfg(any(test")
    })
}

impl Sources {
    pub(crate) fn parse(files: &BTreeMap<String, String>) -> Self {
        let parse = |(name, text): (&String, &String)| {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name.clone(), file)
        };
        Self(files.iter().map(parse).collect())
    }

    /// Every public item, one per line, sorted.
    ///
    /// # Errors
    ///
    /// A message that names an export whose definition is not found.
    pub(crate) fn surface(&self) -> Result<Vec<String>, String> {
        let mut exports = Vec::new();
        let root = &self.0["lib.rs"].items;
        self.exports(root, "toolgate", &mut Vec::new(), &mut exports);
        let mut lines = BTreeSet::new();
        for file in self.0.values() {
            lines.extend(items::exported_macros(file));
        }
        for export in &exports {
            self.describe(export, &mut lines)?;
        }
        Ok(lines.into_iter().collect())
    }

    /// Collects what a module exports: its public uses, items and modules.
    fn exports(
        &self,
        items: &[Item],
        module: &str,
        inside: &mut Vec<String>,
        exports: &mut Vec<Export>,
    ) {
        for item in items {
            match item {
                Item::Use(used) if is_public(&used.vis) && !is_hidden(&used.attrs) => {
                    for (name, origin) in names(used) {
                        let mut path = inside.clone();
                        path.extend(origin);
                        let (module, origin) = (module.to_owned(), path);
                        exports.push(Export {
                            module,
                            name,
                            origin,
                        });
                    }
                }
                Item::Mod(child) if is_public(&child.vis) && !is_hidden(&child.attrs) => {
                    let name = child.ident.to_string();
                    inside.push(name.clone());
                    let path = format!("{module}::{name}");
                    let file = inside.join("/") + ".rs";
                    match (&child.content, self.0.get(&file)) {
                        (Some((_, items)), _) => self.exports(items, &path, inside, exports),
                        (None, Some(file)) => self.exports(&file.items, &path, inside, exports),
                        (None, None) => panic!("the module {path} has no file"),
                    }
                    inside.pop();
                }
                other => {
                    if let Some(name) = items::public_name(other) {
                        let (module, origin) = (module.to_owned(), inside.clone());
                        exports.push(Export {
                            module,
                            name,
                            origin,
                        });
                    }
                }
            }
        }
    }

    /// Adds the lines of one export.
    fn describe(&self, export: &Export, lines: &mut BTreeSet<String>) -> Result<(), String> {
        let Export {
            module,
            name,
            origin,
        } = export;
        let first = origin.iter().find(|part| !INSIDE.contains(&part.as_str()));
        let first = first.map_or("lib", String::as_str);
        // Another crate's item, re-exported whole.
        if ["rmcp", "schemars", "toolgate_macros"].contains(&first) {
            lines.insert(format!("use {module}::{name} from {first}"));
            return Ok(());
        }
        let within =
            |file: &str| file == format!("{first}.rs") || file.starts_with(&format!("{first}/"));
        let own = self.0.iter().filter(|(file, _)| within(file));
        let own: Vec<_> = own.map(|(_, file)| file).collect();
        let mut found = items::of(name, &own);
        if found.is_empty() {
            // The module itself re-exports it from another one.
            found = items::of(name, &self.0.values().collect::<Vec<_>>());
        }
        if found.is_empty() {
            return Err(format!("{module}::{name}: no definition below `{first}`"));
        }
        lines.extend(found.into_iter().map(|line| format!("{module}: {line}")));
        Ok(())
    }
}

/// The names that a `use` makes, each with the path that it names.
fn names(used: &ItemUse) -> Vec<(String, Vec<String>)> {
    fn walk(tree: &UseTree, path: &[String], found: &mut Vec<(String, Vec<String>)>) {
        match tree {
            UseTree::Path(part) => {
                let mut path = path.to_vec();
                path.push(part.ident.to_string());
                walk(&part.tree, &path, found);
            }
            UseTree::Name(name) => {
                let mut path = path.to_vec();
                path.push(name.ident.to_string());
                found.push((name.ident.to_string(), path));
            }
            UseTree::Rename(name) => found.push((name.rename.to_string(), path.to_vec())),
            UseTree::Glob(_) => found.push(("*".to_owned(), path.to_vec())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, path, found)),
        }
    }
    let mut found = Vec::new();
    walk(&used.tree, &[], &mut found);
    found
}
