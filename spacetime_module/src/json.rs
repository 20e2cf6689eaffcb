//! Writing JSON as `nerv_lab.core.values.encode` does: no white space, and floats as Python's `repr`
//! writes them.

use std::fmt::Write;

/// A JSON string.
pub fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character)); // a String takes all
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A JSON string, or null.
pub fn optional(value: &Option<String>) -> String {
    value.as_deref().map_or("null".into(), text)
}

/// A JSON array of texts that are JSON already.
pub fn list(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
}

/// A JSON object of texts that are JSON already, in the order given.
pub fn object<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields = fields.into_iter().map(|(key, value)| format!("{}:{value}", text(key)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// A finite float, as Python's `repr` writes it.
pub fn float(value: f64) -> String {
    let shortest = nearest_shortest(value);
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let decimals = count_digits(digits) as i32 - 1 - exponent;
    format!("{value:.*}", decimals.max(1) as usize)
}

/// The shortest text that reads as the value: of several that are as short the nearest, and of two
/// that are as near the even one. Rust by itself takes any of those.
fn nearest_shortest(value: f64) -> String {
    let shortest = format!("{value:e}");
    let mantissa = shortest.split('e').next().unwrap_or_default();
    let nearest = format!("{value:.*e}", count_digits(mantissa) - 1);
    if nearest.parse() == Ok(value) {
        nearest
    } else {
        shortest
    }
}

fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_repr_does() {
        let shown = |value: f64| float(value);
        assert_eq!(shown(1.0), "1.0");
        assert_eq!(shown(-0.0), "-0.0");
        assert_eq!(shown(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(shown(1e15), "1000000000000000.0");
        assert_eq!(shown(1e16), "1e+16");
        assert_eq!(shown(1.5e300), "1.5e+300");
        assert_eq!(shown(0.0001), "0.0001");
        assert_eq!(shown(0.00001), "1e-05");
        assert_eq!(shown(5e-324), "5e-324");
        assert_eq!(shown(f64::MAX), "1.7976931348623157e+308");
        assert_eq!(shown(562949953421312.0 + 0.25), "562949953421312.2");
        assert_eq!(shown(562949953421312.0 + 0.75), "562949953421312.8");
        assert_eq!(shown(9007199254740994.0), "9007199254740994.0");
        assert_eq!(shown(-123.456), "-123.456");
        assert_eq!(shown(5e-5), "5e-05");
    }

    #[test]
    fn text_escapes_what_json_asks_for_and_nothing_else() {
        assert_eq!(text("a\"\\\n\t\u{8}\u{c}\r\u{1}\u{1f}"), r#""a\"\\\n\t\b\f\r\u0001\u001f""#);
        assert_eq!(text("/é\u{7f}\u{2028}🌍"), "\"/é\u{7f}\u{2028}🌍\"");
    }
}
