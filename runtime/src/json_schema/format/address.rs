//! Names of hosts and mailboxes.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A name as RFC 1123 §2.1 allows it, of at most 253 characters.
pub(super) fn is_hostname(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// `Mailbox` of RFC 5321 §4.1.2, with the lengths of §4.5.3.1.
pub(super) fn is_email(text: &str) -> bool {
    // A quoted local part may have an `@`; a domain has none.
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_local = match local.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').is_some_and(is_quoted),
        None => local.split('.').all(is_atom),
    };
    let literal = domain
        .strip_prefix('[')
        .and_then(|domain| domain.strip_suffix(']'));
    let is_domain = match literal {
        Some(literal) => is_address_literal(literal),
        None => is_hostname(domain),
    };
    local.len() <= 64 && is_local && is_domain
}

fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
}

fn is_quoted(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_right = match byte {
            b'\\' => bytes
                .next()
                .is_some_and(|next| (b' '..=b'~').contains(&next)),
            b'"' => false,
            other => (b' '..=b'~').contains(&other),
        };
        if !is_right {
            return false;
        }
    }
    true
}

fn is_address_literal(text: &str) -> bool {
    const TAG: usize = "IPv6:".len();
    match text.split_at_checked(TAG) {
        Some((tag, rest)) if tag.eq_ignore_ascii_case("IPv6:") => rest.parse::<Ipv6Addr>().is_ok(),
        _ => text.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostname_is_labels_of_letters_digits_and_hyphens() {
        for right in [
            "a",
            "example.com",
            "3com.com",
            "xn--bcher-kva.example",
            "A-b.C",
        ] {
            assert!(is_hostname(right), "{right}");
        }
        let long = ["a"; 128].join(".");
        for wrong in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a",
            "a-",
            "a_b",
            "b\u{fc}cher",
            &long,
        ] {
            assert!(!is_hostname(wrong), "{wrong}");
        }
        assert!(is_hostname(&"a".repeat(63)) && !is_hostname(&"a".repeat(64)));
    }

    #[test]
    fn a_mailbox_is_a_local_part_and_a_domain() {
        for right in [
            "a@b",
            "first.last+tag@example.com",
            "\"a b@c\"@example.com",
            "\"a\\\"b\"@example.com",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "!#$%&'*+-/=?^_`{|}~@example.com",
        ] {
            assert!(is_email(right), "{right}");
        }
        let long = format!("{}@b", "a".repeat(65));
        for wrong in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a b@c",
            "a@b_c",
            "\"a@b",
            "\"a\"b\"@c",
            "a@[256.0.0.1]",
            "a@[IPv6:1]",
            "Name <a@b>",
            "\u{e4}@b",
            &long,
        ] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
