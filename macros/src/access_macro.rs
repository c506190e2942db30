//! Expands `access!(…)`: the access of an item of a handler, in the syntax of the attributes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};

use crate::{
    access::{self, Access, CHOICES},
    attribute_syntax::parse_entries,
    conditions::{self, Conditions},
    errors::Errors,
    limits::{self, Limits},
    model::question_errors,
    span::code,
};

/// The keys in addition to the keys of access, of conditions and of limits.
const OWN_KEYS: [&str; 4] = ["refused", "step_up", "confirm", "approve"];

/// Expands the declaration, after `$crate`, to a value of `Access`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let split = |input: ParseStream<'_>| {
        let krate = input.parse::<Ident>()?.into_token_stream();
        Ok((krate, input.parse::<TokenStream>()?))
    };
    let (krate, declaration) = match split.parse2(input) {
        Ok(parts) => parts,
        Err(error) => return error.to_compile_error(),
    };
    let errors = Errors::new();
    let place = declaration
        .clone()
        .into_iter()
        .next()
        .map_or_else(Span::call_site, |token| token.span());
    let known = [
        &access::KEYS[..],
        &OWN_KEYS,
        &limits::KEYS,
        &conditions::KEYS,
    ]
    .concat();
    let entries = parse_entries(declaration, &known, &errors);
    let is_complete = errors.count() == 0;
    let entry = |key: &str| entries.iter().find(|entry| entry.key == key);
    let step_up = entry("step_up");
    let questions = [entry("confirm"), entry("approve")];
    let conditions = Conditions::parse(&entries, &errors);
    let limits = Limits::parse(&entries, &errors);
    let is_addition = |key: &Ident| {
        let own = OWN_KEYS.iter().filter(|own| **own != "refused");
        let mut keys = own.chain(&conditions::KEYS).chain(&limits::KEYS);
        keys.any(|one| key == one)
    };
    let mut declared = entries.iter().filter(|entry| !is_addition(&entry.key));
    let value = match declared.next() {
        Some(entry) if entry.key == "refused" => {
            entry.flag(&errors);
            let remedy = "nobody gets the item, so remove one of the two";
            conditions.refuse_with("refused", remedy, &errors);
            limits.refuse_with("refused", remedy, &errors);
            for question in questions.iter().flatten() {
                let key = &question.key;
                errors.add_at(question.span(), format_args!("`{key}` asks before the item runs, and nobody gets a refused item: remove one of the two"));
            }
            Some(code!(#krate::gate::Access::REFUSED))
        }
        Some(entry) => Access::parse(entry, &errors).map(|access| {
            if let (Some(step_up), Access::Public | Access::Authenticated) = (step_up, &access) {
                errors.add_at(step_up.span(), "`step_up` applies to scopes, and this access requires none: remove `step_up`, or require a scope");
            }
            if let Access::Public = access {
                if let Some(approve) = questions[1] {
                    errors.add_at(approve.span(), question_errors::PUBLIC);
                }
                conditions.refuse_public(&errors);
            }
            let requirement = access.tokens(&krate);
            let value = code!({
                const __TOOLGATE_ACCESS: #krate::auth::Requirement = #requirement;
                #krate::gate::Access::of(__TOOLGATE_ACCESS)
            });
            match conditions.tokens(&krate) {
                None => value,
                Some(conditions) => code!({
                    const __TOOLGATE_CONDITIONS: #krate::auth::Conditions = #conditions;
                    #krate::gate::Access::with_conditions(#value, __TOOLGATE_CONDITIONS)
                }),
            }
        }),
        None if is_complete => {
            errors.add_at(place, format_args!("this does not declare who may use the item: {CHOICES}\n    `refused`                      nobody"));
            None
        }
        None => None,
    };
    for more in declared {
        errors.add_at(
            more.span(),
            "access is already declared: keep one of the two",
        );
    }
    if let Some(step_up) = step_up {
        step_up.flag(&errors);
    }
    if let [Some(confirm), Some(_)] = questions {
        errors.add_at(confirm.span(), question_errors::BOTH);
    }
    let [confirm, approve] = questions.map(|question| question?.text(&errors));
    let errors = errors.finish();
    let value = value.filter(|_| errors.is_none());
    let value = value.unwrap_or_else(|| code!(#krate::gate::Access::REFUSED));
    let value = match step_up {
        Some(_) => code!(#krate::gate::Access::step_up(#value)),
        None => value,
    };
    let setters = limits.setters(&krate).into_iter();
    let value = setters.fold(value, |access, (setter, value)| {
        let setter = Ident::new(setter, Span::mixed_site());
        code!(#krate::gate::Access::#setter(#access, #value))
    });
    let value = match (confirm, approve) {
        (Some(question), _) => code!(#krate::gate::Access::confirm(#value, #question)),
        (None, Some(question)) => code!(#krate::gate::Access::approve(#value, #question)),
        (None, None) => value,
    };
    code!({ #errors #value })
}
