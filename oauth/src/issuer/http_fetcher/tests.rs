use super::*;

async fn resolves(egress: EgressPolicy) -> bool {
    let name = "localhost".parse().unwrap();
    EgressResolver(egress).resolve(name).await.is_ok()
}

#[tokio::test]
async fn a_name_that_leads_inside_is_validated_by_its_addresses() {
    assert!(resolves(EgressPolicy::THIS_MACHINE).await);
    assert!(!resolves(EgressPolicy::default()).await);
    let named = EgressPolicy {
        private_hosts: vec!["localhost".to_owned()],
        ..EgressPolicy::default()
    };
    assert!(resolves(named).await);
    let fetcher = HttpFetcher::new(EgressPolicy::default());
    let url = Url::parse("https://localhost:9/keys").unwrap();
    let told = fetcher.get(&url).await.unwrap_err().to_string();
    assert!(told.contains("TOOLGATE_PRIVATE_ISSUERS"), "{told}");
}

/// A proxy, and an issuer behind it: the request reaches the proxy, by a name that this
/// machine cannot resolve.
#[tokio::test]
async fn a_configured_proxy_gets_the_requests() {
    use tokio::io::AsyncReadExt;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let egress = EgressPolicy {
        proxy: Some(Url::parse(&proxy).unwrap()),
        ..EgressPolicy::default()
    };
    let fetcher = HttpFetcher::new(egress);
    let url = Url::parse("https://as.invalid/keys").unwrap();
    let accepted = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut first = [0; 22];
        stream.read_exact(&mut first).await.unwrap();
        String::from_utf8(first.into()).unwrap()
    };
    let both = async { tokio::join!(fetcher.get(&url), accepted) };
    let both = tokio::time::timeout(Duration::from_secs(20), both).await;
    let (answer, first) = both.expect("the request reaches the proxy");
    assert_eq!(first, "CONNECT as.invalid:443");
    assert!(answer.is_err());
    // An address in a URL is still checked here.
    let private = Url::parse("https://10.0.0.1/keys").unwrap();
    let refused = fetcher.get(&private).await;
    assert!(
        matches!(refused, Err(FetchError::Forbidden(_))),
        "{refused:?}"
    );
}

#[test]
fn a_certificate_that_is_not_valid_is_explained() {
    for (text, says) in [
        ("UnknownIssuer", "SSL_CERT_FILE"),
        ("Other(OtherError(CaUsedAsEndEntity))", "sign a certificate"),
        (
            "certificate not valid for name \"a\"; certificate is only valid for b",
            "another name",
        ),
        ("certificate expired: verification time 2 (UNIX)", "expired"),
        ("BadEncoding", "openssl s_client"),
    ] {
        let error = io::Error::other(format!("invalid peer certificate: {text}"));
        let told = certificate_problem(&error).unwrap();
        assert!(told.contains(says), "{text}: {told}");
    }
    assert_eq!(certificate_problem(&io::Error::other("refused")), None);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named_as_such() {
    for egress in [EgressPolicy::default(), EgressPolicy::THIS_MACHINE] {
        let fetcher = HttpFetcher::new(egress);
        let url = Url::parse("https://login.invalid/keys").unwrap();
        let error = fetcher.get(&url).await.unwrap_err();
        assert_eq!(error, FetchError::UnknownName);
        assert!(error.to_string().contains("does not resolve"), "{error}");
    }
}

#[tokio::test]
async fn a_closed_port_is_no_connection_and_no_url_is_reported() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let fetcher = HttpFetcher::new(EgressPolicy::THIS_MACHINE);
    let url = Url::parse(&format!("http://{address}/keys?secret")).unwrap();
    let error = fetcher.get(&url).await.unwrap_err();
    assert_eq!(
        error,
        FetchError::NoConnection(Some(io::ErrorKind::ConnectionRefused))
    );
    let told = format!("{error} {error:?}");
    assert!(
        !told.contains("secret") && !told.contains("127.0.0.1"),
        "{told}"
    );
}
