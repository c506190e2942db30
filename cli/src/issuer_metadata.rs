//! Where the metadata of an authorization server is.

use url::Url;

/// Returns the three URLs in the order of the specification (RFC 8414 §3.1 and §5, OpenID Connect
/// Discovery 1.0 §4).
pub(crate) fn places(issuer: &Url) -> Vec<String> {
    let origin = issuer.origin().ascii_serialization();
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        places.push(format!("{origin}{path}/.well-known/openid-configuration"));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_those_of_the_specification() {
        let of = |text: &str| places(&Url::parse(text).unwrap());
        assert_eq!(
            of("https://a.example/x/y"),
            [
                "https://a.example/.well-known/oauth-authorization-server/x/y",
                "https://a.example/.well-known/openid-configuration/x/y",
                "https://a.example/x/y/.well-known/openid-configuration",
            ]
        );
        assert_eq!(of("https://a.example").len(), 2);
        assert_eq!(of("https://a.example/"), of("https://a.example"));
    }
}
