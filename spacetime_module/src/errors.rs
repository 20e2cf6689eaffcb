//! Every refusal, as JSON that the client turns into the exception of `nerv_lab.core.errors`.

use std::fmt;

use crate::json::{list, object, optional, text};

#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    Validation {
        field: String,
        reason: String,
    },
    /// A value outside the type table; a kind of validation error.
    ValueRefused {
        field: String,
        reason: String,
    },
    EntityNotFound {
        asked: String,
        hint: String,
    },
    RelationNotFound {
        asked: String,
        hint: String,
    },
    VersionNotFound {
        asked: String,
        hint: String,
    },
    HistoryPruned {
        asked: String,
        hint: String,
    },
    DuplicateId {
        kind: String,
        id: String,
    },
    DanglingRelation {
        relation_id: String,
        end: String,
        entity_id: String,
    },
    EntityInUse {
        entity_id: String,
        relations: Vec<String>,
    },
    Integrity {
        reason: String,
    },
    HeadMoved {
        branch: String,
        expected: Option<String>,
        actual: Option<String>,
    },
    LogMoved {
        expected: u64,
        actual: u64,
    },
    PermissionDenied {
        identity: String,
        action: String,
        item_type: String,
    },
    OriginGap {
        expected: u64,
        got: u64,
    },
}

const GONE: &str = "it may have been deleted or never been added";

impl Error {
    pub fn validation(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Validation { field: field.into(), reason: reason.into() }
    }

    pub fn value_refused(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::ValueRefused { field: field.into(), reason: reason.into() }
    }

    pub fn no_entity(id: &str) -> Self {
        Error::EntityNotFound { asked: id.into(), hint: GONE.into() }
    }

    pub fn no_relation(id: &str) -> Self {
        Error::RelationNotFound { asked: id.into(), hint: GONE.into() }
    }

    pub fn no_version(id: &str) -> Self {
        Error::VersionNotFound { asked: id.into(), hint: String::new() }
    }

    pub fn pruned_version(id: &str) -> Self {
        let hint = "the log says which are kept".into();
        Error::HistoryPruned { asked: format!("version '{id}'"), hint }
    }

    pub fn duplicate(kind: &str, id: &str) -> Self {
        Error::DuplicateId { kind: kind.into(), id: id.into() }
    }

    /// The name of the error and its fields, each as JSON.
    fn parts(&self) -> (&'static str, Vec<(&'static str, String)>) {
        match self {
            Error::Validation { field, reason } => {
                ("ValidationError", vec![("field", text(field)), ("reason", text(reason))])
            }
            Error::ValueRefused { field, reason } => {
                ("ValueRefused", vec![("field", text(field)), ("reason", text(reason))])
            }
            Error::EntityNotFound { asked, hint } => ("EntityNotFound", not_found(asked, hint)),
            Error::RelationNotFound { asked, hint } => ("RelationNotFound", not_found(asked, hint)),
            Error::VersionNotFound { asked, hint } => ("VersionNotFound", not_found(asked, hint)),
            Error::HistoryPruned { asked, hint } => ("HistoryPruned", not_found(asked, hint)),
            Error::DuplicateId { kind, id } => {
                ("DuplicateId", vec![("kind", text(kind)), ("id", text(id))])
            }
            Error::DanglingRelation { relation_id, end, entity_id } => (
                "DanglingRelation",
                vec![
                    ("relation_id", text(relation_id)),
                    ("end", text(end)),
                    ("entity_id", text(entity_id)),
                ],
            ),
            Error::EntityInUse { entity_id, relations } => (
                "EntityInUse",
                vec![
                    ("entity_id", text(entity_id)),
                    ("relations", list(relations.iter().map(|r| text(r)))),
                ],
            ),
            Error::Integrity { reason } => ("Integrity", vec![("reason", text(reason))]),
            Error::HeadMoved { branch, expected, actual } => (
                "HeadMoved",
                vec![
                    ("branch", text(branch)),
                    ("expected", optional(expected)),
                    ("actual", optional(actual)),
                ],
            ),
            Error::LogMoved { expected, actual } => (
                "LogMoved",
                vec![("expected", expected.to_string()), ("actual", actual.to_string())],
            ),
            Error::PermissionDenied { identity, action, item_type } => (
                "PermissionDenied",
                vec![
                    ("identity", text(identity)),
                    ("action", text(action)),
                    ("type", text(item_type)),
                ],
            ),
            Error::OriginGap { expected, got } => {
                ("OriginGap", vec![("expected", expected.to_string()), ("got", got.to_string())])
            }
        }
    }
}

fn not_found(asked: &str, hint: &str) -> Vec<(&'static str, String)> {
    vec![("asked", text(asked)), ("hint", text(hint))]
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, fields) = self.parts();
        formatter.write_str(&object([("error", text(name)), ("fields", object(fields))]))
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_json_with_the_arguments_of_the_exception() {
        assert_eq!(
            Error::no_entity("a\"b").to_string(),
            r#"{"error":"EntityNotFound","fields":{"asked":"a\"b","hint":"it may have been deleted or never been added"}}"#
        );
        let moved =
            Error::HeadMoved { branch: "main".into(), expected: None, actual: Some("v".into()) };
        assert_eq!(
            moved.to_string(),
            r#"{"error":"HeadMoved","fields":{"branch":"main","expected":null,"actual":"v"}}"#
        );
        assert_eq!(
            Error::LogMoved { expected: 2, actual: 3 }.to_string(),
            r#"{"error":"LogMoved","fields":{"expected":2,"actual":3}}"#
        );
        assert_eq!(
            Error::Integrity { reason: "why".into() }.to_string(),
            r#"{"error":"Integrity","fields":{"reason":"why"}}"#
        );
    }
}
