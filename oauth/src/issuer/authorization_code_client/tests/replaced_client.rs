//! A client that the issuer has forgotten, and codes that were requested before.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

/// An issuer that registers a new client for each request, and refuses each code.
struct RefusingIssuer {
    address: String,
    registered: Mutex<usize>,
    /// The status and the error of its token endpoint.
    refusal: Mutex<(u16, &'static str)>,
    forms: Mutex<Vec<String>>,
}

impl RefusingIssuer {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Arc::new(Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            registered: Mutex::default(),
            refusal: Mutex::new((400, "invalid_grant")),
            forms: Mutex::default(),
        });
        let served = Arc::clone(&issuer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                served.answer(stream).await;
            }
        });
        issuer
    }

    async fn answer(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        while !is_complete(&request) {
            let mut part = [0; 4096];
            match stream.read(&mut part).await {
                Ok(length @ 1..) => request.extend_from_slice(&part[..length]),
                _ => return,
            }
        }
        let request = String::from_utf8(request).unwrap();
        let (status, body) = if request.starts_with("POST /register ") {
            let mut registered = self.registered.lock().unwrap();
            *registered += 1;
            let client = format!(r#"{{"client_id":"client-{registered}"}}"#);
            (201, client)
        } else if request.starts_with("POST /token ") {
            let (_, form) = request.split_once("\r\n\r\n").unwrap();
            self.forms.lock().unwrap().push(form.to_owned());
            let (status, error) = *self.refusal.lock().unwrap();
            (status, format!(r#"{{"error":"{error}"}}"#))
        } else {
            let metadata = r#"{"issuer":"A","authorization_endpoint":"A/authorize","token_endpoint":"A/token","registration_endpoint":"A/register"}"#;
            (200, metadata.replace('A', &self.address))
        };
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    }

    fn client(&self) -> AuthorizationCodeClient {
        let registration = ClientRegistration {
            redirect_uri: "http://127.0.0.1:1/approvals/callback".to_owned(),
            client_name: "notes".to_owned(),
            client: None,
        };
        let issuer = Issuer::new(&*self.address);
        AuthorizationCodeClient::new(&issuer, "http://127.0.0.1:1/mcp", registration).unwrap()
    }

    /// Redeems a code, which fails with this status and error.
    async fn refuse(
        &self,
        client: &AuthorizationCodeClient,
        requesting: &RequestingClient,
        refusal: (u16, &'static str),
    ) {
        *self.refusal.lock().unwrap() = refusal;
        let now = UnixTime::from_seconds(0);
        let redeemed = client.redeem("code", "verifier", requesting, now).await;
        assert!(redeemed.is_err());
    }

    fn last_form(&self) -> String {
        self.forms.lock().unwrap().last().unwrap().clone()
    }
}

fn is_complete(request: &[u8]) -> bool {
    let request = String::from_utf8_lossy(request).into_owned();
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let length = name.eq_ignore_ascii_case("content-length").then_some(value);
        length?.parse().ok()
    });
    body.len() >= length.unwrap_or(0)
}

async fn authorization(client: &AuthorizationCodeClient) -> Authorization {
    let request = AuthorizationRequest {
        state: "s",
        code_challenge: "c",
        scopes: &[],
    };
    client.authorization(&request).await.unwrap()
}

/// Makes the preparation old enough to be forgotten.
fn age(client: &AuthorizationCodeClient) {
    let mut state = client.state();
    let preparation = state.as_mut().unwrap();
    preparation.since = preparation.since.checked_sub(SETTLED).unwrap();
}

#[tokio::test]
async fn a_code_that_is_refused_registers_no_new_client() {
    let issuer = RefusingIssuer::start().await;
    let client = issuer.client();
    for refusal in [
        (400, "invalid_grant"),
        (400, "invalid_target"),
        (403, "access_denied"),
        (500, "server_error"),
    ] {
        let started = authorization(&client).await;
        age(&client);
        issuer.refuse(&client, &started.client, refusal).await;
        let next = authorization(&client).await;
        assert!(next.url.contains("client_id=client-1&"), "{refusal:?}");
    }
    assert_eq!(*issuer.registered.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_client_that_the_issuer_forgot_is_registered_again() {
    for refusal in [(401, "invalid_client"), (400, "unauthorized_client")] {
        let issuer = RefusingIssuer::start().await;
        let client = issuer.client();
        let started = authorization(&client).await;
        // A new client is not replaced: otherwise the issuer would get a client for each sign-in.
        issuer.refuse(&client, &started.client, refusal).await;
        assert!(authorization(&client).await.url.contains("client-1&"));
        age(&client);
        issuer.refuse(&client, &started.client, refusal).await;
        assert!(authorization(&client).await.url.contains("client-2&"));
    }
}

#[tokio::test]
async fn a_code_is_redeemed_as_the_client_that_requested_it() {
    let issuer = RefusingIssuer::start().await;
    let client = issuer.client();
    let [one, other] = [authorization(&client).await, authorization(&client).await];
    age(&client);
    let unknown = (401, "invalid_client");
    issuer.refuse(&client, &one.client, unknown).await;
    assert!(authorization(&client).await.url.contains("client-2&"));
    age(&client);
    issuer.refuse(&client, &other.client, unknown).await;
    let form = issuer.last_form();
    assert!(form.contains("client_id=client-1"), "{form}");
    // The refusal of the former client does not replace the current client.
    assert!(authorization(&client).await.url.contains("client-2&"));
}
