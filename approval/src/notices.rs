//! The texts of the pages without a form.

use axum::http::StatusCode;

use crate::html::Notice;

pub(crate) const UNKNOWN: Notice = Notice {
    status: StatusCode::NOT_FOUND,
    title: "There is nothing to approve here",
    text: "This approval was decided before, it has expired after five minutes, the server was restarted, or another replica of the server has it.",
    next: "go back to your application and start again there.",
};
pub(crate) const OTHER_BROWSER: Notice = Notice {
    status: StatusCode::FORBIDDEN,
    title: "This sign-in is not valid",
    text: "It was not started in this browser, it was used before, or it has expired. Nothing was decided.",
    next: "go back to your application and open its page again. If you did not open one, close this page.",
};
pub(crate) const OTHER_USER: Notice = Notice {
    status: StatusCode::FORBIDDEN,
    title: "You are signed in as somebody else",
    text: "Only the user in whose name the application acts can see and decide this. Nothing was decided.",
    next: "sign out at your identity provider and sign in as that user. If you did not expect this page, close it: somebody may have sent you here to approve a request of theirs.",
};
pub(crate) const NOT_SIGNED_IN: Notice = Notice {
    status: StatusCode::BAD_GATEWAY,
    title: "You could not be signed in",
    text: "The identity provider did not sign you in for this server. Nothing was decided.",
    next: "try again. If it fails again, tell the operator of this server: the log says why.",
};
pub(crate) const TOO_MANY: Notice = Notice {
    status: StatusCode::TOO_MANY_REQUESTS,
    title: "This page was opened too often",
    text: "Too many sign-ins were started for this approval. Nothing was decided.",
    next: "decide in the browser in which you have signed in. Otherwise go back to your application and start again there.",
};
pub(crate) const BUSY: Notice = Notice {
    status: StatusCode::TOO_MANY_REQUESTS,
    title: "Other sign-ins of yours are in progress",
    text: "You sign in on several pages of this server. Nothing was decided.",
    next: "wait a few seconds, and load this page again.",
};
pub(crate) const FOREIGN_FORM: Notice = Notice {
    status: StatusCode::FORBIDDEN,
    title: "This decision came from another page",
    text: "Nothing was decided.",
    next: "close this page and the one that led here, and open the page of your application again.",
};
pub(crate) const NOT_A_DECISION: Notice = Notice {
    status: StatusCode::BAD_REQUEST,
    title: "This is not a decision",
    text: "The form did not arrive completely. Nothing was decided.",
    next: "go back and decide again.",
};
pub(crate) const NOT_READ: Notice = Notice {
    status: StatusCode::BAD_REQUEST,
    title: "You have not approved this",
    text: "The box \"I have read this\" was not checked. Nothing was decided.",
    next: "open the page again, read the question, and check the box before you approve.",
};
pub(crate) const DECIDED_BEFORE: Notice = Notice {
    status: StatusCode::CONFLICT,
    title: "You have decided this before",
    text: "The first decision counts.",
    next: "go back to your application. To decide otherwise, start again there.",
};
pub(crate) const APPROVED: Notice = Notice {
    status: StatusCode::OK,
    title: "You have approved this",
    text: "It runs once, with the arguments that you have seen.",
    next: "close this page and go back to your application.",
};
pub(crate) const DECLINED: Notice = Notice {
    status: StatusCode::OK,
    title: "You have declined this",
    text: "Nothing runs.",
    next: "close this page and go back to your application.",
};
