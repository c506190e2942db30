//! The owner of a list.

/// The owner of a list: a subject of an issuer, or a client that acts on its own behalf.
///
/// A subject is unique only within its issuer (RFC 7519 §4.1.2). A client can have the same
/// name as a subject, but is another owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    issuer: String,
    kind: u8,
    name: String,
}

impl Owner {
    /// Builds the owner for a subject.
    pub(crate) fn subject(issuer: &str, subject: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            kind: 0,
            name: subject.to_owned(),
        }
    }

    /// Builds the owner for a client whose token names no subject.
    pub(crate) fn client(issuer: &str, client: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            kind: 1,
            name: client.to_owned(),
        }
    }

    pub(super) fn key(&self) -> (&str, u8, &str) {
        (&self.issuer, self.kind, &self.name)
    }

    pub(super) fn item(&self, id: u64) -> (&str, u8, &str, u64) {
        (&self.issuer, self.kind, &self.name, id)
    }
}
