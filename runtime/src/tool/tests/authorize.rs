//! The `authorize` function: called once at the gate, with the values that then run.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{item::AuthorizeError, scope::Scope};

const ADMIN: Scope = Scope::new("admin");

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Text,
    Raw,
}

fn by_path(caller: &Caller, path: &str, mode: &Option<Mode>) -> Result<(), AuthorizeError> {
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

struct House;

#[mcp_tools]
impl House {
    /// Opens.
    #[mcp_tool(authenticated, authorize = Self::may_open)]
    fn open(&self, door: u8) -> u8 {
        door
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
    fn asked(&self, name: &str, value: Value) -> Result<(), AuthorizeDenial> {
        self.asked_as(Some(&self.alice()), name, value)
    }

    fn asked_as(
        &self,
        caller: Option<&Caller>,
        name: &str,
        value: Value,
    ) -> Result<(), AuthorizeDenial> {
        let mut permit = self.permit(name, caller);
        self.tool(name).authorize(&mut permit, &arguments(value))
    }
}

#[test]
fn the_function_sees_the_caller_and_the_arguments_as_the_tool_would() {
    let desk = files();
    assert_eq!(desk.asked("read_file", json!({"path": "/a"})), Ok(()));
    // The default is filled in before it is judged.
    assert_eq!(desk.asked("read_file", json!({})), Ok(()));
    assert_eq!(
        desk.asked("read_file", json!({"path": "/a", "mode": "raw"})),
        Err(AuthorizeDenial::Denied("not raw".into()))
    );
    assert_eq!(
        desk.asked("read_file", json!({"path": "../a"})),
        Err(AuthorizeDenial::Denied("the path leaves the folder".into()))
    );
}

#[test]
fn a_demand_names_all_the_scopes_that_are_needed() {
    let desk = files();
    let needs = |path: &str| desk.asked("read_file", json!({ "path": path }));
    assert_eq!(
        needs("/etc"),
        Err(AuthorizeDenial::NeedsScopes([ADMIN].into()))
    );
    assert_eq!(
        needs("/boot"),
        Err(AuthorizeDenial::NeedsScopes(
            [ADMIN, Scope::new("root")].into()
        ))
    );
    let demands = desk.tool("read_file").demands();
    assert_eq!(demands, [ADMIN, Scope::new("root"), Scope::new("read")]);
}

#[test]
fn a_demand_that_nobody_could_meet_is_no_challenge() {
    // A client that is challenged for what it has, or for what nobody grants, logs in for ever.
    let desk = files();
    for path in ["/undeclared", "/held", "/nothing", "/panic"] {
        let refused = desk.asked("read_file", json!({ "path": path }));
        assert!(
            matches!(refused, Err(AuthorizeDenial::Denied(_))),
            "{path}: {refused:?}"
        );
    }
}

#[test]
fn arguments_that_the_schema_forbids_are_not_asked_about() {
    let desk = files();
    for wrong in [
        json!({"path": 7}),
        json!({"path": "."}),
        json!({"path": "/etc", "more": 1}),
        json!({"path": "/etc", "mode": "neither"}),
    ] {
        assert_eq!(desk.asked("read_file", wrong.clone()), Ok(()), "{wrong}");
    }
}

#[tokio::test]
async fn a_denied_call_does_not_run_even_past_the_gate() {
    let desk = files();
    for path in ["/etc", "../a", "/undeclared", "/panic"] {
        let told = desk.error("read_file", json!({ "path": path })).await;
        assert_eq!(told, "this call was not admitted", "{path}");
    }
    let told = desk.error("read_file", json!({"path": 7})).await;
    assert!(told.contains("must be of type string"), "{told}");
    assert!(desk.state.0.lock().unwrap().is_empty());
    assert_eq!(
        desk.text("read_file", json!({"mode": "text"})).await,
        "/home Some(Text)"
    );
    assert_eq!(*desk.state.0.lock().unwrap(), ["/home"]);
}

#[tokio::test]
async fn a_public_tool_is_asked_about_callers_that_nobody_knows() {
    let desk = files();
    let ask = |level: u8, caller: Option<&Caller>| {
        desk.asked_as(caller, "climb", json!({ "level": level }))
    };
    assert_eq!(ask(3, None), Ok(()));
    assert_eq!(
        ask(4, None),
        Err(AuthorizeDenial::NeedsScopes([Scope::new("levels")].into()))
    );
    assert_eq!(ask(4, Some(&desk.alice())), Ok(()));
    let nobody = desk.call_as(None, "climb", json!({"level": 4})).await;
    assert_eq!(text(&nobody), "this call was not admitted");
    assert_eq!(desk.text("climb", json!({"level": 4})).await, "4");
}

#[tokio::test]
async fn a_method_is_validated_by_a_function_of_its_type() {
    let desk = desk(Arc::new(House), House::tools);
    assert_eq!(
        desk.asked("open", json!({"door": 7})),
        Err(AuthorizeDenial::Denied("door 7 stays shut".into()))
    );
    assert_eq!(desk.text("open", json!({"door": 6})).await, "6");
}

#[test]
fn a_tool_without_a_function_demands_nothing() {
    /// Plain.
    #[mcp_tool(authenticated)]
    fn plain() {}
    let desk = desk((), tools![plain]);
    assert_eq!(desk.asked("plain", json!({})), Ok(()));
    assert_eq!(desk.tool("plain").demands().len(), 0);
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
    let mut permit = desk.permit("pay", Some(&desk.alice()));
    let tool = desk.tool("pay");
    let read_later = |amount: u64| {
        let other = arguments(json!({ "amount": amount }));
        Call::new((), other, Some(desk.alice()), None)
    };
    let authorized = tool.authorize(&mut permit, &arguments(json!({"amount": 5})));
    assert_eq!(authorized, Ok(()));

    // Another reader of the same bytes may find another amount in them.
    let paid = result(tool.call(&permit, "pay", read_later(1_000)).await);
    assert_eq!(text(&paid), "5");
    let counts = [&AUTHORIZED, &READ].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(counts, [1, 1]);

    // The permit covers one run. What runs again is authorized again.
    let paid = result(tool.call(&permit, "pay", read_later(1_000)).await);
    assert_eq!(text(&paid), "this call was not admitted");
    let paid = result(tool.call(&permit, "pay", read_later(7)).await);
    assert_eq!(text(&paid), "7");
}

#[tokio::test]
async fn a_permit_for_another_tool_does_not_get_the_arguments() {
    let desk = files();
    let mut permit = desk.permit("climb", Some(&desk.alice()));
    let path = arguments(json!({"path": "/a"}));
    let asked = desk.tool("read_file").authorize(&mut permit, &path);
    assert_eq!(asked, Ok(()));
    assert!(permit.take_arguments().is_none());
    let call = Call::new(desk.state.clone(), path, Some(desk.alice()), None);
    let run = result(
        desk.tool("read_file")
            .call(&permit, "read_file", call)
            .await,
    );
    assert_eq!(text(&run), "this request was not admitted");
    assert!(desk.state.0.lock().unwrap().is_empty());
}
