//! Canonical JSON, as `nerv_lab.core.values.encode` writes it: sorted keys, no white space, floats
//! as Python's `repr` writes them, and `{"$nerv": TAG, "value": …}` for what JSON lacks.
//!
//! A value is stored as the text that came. So that hashes agree and every client can read it,
//! only text that `encode` could have written is let in.

use crate::errors::Error;
use crate::json::{float, text};
use crate::tagged_text::is_content;

/// How many containers may nest.
pub const MAX_DEPTH: u32 = 32;
const TAG: &str = "$nerv";

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
                if !is_content(&tag, &content) {
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
mod tests;
