//! The texts behind the tags of the value encoding: only the one text that a value is written as.

/// The greatest exponent of Python's decimals.
const MAX_EXPONENT: i64 = 999_999_999_999_999_999;

/// Whether a text is what the encoding writes under this tag.
pub fn is_content(tag: &str, content: &str) -> bool {
    match tag {
        "date" => is_date(content),
        "datetime" => is_datetime(content),
        "bytes" => is_base64(content),
        "decimal" => is_decimal(content),
        "uuid" => is_uuid(content),
        "encrypted" => is_envelope(content),
        _ => false,
    }
}

/// Whether a text looks as the pattern does: `0` stands for any digit.
fn looks_like(content: &str, pattern: &str) -> bool {
    content.len() == pattern.len()
        && content.bytes().zip(pattern.bytes()).all(|(given, wanted)| match wanted {
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
    let (year, month, day) = (number(&content[..4]), number(&content[5..7]), number(&content[8..]));
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
    is_date(date) && is_clock(time) && (offset.is_empty() || is_offset(offset))
}

/// `+HH:MM`, with seconds where there are any; zero is positive.
fn is_offset(content: &str) -> bool {
    let unsigned = &content[1..];
    match looks_like(unsigned, "00:00") {
        true => content != "-00:00" && is_clock(&format!("{unsigned}:00")),
        false => is_clock(unsigned) && !unsigned.ends_with(":00"),
    }
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
    content.len().is_multiple_of(4)
        && padding <= 2
        && body.bytes().all(|c| sextet(c).is_some())
        && (padding == 0 || body.bytes().last().and_then(sextet).is_some_and(|s| s & unused == 0))
}

/// `ALGORITHM:KEY:BASE64`: what it is encrypted with, and at least a nonce and a seal.
fn is_envelope(content: &str) -> bool {
    let mut parts = content.splitn(3, ':');
    let (Some(algorithm), Some(key), Some(sealed)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    (1..=16).contains(&algorithm.len())
        && algorithm.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && key.len() == 16
        && key.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
        && sealed.len() >= 40
        && is_base64(sealed)
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
    let (mantissa, exponent) = unsigned.split_once('E').unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let Ok(exponent) = exponent.parse::<i64>() else {
        return false;
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) || exponent.abs() > MAX_EXPONENT {
        return false;
    }
    let significant = match digits.trim_start_matches('0') {
        "" => "0",
        other => other,
    };
    decimal(significant, exponent - fraction.len() as i64) == unsigned
}

/// The text of a decimal: its digits times ten to the power of the exponent.
fn decimal(digits: &str, exponent: i64) -> String {
    let length = digits.len() as i64;
    let adjusted = exponent + length;
    if exponent > 0 || adjusted <= -6 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{first}{point}{rest}E{:+}", adjusted - 1);
    }
    if adjusted <= 0 {
        return format!("0.{}{digits}", "0".repeat(adjusted.unsigned_abs() as usize));
    }
    let (whole, fraction) = digits.split_at(adjusted as usize);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::is_content;

    fn check(tag: &str, right: &[&str], wrong: &[&str]) {
        for content in right {
            assert!(is_content(tag, content), "{content} is a {tag}");
        }
        for content in wrong {
            assert!(!is_content(tag, content), "{content} is no {tag}");
        }
    }

    #[test]
    fn a_date_is_a_day_of_the_calendar() {
        let right = ["2024-02-29", "0001-01-01", "9999-12-31", "2000-02-29"];
        let wrong =
            ["2023-02-29", "1900-02-29", "0000-01-01", "2024-13-01", "2024-1-1", "2024-04-31", ""];
        check("date", &right, &wrong);
    }

    #[test]
    fn a_datetime_is_written_as_isoformat_does() {
        let right = [
            "2024-02-29T12:30:00",
            "2024-02-29T12:30:00.000100",
            "2024-02-29T12:30:00+00:00",
            "2024-02-29T12:30:00.500000-05:30",
            "1880-01-01T00:00:00+00:53:28",
            "1880-01-01T00:00:00-00:00:01",
        ];
        let wrong = [
            "2024-02-29",
            "2024-02-29 12:30:00",
            "2024-02-29T12:30",
            "2024-02-29T24:00:00",
            "2024-02-29T12:30:00.000000",
            "2024-02-29T12:30:00.5",
            "2024-02-29T12:30:00Z",
            "2024-02-29T12:30:00-00:00",
            "2024-02-29T12:30:00+24:00",
            "2024-02-29T12:30:00+01:00:00",
            "2024-02-29T12:30:00++1:00",
            "2024-02-29T12:30:00+",
        ];
        check("datetime", &right, &wrong);
    }

    #[test]
    fn bytes_are_padded_base64_without_stray_bits() {
        check(
            "bytes",
            &["", "YQ==", "YWI=", "YWJj", "+/+/"],
            &["Y", "YQ", "YR==", "YWJ=", "Y Q=", "===="],
        );
    }

    #[test]
    fn a_decimal_is_written_as_str_does() {
        let right = [
            "0",
            "-0",
            "1.50",
            "0.000001",
            "0.000",
            "-12.3",
            "1E+3",
            "1.5E+3",
            "1E-7",
            "0E-7",
            "0E+2",
            "1.23E-10",
            "100",
            "0.0000012",
        ];
        let wrong = [
            "",
            "-",
            "00",
            "1.",
            ".5",
            "1E3",
            "1E+03",
            "0.0000001",
            "1e+3",
            "NaN",
            "Infinity",
            "1E-2",
            "10E+3",
            "+1",
            "1E+99999999999999999999",
            "1E+1000000000000000000",
            "1_0",
            "0.00000012",
        ];
        check("decimal", &right, &wrong);
    }

    #[test]
    fn a_uuid_is_lower_case_with_hyphens() {
        let right = ["12345678-1234-5678-1234-56781234abcd"];
        let wrong = [
            "12345678-1234-5678-1234-56781234ABCD",
            "12345678123456781234567812345678abcd",
            "12345678-1234-5678-1234-56781234abc",
            "{2345678-1234-5678-1234-56781234abc}",
        ];
        check("uuid", &right, &wrong);
    }

    #[test]
    fn an_envelope_names_its_algorithm_and_key() {
        let sealed = "A".repeat(40);
        let right = format!("A256GCM:0123456789abcdef:{sealed}");
        let wrong = [
            format!("A256GCM:0123456789abcdef:{}", "A".repeat(36)),
            format!("A256GCM:0123456789ABCDEF:{sealed}"),
            format!("A256GCM:0123456789abcde:{sealed}"),
            format!(":0123456789abcdef:{sealed}"),
            format!("a256gcm:0123456789abcdef:{sealed}"),
            format!("A256GCM:0123456789abcdef:{sealed}*"),
            sealed,
        ];
        check("encrypted", &[&right], &wrong.each_ref().map(String::as_str));
    }

    #[test]
    fn a_tag_must_be_known() {
        check("complex", &[], &["1j"]);
    }
}
