// errors: 4
//! What is said of a handler's things, and means nothing.

use toolgate::needs;

fn main() {
    let _ = needs!();
    let _ = needs!(scopes = []);
    let _ = needs!(scop = "notes:read");
    let _ = needs!(scope = "notes read");
}
