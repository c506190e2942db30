//! Checks the question of `confirm = "…"` or `approve = "…"`: each `{name}` in it is an argument of
//! the item.

use syn::{LitStr, Type};

use super::{ItemModel, question_errors};
use crate::{access::Access, errors::Errors, parameter::Parameter};

/// Checks the question of an item, if it has one.
pub(super) fn check(model: &ItemModel, errors: &Errors) {
    let attribute = &model.attribute;
    let (key, question) = match (&attribute.confirm, &attribute.approve) {
        (None, None) => return,
        (Some(question), None) => ("confirm", question),
        (None, Some(question)) => ("approve", question),
        (Some(confirm), Some(_)) => {
            return errors.add_on(confirm, question_errors::BOTH);
        }
    };
    if let (Some(Access::Public), "approve") = (&attribute.access, key) {
        errors.add_on(question, question_errors::PUBLIC);
    }
    if let Some(round) = model.extractors().find(|one| is_round(&one.ty)) {
        errors.add_on(
            &round.ty,
            format_args!("an item with `{key}` cannot take a `Round`, because the question is a round of its own: remove `{key}` and ask in the function, or remove the parameter"),
        );
    }
    let noun = model.attribute.kind.noun();
    let text = question.value();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            errors.add_on(
                question,
                "this question has `{` without `}`: write an argument's name between braces, as in \"Delete {id}?\"",
            );
            return;
        };
        check_name(model, name, noun, question, errors);
        rest = after;
    }
}

fn check_name(model: &ItemModel, name: &str, noun: &str, question: &LitStr, errors: &Errors) {
    let takes_struct = model
        .parameters
        .iter()
        .any(|parameter| matches!(parameter, Parameter::Arguments(_)));
    // The start checks the fields of a struct.
    if takes_struct || model.arguments().any(|(_, one)| one.name == name) {
        return;
    }
    let names: Vec<&str> = model.arguments().map(|(_, one)| &*one.name).collect();
    let known = match names.as_slice() {
        [] => "it has none".to_owned(),
        names => format!("it has `{}`", names.join("`, `")),
    };
    errors.add_on(
        question,
        format_args!("the question names `{{{name}}}`, which is no argument of this {noun}; {known}: name one of them, or remove the braces"),
    );
}

/// Returns whether a type is a `Round`, by its name.
fn is_round(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == "Round")
}
