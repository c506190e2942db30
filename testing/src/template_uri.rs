//! A URI that matches a template.

/// Returns a URI of a template: each variable is `x`.
pub(crate) fn a_uri_of(template: &str) -> String {
    let mut uri = String::new();
    let mut rest = template;
    while let Some((before, variable)) = rest.split_once('{') {
        uri.push_str(before);
        uri.push('x');
        rest = variable.split_once('}').map_or("", |(_, after)| after);
    }
    uri + rest
}
