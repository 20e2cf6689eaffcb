//! Canonical JSON, as `nerv_lab.core.values.encode` writes it: sorted keys, no white space, floats
//! as Python's `repr` writes them, and `{"$nerv": TAG, "value": …}` for what JSON lacks.
//!
//! A value is stored as the text that came. So that hashes agree and every client can read it,
//! only text that `encode` could have written is let in.

use std::fmt::Write;

use crate::errors::Error;

/// How many containers may nest.
pub const MAX_DEPTH: u32 = 32;
const TAG: &str = "$nerv";

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

/// Refuse a text that is not the canonical JSON of a value.
///
/// `room` is how many containers may nest; `path` names the value in the error.
pub fn check(json: &str, room: u32, path: &str) -> Result<(), Error> {
    let mut scanner = Scanner { rest: json };
    match scanner.value(room) {
        Ok(()) if scanner.rest.is_empty() => Ok(()),
        Ok(()) => Err(Error::value_refused(path, "is followed by more than one value")),
        Err(refusal) => {
            let steps: String = refusal.steps.into_iter().rev().collect();
            Err(Error::value_refused(format!("{path}{steps}"), refusal.reason))
        }
    }
}

/// Why a value is refused, and the steps from it outwards.
struct Refusal {
    reason: String,
    steps: Vec<String>,
}

impl Refusal {
    fn at(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { reason: reason.into(), steps: Vec::new() })
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn skip(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), Refusal> {
        if self.skip(token) {
            return Ok(());
        }
        refuse(format!("is not canonical JSON: {token} is missing, or there is white space"))
    }

    fn value(&mut self, room: u32) -> Result<(), Refusal> {
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(inside(room)?),
            Some(b'[') => self.array(inside(room)?),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.skip("null") || self.skip("true") || self.skip("false") => Ok(()),
            _ => refuse("is not canonical JSON: a value is missing"),
        }
    }

    fn number(&mut self) -> Result<(), Refusal> {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if token.contains(['.', 'e', 'E']) {
            return match token.parse::<f64>() {
                Ok(value) if value.is_finite() && float(value) == token => Ok(()),
                Ok(value) if !value.is_finite() => refuse(format!("{token} is not finite")),
                _ => refuse(format!("{token} is not how a float is written")),
            };
        }
        match token.parse::<i64>() {
            Ok(value) if value.to_string() == token => Ok(()),
            Err(_) if token.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) => {
                refuse(format!("{token} does not fit into 64 bits; use a Decimal or a string"))
            }
            _ => refuse(format!("{token} is not how an integer is written")),
        }
    }

    fn string(&mut self) -> Result<String, Refusal> {
        self.expect("\"")?;
        let mut escaped = false;
        let end = self.rest.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else {
            return refuse("is not JSON: a string does not end");
        };
        let (raw, rest) = (&self.rest[..end], &self.rest[end + 1..]);
        let value = unescaped(raw);
        if text(&value)[1..] != self.rest[..=end] {
            return refuse("is not canonical JSON: a string is not written as it would be");
        }
        self.rest = rest;
        Ok(value)
    }

    /// What is inside brackets, separated by commas.
    fn each(
        &mut self,
        mut one: impl FnMut(&mut Self, usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.expect("[")?;
        if self.skip("]") {
            return Ok(());
        }
        for index in 0.. {
            one(self, index)?;
            if self.skip("]") {
                break;
            }
            self.expect(",")?;
        }
        Ok(())
    }

    fn array(&mut self, room: u32) -> Result<(), Refusal> {
        self.each(|scanner, index| scanner.value(room).map_err(|r| r.at(format!("[{index}]"))))
    }

    fn object(&mut self, room: u32) -> Result<(), Refusal> {
        self.expect("{")?;
        if self.skip("}") {
            return Ok(());
        }
        let mut last: Option<String> = None;
        loop {
            let key = self.string()?;
            self.expect(":")?;
            if key == TAG {
                return match last {
                    None => self.tagged(room),
                    Some(_) => refuse("a dict that has the key $nerv must be tagged"),
                };
            }
            ascending(&mut last, &key)?;
            self.value(room).map_err(|refusal| refusal.at(format!(".{key}")))?;
            if self.skip("}") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    /// What follows `{"$nerv":`.
    fn tagged(&mut self, room: u32) -> Result<(), Refusal> {
        let tag = self.string()?;
        self.expect(",\"value\":")?;
        match tag.as_str() {
            "tuple" => self.array(room)?,
            "set" => self.set(room)?,
            "dict" => self.pairs(room)?,
            _ => {
                let content = self.string()?;
                if !crate::tagged_text::is_content(&tag, &content) {
                    return refuse(format!("{} is not the content of a {tag}", text(&content)));
                }
            }
        }
        self.expect("}")
    }

    /// The members of a set, ascending as texts.
    fn set(&mut self, room: u32) -> Result<(), Refusal> {
        let mut last: Option<String> = None;
        self.each(|scanner, index| {
            let start = scanner.rest;
            scanner.value(room).map_err(|refusal| refusal.at(format!("[{index}]")))?;
            ascending(&mut last, &start[..start.len() - scanner.rest.len()])
        })
    }

    /// The pairs of a dict that has the key `$nerv`.
    fn pairs(&mut self, room: u32) -> Result<(), Refusal> {
        let (mut last, mut has_tag) = (None, false);
        self.each(|scanner, _| {
            scanner.expect("[")?;
            let key = scanner.string()?;
            has_tag |= key == TAG;
            ascending(&mut last, &key)?;
            scanner.expect(",")?;
            scanner.value(room).map_err(|refusal| refusal.at(format!(".{key}")))?;
            scanner.expect("]")
        })?;
        if has_tag {
            return Ok(());
        }
        refuse("a dict without the key $nerv must not be tagged")
    }
}

fn inside(room: u32) -> Result<u32, Refusal> {
    match room.checked_sub(1) {
        Some(left) => Ok(left),
        None => refuse(format!("is nested too deep; at most {MAX_DEPTH} containers may nest")),
    }
}

/// Refuse a text that does not come after the last one.
fn ascending(last: &mut Option<String>, next: &str) -> Result<(), Refusal> {
    if last.as_deref().is_some_and(|last| last >= next) {
        return refuse(format!("is not canonical JSON: {next} is out of order or given twice"));
    }
    *last = Some(next.into());
    Ok(())
}

/// Undo the escapes that `text` makes; any other comes out as something `text` writes otherwise.
fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('b') => out.push('\u{8}'),
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('f') => out.push('\u{c}'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let digits: String = characters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                out.push(code.and_then(char::from_u32).unwrap_or('?'));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> (String, String) {
        match check(json, MAX_DEPTH, "data") {
            Err(Error::ValueRefused { field, reason }) => (field, reason),
            other => panic!("{json} gave {other:?}"),
        }
    }

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
        assert_eq!(shown(562949953421312.25), "562949953421312.2");
        assert_eq!(shown(562949953421312.75), "562949953421312.8");
        assert_eq!(shown(9007199254740994.0), "9007199254740994.0");
        assert_eq!(shown(-123.456), "-123.456");
        assert_eq!(shown(5e-5), "5e-05");
    }

    #[test]
    fn text_escapes_what_json_asks_for_and_nothing_else() {
        assert_eq!(text("a\"\\\n\t\u{8}\u{c}\r\u{1}\u{1f}"), r#""a\"\\\n\t\b\f\r\u0001\u001f""#);
        assert_eq!(text("/é\u{7f}\u{2028}🌍"), "\"/é\u{7f}\u{2028}🌍\"");
    }

    #[test]
    fn canonical_values_are_let_in() {
        for json in [
            "null",
            "true",
            "-9223372036854775808",
            "9223372036854775807",
            "0",
            "-0.0",
            "1e+16",
            r#""""#,
            r#""\u0000\"\\ é""#,
            "[]",
            "{}",
            r#"{"":1,"a":[{"b":null},2.5],"b":"x"}"#,
            r#"{"$nerv":"tuple","value":[1,"a"]}"#,
            r#"{"$nerv":"set","value":["a","b"]}"#,
            r#"{"$nerv":"dict","value":[["$nerv",1],["a",[]]]}"#,
            r#"{"$nerv":"bytes","value":"YQ=="}"#,
        ] {
            assert_eq!(check(json, MAX_DEPTH, "data"), Ok(()), "{json}");
        }
    }

    #[test]
    fn whatever_encode_would_not_write_is_refused() {
        for json in [
            "",
            " 1",
            "1 ",
            "1,2",
            "nul",
            "NaN",
            "Infinity",
            "-Infinity",
            "01",
            "-0",
            "+1",
            "-",
            "1.",
            "1.50",
            "1e5",
            "1e16",
            "1e400",
            "9223372036854775808",
            "18446744073709551616",
            "\"a",
            "\"a\\\"",
            r#""\u0041""#,
            r#""\/""#,
            r#""\ud800""#,
            r#""\u001F""#,
            "\"\n\"",
            "[1,]",
            "[1",
            "[1 ,2]",
            "{\"a\":1,}",
            r#"{"a": 1}"#,
            r#"{"b":1,"a":2}"#,
            r#"{"a":1,"a":1}"#,
            r#"{a:1}"#,
            r#"{"!":1,"$nerv":"tuple","value":[]}"#,
            r#"{"$nerv":"tuple"}"#,
            r#"{"$nerv":"tuple","value":[],"x":1}"#,
            r#"{"$nerv":"tuple","value":"x"}"#,
            r#"{"$nerv":"nonsense","value":"x"}"#,
            r#"{"$nerv":1}"#,
            r#"{"$nerv":"set","value":["b","a"]}"#,
            r#"{"$nerv":"set","value":[1,1]}"#,
            r#"{"$nerv":"dict","value":[["a",1]]}"#,
            r#"{"$nerv":"dict","value":[["$nerv",1,2]]}"#,
            r#"{"$nerv":"bytes","value":"Y"}"#,
        ] {
            assert!(check(json, MAX_DEPTH, "data").is_err(), "{json}");
        }
    }

    #[test]
    fn a_refusal_names_the_path() {
        assert_eq!(refused(r#"{"a":{"b":[1,1e999]}}"#).0, "data.a.b[1]");
        assert_eq!(refused(r#"{"$nerv":"dict","value":[["$nerv",NaN]]}"#).0, "data.$nerv");
        assert_eq!(
            refused("[18446744073709551616]"),
            (
                "data[0]".into(),
                "18446744073709551616 does not fit into 64 bits; use a Decimal or a string".into()
            )
        );
    }

    #[test]
    fn containers_nest_as_deep_as_in_python() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check(&nested(32), MAX_DEPTH, "data"), Ok(()));
        assert_eq!(
            refused(&nested(33)),
            (
                format!("data{}", "[0]".repeat(32)),
                "is nested too deep; at most 32 containers may nest".into()
            )
        );
        // A tag is part of its container.
        let tuples =
            |depth| r#"{"$nerv":"tuple","value":["#.repeat(depth) + "1" + &"]}".repeat(depth);
        assert_eq!(check(&tuples(32), MAX_DEPTH, "data"), Ok(()));
        assert!(check(&tuples(33), MAX_DEPTH, "data").is_err());
        assert!(check(&nested(100_000), MAX_DEPTH, "data").is_err());
    }
}
