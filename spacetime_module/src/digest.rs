//! The digest that ties a version's metadata to its delta (`core.versions.version_digest`).

use sha2::{Digest, Sha256};

use crate::types::Version;

/// SHA-256 (hex); each part is preceded by its length.
pub fn version_digest(version: &Version, delta: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"nerv/version/1");
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(version.version_id.as_bytes());
    part(version.parents.len().to_string().as_bytes());
    for parent in &version.parents {
        part(parent.as_bytes());
    }
    part(version.branch.as_bytes());
    part(version.event_seq.to_string().as_bytes());
    part(version.timestamp.to_string().as_bytes());
    part(version.description.as_bytes());
    match &version.author {
        None => part(b"none"),
        Some(author) => part(format!("by:{author}").as_bytes()),
    }
    part(version.data_hash.as_bytes());
    part(version.algorithm.as_bytes());
    part(delta);
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
