//! The checks of the settings of several issuers.

use crate::{issuer::Issuer, start_error::SetupErrors};

pub(super) fn check_names(issuers: &[Issuer], errors: &mut SetupErrors) {
    let mut seen = Vec::new();
    for spelling in issuers.iter().flat_map(Issuer::spellings) {
        if seen.contains(&spelling) {
            errors.add(
                format!("the issuer {spelling:?} is named twice"),
                "name each issuer, and each spelling of one, once",
            );
        }
        seen.push(spelling);
    }
}

pub(super) fn check_role_paths(issuers: &[Issuer], errors: &mut SetupErrors) {
    for issuer in issuers {
        let mut paths = issuer.claim_mapping().roles.iter();
        if paths.any(|path| path.is_empty() || path.iter().any(|name| name.is_empty())) {
            errors.add(
                format!("the issuer {:?} has an empty path of roles", issuer.name()),
                "pass the names of members to with_role_claim, such as [\"realm_access\", \"roles\"]",
            );
        }
    }
}

/// Trying a token at every issuer in turn would reveal tokens to other issuers.
pub(super) fn check_prefixes(issuers: &[Issuer], errors: &mut SetupErrors) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for issuer in issuers {
        let Some(introspection) = issuer.introspection() else {
            continue;
        };
        let prefix = introspection.token_prefix();
        match seen.iter().find(|(earlier, _)| *earlier == prefix) {
            Some((_, other)) => errors.add(
                format!(
                    "the issuers {other:?} and {:?} have the same token prefix, so a token that is not a JWT could belong to both",
                    issuer.name()
                ),
                "set a prefix for one of them by `with_token_prefix`, or use introspection at only one",
            ),
            None => seen.push((prefix, issuer.name())),
        }
    }
}
