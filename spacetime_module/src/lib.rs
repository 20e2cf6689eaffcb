//! The Inner Universe of nerv-lab as a SpacetimeDB module.
//!
//! What a write does is decided by pure code, the same rules as in the package's Python core:
//! `rules` plans a batch, `validate` refuses what does not belong into the graph, `permissions`
//! says who may do what. The reducers read the tables, ask the pure code, and write.
//!
//! Tests are built without the database, since nothing pure needs it.

pub mod canonical;
pub mod digest;
pub mod errors;
pub mod event_json;
pub mod history;
pub mod items;
pub mod json;
pub mod moves;
pub mod permissions;
pub mod places;
pub mod pruning;
pub mod rules;
pub mod tagged_text;
pub mod types;
pub mod validate;

#[cfg(test)]
mod fixtures;
#[cfg(not(test))]
mod log;
#[cfg(not(test))]
mod reducers;
#[cfg(not(test))]
mod store;
#[cfg(not(test))]
mod tables;
