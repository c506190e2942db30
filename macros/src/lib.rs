//! The attributes of `toolgate`. Use them through that crate, which re-exports them. Both
//! crates are released together, and this one alone makes no stability promises.

use proc_macro::TokenStream;

use crate::item_kind::ItemKind;

mod access;
mod access_macro;
mod access_tokens;
mod attribute;
mod attribute_syntax;
mod capability;
mod conditions;
mod doc_comment;
mod errors;
mod expand;
mod fallback;
mod function;
mod impl_block;
mod invalid_item;
mod item_kind;
mod json_type;
mod limits;
mod list;
mod model;
mod number;
mod parameter;
mod pattern;
mod renamed_crate;
mod rules;
mod scope_value;
mod scopes;
mod span;
mod tools_attribute;
mod uri_template;

#[cfg(test)]
mod tests;

/// Turns a function into an MCP tool. The function itself is unchanged and stays callable.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Serialize;
/// use toolgate::{Caller, Json, State, ToolError, mcp_tool};
///
/// #[derive(Clone)]
/// struct Feed;
///
/// #[derive(Serialize, JsonSchema)]
/// struct Sentiment {
///     /// From -1 (bad) to 1 (good).
///     score: f64,
/// }
///
/// /// Sentiment of recent news about one company.
/// ///
/// /// Use it before giving an opinion about a stock.
/// #[mcp_tool(scope = "news:read", read_only)]
/// async fn get_news_sentiment(
///     /// Ticker symbol, such as `AAPL`.
///     #[arg(pattern = "^[A-Za-z.]{1,8}$")]
///     ticker: String,
///     /// How many articles to look at.
///     #[arg(default = 10, minimum = 1, maximum = 50)]
///     limit: u32,
///     State(feed): State<Feed>,
///     caller: Caller,
/// ) -> Result<Json<Sentiment>, ToolError> {
///     # let _ = (ticker, limit, feed, caller);
///     Ok(Json(Sentiment { score: 0.5 }))
/// }
/// ```
///
/// Register the tool by its name: `tools![get_news_sentiment]`.
///
/// # Expansion
///
/// The attribute adds a hidden, empty struct with the name of the function, and a `use` of that
/// name imports both. This type holds the access as a constant, and implements the definition of
/// the tool: its name, description and schemas, and how to take the arguments from a call. The
/// definition contains no check of a token: the server checks each call before it reaches the
/// function. The expansion has no `unsafe`, derives nothing, and apart from your own names uses
/// only items of toolgate.
///
#[doc = include_str!("access.md")]
///
/// `authorize = check` names a function, `async` or not, that decides at the gate by the arguments
/// and the server's state. It takes the caller (`&Caller`, or `Option<&Caller>` in a public tool)
/// and a reference to each parameter of the tool, in the same order, without `Caller`, `Context`
/// and `Round`. The tool runs with exactly the values that the function has authorized.
///
/// ```
/// # use toolgate::{Caller, auth::AuthorizeError, mcp_tool};
/// # struct Documents;
/// # impl Documents { async fn owner(_: &str) -> Option<String> { None } }
/// async fn is_owner(caller: &Caller, id: &str) -> Result<(), AuthorizeError> {
///     match Documents::owner(id).await {
///         Some(owner) if caller.subject() == Some(&owner) => Ok(()),
///         _ => Err(AuthorizeError::denied("only its owner may do this")),
///     }
/// }
///
/// /// Deletes a document.
/// #[mcp_tool(scope = "documents:write", authorize = is_owner)]
/// async fn delete_document(id: String) {}
/// ```
///
/// The function can require the scopes that `authorize_scopes = ["documents:admin"]` declares, or
/// deny the call; see `AuthorizeError`. So can the body of the tool. In a block with
/// `#[mcp_tools]`, the function can be a method with `&self`: `authorize = Self::is_owner`. An
/// extractor that needs the context of a request cannot be passed to it.
///
/// `confirm = "Delete the list {list}?"` asks the user before the tool runs, and shows every
/// argument. The answer is valid for these arguments, this caller and five minutes, once in each
/// process. It protects against mistakes of a model. `approve = "…"` lets the user decide on a page
/// of the server (feature `approval`), and also protects against a client that answers by itself.
///
#[doc = include_str!("published_metadata.md")]
///
#[doc = include_str!("limits.md")]
///
/// # Parameters
///
/// A parameter is an argument of the call, unless it is an extractor. Its doc comment is
/// its description. serde deserializes its type, and schemars generates its schema. If the
/// type accepts a missing value, as `Option` does, the argument is optional. `#[arg(…)]`
/// adds rules:
///
/// | key | meaning |
/// |---|---|
/// | `default = value`, `default` | the value of a missing argument, which is published; `default` alone is `Default::default()` |
/// | `rename = "…"` | the argument's name |
/// | `minimum = n`, `maximum = n` | limits of a number, both inclusive |
/// | `min_length = n`, `max_length = n` | limits of a string's length, in characters |
/// | `min_items = n`, `max_items = n` | limits of a list's length |
/// | `pattern = "…"` | a regular expression that must match somewhere in the string; no look-around, back-references or `\p{…}` |
/// | `header = "Region"` | clients repeat the argument as the header `Mcp-Param-Region` |
///
/// The published schema is enforced: a call that violates it gets a tool error that names
/// the argument and the rule, and the function does not run. Unknown arguments are refused.
/// `format` is an annotation: use a type that parses the text, or `pattern`.
/// One struct can take all arguments: `Args(search): Args<Search>`.
///
/// The types `State<T>`, `Caller`, `Option<Caller>` and `Context` are extractors, recognized
/// by name; so is each parameter marked `#[extract]` (see `FromCall`). `#[arg]` turns any of
/// them into an argument.
///
/// # Result
///
/// A tool returns a string, a number, `Json<T>`, rmcp's content, `()`, or `Result<T, E>` of
/// one of these. A tool that first asks its client something returns `Reply<T>` of one of
/// these, and takes `#[extract] round: Round<T>`. The caller receives the error's `Display`
/// as a tool error; its `source()` chain is only logged. A function that is not `async` runs
/// on the server's own threads, so it must not block. A panic becomes a tool error without
/// details.
///
/// # Limits
///
/// A tool and a module cannot share a name in one Rust scope. A function cannot be generic,
/// takes no reference except `&self`, and returns a named type. For methods, use
/// [`macro@mcp_tools`].
#[proc_macro_attribute]
pub fn mcp_tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand_function(ItemKind::Tool, attribute, item)
}

/// Turns a function into an MCP resource, which clients read by its URI.
///
/// ```
/// use toolgate::{Caller, State, mcp_resource, resources};
///
/// #[derive(Clone)]
/// struct Notes;
///
/// /// One of the caller's notes.
/// #[mcp_resource(uri = "notes://{id}", scope = "notes:read", mime_type = "text/markdown")]
/// async fn note(
///     #[arg(complete = note_ids)] id: u32,
///     State(notes): State<Notes>,
///     caller: Caller,
/// ) -> Option<String> {
///     # let _ = (notes, caller);
///     (id == 7).then(|| "# Bread\n\nFlour, water, salt.".to_owned())
/// }
///
/// fn note_ids(begun: &str, State(notes): State<Notes>, caller: Caller) -> Vec<String> {
///     # let _ = (notes, caller);
///     ["7", "8"].into_iter().filter(|id| id.starts_with(begun)).map(Into::into).collect()
/// }
///
/// /// Every note, one per line.
/// #[mcp_resource(uri = "notes://all", scope = "notes:read")]
/// fn all_notes() -> &'static str {
///     "7 Bread"
/// }
///
/// let resources = resources![note, all_notes];
/// # fn fits(_: impl FnOnce(&mut toolgate::ResourceSet<Notes>)) {}
/// # fits(resources);
/// ```
///
/// Access, roles, `acr`, `max_age`, `person`, `authorize`, `authorize_scopes`, `confirm`, `approve`, limits,
/// extractors, `step_up`, `client_capabilities` and the published metadata are declared as for
/// [`macro@mcp_tool`]. The server calls `authorize` for a subscription as for a read, and before it
/// sends an update, but not for a completion. These keys are added:
///
/// | key | meaning | default |
/// |---|---|---|
/// | `uri = "…"` | the URI, or a template of URIs: `{id}` is one segment, `{+path}` may contain `/` | required |
/// | `name = "…"` | the resource's name | the function's name |
/// | `mime_type = "…"` | the media type | `text/plain` for a string, `application/json` for `Json<T>` |
/// | `size = n` | the size in bytes; not allowed for a template | none |
///
/// Each variable of the template needs a parameter of the same name. Its type can be any
/// type that serde deserializes from a string: a number, a `bool`, an `enum` of names, a
/// `Uuid`, or a newtype of these. A URI whose variables cannot be parsed is not found.
///
/// `#[arg(complete = path)]` completes a variable: `fn(begun: &str) -> Vec<String>`, or
/// `async fn(begun: String) -> Vec<String>`. The function can also take the receiver (`self`
/// as an `Arc`) and the extractors of the resource, in the same order.
/// `#[arg(rename = "…")]` names the variable of a parameter that has another name.
///
/// A value never contains a segment `.` or `..`, a backslash or a NUL, escaped or not. A value
/// of `{+path}` can begin with `/`. If a URI matches several templates, the one that was
/// registered first applies, and no other spelling of that URI reaches a wider template.
///
/// A resource returns a string, `Json<T>`, bytes (`Vec<u8>`), rmcp's contents, or
/// `Option<T>`, `Result<T, E>` or `Reply<T>` of one of these. `None` and
/// `ResourceError::not_found()` are reported as not found. For any other error the client
/// receives its `Display`; its `source()` chain is only logged.
#[proc_macro_attribute]
pub fn mcp_resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand_function(ItemKind::Resource, attribute, item)
}

/// Turns a function into an MCP prompt: messages that a user chooses to start with.
///
/// ```
/// use toolgate::{mcp_prompt, prompts};
///
/// /// Reviews a piece of code.
/// #[mcp_prompt(scope = "review:use", title = "Code review")]
/// fn review(
///     /// The code.
///     code: String,
///     /// The language it is written in.
///     #[arg(complete = languages)]
///     language: Option<String>,
/// ) -> String {
///     let language = language.unwrap_or_else(|| "whatever language it is".to_owned());
///     format!("Review this as {language}:\n\n{code}")
/// }
///
/// fn languages(begun: &str) -> Vec<&'static str> {
///     ["rust", "ruby"].into_iter().filter(|name| name.starts_with(begun)).collect()
/// }
///
/// let prompts = prompts![review];
/// # fn fits(_: impl FnOnce(&mut toolgate::PromptSet<()>)) {}
/// # fits(prompts);
/// ```
///
/// Access, roles, `acr`, `max_age`, `person`, `authorize`, `authorize_scopes`, `confirm`, `approve`, limits,
/// extractors, `step_up`, `name`, `title`, `description`, `icons`, `meta`, `client_capabilities` and `crate`
/// are declared as for [`macro@mcp_tool`]. Arguments are strings, which are parsed and completed
/// like the variables of [`macro@mcp_resource`]. An `Option` is an optional argument.
///
/// A prompt returns a string (one message with the role of the user), one or several of
/// rmcp's `PromptMessage`, `GetPromptResult`, or `Result<T, E>` of one of these. A prompt
/// that first asks its client something returns `Reply<T>` of one of these.
#[proc_macro_attribute]
pub fn mcp_prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand_function(ItemKind::Prompt, attribute, item)
}

/// Turns the methods of an `impl` block into tools, resources and prompts, if they have
/// `#[mcp_tool(…)]`, `#[mcp_resource(…)]` or `#[mcp_prompt(…)]`.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use toolgate::{ToolSet, mcp_tool, mcp_tools};
///
/// #[derive(Default)]
/// struct Notes(Mutex<Vec<String>>);
///
/// #[mcp_tools]
/// impl Notes {
///     /// Adds a note.
///     #[mcp_tool(scope = "notes:write")]
///     fn add_note(
///         &self,
///         /// The text of the note.
///         #[arg(min_length = 1)]
///         text: String,
///     ) -> usize {
///         let mut notes = self.0.lock().unwrap();
///         notes.push(text);
///         notes.len()
///     }
///
///     /// Every note, oldest first.
///     #[mcp_tool(scope = "notes:read", read_only)]
///     async fn list_notes(self: Arc<Self>) -> String {
///         self.0.lock().unwrap().join("\n")
///     }
/// }
///
/// // For `Server::with_state("notes", Arc::new(Notes::default())).tools(Notes::tools)`.
/// fn tools(set: &mut ToolSet<Arc<Notes>>) {
///     Notes::tools(set);
/// }
/// ```
///
/// Import both attributes: Rust resolves the one on a method like any other.
///
/// Calls share the value: a method takes `&self`, `self: Arc<Self>`, `self: &Arc<Self>`, or
/// no `self`. The value comes from the server's state, which must be `Arc<Notes>`, a `Notes`
/// that is `Clone`, or any type for which `Arc<Notes>: FromRef<…>`.
///
/// | key | meaning | default |
/// |---|---|---|
/// | `tools = name` | the function that registers the tools, for a type with several such blocks, or with a method of that name | `tools` |
/// | `resources = name`, `prompts = name` | the same for resources and prompts | `resources`, `prompts` |
/// | `declared_scopes = scope::ALL` | the scopes that `scopes!` declares; any other scope is a compile error | any scope |
/// | `crate = path` | where expansions find `toolgate` | `::toolgate` |
#[proc_macro_attribute]
pub fn mcp_tools(attribute: TokenStream, item: TokenStream) -> TokenStream {
    impl_block::expand(attribute.into(), item.into())
        .unwrap_or_else(fallback::expand)
        .into()
}

/// Expands `tools!`, `resources!` and `prompts!` of the runtime, which pass `$crate`.
#[doc(hidden)]
#[proc_macro]
pub fn __list(input: TokenStream) -> TokenStream {
    list::expand(input.into()).into()
}

/// Expands `scopes!` of the runtime, which passes `$crate`.
#[doc(hidden)]
#[proc_macro]
pub fn __scopes(input: TokenStream) -> TokenStream {
    scopes::expand(input.into()).into()
}

/// Expands `access!` of the runtime, which passes `$crate`.
#[doc(hidden)]
#[proc_macro]
pub fn __access(input: TokenStream) -> TokenStream {
    access_macro::expand(input.into()).into()
}

fn expand_function(kind: ItemKind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(kind, attribute.into(), item.into())
        .unwrap_or_else(fallback::expand)
        .into()
}
