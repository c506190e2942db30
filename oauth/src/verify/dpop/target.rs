//! Normalises the URL that a proof is for, so that two can be compared.

use url::Url;

/// The longest accepted URL.
const LONGEST: usize = 2048;

/// Normalises an absolute `http` or `https` URL, without query and fragment (RFC 9449 §4.3,
/// ninth check), by RFC 3986 §6.2.2 and §6.2.3: case of scheme and host, default port, dot
/// segments, needless escapes. The case of the path is preserved.
///
/// Returns `None` for a URL that parsers have to repair, because two parsers may repair it
/// differently.
pub(super) fn normalize(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\<>^`{|}".contains(&byte);
    if text.len() > LONGEST || !text.bytes().all(is_plain) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let is_web = ["http", "https"]
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name));
    if !is_web || rest.starts_with('/') {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.contains('@') {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    Some(unescaped(url.as_str()))
}

/// RFC 3986 §6.2.2.1 and §6.2.2.2: writes escapes in upper case and decodes unreserved
/// characters.
fn unescaped(url: &str) -> String {
    let mut parts = url.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                text.push(char::from(byte));
                text.push_str(&part[2..]);
            }
            Some(byte) => {
                text.push_str(&format!("%{byte:02X}"));
                text.push_str(&part[2..]);
            }
            None => {
                text.push('%');
                text.push_str(part);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        let one = normalize("https://api.example/a~b/mcp").unwrap();
        for spelling in [
            "HTTPS://API.example:443/a~b/mcp",
            "https://api.example/a%7Eb/mcp",
            "https://api.example/a%7eb/mcp",
            "https://api.example/x/../a~b/./mcp",
            "https://api.example/a~b/mcp?access=1#x",
            "https://api.example/a~b/mcp#",
        ] {
            assert_eq!(normalize(spelling).unwrap(), one, "{spelling}");
        }
        assert_eq!(
            normalize("https://api.example/%2f"),
            normalize("https://api.example/%2F")
        );
        assert_eq!(
            normalize("https://api.example"),
            normalize("https://api.example/")
        );
    }

    #[test]
    fn another_address_is_another() {
        let one = normalize("https://api.example/mcp");
        for other in [
            "http://api.example/mcp",
            "https://api.example:444/mcp",
            "https://api.example/MCP",
            "https://api.example/mcp/",
            "https://api.example/mcp/x",
            "https://api.example/",
            "https://api.example.evil.example/mcp",
            "https://evil.example/mcp",
            "https://evil.example/?https://api.example/mcp",
            "https://api.example/%2Fmcp",
        ] {
            assert_ne!(normalize(other), one, "{other}");
            assert!(normalize(other).is_some(), "{other}");
        }
        // An escaped slash is not a separator (RFC 3986 §2.2).
        assert_ne!(
            normalize("https://api.example/a%2Fmcp"),
            normalize("https://api.example/a/mcp")
        );
    }

    #[test]
    fn what_is_no_web_address_is_none() {
        for text in [
            "",
            "/mcp",
            "api.example/mcp",
            "ftp://api.example/mcp",
            "https:api.example/mcp",
            "https:///api.example/mcp",
            "https://user@api.example/mcp",
            "https://@api.example/mcp",
            "https://api.example\\mcp",
            "https://api.exa\tmple/mcp",
            " https://api.example/mcp",
            "https://api.example/mcp\n",
            "https://äpi.example/mcp",
            &format!("https://api.example/{}", "a".repeat(LONGEST)),
        ] {
            assert_eq!(normalize(text), None, "{text}");
        }
        let longest = format!("{:a<LONGEST$}", "https://api.example/");
        assert!(normalize(&longest).is_some());
        assert_eq!(normalize(&format!("{longest}a")), None);
    }
}
