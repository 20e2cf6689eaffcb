//! The digests of versions and of what stands in for those that were pruned
//! (`core.versions.version_digest`, `core.thinning`).

use sha2::{Digest, Sha256};

use crate::types::{Bridge, Version};

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
    hex(hasher)
}

/// What a pruned version keeps in place of its delta.
pub fn seal(version: &Version) -> String {
    version_digest(version, format!("pruned:{}", version.digest).as_bytes())
}

/// The digest of a bridge: SHA-256 (hex); each part is preceded by its length.
pub fn bridge_digest(bridge: &Bridge) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"nerv/bridge/1");
    for bytes in [bridge.version_id.as_bytes(), bridge.base.as_bytes(), &bridge.delta] {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    }
    hex(hasher)
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_package() {
        let mut version = Version {
            version_id: "v1".into(),
            parents: vec!["p1".into(), "p2".into()],
            branch: "main".into(),
            event_seq: 7,
            timestamp: 1_700_000_000_123_456,
            description: "why ü".into(),
            author: Some("me".into()),
            data_hash: "abc".into(),
            algorithm: "lthash16".into(),
            digest: String::new(),
        };
        assert_eq!(
            version_digest(&version, &[0, 1]),
            "45a9628216222ddc12b0cf2f92c8dd8f18cbc76371455e9c170639120abf7148"
        );
        assert_eq!(
            seal(&version),
            "00fbe1df4d9f6efdc4dbb56394891bfd3c47f4e3918f7cf175c77ffeec8af064"
        );
        version = Version {
            parents: vec![],
            event_seq: 0,
            timestamp: -5,
            description: String::new(),
            author: None,
            data_hash: String::new(),
            algorithm: "sha256-json".into(),
            ..version
        };
        assert_eq!(
            version_digest(&version, &[]),
            "b2e1b8e59320b9f0648e496475fc67277e4167737a29102707146c6341813a4e"
        );
    }

    #[test]
    fn the_digest_of_a_bridge_is_that_of_the_package() {
        let (version_id, base, delta) = ("v2".into(), "v0".into(), b"[]".to_vec());
        let bridge = Bridge { version_id, base, delta, digest: String::new() };
        assert_eq!(
            bridge_digest(&bridge),
            "f305371d65ce2331f807d3e329861039bbaf88b0604c462f7cd2ed1dd228b2f9"
        );
    }
}
