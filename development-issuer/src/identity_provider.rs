//! The imitated identity provider of an enterprise: it signs a person in once, and exchanges the
//! ID token of that sign-in for an ID-JAG, with which an application gets an access token without
//! a further page (draft-ietf-oauth-identity-assertion-authz-grant).
//!
//! It is an issuer of its own, with a key of its own, as in production. Like the development
//! issuer it asks for no password, and it permits every application.

mod id_jag;
pub(crate) mod identifier;
mod metadata;
mod sign_in_endpoint;
pub(crate) mod sign_in_request;
mod token_endpoint;

pub(crate) use metadata::{document, jwks, paths};
pub(crate) use sign_in_endpoint::{authorize, decide};
pub(crate) use token_endpoint::token;
