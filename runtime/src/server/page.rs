use crate::access::Requirement;
pub(super) struct ToolEntry<'a> {
    pub(super) listing: &'a rmcp::model::Tool,
    pub(super) requirement: Requirement,
}
pub(super) struct PageFacts<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) resource: &'a str,
    pub(super) metadata_url: &'a str,
    pub(super) scopes: &'a [&'a str],
    pub(super) tools: &'a [ToolEntry<'a>],
}
pub(super) fn render(f: &PageFacts<'_>) -> String {
    format!(
        "{}{}{}{}{:?}{}",
        f.name,
        f.version,
        f.resource,
        f.metadata_url,
        f.scopes,
        f.tools
            .iter()
            .map(|t| format!("{:?}{:?}", t.listing, t.requirement))
            .collect::<String>()
    )
}
pub(super) fn content_security_policy() -> http::HeaderValue {
    http::HeaderValue::from_static("default-src 'none'")
}
