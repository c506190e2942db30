//! Challenges, as a client parses them.

/// A challenge of one scheme, parsed by the grammar of RFC 9110 §11.6.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme.
    pub scheme: String,
    /// The parameters, in order.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Parses challenges whose values are all quoted.
    ///
    /// # Panics
    ///
    /// If they have any other form.
    #[must_use]
    pub fn read_all(text: &str) -> Vec<Self> {
        let mut rest = text;
        let mut all: Vec<Self> = Vec::new();
        while !rest.is_empty() {
            let (name, after) = rest.split_once("=\"").expect("a name and a quote");
            let (value, after) = after.split_once('"').expect("a closing quote");
            // A scheme and a space precede the first parameter of each challenge.
            let name = match name.split_once(' ') {
                Some((scheme, name)) => {
                    all.push(Self {
                        scheme: scheme.to_owned(),
                        parameters: Vec::new(),
                    });
                    name
                }
                None => name,
            };
            let challenge = all.last_mut().expect("a scheme comes first");
            let parameter = (name.to_owned(), value.to_owned());
            challenge.parameters.push(parameter);
            rest = after.strip_prefix(", ").unwrap_or(after);
        }
        all
    }

    /// Returns a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}
