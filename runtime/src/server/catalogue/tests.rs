//! What the start warns of, and what prevents it.

use super::*;
use crate::{mcp_prompt, mcp_tool, prompts, tools};

/// Reads.
#[mcp_tool(public, name = "news.read")]
fn read(ticker: String, limit: u8) -> String {
    format!("{ticker} {limit}")
}

/// Greets.
#[mcp_prompt(public)]
fn greet(name: String) -> String {
    name
}

#[test]
fn every_warning_names_its_item_and_the_remedy() {
    let mut sets = Sets::<()>::new();
    tools![read](&mut sets.tools);
    prompts![greet](&mut sets.prompts);
    let mut faults = SetupErrors::default();
    let warnings = sets.finish(&mut faults).warnings();
    faults.finish(()).unwrap();
    let [undescribed, name, prompt] = warnings.as_slice() else {
        panic!("{warnings:?}");
    };
    assert!(undescribed.contains("tool `news.read`") && undescribed.contains("(limit, ticker)"));
    assert!(undescribed.contains("doc comment"), "{undescribed}");
    assert!(
        name.contains("OpenAI") && name.contains("64 characters"),
        "{name}"
    );
    assert!(
        prompt.contains("prompt `greet`") && prompt.contains("(name)"),
        "{prompt}"
    );
}

#[test]
fn a_registered_form_that_no_client_can_show_is_an_error() {
    let mut sets = Sets::<()>::new();
    sets.forms = vec![|| Ok(()), || Err("`Order` asks for `inner`".to_owned())];
    let mut faults = SetupErrors::default();
    sets.finish(&mut faults);
    let told = faults.finish(()).unwrap_err().to_string();
    assert!(
        told.contains("`Order` asks for `inner`") && told.contains("use fields"),
        "{told}"
    );
}
