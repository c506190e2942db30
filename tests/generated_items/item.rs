//! One random item: what it means, and how it is spelled.

use std::collections::BTreeSet;

use crate::dice::Dice;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Resource,
    Prompt,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Tool => "mcp_tool",
            Self::Resource => "mcp_resource",
            Self::Prompt => "mcp_prompt",
        }
    }

    pub(crate) fn list(self) -> &'static str {
        match self {
            Self::Tool => "tools",
            Self::Resource => "resources",
            Self::Prompt => "prompts",
        }
    }
}

/// What a call needs: `None` for no token, or alternative sets of scopes. An empty set is any token.
pub(crate) type Access = Option<Vec<BTreeSet<usize>>>;

/// Around the item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapper {
    Plain,
    Module,
    Glob,
    ConditionalAttribute,
    MacroOfFragments,
    MacroOfTokens,
    Method,
}

/// How the list names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    Plainly,
    BehindTrueCfg,
    /// Not registered.
    BehindFalseCfg,
}

pub(crate) struct Item {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) access: Access,
    pub(crate) step_up: bool,
    pub(crate) wrapper: Wrapper,
    pub(crate) listed: Listed,
    /// For clients.
    pub(crate) name: String,
    pub(crate) ident: String,
    /// The keys of the attribute, in a random order.
    pub(crate) keys: String,
    /// The values that `MacroOfFragments` passes, and the fragments that take them.
    pub(crate) fragments: Vec<(String, &'static str)>,
}

/// The number of scopes: `s0` to `s9`.
pub(crate) const SCOPES: usize = 10;

impl Item {
    pub(crate) fn roll(number: u64, dice: &mut Dice) -> Self {
        let kind = dice.pick(&Kind::ALL);
        let wrapper = dice.pick(&[
            Wrapper::Plain,
            Wrapper::Module,
            Wrapper::Glob,
            Wrapper::ConditionalAttribute,
            Wrapper::MacroOfFragments,
            Wrapper::MacroOfTokens,
            Wrapper::Method,
        ]);
        let listed = match wrapper {
            Wrapper::Method => Listed::Plainly,
            _ => dice.pick(&[
                Listed::Plainly,
                Listed::BehindTrueCfg,
                Listed::BehindFalseCfg,
            ]),
        };
        let mut item = Self {
            number,
            kind,
            access: access(dice),
            step_up: false,
            wrapper,
            listed,
            name: format!("item_{number}"),
            ident: format!("item_{number}"),
            keys: String::new(),
            fragments: Vec::new(),
        };
        let mut keys = vec![item.access_key(dice)];
        let names_scopes = item.access.as_ref().is_some_and(|sets| !sets[0].is_empty());
        if names_scopes && dice.flip() {
            item.step_up = true;
            keys.push("step_up".to_owned());
        }
        if dice.flip() {
            item.name = format!("named.{number}");
            let name = item.name.clone();
            keys.push(format!("name = {}", item.text(&name, dice)));
        }
        if dice.flip() {
            keys.push(format!("title = {}", item.text("A title", dice)));
        }
        if kind == Kind::Resource {
            let uri = format!("gen://{number}");
            keys.push(format!("uri = {}", item.text(&uri, dice)));
        }
        if kind == Kind::Tool && dice.flip() {
            keys.push(
                dice.pick(&["read_only", "read_only = false", "idempotent = true"])
                    .to_owned(),
            );
        }
        dice.shuffle(&mut keys);
        item.keys = keys.join(", ");
        if dice.flip() {
            item.keys.push(',');
        }
        item
    }

    /// Spells the access.
    fn access_key(&mut self, dice: &mut Dice) -> String {
        let Some(sets) = self.access.clone() else {
            return "public".to_owned();
        };
        let mut spelled: Vec<Vec<String>> = sets
            .iter()
            .map(|set| set.iter().map(|scope| self.scope(*scope, dice)).collect())
            .collect();
        spelled.iter_mut().for_each(|set| dice.shuffle(set));
        match spelled.as_slice() {
            [only] if only.is_empty() => "authenticated".to_owned(),
            [only] if only.len() == 1 && dice.flip() => format!("scope = {}", only[0]),
            [only] if dice.flip() => format!("scopes = [{}]", only.join(", ")),
            many => {
                let one = |set: &Vec<String>| match set.as_slice() {
                    [only] if dice.flip() => only.clone(),
                    set => format!("[{}]", set.join(", ")),
                };
                let sets: Vec<String> = many.iter().map(one).collect();
                format!("any_scope = [{}]", sets.join(", "))
            }
        }
    }

    /// Spells one scope: as a text, or as a constant of either type.
    fn scope(&mut self, scope: usize, dice: &mut Dice) -> String {
        let path = match dice.below(4) {
            0 => return self.text(&format!("s{scope}"), dice),
            1 => format!("crate::scope::S{scope}"),
            2 => format!("crate::TEXT_{scope}"),
            _ if self.wrapper == Wrapper::Method => return format!("Self::ACCESS_{scope}"),
            _ => format!("crate::Vocabulary::ACCESS_{scope}"),
        };
        let fragment = dice.pick(&["path", "expr"]);
        self.fragment(path, fragment, dice)
    }

    /// Spells a text.
    fn text(&mut self, text: &str, dice: &mut Dice) -> String {
        let spelled = match dice.below(3) {
            0 => format!("r#\"{text}\"#"),
            // A character as its escape.
            1 => format!("\"\\x{:02x}{}\"", text.as_bytes()[0], &text[1..]),
            _ => format!("\"{text}\""),
        };
        let fragment = dice.pick(&["literal", "expr"]);
        self.fragment(spelled, fragment, dice)
    }

    /// Passes a value through a fragment of a macro, if there is one.
    fn fragment(&mut self, value: String, fragment: &'static str, dice: &mut Dice) -> String {
        if self.wrapper != Wrapper::MacroOfFragments || dice.below(3) == 0 {
            return value;
        }
        self.fragments.push((value, fragment));
        format!("$f{}", self.fragments.len() - 1)
    }
}

/// Alternatives of which none includes another: such an attribute does not compile.
fn access(dice: &mut Dice) -> Access {
    match dice.below(6) {
        0 => None,
        1 => Some(vec![BTreeSet::new()]),
        _ => {
            let mut sets: Vec<BTreeSet<usize>> = Vec::new();
            for _ in 0..=dice.below(3) {
                let size = 1 + dice.below(3);
                let set: BTreeSet<usize> = (0..size).map(|_| dice.below(SCOPES)).collect();
                if !sets
                    .iter()
                    .any(|one| one.is_subset(&set) || set.is_subset(one))
                {
                    sets.push(set);
                }
            }
            Some(sets)
        }
    }
}
