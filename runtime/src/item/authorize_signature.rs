//! [`AuthorizeSignature`]: the parameters of an `authorize` function.

use super::{AuthorizeError, Unimplemented};
use crate::caller::Caller;

/// A function that takes the parameters that an item passes to its `authorize` function: references
/// to the types in the function pointer `Expected`, or to types that these coerce to. The compiler
/// infers `How`.
///
/// The call itself checks the types. This trait checks the number of parameters and the caller,
/// because the compiler's own message for these has no remedy.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this `authorize` function has other parameters than its item passes",
    label = "expected `{Expected}`",
    note = "it takes the caller (`&Caller`, or `Option<&Caller>` if the item is public) and a reference to each parameter of the item, in the same order, without `Caller`, `Context` and `Round`; a `&String` can be taken as `&str`: `fn check(caller: &Caller, path: &str, db: &State<Db>) -> Result<(), AuthorizeError>`"
)]
pub trait AuthorizeSignature<Expected, How> {
    /// The function.
    type Function;

    /// Returns the function.
    fn function(self) -> Self::Function;
}

/// A second implementation, for no type. With only one, the compiler would report why it does not
/// apply, instead of the message above.
#[diagnostic::do_not_recommend]
impl<F: Unimplemented, Expected> AuthorizeSignature<Expected, ()> for F {
    type Function = F;

    fn function(self) -> F {
        self
    }
}

macro_rules! signatures {
    ($($taken:ident $passed:ident)*) => {
        signatures!(&Caller, &'c Caller, $($taken $passed)*);
        signatures!(Option<&Caller>, Option<&'c Caller>, $($taken $passed)*);
    };
    ($elided:ty, $caller:ty, $($taken:ident $passed:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<'c, F, R, $($taken: ?Sized + 'c, $passed),*>
            AuthorizeSignature<
                fn($elided, $(&$passed),*) -> Result<(), AuthorizeError>,
                (R, $(&'c $taken),*),
            > for F
        where
            F: Fn($caller, $(&'c $taken),*) -> R,
        {
            type Function = F;

            fn function(self) -> F {
                self
            }
        }
    };
}

signatures!();
signatures!(A0 B0);
signatures!(A0 B0 A1 B1);
signatures!(A0 B0 A1 B1 A2 B2);
signatures!(A0 B0 A1 B1 A2 B2 A3 B3);
signatures!(A0 B0 A1 B1 A2 B2 A3 B3 A4 B4);
signatures!(A0 B0 A1 B1 A2 B2 A3 B3 A4 B4 A5 B5);
signatures!(A0 B0 A1 B1 A2 B2 A3 B3 A4 B4 A5 B5 A6 B6);
signatures!(A0 B0 A1 B1 A2 B2 A3 B3 A4 B4 A5 B5 A6 B6 A7 B7);

/// Returns the `authorize` function of an item whose parameters have the types in `Expected`.
pub fn authorize_function<Expected, How, F: AuthorizeSignature<Expected, How>>(
    function: F,
) -> F::Function {
    function.function()
}
