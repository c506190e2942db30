//! The style of every HTML page: those of the server and of the development issuer. They
//! share one file, so that they look alike and one test covers every colour.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};

/// The style sheet that is inlined in each page.
pub const STYLESHEET: &str = include_str!("stylesheet.css");

/// The only style sheet that the content security policy of a page allows.
pub static STYLESHEET_SOURCE: LazyLock<String> = LazyLock::new(|| policy_source(STYLESHEET));

/// Returns the hash source of an inline style or script in a content security policy (CSP
/// Level 3 §6.7.3). Injected text has a different hash and is blocked.
pub(crate) fn policy_source(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    format!("'sha256-{}'", BASE64_STANDARD.encode(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the light and the dark colour of a name.
    fn colours(name: &str) -> [f64; 2] {
        let (_, rest) = STYLESHEET
            .split_once(&format!("--{name}: light-dark("))
            .expect(name);
        let (pair, _) = rest.split_once(')').expect(name);
        let pair: Vec<_> = pair.split(", ").map(luminance).collect();
        pair.try_into().expect(name)
    }

    /// Computes the relative luminance of `#rrggbb`.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).expect(colour);
            let value = f64::from(value) / 255.0;
            match value <= 0.03928 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn assert_contrast(one: &str, other: &str, least: f64) {
        for (light, dark) in colours(one).into_iter().zip(colours(other)) {
            let contrast = (light.max(dark) + 0.05) / (light.min(dark) + 0.05);
            assert!(contrast >= least, "{one} on {other}: {contrast}");
        }
    }

    /// WCAG 2.2, 1.4.3: text has a contrast of at least 4.5 to 1, in light and in dark mode.
    #[test]
    fn every_colour_of_a_text_can_be_read_on_its_ground() {
        for (text, grounds) in [
            ("ink", &["paper", "card", "code"][..]),
            ("quiet", &["paper", "card", "code"]),
            ("accent", &["paper", "card", "tint"]),
            ("on-accent", &["accent"]),
            ("warn", &["card", "warn-tint"]),
            ("error", &["card"]),
        ] {
            for ground in grounds {
                assert_contrast(text, ground, 4.5);
            }
        }
    }

    /// WCAG 2.2, 1.4.11: the border of a control has a contrast of at least 3 to 1.
    #[test]
    fn the_edge_of_every_control_can_be_seen() {
        for ground in ["paper", "card"] {
            assert_contrast("edge", ground, 3.0);
        }
    }
}
