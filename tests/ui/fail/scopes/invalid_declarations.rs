// errors: 4
use toolgate::scopes;

scopes! {
    /// One scope has no description.
    mod silent {
        /// Read.
        READ = "read",
        WRITE = "write",
    }
}

scopes! {
    /// Two constants declare one scope.
    mod twice {
        /// Read.
        READ = "read",
        /// Read as well.
        ALSO = "read",
    }
}

scopes! {
    /// Not a scope-token.
    mod spelled {
        /// Read.
        READ = "read all",
    }
}

scopes! {
    READ = "read"
}

fn main() {}
