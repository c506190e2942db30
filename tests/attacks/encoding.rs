//! A token has exactly one valid encoding and one meaning.

use crate::attack_case::{Case, accepted, refused};

/// Sets one of the four unused bits in the last character of a 64-byte value.
fn stray(part: &str) -> String {
    let last = match part.as_bytes()[85] {
        b'A' => 'B',
        b'Q' => 'R',
        b'g' => 'h',
        _ => 'x',
    };
    format!("{}{last}", &part[..85])
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("as the issuer wrote it", "RFC 7515 §7.1", |w| w.good().build()),
    accepted("white space within the claims", "RFC 8259 §2", |w| w.claims_text(&serde_json::to_string_pretty(w.good().claims()).expect("JSON"))),
    accepted("a claim with escapes", "RFC 8259 §7", |w| w.claims_begin(r#""\u0061\/":"\u00e4\ud83d\ude00","#)),
    refused("padding after the header", "RFC 7515 §2: none", |w| w.spelled(0, |part| format!("{part}="))),
    refused("padding after the payload", "RFC 7515 §2: none", |w| w.spelled(1, |part| format!("{part}="))),
    refused("padding after the signature", "RFC 7515 §2: none", |w| w.spelled(2, |part| format!("{part}=="))),
    refused("a stray bit after the signature", "RFC 4648 §3.5: not canonical", |w| w.spelled(2, stray)),
    refused("a character more in the header", "RFC 4648 §3.2", |w| w.spelled(0, |part| format!("{part}A"))),
    refused("the alphabet of plain base64", "RFC 4648 §4", |w| w.claims_begin(r#""x":"????????????","#).replace('_', "/").replace('-', "+")),
    refused("a signature with a dot within", "RFC 7515 §7.1", |w| w.spelled(2, |part| format!("{}.{}", &part[..10], &part[10..]))),
    refused("one part", "RFC 7515 §7.1", |_| "eyJhbGciOiJFUzI1NiJ9".to_owned()),
    refused("two parts", "RFC 7515 §7.1", |w| w.spelled(2, |_| String::new()).trim_end_matches('.').to_owned()),
    refused("four parts", "RFC 7515 §7.1", |w| format!("{}.AAAA", w.good().build())),
    refused("five parts, as an encrypted token has", "RFC 7516 §7.1", |w| format!("{}.AAAA.AAAA", w.good().build())),
    refused("an empty part before it", "RFC 7515 §7.1", |w| format!(".{}", w.good().build())),
    refused("an empty part after it", "RFC 7515 §7.1", |w| format!("{}.", w.good().build())),
    refused("dots alone", "RFC 7515 §7.1", |_| "..".to_owned()),
    refused("no header", "RFC 7515 §7.1", |w| w.spelled(0, |_| String::new())),
    refused("no payload", "RFC 7515 §7.1", |w| w.spelled(1, |_| String::new())),
    refused("no signature", "RFC 7515 §6: unsecured", |w| w.spelled(2, |_| String::new())),
    refused("a word", "RFC 7519 §7.2", |_| "token".to_owned()),
    refused("one character", "RFC 7519 §7.2", |_| "a".to_owned()),
    refused("the words of a careless script", "RFC 7519 §7.2", |_| "undefined".to_owned()),
    refused("null, as text", "RFC 7519 §7.2", |_| "null".to_owned()),
    refused("a token of sixteen thousand bytes", "a token is bounded", |w| w.claim("x", "x".repeat(16_000).into())),
    refused("claims that are not JSON", "RFC 7519 §7.2", |w| w.claims_text("iss=x")),
    refused("claims that are a list", "RFC 7519 §7.2: an object", |w| w.claims_text(&format!("[{}]", w.good().claims()))),
    refused("claims that are text", "RFC 7519 §7.2: an object", |w| w.claims_text(r#""alice""#)),
    refused("claims that are null", "RFC 7519 §7.2: an object", |w| w.claims_text("null")),
    refused("claims that are a number", "RFC 7519 §7.2: an object", |w| w.claims_text("1")),
    refused("claims without a member", "RFC 9068 §2.2", |w| w.claims_text("{}")),
    refused("claims with something after them", "RFC 8259 §2", |w| w.claims_text(&format!("{}x", w.good().claims()))),
    refused("two objects of claims", "RFC 8259 §2", |w| w.claims_text(&format!("{}{}", w.good().claims(), w.good().claims()))),
    refused("a comma too many", "RFC 8259 §4", |w| w.claims_text(&w.good().claims().to_string().replacen('}', ",}", 1))),
    refused("a comment", "RFC 8259: JSON has none", |w| w.claims_begin("/**/")),
    refused("a number that is none", "RFC 8259 §6", |w| w.claims_begin(r#""x":NaN,"#)),
    refused("a byte order mark", "RFC 8259 §8.1", |w| w.claims_text(&format!("\u{feff}{}", w.good().claims()))),
    refused("half a character", "RFC 8259 §8.2", |w| w.claims_begin(r#""x":"\ud800","#)),
    refused("a line end within text", "RFC 8259 §7", |w| w.claims_begin("\"x\":\"a\nb\",")),
    refused("claims a hundred and thirty levels deep", "a stack is bounded", |w| w.claims_begin(&format!(r#""x":{}1{},"#, "[".repeat(130), "]".repeat(130)))),
    refused("two iss", "RFC 7519 §4: unique", |w| w.claims_begin(r#""iss":"https://evil.example","#)),
    refused("two aud", "CVE-2017-12635: two readers, two messages", |w| w.claims_begin(r#""aud":"https://other.example","#)),
    refused("two exp", "RFC 7519 §4: unique", |w| w.claims_begin(r#""exp":1,"#)),
    refused("two scope", "RFC 7519 §4: unique", |w| w.claims_begin(r#""scope":"desk:admin","#)),
    refused("two scope, equal to each other", "RFC 7519 §4: unique", |w| w.claims_begin(r#""scope":"desk:read","#)),
    refused("two sub, one of them escaped", "CVE-2026-27896", |w| w.claims_begin(r#""\u0073ub":"admin","#)),
    refused("a name twice within a claim", "RFC 8259 §4", |w| w.claims_begin(r#""act":{"sub":"a","sub":"b"},"#)),
];
