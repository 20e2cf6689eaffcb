//! The texts behind the tags of the value encoding: only the one text that a value is written as.

/// Whether a text is what the encoding writes under this tag.
pub fn is_content(tag: &str, content: &str) -> bool {
    match tag {
        "date" => is_date(content),
        "datetime" => is_datetime(content),
        "bytes" => is_base64(content),
        "decimal" => is_decimal(content),
        "uuid" => is_uuid(content),
        _ => false,
    }
}

/// Whether a text looks as the pattern does: `0` stands for any digit.
fn looks_like(content: &str, pattern: &str) -> bool {
    content.len() == pattern.len()
        && content
            .bytes()
            .zip(pattern.bytes())
            .all(|(given, wanted)| match wanted {
                b'0' => given.is_ascii_digit(),
                _ => given == wanted,
            })
}

fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

fn is_date(content: &str) -> bool {
    if !looks_like(content, "0000-00-00") {
        return false;
    }
    let (year, month, day) = (
        number(&content[..4]),
        number(&content[5..7]),
        number(&content[8..]),
    );
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    year >= 1 && (1..=days).contains(&day)
}

fn is_datetime(content: &str) -> bool {
    let Some((date, rest)) = content.split_once('T') else {
        return false;
    };
    let (time, offset) = rest.split_at(rest.find(['+', '-']).unwrap_or(rest.len()));
    let unsigned = offset.trim_start_matches(['+', '-']);
    let whole = offset.len() == unsigned.len() + usize::from(!offset.is_empty());
    // The offset 0 is written +00:00, and seconds only where there are any.
    let offset_written = offset.is_empty()
        || (looks_like(unsigned, "00:00") && offset != "-00:00")
        || (is_clock(unsigned) && !unsigned.ends_with(":00"));
    is_date(date)
        && is_clock(time)
        && whole
        && offset_written
        && (offset.is_empty() || number(&unsigned[..2]) < 24 && number(&unsigned[3..5]) < 60)
}

/// `HH:MM:SS`, with microseconds where there are any.
fn is_clock(content: &str) -> bool {
    let (clock, fraction) = content.split_once('.').unwrap_or((content, "000001"));
    looks_like(clock, "00:00:00")
        && number(&clock[..2]) < 24
        && number(&clock[3..5]) < 60
        && number(&clock[6..]) < 60
        && looks_like(fraction, "000000")
        && fraction != "000000"
}

fn is_base64(content: &str) -> bool {
    let body = content.trim_end_matches('=');
    let sextet = |c: u8| -> Option<u8> {
        Some(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let padding = content.len() - body.len();
    let unused: u8 = [0, 0b11, 0b1111][padding.min(2)];
    content.len() % 4 == 0
        && padding <= 2
        && body.bytes().all(|c| sextet(c).is_some())
        && (padding == 0
            || body
                .bytes()
                .last()
                .and_then(sextet)
                .is_some_and(|s| s & unused == 0))
}

fn is_uuid(content: &str) -> bool {
    content.len() == 36
        && content.bytes().enumerate().all(|(index, c)| match index {
            8 | 13 | 18 | 23 => c == b'-',
            _ => matches!(c, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// A finite decimal as Python's `str(Decimal)` writes it.
fn is_decimal(content: &str) -> bool {
    let unsigned = content.strip_prefix('-').unwrap_or(content);
    let (mantissa, exponent) = match unsigned.split_once('E') {
        None => (unsigned, None),
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || mantissa.ends_with('.') || !digits(whole) || !digits(fraction) {
        return false;
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return false;
    }
    let Some(exponent) = exponent else {
        // Written out only while at most five zeros follow the point.
        let leading = fraction.len() - fraction.trim_start_matches('0').len();
        let coefficient = if whole == "0" {
            fraction.len() - leading
        } else {
            usize::MAX
        };
        return coefficient > fraction.len()
            || fraction.is_empty()
            || if coefficient == 0 {
                fraction.len() <= 6
            } else {
                leading <= 5
            };
    };
    let Ok(adjusted) = exponent.parse::<i64>() else {
        return false;
    };
    let sign = if adjusted < 0 { "-" } else { "+" };
    let scale = adjusted - fraction.len() as i64;
    // The limits of Python's decimal module.
    exponent == format!("{sign}{}", adjusted.abs())
        && whole.len() == 1
        && !(whole == "0" && !fraction.is_empty())
        && (scale > 0 || adjusted < -6)
        && adjusted.abs() < 1_000_000_000
}
