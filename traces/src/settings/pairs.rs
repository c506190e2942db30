//! Lists of pairs in one variable: `key=value,key=value`, as in W3C Baggage.

use percent_encoding::percent_decode_str;

/// Reads a list. Returns `None` if a part is no pair, or if a value is not UTF-8.
pub(super) fn read(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split(',').map(str::trim);
    let pairs = parts.filter(|part| !part.is_empty()).map(|part| {
        let (key, value) = part.split_once('=')?;
        let key = key.trim();
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        (!key.is_empty()).then(|| (key.to_owned(), value.into_owned()))
    });
    pairs.collect()
}
