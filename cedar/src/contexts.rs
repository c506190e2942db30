//! [`Contexts`]: the contexts of the requests of one second. Cedar evaluates a context like an
//! expression, which takes longer than a small decision.

use std::{
    collections::HashMap,
    hash::BuildHasher,
    sync::{Mutex, PoisonError},
};

use cedar_policy::{Context, RestrictedExpression};
use foldhash::fast::RandomState;
use toolgate_oauth::policy::{PolicyError, PolicyRequest};

use crate::{arguments::Arguments, entities::failed};

/// The maximum number of stored contexts. If it is reached, a new one removes all others.
const MOST: usize = 1_024;

/// The contexts of requests without arguments, for the second of the last request.
#[derive(Default)]
pub(crate) struct Contexts(Mutex<(u64, HashMap<u64, Known, RandomState>)>);

struct Known {
    is_listing: bool,
    session: Option<String>,
    acr: Option<String>,
    context: Context,
}

impl Known {
    /// Returns whether this is the context of a request. Equal hashes do not prove that.
    fn is_of(&self, question: &PolicyRequest<'_>) -> bool {
        self.is_listing == question.is_listing()
            && self.session.as_deref() == question.session()
            && self.acr.as_deref() == question.acr()
    }
}

impl Contexts {
    /// Returns the context of a request.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is not of its type.
    pub(crate) fn get(
        &self,
        question: &PolicyRequest<'_>,
        arguments: &Arguments,
    ) -> Result<Context, PolicyError> {
        if !question.resource().arguments().is_empty() {
            return build(question, arguments);
        }
        let (is_listing, session, acr) =
            (question.is_listing(), question.session(), question.acr());
        // Each change is one step, so a panic leaves no inconsistent state.
        let mut contexts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (second, known) = &mut *contexts;
        let key = known.hasher().hash_one((is_listing, session, acr));
        if *second != question.time().seconds() {
            *second = question.time().seconds();
            known.clear();
        }
        if let Some(known) = known.get(&key)
            && known.is_of(question)
        {
            return Ok(known.context.clone());
        }
        let context = build(question, arguments)?;
        if known.len() >= MOST {
            known.clear();
        }
        let stored = Known {
            is_listing,
            session: session.map(str::to_owned),
            acr: acr.map(str::to_owned),
            context: context.clone(),
        };
        known.insert(key, stored);
        Ok(context)
    }
}

fn build(question: &PolicyRequest<'_>, arguments: &Arguments) -> Result<Context, PolicyError> {
    let time = i64::try_from(question.time().seconds()).unwrap_or(i64::MAX);
    let mut fields = vec![
        ("time".to_owned(), RestrictedExpression::new_long(time)),
        (
            "list".to_owned(),
            RestrictedExpression::new_bool(question.is_listing()),
        ),
    ];
    for (name, text) in [("session", question.session()), ("acr", question.acr())] {
        if let Some(text) = text {
            let text = RestrictedExpression::new_string(text.to_owned());
            fields.push((name.to_owned(), text));
        }
    }
    let resource = question.resource();
    if !resource.arguments().is_empty() {
        let (kind, item) = (resource.kind(), resource.item());
        let record = arguments.record(kind, item, resource.arguments());
        let record = record.map_err(|name| {
            PolicyError::failed(format!(
                "the argument `{name}` of `{item}` is not of its type"
            ))
        })?;
        let of_item = [(item.to_owned(), record)];
        let all = RestrictedExpression::new_record(of_item).map_err(failed)?;
        fields.push(("arguments".to_owned(), all));
    }
    Context::from_pairs(fields).map_err(failed)
}
