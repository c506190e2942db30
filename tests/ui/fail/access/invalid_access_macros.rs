// errors: 7
use toolgate::access;

fn main() {
    let _ = access!();
    let _ = access!(scope = "a", public);
    let _ = access!(public, step_up);
    let _ = access!(scopes = "a");
    let _ = access!(refuse);
    let _ = access!(refused, confirm = "Sure?");
    let _ = access!(public, confirm);
}
