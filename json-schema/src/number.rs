//! Exact JSON numbers: an integer and a float with the same value are equal, and no
//! comparison rounds.

use std::{cmp::Ordering, hash::Hash};

use serde_json::Number;

/// A number without loss of precision.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exact {
    Whole(i128),
    Float(f64),
}

impl Exact {
    /// Converts a number. Returns `None` if a float cannot represent its magnitude.
    pub(super) fn from_number(number: &Number) -> Option<Self> {
        if let Some(whole) = number.as_i64() {
            return Some(Self::Whole(whole.into()));
        }
        if let Some(whole) = number.as_u64() {
            return Some(Self::Whole(whole.into()));
        }
        let float = number.as_f64().filter(|float| float.is_finite())?;
        // Below 1e30, a whole float converts exactly to an integer. No integer of a
        // document is above that, so a larger float cannot equal one.
        match float.fract() == 0.0 && float.abs() < 1e30 {
            true => Some(Self::Whole(float as i128)),
            false => Some(Self::Float(float)),
        }
    }

    /// Returns whether it has no fraction (2020-12 core §4.2.3: 1.0 is an integer).
    pub(super) fn is_integer(self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Float(float) => float.fract() == 0.0,
        }
    }

    /// Compares two numbers.
    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => one.cmp(&two),
            (Self::Float(one), Self::Float(two)) => one.total_cmp(&two),
            (Self::Whole(one), Self::Float(two)) => whole_and_float(one, two),
            (Self::Float(one), Self::Whole(two)) => whole_and_float(two, one).reverse(),
        }
    }

    /// Returns whether it is an integer multiple of `divisor`, by the decimals as written:
    /// 0.3 is three times 0.1, although their binary values are not.
    pub(super) fn is_multiple_of(self, divisor: Self) -> bool {
        let (Some(one), Some(two)) = (Decimal::of(self), Decimal::of(divisor)) else {
            return false;
        };
        one.is_multiple_of(two)
    }

    /// Feeds a hasher. Equal numbers feed it equally.
    pub(super) fn hash(self, hasher: &mut impl std::hash::Hasher) {
        match self {
            Self::Whole(whole) => whole.hash(hasher),
            Self::Float(float) => float.to_bits().hash(hasher),
        }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other).is_eq()
    }
}

fn whole_and_float(whole: i128, float: f64) -> Ordering {
    // The cast saturates; no integer of a document reaches that limit.
    let below = float.floor() as i128;
    match whole.cmp(&below) {
        Ordering::Equal if float.fract() != 0.0 => Ordering::Less,
        ordering => ordering,
    }
}

/// `digits` times ten to the power of `exponent`.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    fn of(number: Exact) -> Option<Self> {
        let float = match number {
            Exact::Whole(digits) => {
                return Some(Self {
                    digits,
                    exponent: 0,
                });
            }
            Exact::Float(float) => float,
        };
        // The shortest text that parses to this float: what the author wrote.
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i32 = exponent.parse().ok()?;
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            exponent: exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?,
        })
    }

    fn is_multiple_of(self, divisor: Self) -> bool {
        if divisor.digits == 0 {
            return false;
        }
        let detached = self.exponent.saturating_sub(divisor.exponent);
        if detached >= 0 {
            // Remainders stay below the divisor, which has at most 31 digits: no overflow.
            let mut rest = self.digits % divisor.digits;
            for _ in 0..detached {
                match rest.checked_mul(10) {
                    Some(scaled) => rest = scaled % divisor.digits,
                    None => return false,
                }
            }
            return rest == 0;
        }
        let scaled = 10_i128
            .checked_pow(detached.unsigned_abs())
            .and_then(|power| divisor.digits.checked_mul(power));
        match scaled {
            Some(scaled) => self.digits % scaled == 0,
            // The divisor is greater than any number with this many digits.
            None => self.digits == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn exact(value: Value) -> Exact {
        Exact::from_number(value.as_number().unwrap()).unwrap()
    }

    #[test]
    fn integers_and_floats_are_compared_without_rounding() {
        for (low, high) in [
            (json!(i64::MAX - 1), json!(9_223_372_036_854_775_808.0)),
            (json!(u64::MAX), json!(18_446_744_073_709_551_616.0)),
            (
                json!(9_007_199_254_740_992.0),
                json!(9_007_199_254_740_993_u64),
            ),
            (json!(-1e300), json!(i64::MIN)),
            (json!(-2), json!(-1.5)),
            (json!(-1.5), json!(-1)),
            (json!(1), json!(1.5)),
            (json!(u64::MAX), json!(1e300)),
        ] {
            assert_eq!(
                exact(low.clone()).compare(exact(high.clone())),
                Ordering::Less,
                "{low}"
            );
            assert_eq!(
                exact(high).compare(exact(low.clone())),
                Ordering::Greater,
                "{low}"
            );
        }
        for (one, two) in [
            (json!(1), json!(1.0)),
            (json!(0), json!(-0.0)),
            (json!(1e300), json!(1e300)),
        ] {
            assert_eq!(exact(one), exact(two));
        }
    }

    #[test]
    fn multiples_are_those_of_the_decimals_that_are_written() {
        for (number, divisor, expected) in [
            (json!(0.3), json!(0.1), true),
            (json!(0.35), json!(0.1), false),
            (json!(19.99), json!(0.01), true),
            (json!(1e308), json!(0.1), true),
            (json!(1e308), json!(3), false),
            (json!(1e308), json!(1e-308), true),
            (json!(1e-308), json!(1e308), false),
            (json!(0), json!(1e308), true),
            (json!(4.5), json!(1.5), true),
            (json!(-4), json!(2), true),
            (json!(u64::MAX), json!(5), true),
            (json!(7), json!(2), false),
            (json!(1.0), json!(1), true),
        ] {
            assert_eq!(
                exact(number.clone()).is_multiple_of(exact(divisor.clone())),
                expected,
                "{number} {divisor}"
            );
        }
    }
}
