//! A program that serves the user who started it. Its arguments state the caller:
//! `NAME SCOPES ROLES ACR PERSON`, lists separated by commas.

use std::{env, process::ExitCode};

use toolgate::LocalCaller;

#[path = "items.rs"]
mod items;

fn list(text: Option<&String>) -> impl Iterator<Item = &str> {
    let items = text.map_or("", String::as_str).split(',');
    items.filter(|item| !item.is_empty())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let name = arguments.first().map_or("", String::as_str);
    let mut caller = LocalCaller::named(name)
        .with_scopes(list(arguments.get(1)))
        .with_roles(list(arguments.get(2)));
    if let Some(acr) = arguments.get(3) {
        caller = caller.with_acr(acr);
    }
    if arguments.get(4).is_some() {
        caller = caller.with_person();
    }
    let served = match toolgate::logging::init() {
        Ok(()) => items::server().serve_stdio(caller).await,
        Err(error) => Err(error.into()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
