//! Completion of variables, and methods that are resources.

use rmcp::model::CompletionInfo;

use super::*;

#[derive(Clone)]
struct Names(Arc<Vec<&'static str>>);

/// A name.
#[mcp_resource(uri = "names://{plain}/{sooner}/{later}/{with}/{none}", scope = "read")]
fn name(
    #[arg(complete = plain)] plain: String,
    #[arg(complete = sooner)] sooner: String,
    #[arg(complete = later)] later: String,
    State(_names): State<Names>,
    #[arg(complete = all_of_it)] with: String,
    none: String,
    _caller: Caller,
) -> String {
    [plain, sooner, later, with, none].concat()
}

fn plain(begun: &str) -> Vec<String> {
    match begun {
        "panic" => panic!("as the test asks"),
        "many" => (0..300).map(|n| n.to_string()).collect(),
        begun => vec![format!("{begun}!")],
    }
}

fn sooner(begun: &str, State(names): State<Names>, _: Caller) -> Vec<&'static str> {
    let names = names.0.iter().copied();
    names.filter(|name| name.starts_with(begun)).collect()
}

async fn later(begun: String) -> Vec<String> {
    tokio::task::yield_now().await;
    vec![begun + "?"]
}

async fn all_of_it(begun: String, State(names): State<Names>, caller: Caller) -> Vec<String> {
    tokio::task::yield_now().await;
    vec![format!(
        "{begun} {} {}",
        names.0.len(),
        caller.subject().unwrap_or_default()
    )]
}

/// A name, with more extractors than most have.
#[mcp_resource(uri = "many://{id}", scope = "read")]
#[expect(clippy::too_many_arguments, reason = "the largest number")]
fn with_twelve_extractors(
    #[arg(complete = beside_twelve)] id: String,
    _a: State<Names>,
    _b: State<Names>,
    _c: State<Names>,
    _d: State<Names>,
    _e: State<Names>,
    _f: State<Names>,
    _g: State<Names>,
    _h: State<Names>,
    _i: State<Names>,
    _j: State<Names>,
    _k: State<Names>,
    _caller: Caller,
) -> String {
    id
}

#[expect(clippy::too_many_arguments, reason = "the largest number")]
fn beside_twelve(
    begun: &str,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    _: State<Names>,
    State(names): State<Names>,
    caller: Caller,
) -> Vec<String> {
    let subject = caller.subject().unwrap_or_default();
    vec![format!("{begun} {} {subject}", names.0.len())]
}

const TEMPLATE: &str = "names://{plain}/{sooner}/{later}/{with}/{none}";

fn names() -> Shelf<Names> {
    shelf(
        Names(Arc::new(vec!["ada", "alan", "grace"])),
        resources![name],
    )
}

impl<S: Clone> Shelf<S> {
    async fn completed(
        &self,
        template: &str,
        variable: &str,
        begun: &str,
    ) -> Option<CompletionInfo> {
        let permit = self.permit(Operation::CompleteResource(template));
        let resource = self.admitted(&permit);
        let completing = resource.complete(&permit, variable, begun, self.call())?;
        Some(completing.await)
    }

    async fn values(&self, variable: &str, begun: &str) -> Vec<String> {
        let info = self.completed(TEMPLATE, variable, begun).await.unwrap();
        info.values
    }
}

#[tokio::test]
async fn a_function_completes_with_the_text_alone_or_all_that_the_resource_has() {
    let names = names();
    assert_eq!(names.values("plain", "a").await, ["a!"]);
    assert_eq!(names.values("sooner", "a").await, ["ada", "alan"]);
    assert_eq!(names.values("later", "a").await, ["a?"]);
    assert_eq!(names.values("with", "a").await, ["a 3 alice"]);
}

#[tokio::test]
async fn a_function_completes_with_up_to_twelve_extractors() {
    let state = Names(Arc::new(vec!["ada"]));
    let names = shelf(state, resources![with_twelve_extractors]);
    let info = names.completed("many://{id}", "id", "a").await.unwrap();
    assert_eq!(info.values, ["a 1 alice"]);
}

#[tokio::test]
async fn what_has_no_completer_is_not_completed() {
    let names = names();
    for variable in ["none", "other", ""] {
        assert!(names.completed(TEMPLATE, variable, "a").await.is_none());
    }
}

#[tokio::test]
async fn too_many_values_are_cut_and_a_panic_is_none() {
    let names = names();
    let many = names.completed(TEMPLATE, "plain", "many").await.unwrap();
    assert_eq!(many.values.len(), 100);
    assert_eq!((many.total, many.has_more), (Some(300), Some(true)));
    assert!(names.values("plain", "panic").await.is_empty());
}

#[tokio::test]
async fn an_admission_for_another_resource_completes_nothing() {
    /// Other.
    #[mcp_resource(uri = "other://{a}", authenticated)]
    fn other(a: String) -> String {
        a
    }
    let names = shelf(Names(Arc::default()), resources![name, other]);
    let of_other = names.permit(Operation::CompleteResource("other://{a}"));
    let admitted = names.permit(Operation::CompleteResource(TEMPLATE));
    let name = names.admitted(&admitted);
    assert!(
        name.complete(&of_other, "plain", "a", names.call())
            .is_none()
    );
    assert!(
        name.complete(&admitted, "plain", "a", names.call())
            .is_some()
    );
}

struct House(Vec<&'static str>);

#[mcp_tools]
impl House {
    /// A room.
    #[mcp_resource(uri = "rooms://{name}", scope = "read")]
    fn room(&self, #[arg(complete = Self::rooms)] name: String) -> Option<String> {
        self.0.contains(&&*name).then(|| format!("the {name}"))
    }

    fn rooms(begun: &str, house: Arc<Self>) -> Vec<String> {
        let rooms = house.0.iter().filter(|name| name.starts_with(begun));
        rooms.map(|name| (*name).to_owned()).collect()
    }

    /// Opens a window.
    #[mcp_tool(scope = "read")]
    fn open_window(&self) {}
}

#[mcp_tools(resources = garden)]
impl House {
    /// A tree.
    #[mcp_resource(uri = "trees://oak", public)]
    async fn oak(self: Arc<Self>) -> &'static str {
        "old"
    }
}

#[derive(Clone)]
struct App(Arc<House>);

impl FromRef<App> for Arc<House> {
    fn from_ref(app: &App) -> Self {
        Arc::clone(&app.0)
    }
}

#[tokio::test]
async fn methods_are_resources_beside_tools() {
    let shelf = shelf(App(Arc::new(House(vec!["kitchen", "cellar"]))), |set| {
        House::resources(set);
        House::garden(set);
    });
    assert_eq!(shelf.text("rooms://kitchen").await.0, "the kitchen");
    assert_eq!(shelf.text("trees://oak").await.0, "old");
    assert_eq!(
        shelf.error("rooms://attic").await.0,
        ErrorCode::RESOURCE_NOT_FOUND
    );
    let rooms = shelf
        .completed("rooms://{name}", "name", "c")
        .await
        .unwrap();
    assert_eq!(rooms.values, ["cellar"]);
    let mut tools = ToolSet::<App>::new();
    House::tools(&mut tools);
    assert_eq!(format!("{tools:?}"), r#"{"open_window"}"#);
}
