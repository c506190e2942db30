//! The attributes of `toolgate`. Use them through that crate, which re-exports them: the
//! two are of one release, and this one has no promises of its own.

use proc_macro::TokenStream;

mod access;
mod attribute;
mod block;
mod capability;
mod doc;
mod entry;
mod errors;
mod expand;
mod fallback;
mod family;
mod function;
mod group;
mod kind;
mod model;
mod parameter;
mod pattern;
mod rules;
mod scope_text;
mod uri;

/// Makes an MCP tool of a function. The function stays as it is written, and callable.
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
/// It is registered by its name, `tools![get_news_sentiment]`, and callable as before:
/// beside the function there is a hidden struct of its name, which `use` brings along.
///
/// # Who may call
///
/// One of these must be stated; there is no default.
///
/// | key | a call needs |
/// |---|---|
/// | `scope = "a"` | a token with this scope |
/// | `scopes = ["a", "b"]` | a token with all of these |
/// | `any_scope = ["a", ["b", "c"]]` | a token with one of these, or with a whole inner list |
/// | `authenticated` | any token that the server accepts |
/// | `public` | nothing |
///
/// A scope is a text, checked by RFC 6749 §3.3 when it compiles, or the path of a constant
/// of type `&str` or `Scope`, checked just so; `scopes!` declares such constants, each with
/// what it is for. `step_up` keeps the scopes of this tool out
/// of what clients are asked for before they call it.
///
/// What is asked for can depend on the arguments: `authorize = check` names a function
/// `fn check(caller: &Caller, path: &str, …) -> Result<(), Denied>` that gets the caller
/// (in a public tool an `Option<&Caller>`) and a reference to each argument, in the tool's
/// order. It decides at the gate, before the tool runs, and can demand the further scopes
/// that `demands = ["files:admin"]` declares, or refuse; see `Denied`.
///
/// # What is published
///
/// | key | meaning | else |
/// |---|---|---|
/// | `name = "…"` | the tool's name: 1 to 128 of `A-Za-z0-9_.-` | the function's |
/// | `title = "…"` | a name for people | none |
/// | `description = "…"` | what it does and when to use it | the doc comment; one of them must be |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints; each can be `= false` | not stated |
/// | `icons = ["https://…", icon]` | addresses, or values of rmcp's `Icon` | none |
/// | `meta = value` | the tool's `_meta`, a `serde_json::Value` that is an object | none |
/// | `client_capabilities = ["sampling"]` | what the client must declare that it can be asked for, by the protocol's names; see `Capability` | nothing |
/// | `crate = path` | where expansions find `toolgate` | `::toolgate` |
///
/// # Parameters
///
/// A parameter is an argument of the call, unless it is an extractor. Its doc comment is
/// its description. Its type is read by serde and described by schemars; if it reads from
/// nothing, as `Option` does, the argument may be left out. `#[arg(…)]` says more:
///
/// | key | meaning |
/// |---|---|
/// | `default = value`, `default` | used when the argument is left out, and published; alone: `Default::default()` |
/// | `rename = "…"` | the argument's name |
/// | `minimum = n`, `maximum = n` | limits of a number, both inclusive |
/// | `min_length = n`, `max_length = n` | lengths of a text, in characters |
/// | `pattern = "…"` | a regular expression that must match somewhere in the text; no look-around, back-references or `\p{…}` |
/// | `header = "Region"` | clients repeat the argument as the header `Mcp-Param-Region` |
///
/// The schema that is published is the schema that is enforced: a call that breaks it is a
/// tool error that names the argument and the rule, and the function does not run. Unknown
/// arguments are refused. All arguments can be one struct: `Args(search): Args<Search>`.
///
/// Extractors are `State<T>`, `Caller`, `Option<Caller>` and `Context`, known by name, and
/// what is marked `#[extract]` (see `FromCall`); `#[arg]` makes an argument of any of them.
///
/// # Result
///
/// A text, a number, `Json<T>`, rmcp's content, nothing, or `Result<T, E>` of one of
/// these; `Reply<T>` of one of them, where the tool asks its client something first and
/// takes `#[extract] round: Round<T>`. An error's `Display` reaches the caller as a tool error, its `source()` chain the
/// log only. A function that is not `async` runs on the server's own threads: it must not
/// wait for anything. A panic is a tool error that tells nothing.
///
/// # Edges
///
/// A tool and a module cannot have one name in one scope. A function is not generic, takes
/// no reference but `&self`, and returns a type with a name. Methods are tools through
/// [`macro@mcp_tools`].
#[proc_macro_attribute]
pub fn mcp_tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(family::Family::Tool, attribute.into(), item.into()).into()
}

/// Makes a resource of a function: what a client reads by its URI.
///
/// ```
/// use toolgate::{Caller, State, mcp_resource, resources};
///
/// #[derive(Clone)]
/// struct Notes;
///
/// /// One note of the caller's.
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
/// /// Every note, one a line.
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
/// Who may read is stated as at [`macro@mcp_tool`], and so are extractors, `step_up`,
/// `client_capabilities` and what is published; beside these:
///
/// | key | meaning | else |
/// |---|---|---|
/// | `uri = "…"` | the URI, or a template of URIs: `{id}` is one segment, `{+path}` may have `/` in it | it must be |
/// | `name = "…"` | the resource's name | the function's |
/// | `mime_type = "…"` | the media type | `text/plain` of a text, `application/json` of `Json<T>` |
/// | `size = n` | the size in bytes; not of a template | none |
///
/// Each variable of the template is a parameter of its name, of any type that serde reads
/// from a text: a number, a `bool`, an `enum` of names, a `Uuid`, a newtype of these. A URI
/// whose variables cannot be read so is not found.
///
/// `#[arg(complete = path)]` completes a variable: `fn(begun: &str) -> Vec<String>`, or
/// `async fn(begun: String) -> Vec<String>`. The function can take what the resource takes
/// of the server, in the same order: its `self` as an `Arc`, and its extractors.
/// `#[arg(rename = "…")]` gives a parameter another name than its variable's.
///
/// No value is or contains a segment `.` or `..`, a backslash or a NUL, escaped or not; one of
/// `{+path}` can begin with `/`. Where a URI is one of several templates, the one that was
/// registered first is meant, and no other spelling of it is read by a wider one's rule.
///
/// The result is a text, `Json<T>`, bytes (`Vec<u8>`), rmcp's contents, or `Option<T>`,
/// `Result<T, E>` or `Reply<T>` of one of these. `None` and `ResourceError::not_found()` are told as not
/// found; any other error by its `Display`, its `source()` chain to the log only.
#[proc_macro_attribute]
pub fn mcp_resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(family::Family::Resource, attribute.into(), item.into()).into()
}

/// Makes a prompt of a function: messages that a person chooses to begin with.
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
/// Who may get it is stated as at [`macro@mcp_tool`], and so are extractors, `step_up`,
/// `name`, `title`, `description`, `icons`, `meta`, `client_capabilities` and `crate`.
/// Arguments are texts on the wire, read as the variables of [`macro@mcp_resource`] are, and
/// completed as those are; one that reads from nothing, as `Option` does, may be left out.
///
/// The result is a text, which is one message of the user's, rmcp's `PromptMessage` or
/// several of them, `GetPromptResult`, or `Result<T, E>` of one of these; `Reply<T>` of one
/// of them, where the prompt asks its client something first.
#[proc_macro_attribute]
pub fn mcp_prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(family::Family::Prompt, attribute.into(), item.into()).into()
}

/// Makes tools of the methods of an `impl` block that have `#[mcp_tool(…)]`, and resources
/// and prompts of those that have `#[mcp_resource(…)]` and `#[mcp_prompt(…)]`.
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
///         /// What to keep.
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
/// // What `Server::with_state("notes", Arc::new(Notes::default())).tools(Notes::tools)` takes.
/// fn tools(set: &mut ToolSet<Arc<Notes>>) {
///     Notes::tools(set);
/// }
/// ```
///
/// Both attributes are imported: the one on a method is resolved like any other.
///
/// The value is shared: a method takes `&self`, `self: Arc<Self>` or `self: &Arc<Self>`,
/// or no `self` at all. It is had from the server's state, which is `Arc<Notes>` itself, a
/// `Notes` that is `Clone`, or anything for which `Arc<Notes>: FromRef<…>`.
///
/// | key | meaning | else |
/// |---|---|---|
/// | `register = name` | the function that registers the tools, where a type has several such blocks | `tools` |
/// | `resources = name`, `prompts = name` | the same for resources and prompts | `resources`, `prompts` |
/// | `vocabulary = scope::ALL` | what `scopes!` declares; any other scope is a compile error | any scope |
/// | `crate = path` | where expansions find `toolgate` | `::toolgate` |
#[proc_macro_attribute]
pub fn mcp_tools(attribute: TokenStream, item: TokenStream) -> TokenStream {
    group::expand(attribute.into(), item.into()).into()
}
