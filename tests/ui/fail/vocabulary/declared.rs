// errors: 4
use toolgate::scopes;

scopes! {
    /// One has no description.
    mod silent {
        /// Read.
        READ = "read",
        WRITE = "write",
    }
}

scopes! {
    /// Two are one.
    mod twice {
        /// Read.
        READ = "read",
        /// Read as well.
        ALSO = "read",
    }
}

scopes! {
    /// No scope-token.
    mod spelled {
        /// Read.
        READ = "read all",
    }
}

scopes! {
    READ = "read"
}

fn main() {}
