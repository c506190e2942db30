//! The `authorize` function: called once at the gate, with the values that then run.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{
    item::{AuthorizeDenial, AuthorizeError},
    scope::Scope,
};

const ADMIN: Scope = Scope::new("admin");

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Text,
    Raw,
}

fn by_path(
    caller: &Caller,
    path: &str,
    _: &State<Log>,
    mode: &Option<Mode>,
) -> Result<(), AuthorizeError> {
    match (path, mode) {
        (path, _) if path.contains("..") => {
            Err(AuthorizeError::denied("the path leaves the folder"))
        }
        ("/etc", _) if !caller.has("admin") => Err(AuthorizeError::needs_scopes([ADMIN])),
        ("/boot", _) => Err(AuthorizeError::needs_scopes(["admin", "root"])),
        ("/undeclared", _) => Err(AuthorizeError::needs_scopes(["other"])),
        ("/held", _) => Err(AuthorizeError::needs_scopes(["read"])),
        ("/nothing", _) => Err(AuthorizeError::needs_scopes::<&str>([])),
        ("/panic", _) => panic!("as the test asks"),
        (_, Some(Mode::Raw)) => Err(AuthorizeError::denied("not raw")),
        _ => Ok(()),
    }
}

/// Reads a file.
#[mcp_tool(scope = "read", authorize = by_path, authorize_scopes = [ADMIN, "root", "read"])]
fn read_file(
    #[arg(rename = "path", default = "/home", min_length = 2)] file: String,
    State(log): State<Log>,
    mode: Option<Mode>,
) -> String {
    log.0.lock().unwrap().push(file.clone());
    format!("{file} {mode:?}")
}

/// What ran.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<String>>>);

fn by_all(caller: Option<&Caller>, all: &Whole) -> Result<(), AuthorizeError> {
    match caller {
        None if all.level > 3 => Err(AuthorizeError::needs_scopes(["levels"])),
        _ => Ok(()),
    }
}

#[derive(Deserialize, JsonSchema)]
struct Whole {
    level: u8,
}

/// Climbs.
#[mcp_tool(public, authorize = by_all, authorize_scopes = ["levels"])]
fn climb(Args(whole): Args<Whole>) -> u8 {
    whole.level
}

struct House {
    locked: u8,
}

#[mcp_tools]
impl House {
    /// Opens.
    #[mcp_tool(authenticated, authorize = Self::may_open)]
    fn open(&self, door: u8) -> u8 {
        door
    }

    /// Enters.
    #[mcp_tool(authenticated, authorize = Self::is_open)]
    async fn enter(&self, door: u8) -> u8 {
        door
    }

    async fn is_open(&self, _: &Caller, door: &u8) -> Result<(), AuthorizeError> {
        tokio::task::yield_now().await;
        match *door == self.locked {
            true => Err(AuthorizeError::denied(format!("door {door} is locked"))),
            false => Ok(()),
        }
    }

    fn may_open(_: &Caller, door: &u8) -> Result<(), AuthorizeError> {
        match door {
            7 => Err(AuthorizeError::denied(format!("door {door} stays shut"))),
            _ => Ok(()),
        }
    }
}

fn arguments(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}

fn files() -> Desk<Log> {
    desk(Log::default(), tools![read_file, climb])
}

impl<S: Clone + Send + Sync + 'static> Desk<S> {
    /// Asks a tool, as the gate does.
    async fn asked(&self, name: &str, value: Value) -> Result<(), AuthorizeDenial> {
        let asked = self.asked_as(Some(&self.alice()), name, value).await;
        asked.map(|_| ())
    }

    /// Returns the permit with what the tool has authorized.
    async fn asked_as(
        &self,
        caller: Option<&Caller>,
        name: &str,
        value: Value,
    ) -> Result<Permit, AuthorizeDenial> {
        let mut permit = self.permit(name, caller);
        let call = self.sent(caller, value);
        if let Some(authorizing) = self.tool(name).authorize(name, call) {
            permit.set_parameters(authorizing.await?.parameters);
        }
        Ok(permit)
    }

    fn sent(&self, caller: Option<&Caller>, value: Value) -> Call<S> {
        Call::new(self.state.clone(), arguments(value), caller.cloned(), None)
    }

    /// Calls a tool, as the gate and the dispatch do.
    async fn authorized_call(&self, name: &str, value: Value) -> CallToolResult {
        let alice = self.alice();
        let permit = self.asked_as(Some(&alice), name, value.clone()).await;
        let call = self.sent(Some(&alice), value);
        result(self.tool(name).call(&permit.unwrap(), name, call).await)
    }
}

#[tokio::test]
async fn the_function_sees_the_caller_and_the_arguments_as_the_tool_would() {
    let desk = files();
    assert_eq!(desk.asked("read_file", json!({"path": "/a"})).await, Ok(()));
    // The default is filled in before it is judged.
    assert_eq!(desk.asked("read_file", json!({})).await, Ok(()));
    assert_eq!(
        desk.asked("read_file", json!({"path": "/a", "mode": "raw"}))
            .await,
        Err(AuthorizeDenial::Denied("not raw".into()))
    );
    assert_eq!(
        desk.asked("read_file", json!({"path": "../a"})).await,
        Err(AuthorizeDenial::Denied("the path leaves the folder".into()))
    );
}

#[tokio::test]
async fn a_demand_names_all_the_scopes_that_are_needed() {
    let desk = files();
    let needs = async |path: &str| desk.asked("read_file", json!({ "path": path })).await;
    assert_eq!(
        needs("/etc").await,
        Err(AuthorizeDenial::NeedsScopes([ADMIN].into()))
    );
    assert_eq!(
        needs("/boot").await,
        Err(AuthorizeDenial::NeedsScopes(
            [ADMIN, Scope::new("root")].into()
        ))
    );
    let authorize_scopes = desk.tool("read_file").authorize_scopes();
    assert_eq!(
        authorize_scopes,
        [ADMIN, Scope::new("root"), Scope::new("read")]
    );
}

#[tokio::test]
async fn a_demand_that_nobody_could_meet_is_no_challenge() {
    // A client that is challenged for what it has, or for what nobody grants, logs in for ever.
    let desk = files();
    for path in ["/undeclared", "/held", "/nothing", "/panic"] {
        let refused = desk.asked("read_file", json!({ "path": path })).await;
        assert!(
            matches!(refused, Err(AuthorizeDenial::Denied(_))),
            "{path}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn arguments_that_the_schema_forbids_are_not_asked_about() {
    let desk = files();
    for wrong in [
        json!({"path": 7}),
        json!({"path": "."}),
        json!({"path": "/etc", "more": 1}),
        json!({"path": "/etc", "mode": "neither"}),
    ] {
        assert_eq!(
            desk.asked("read_file", wrong.clone()).await,
            Ok(()),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_call_that_no_function_has_authorized_does_not_run() {
    let desk = files();
    for path in ["/etc", "../a", "/undeclared", "/panic", "/home"] {
        let told = desk.error("read_file", json!({ "path": path })).await;
        assert_eq!(told, "this request was not admitted", "{path}");
    }
    assert!(desk.state.0.lock().unwrap().is_empty());
    let wrong = desk.authorized_call("read_file", json!({"path": 7})).await;
    assert!(text(&wrong).contains("must be of type string"), "{wrong:?}");
    let mode = json!({"mode": "text"});
    let read = desk.authorized_call("read_file", mode).await;
    assert_eq!(text(&read), "/home Some(Text)");
    assert_eq!(*desk.state.0.lock().unwrap(), ["/home"]);
}

#[tokio::test]
async fn a_public_tool_is_asked_about_callers_that_nobody_knows() {
    let desk = files();
    let ask = async |level: u8, caller: Option<&Caller>| {
        let asked = desk.asked_as(caller, "climb", json!({ "level": level }));
        asked.await.map(|_| ())
    };
    assert_eq!(ask(3, None).await, Ok(()));
    assert_eq!(
        ask(4, None).await,
        Err(AuthorizeDenial::NeedsScopes([Scope::new("levels")].into()))
    );
    assert_eq!(ask(4, Some(&desk.alice())).await, Ok(()));
    let nobody = desk.call_as(None, "climb", json!({"level": 3})).await;
    assert_eq!(text(&nobody), "this request was not admitted");
    let climbed = desk.authorized_call("climb", json!({"level": 4})).await;
    assert_eq!(text(&climbed), "4");
}

#[tokio::test]
async fn a_method_is_authorized_by_a_function_or_a_method_of_its_type() {
    let desk = desk(Arc::new(House { locked: 5 }), House::tools);
    for (name, door, reason) in [
        ("open", 7, "door 7 stays shut"),
        ("enter", 5, "door 5 is locked"),
    ] {
        assert_eq!(
            desk.asked(name, json!({ "door": door })).await,
            Err(AuthorizeDenial::Denied(reason.into()))
        );
        let opened = desk.authorized_call(name, json!({"door": 6})).await;
        assert_eq!(text(&opened), "6");
    }
}

#[tokio::test]
async fn a_tool_without_a_function_demands_nothing() {
    /// Plain.
    #[mcp_tool(authenticated)]
    fn plain() {}
    let desk = desk((), tools![plain]);
    assert_eq!(desk.asked("plain", json!({})).await, Ok(()));
    assert_eq!(desk.tool("plain").authorize_scopes().len(), 0);
}

#[tokio::test]
async fn the_values_that_were_authorized_run_whatever_is_read_later() {
    static AUTHORIZED: AtomicUsize = AtomicUsize::new(0);
    static READ: AtomicUsize = AtomicUsize::new(0);

    #[derive(JsonSchema)]
    struct Amount(u64);

    impl<'de> Deserialize<'de> for Amount {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            READ.fetch_add(1, Ordering::SeqCst);
            u64::deserialize(from).map(Self)
        }
    }

    fn at_most_ten(_: &Caller, amount: &Amount) -> Result<(), AuthorizeError> {
        AUTHORIZED.fetch_add(1, Ordering::SeqCst);
        match amount {
            Amount(0..=10) => Ok(()),
            Amount(_) => Err(AuthorizeError::denied("too much")),
        }
    }

    /// Pays.
    #[mcp_tool(authenticated, authorize = at_most_ten)]
    fn pay(amount: Amount) -> u64 {
        amount.0
    }

    let desk = desk((), tools![pay]);
    // The start reads the type once, to learn whether the argument is optional.
    READ.store(0, Ordering::SeqCst);
    let tool = desk.tool("pay");
    let read_later = |amount: u64| desk.sent(Some(&desk.alice()), json!({ "amount": amount }));
    let alice = desk.alice();
    let asked = desk.asked_as(Some(&alice), "pay", json!({"amount": 5}));
    let permit = asked.await.unwrap();

    // Another reader of the same bytes may find another amount in them.
    let paid = result(tool.call(&permit, "pay", read_later(1_000)).await);
    assert_eq!(text(&paid), "5");
    let counts = [&AUTHORIZED, &READ].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(counts, [1, 1]);

    // The permit covers one run.
    for amount in [1_000, 7] {
        let paid = result(tool.call(&permit, "pay", read_later(amount)).await);
        assert_eq!(text(&paid), "this request was not admitted");
    }
}

#[tokio::test]
async fn parameters_that_another_tool_has_authorized_do_not_run() {
    let desk = files();
    let alice = desk.alice();
    let path = json!({"path": "/a"});
    let authorizing = desk
        .tool("read_file")
        .authorize("read_file", desk.sent(Some(&alice), path.clone()));
    let mut permit = desk.permit("climb", Some(&alice));
    permit.set_parameters(authorizing.unwrap().await.ok().unwrap().parameters);
    for (name, value) in [("read_file", path), ("climb", json!({"level": 1}))] {
        let call = desk.sent(Some(&alice), value);
        let run = result(desk.tool(name).call(&permit, name, call).await);
        assert_eq!(text(&run), "this request was not admitted", "{name}");
    }
    assert!(desk.state.0.lock().unwrap().is_empty());
}
