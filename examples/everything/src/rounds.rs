//! Tools that ask their client something before they finish. The suite defines their names,
//! keys and texts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toolgate::{
    InputRequired, Reply, Round, ToolError,
    interaction::{ClientCapability, Elicited, Sample},
};

/// The name of the user.
#[derive(Deserialize, JsonSchema)]
struct Name {
    name: String,
}

/// The user's favorite color.
#[derive(Deserialize, JsonSchema)]
struct Color {
    color: String,
}

/// The user's confirmation.
#[derive(Deserialize, JsonSchema)]
struct Confirmation {
    ok: bool,
}

/// The state that a tool keeps between its rounds.
#[derive(Serialize, Deserialize)]
pub(crate) enum Step {
    Name,
    Color { name: String },
}

pub(crate) type Answer = Result<Reply<String>, ToolError>;

fn done(text: impl Into<String>) -> Reply<String> {
    Reply::Done(text.into())
}

fn confirm(round: &Round<String>) -> Answer {
    Ok(match round.elicited::<Confirmation>("confirm")? {
        None => {
            let asked = round.ask(&"state-ok".to_owned());
            asked
                .form::<Confirmation>("confirm", "Please confirm")
                .into()
        }
        Some(Elicited::Accepted(Confirmation { ok: true })) => {
            done(round.state().cloned().unwrap_or_default())
        }
        Some(_) => done("Not confirmed."),
    })
}

/// Goes from one question to the next.
fn step(round: &Round<Step>) -> Answer {
    let color = |name: String| {
        let asked = round.ask(&Step::Color { name });
        asked
            .form::<Color>("step2", "Step 2: What is your favorite color?")
            .into()
    };
    Ok(match round.state() {
        None => {
            let asked = round.ask(&Step::Name);
            asked
                .form::<Name>("step1", "Step 1: What is your name?")
                .into()
        }
        Some(Step::Name) => match round.elicited("step1")? {
            Some(Elicited::Accepted(Name { name })) => color(name),
            _ => done("No name was given."),
        },
        Some(Step::Color { name }) => match round.elicited("step2")? {
            Some(Elicited::Accepted(Color { color })) => done(format!("{name} likes {color}.")),
            _ => done(format!("{name} likes no color.")),
        },
    })
}

/// Asks in one round for everything that the client supports.
fn all(round: &Round<()>, keys: [(ClientCapability, &str); 3]) -> InputRequired {
    let mut asked = round.ask(&());
    for (capability, key) in keys {
        if !round.can(capability) {
            continue;
        }
        asked = match capability {
            ClientCapability::Elicitation => asked.form::<Name>(key, "What is your name?"),
            ClientCapability::Roots => asked.roots(key),
            _ => asked.sample(key, Sample::new("Generate a greeting", 50)),
        };
    }
    asked
}

const KEYS: [(ClientCapability, &str); 3] = [
    (ClientCapability::Elicitation, "user_name"),
    (ClientCapability::Sampling, "greeting"),
    (ClientCapability::Roots, "client_roots"),
];

offer! {
    mcp_tool, tools: ToolSet;

    /// Asks for a name, and returns a greeting.
    #[and(read_only)]
    async fn test_input_required_result_elicitation(#[extract] round: Round<()>) -> Answer {
        Ok(match round.elicited("user_name")? {
            None => round.ask(&()).form::<Name>("user_name", "What is your name?").into(),
            Some(Elicited::Accepted(Name { name })) => done(format!("Hello, {name}!")),
            Some(_) => done("Hello!"),
        })
    }

    /// Asks the client's model for the capital of France.
    #[and(read_only)]
    async fn test_input_required_result_sampling(#[extract] round: Round<()>) -> Answer {
        Ok(match round.sampled("capital_question")? {
            None => {
                let question = Sample::new("What is the capital of France?", 100);
                round.ask(&()).sample("capital_question", question).into()
            }
            Some(answer) => done(answer.text()),
        })
    }

    /// Asks which folders the client works on.
    #[and(read_only)]
    async fn test_input_required_result_list_roots(#[extract] round: Round<()>) -> Answer {
        Ok(match round.roots("client_roots")? {
            None => round.ask(&()).roots("client_roots").into(),
            Some(roots) => {
                let uris: Vec<_> = roots.iter().map(|root| root.uri.as_str()).collect();
                done(format!("The client works on {}.", uris.join(", ")))
            }
        })
    }

    /// Asks for a confirmation, and receives its own state back.
    #[and(read_only)]
    async fn test_input_required_result_request_state(
        #[extract] round: Round<String>,
    ) -> Answer {
        confirm(&round)
    }

    /// Does the same, for a client that tampers with the state.
    #[and(read_only)]
    async fn test_input_required_result_tampered_state(
        #[extract] round: Round<String>,
    ) -> Answer {
        confirm(&round)
    }

    /// Asks for a name, a greeting and folders in one round.
    #[and(
        read_only,
        client_capabilities = ["elicitation", "sampling", "roots"]
    )]
    async fn test_input_required_result_multiple_inputs(#[extract] round: Round<()>) -> Answer {
        let name = round.elicited("user_name")?;
        let (greeting, roots) = (round.sampled("greeting")?, round.roots("client_roots")?);
        Ok(match (name, greeting, roots) {
            (Some(Elicited::Accepted(Name { name })), Some(greeting), Some(roots)) => {
                done(format!("{} {name} works on {} folders.", greeting.text(), roots.len()))
            }
            _ => all(&round, KEYS).into(),
        })
    }

    /// Asks for a name, and then for a color.
    #[and(read_only)]
    async fn test_input_required_result_multi_round(#[extract] round: Round<Step>) -> Answer {
        step(&round)
    }

    /// Asks for what the client declares as its capabilities.
    #[and(read_only)]
    async fn test_input_required_result_capabilities(#[extract] round: Round<()>) -> Answer {
        Ok(match round.state() {
            None => all(&round, KEYS).into(),
            Some(()) => done("That is all."),
        })
    }

    /// Asks for a name, in a response that can be a stream.
    #[and(read_only)]
    async fn test_streaming_elicitation(#[extract] round: Round<()>) -> Answer {
        Ok(match round.elicited("name")? {
            None => round.ask(&()).form::<Name>("name", "What is your name?").into(),
            Some(Elicited::Accepted(Name { name })) => done(name),
            Some(_) => done("No name was given."),
        })
    }

    /// Requires a client whose model can be asked.
    #[and(read_only, client_capabilities = ["sampling"])]
    async fn test_missing_capability() -> &'static str {
        "Your model could be asked."
    }
}
