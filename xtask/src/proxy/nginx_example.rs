//! The example for nginx in the guide. The run uses it as it is written, so that it is correct.

use crate::Error;

/// What the example has in the place of this run's addresses.
const ORIGIN: &str = "https://api.example.com";
const SERVER: &str = "127.0.0.1:8000";

/// `proxy_pass` with a path replaces what the location matched (nginx, `proxy_pass`), so only
/// the last slash makes nginx remove the prefix.
const REMOVES_PREFIX: &str = "proxy_pass http://127.0.0.1:8000/;";
const KEEPS_PREFIX: &str = "proxy_pass http://127.0.0.1:8000;";

/// The variable that only a server without the prefix in its requests needs.
const LISTEN_PATH: &str = "TOOLGATE_LISTEN_PATH";

/// What nginx does with the path prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Kept,
    Removed,
}

impl Prefix {
    pub(super) const ALL: [Self; 2] = [Self::Kept, Self::Removed];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Removed => "removed",
        }
    }
}

/// The example: the variables in its comments, and its locations.
#[derive(Debug)]
pub(super) struct NginxExample {
    variables: Vec<(String, String)>,
    locations: String,
}

impl NginxExample {
    /// Reads the one block for nginx.
    pub(super) fn read(page: &str) -> Result<Self, Error> {
        let mut blocks = page.split("```nginx\n").skip(1);
        let (Some(block), None) = (blocks.next(), blocks.next()) else {
            return Err("the page must have exactly one block of the language nginx".into());
        };
        let block = block.split("```").next().unwrap_or_default();
        for needed in [REMOVES_PREFIX, KEEPS_PREFIX] {
            if !block.contains(needed) {
                return Err(format!("the block for nginx lacks {needed:?}").into());
            }
        }
        let variables = block.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("# ")?.split_once('=')?;
            let is_variable = name.starts_with("TOOLGATE_") && !name.contains(' ');
            is_variable.then(|| (name.to_owned(), value.to_owned()))
        });
        let variables: Vec<_> = variables.collect();
        for needed in ["TOOLGATE_RESOURCE", "TOOLGATE_PATH_PREFIX", LISTEN_PATH] {
            if variables.iter().all(|(name, _)| name != needed) {
                return Err(format!("the block for nginx lacks \"# {needed}=…\"").into());
            }
        }
        Ok(Self {
            variables,
            locations: block.to_owned(),
        })
    }

    /// Returns the variables of a server behind this origin.
    pub(super) fn variables(&self, prefix: Prefix, origin: &str) -> Vec<(String, String)> {
        let needed = |name: &str| prefix == Prefix::Removed || name != LISTEN_PATH;
        let variables = self.variables.iter().filter(|(name, _)| needed(name));
        variables
            .map(|(name, value)| (name.clone(), value.replacen(ORIGIN, origin, 1)))
            .collect()
    }

    /// Returns the resource of a server behind this origin.
    pub(super) fn resource(&self, origin: &str) -> Result<String, Error> {
        let variables = self.variables(Prefix::Kept, origin);
        let resource = variables
            .into_iter()
            .find(|(name, _)| name == "TOOLGATE_RESOURCE");
        let (_, resource) = resource.ok_or("the example has no resource")?;
        Ok(resource)
    }

    /// Returns the locations that forward to a server on this port.
    pub(super) fn locations(&self, prefix: Prefix, port: u16) -> String {
        let locations = match prefix {
            Prefix::Removed => self.locations.clone(),
            Prefix::Kept => self.locations.replace(REMOVES_PREFIX, KEEPS_PREFIX),
        };
        locations.replace(SERVER, &format!("127.0.0.1:{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{NginxExample, Prefix};

    fn example() -> NginxExample {
        NginxExample::read(include_str!("../../../docs/src/operating/proxies.md"))
            .expect("the example")
    }

    #[test]
    fn the_example_is_used_with_the_addresses_of_the_run() {
        let example = example();
        let removed = example.locations(Prefix::Removed, 4321);
        assert!(removed.contains("location /notes/ {"), "{removed}");
        assert!(
            removed.contains("proxy_pass http://127.0.0.1:4321/;"),
            "{removed}"
        );
        let kept = example.locations(Prefix::Kept, 4321);
        assert!(!kept.contains("4321/;"), "{kept}");
        assert!(!kept.contains("8000"), "{kept}");
        let origin = "https://localhost:99";
        assert_eq!(
            example.resource(origin).expect("a resource"),
            "https://localhost:99/notes/mcp"
        );
        let names = |prefix| {
            let variables = example.variables(prefix, origin).into_iter();
            variables.map(|(name, _)| name).collect::<Vec<_>>()
        };
        let needed = ["TOOLGATE_RESOURCE", "TOOLGATE_PATH_PREFIX"];
        assert_eq!(names(Prefix::Kept), needed);
        assert_eq!(names(Prefix::Removed)[2..], ["TOOLGATE_LISTEN_PATH"]);
    }

    #[test]
    fn a_page_that_cannot_be_used_is_an_error() {
        let block = "```nginx\n# TOOLGATE_RESOURCE=x\nproxy_pass http://127.0.0.1:8000/;\n```\n";
        for (page, told) in [
            (String::new(), "exactly one block"),
            (block.repeat(2), "exactly one block"),
            (
                block.to_owned(),
                "lacks \"proxy_pass http://127.0.0.1:8000;\"",
            ),
            (
                block.replace("x\n", "x\nproxy_pass http://127.0.0.1:8000;\n"),
                "lacks \"# TOOLGATE_PATH_PREFIX=…\"",
            ),
        ] {
            let error = NginxExample::read(&page).expect_err(&page).to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
