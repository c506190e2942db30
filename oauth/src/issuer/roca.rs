//! Detects RSA keys from a library with predictable primes (ROCA, CVE-2017-15361): the
//! private key can be computed from such a public key.

/// The small primes of the fingerprint.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Returns whether a modulus (big-endian) has the fingerprint: modulo each small prime it is
/// a power of 65537. About one in a hundred million other moduli has it too.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES.into_iter().all(|prime| {
        let rest = modulus
            .iter()
            .fold(0, |rest, octet| (rest * 256 + u32::from(*octet)) % prime);
        let mut power = 1;
        (0..prime).any(|_| {
            let found = power == rest;
            power = power * (65537 % prime) % prime;
            found
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds a number that is this power of 65537 modulo each of the small primes, by the
    /// Chinese remainder theorem in steps.
    fn marked(power: u32) -> Vec<u8> {
        let (mut number, mut product) = (vec![0_u8; 40], vec![0_u8; 40]);
        product[39] = 1;
        let modulo = |number: &[u8], prime: u32| {
            number
                .iter()
                .fold(0, |rest, octet| (rest * 256 + u32::from(*octet)) % prime)
        };
        for prime in PRIMES {
            let wanted = (0..power).fold(1, |rest, _| rest * (65537 % prime) % prime);
            while modulo(&number, prime) != wanted {
                add(&mut number, &product);
            }
            let step = product.clone();
            for _ in 1..prime {
                add(&mut product, &step);
            }
        }
        number
    }

    fn add(number: &mut [u8], other: &[u8]) {
        let mut carry = 0;
        for (octet, more) in number.iter_mut().zip(other).rev() {
            let sum = u16::from(*octet) + u16::from(*more) + carry;
            *octet = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
    }

    #[test]
    fn a_marked_modulus_is_recognised_and_its_neighbours_are_not() {
        for power in [0, 1, 2, 1000] {
            let mut number = marked(power);
            assert!(has_fingerprint(&number), "{power}");
            for _ in 0..16 {
                add(&mut number, &[2]);
                assert!(!has_fingerprint(&number), "{power}");
            }
        }
    }
}
