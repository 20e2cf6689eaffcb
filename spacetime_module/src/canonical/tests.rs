use super::*;

fn refused(json: &str) -> (String, String) {
    match check(json, MAX_DEPTH, "data") {
        Err(Error::ValueRefused { field, reason }) => (field, reason),
        other => panic!("{json} gave {other:?}"),
    }
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
    let tuples = |depth| r#"{"$nerv":"tuple","value":["#.repeat(depth) + "1" + &"]}".repeat(depth);
    assert_eq!(check(&tuples(32), MAX_DEPTH, "data"), Ok(()));
    assert!(check(&tuples(33), MAX_DEPTH, "data").is_err());
    assert!(check(&nested(100_000), MAX_DEPTH, "data").is_err());
}
