// errors: 10
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

scopes! {
    /// The comment says nothing.
    mod empty_comment {
        ///
        READ = "read",
    }
}

scopes! {
    /// Other attributes.
    mod attributes {
        /// Read.
        #[deprecated]
        READ = "read",
        /// Write.
        #[cfg(test)]
        WRITE = "write",
    }
}

scopes! {
    /// A text that a reader does not find.
    mod joined {
        /// Read.
        READ = concat!("re", "ad"),
    }
}

scopes! {
    /// Nothing.
    mod nothing {}
}

scopes! {
    /// The name of the list.
    mod named {
        /// All.
        ALL = "all",
    }
}

fn main() {
    let _ = silent::ALL;
}
