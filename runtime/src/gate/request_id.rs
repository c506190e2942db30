//! The id of a request: the client's or a proxy's, otherwise a new one.

use std::hash::{BuildHasher, RandomState};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::observer::REQUEST_ID;

/// The longest id that is accepted, in bytes.
const LONGEST: usize = 128;

const HEADER: HeaderName = HeaderName::from_static(REQUEST_ID);

/// Returns the id of a request, and stores it in the headers. An id that is not visible ASCII
/// (CWE-117), is longer than 128 bytes or is sent twice is replaced by a new one.
pub(super) fn ensure(headers: &mut HeaderMap) -> HeaderValue {
    let mut sent = headers.get_all(HEADER).iter();
    if let (Some(id), None) = (sent.next(), sent.next())
        && is_valid(id.as_bytes())
    {
        return id.clone();
    }
    let id = generate();
    headers.insert(HEADER, id.clone());
    id
}

/// Adds the id to the answer of its request.
pub(super) fn echo(headers: &mut HeaderMap, id: HeaderValue) {
    headers.insert(HEADER, id);
}

fn is_valid(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

/// Makes an id of 128 random bits.
fn generate() -> HeaderValue {
    let mut bytes = [0; 16];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        // The id is not a secret, so the random hashes of the standard library are sufficient.
        let hash = || RandomState::new().hash_one(0_u8).to_le_bytes();
        bytes[..8].copy_from_slice(&hash());
        bytes[8..].copy_from_slice(&hash());
    }
    let digit = |number: u8| b"0123456789abcdef"[usize::from(number & 15)];
    let text: [u8; 32] = std::array::from_fn(|at| {
        let byte = bytes[at / 2];
        digit(if at % 2 == 0 { byte >> 4 } else { byte })
    });
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::observer::RequestIds;

    fn sent(ids: &[&str]) -> (HeaderMap, String) {
        let mut headers = HeaderMap::new();
        for id in ids {
            headers.append(HEADER, HeaderValue::from_str(id).unwrap());
        }
        let id = ensure(&mut headers);
        assert_eq!(headers.get_all(HEADER).iter().count(), 1);
        assert_eq!(headers[HEADER], id);
        (headers, id.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_valid_id_is_kept() {
        let longest = "i".repeat(LONGEST);
        for id in ["a", "01J-req/7:x", &longest] {
            let (headers, kept) = sent(&[id]);
            assert_eq!(kept, id);
            assert_eq!(RequestIds::of(Some(&headers)).request(), id);
        }
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_or_names_two_requests_is_replaced() {
        let too_long = "i".repeat(LONGEST + 1);
        for ids in [
            &["a b"][..],
            &["a\tb"],
            &[""],
            &["a", "b"],
            &["a", "a"],
            &[&too_long],
            &[],
        ] {
            let (_, id) = sent(ids);
            assert_eq!(id.len(), 32, "{ids:?}");
            assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(b"caf\xc3\xa9").unwrap());
        assert_eq!(ensure(&mut headers).len(), 32);
    }

    #[test]
    fn generated_ids_differ() {
        let ids: HashSet<_> = (0..1000).map(|_| generate()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
