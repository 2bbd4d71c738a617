//! Every rule, in the order of `docs/rules.md`: a name, what its findings weigh, whether a cloud may say otherwise.
//!
//! What a rule says and why is its page, `docs/rules/<rule>.md`: the text of `cloudc explain`, a page for people, and a test.

use crate::diag::Applicability;

/// A name that findings print in brackets. It is never used again for another meaning.
#[derive(Debug)]
pub struct Rule {
    pub name: &'static str,
    /// What its findings are unless a cloud says otherwise.
    pub level: Level,
    /// Its errors cannot be lowered: what they find cannot be compiled, or is refused or lost by what it is written for.
    pub fixed: bool,
    /// Whether findings of it have a fix, and the best that they have.
    pub fix: Option<Applicability>,
    /// The release that had it first.
    pub since: &'static str,
    /// The part of the language that it watches.
    pub section: &'static str,
    /// Markdown; see `docs/rules/`.
    pub page: &'static str,
}

/// What the findings of a rule are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Error,
    Warning,
    /// The one or the other; the page says when.
    Either,
}

impl Level {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Either => "error or warning",
        }
    }
}

impl Rule {
    /// Whether none of its findings can be lowered.
    pub fn is_fixed(&self) -> bool {
        self.fixed && self.level == Level::Error
    }

    /// Whether it watches the text itself, whatever that means.
    pub fn is_of_the_text(&self) -> bool {
        self.section == TEXT
    }

    /// What it finds, in a sentence: the first paragraph of its page.
    pub fn summary(&self) -> &'static str {
        self.page.split("\n\n").nth(1).unwrap_or_default().trim()
    }
}

/// The rule of a name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

const TEXT: &str = "The text";
const REFERENCES: &str = "References";
const HELD: &str = "Versions that are held";
const ADDRESSES: &str = "Addresses";
const MACHINES: &str = "Machines";
const COMPONENTS: &str = "Components";
const TENANTS: &str = "Tenants";
const LEVELS: &str = "Levels and exceptions";

const FIXED: bool = true;
const OPEN: bool = false;

/// A rule whose findings can be fixed says so behind its release.
macro_rules! rule {
    ($section:ident, $name:literal, $level:ident, $fixed:ident, $since:literal) => {
        rule!(@ $section, $name, $level, $fixed, $since, None)
    };
    ($section:ident, $name:literal, $level:ident, $fixed:ident, $since:literal, $fix:ident) => {
        rule!(@ $section, $name, $level, $fixed, $since, Some(Applicability::$fix))
    };
    (@ $section:ident, $name:literal, $level:ident, $fixed:ident, $since:literal, $fix:expr) => {
        Rule {
            name: $name,
            level: Level::$level,
            fixed: $fixed,
            fix: $fix,
            since: $since,
            section: $section,
            page: include_str!(concat!("../../docs/rules/", $name, ".md")),
        }
    };
}

pub const RULES: &[Rule] = &[
    // The text.
    rule!(TEXT, "syntax", Error, FIXED, "0.1.0", Safe),
    rule!(TEXT, "too-large", Error, FIXED, "0.1.0"),
    rule!(TEXT, "duplicate-key", Error, FIXED, "0.1.0", Safe),
    rule!(TEXT, "unknown-key", Error, FIXED, "0.1.0", Safe),
    rule!(TEXT, "missing-key", Error, FIXED, "0.1.0"),
    rule!(TEXT, "wrong-type", Error, FIXED, "0.1.0", Safe),
    rule!(TEXT, "wrong-value", Error, FIXED, "0.1.0", Safe),
    rule!(TEXT, "wrong-name", Error, FIXED, "0.1.0"),
    rule!(TEXT, "not-supported-yet", Error, FIXED, "0.1.0"),
    // References.
    rule!(REFERENCES, "unknown-class", Error, FIXED, "0.1.0", Unsafe),
    rule!(REFERENCES, "unknown-zone", Error, FIXED, "0.1.0", Unsafe),
    rule!(REFERENCES, "unknown-board", Error, FIXED, "0.1.0", Unsafe),
    rule!(REFERENCES, "unknown-extension", Error, FIXED, "0.1.0", Safe),
    rule!(REFERENCES, "unknown-talos", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "unknown-component", Error, FIXED, "0.1.0", Safe),
    rule!(REFERENCES, "unknown-reference", Error, FIXED, "0.1.0", Unsafe),
    rule!(REFERENCES, "unreadable-file", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "manifest-not-found", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "not-an-object", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "cannot-decrypt", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "secret-in-the-clear", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "secret-as-value", Warning, OPEN, "0.1.0"),
    rule!(REFERENCES, "class-cycle", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "patch-matches-nothing", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "patch-does-not-apply", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "patch-renames", Error, FIXED, "0.1.0"),
    rule!(REFERENCES, "unknown-document-kind", Error, FIXED, "0.1.0"),
    // Versions that are held.
    rule!(HELD, "lock-conflict", Error, FIXED, "0.1.0"),
    rule!(HELD, "lock-version", Error, FIXED, "0.1.0"),
    rule!(HELD, "cannot-hold", Error, FIXED, "0.1.0"),
    // Addresses.
    rule!(ADDRESSES, "address-overlap", Error, OPEN, "0.1.0"),
    rule!(ADDRESSES, "address-outside-network", Error, OPEN, "0.1.0"),
    rule!(ADDRESSES, "family-order", Error, FIXED, "0.1.0", Safe),
    rule!(ADDRESSES, "network-too-small", Error, FIXED, "0.1.0"),
    rule!(ADDRESSES, "network-too-large", Error, FIXED, "0.1.0"),
    rule!(ADDRESSES, "too-many-pods", Warning, OPEN, "0.1.0"),
    rule!(ADDRESSES, "missing-family", Either, OPEN, "0.1.0"),
    rule!(ADDRESSES, "pool-off-link", Warning, OPEN, "0.1.0"),
    rule!(ADDRESSES, "duplicate-peer", Error, OPEN, "0.1.0"),
    rule!(ADDRESSES, "bootstrap-loop", Either, OPEN, "0.1.0"),
    rule!(ADDRESSES, "missing-bgp", Error, OPEN, "0.1.0"),
    rule!(ADDRESSES, "no-load-balancer", Error, OPEN, "0.1.0"),
    rule!(ADDRESSES, "endpoint-on-worker", Error, FIXED, "0.1.0"),
    rule!(ADDRESSES, "endpoint-on-one-node", Warning, OPEN, "0.1.0"),
    // Machines.
    rule!(MACHINES, "no-control-plane", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "even-control-planes", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "quorum-in-one-zone", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "out-of-support", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "version-window", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "upgrade-path", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "contract-too-new", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "talos-too-old", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "reserved-setting", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "file-outside-var", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "setting-in-two-places", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "patch-against-cloud", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "control-plane-document", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "json-patch-on-talos", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "board-architecture", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "board-does-not-start", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "module-without-extension", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "extension-without-module", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "two-drivers", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "reserved-taint", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "no-node-for-pods", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "unknown-kubelet-field", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "duplicate-mac", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "duplicate-name", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "ambiguous-link", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "unstable-name", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "duplicate-interface", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "duplicate-tag", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "kernel-name", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "mtu-above-link", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "mtu-too-small", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "endpoint-out-of-reach", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "bond-option", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "link-of-two-kinds", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "link-without-match", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "two-primary-links", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "system-volume", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "volume-without-size", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "no-room-for-volume", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "disk-matched-twice", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "tpm-without-secure-boot", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "single-key", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "static-key-for-state", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "key-needs-network", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "firewall-locks-out", Error, OPEN, "0.1.0"),
    rule!(MACHINES, "duplicate-port", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "extension-too-new", Either, FIXED, "0.1.0"),
    rule!(MACHINES, "secure-boot-on-board", Error, FIXED, "0.1.0"),
    rule!(MACHINES, "secure-boot-over-network", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "image-cache-over-network", Warning, OPEN, "0.1.0"),
    rule!(MACHINES, "no-mac", Warning, OPEN, "0.1.0"),
    // Components.
    rule!(COMPONENTS, "slot-taken", Error, OPEN, "0.1.0"),
    rule!(COMPONENTS, "component-conflict", Either, OPEN, "0.1.0"),
    rule!(COMPONENTS, "required-component-off", Error, FIXED, "0.1.0"),
    rule!(COMPONENTS, "missing-capability", Either, FIXED, "0.1.0"),
    rule!(COMPONENTS, "two-crd-owners", Error, FIXED, "0.1.0"),
    rule!(COMPONENTS, "host-port-taken", Error, OPEN, "0.1.0"),
    rule!(COMPONENTS, "two-default-classes", Error, OPEN, "0.1.0"),
    rule!(COMPONENTS, "replicas-exceed-failure-domains", Warning, OPEN, "0.1.0"),
    rule!(COMPONENTS, "unpinned-chart", Error, OPEN, "0.1.0"),
    rule!(COMPONENTS, "dependency-cycle", Error, FIXED, "0.1.0"),
    rule!(COMPONENTS, "fixed-namespace", Error, FIXED, "0.1.0"),
    rule!(COMPONENTS, "shared-namespace", Error, FIXED, "0.1.0"),
    rule!(COMPONENTS, "retired-component", Warning, OPEN, "0.1.0"),
    rule!(COMPONENTS, "unknown-value", Either, OPEN, "0.1.0", Unsafe),
    rule!(COMPONENTS, "value-against-platform", Error, OPEN, "0.1.0"),
    rule!(COMPONENTS, "guarded-switch", Warning, OPEN, "0.1.0"),
    rule!(COMPONENTS, "impatient-release", Warning, OPEN, "0.1.0"),
    rule!(COMPONENTS, "refused-name", Error, OPEN, "0.1.0"),
    rule!(COMPONENTS, "wrong-volume-kind", Error, OPEN, "0.1.0"),
    rule!(COMPONENTS, "backup-in-the-cloud", Warning, OPEN, "0.1.0"),
    rule!(COMPONENTS, "duplicate-object", Error, FIXED, "0.1.0"),
    rule!(COMPONENTS, "catalog-entry", Error, FIXED, "0.1.0"),
    rule!(COMPONENTS, "no-delivery", Warning, OPEN, "0.1.0"),
    // Tenants.
    rule!(TENANTS, "port-taken", Error, FIXED, "0.1.0"),
    rule!(TENANTS, "duplicate-hostname", Error, OPEN, "0.1.0"),
    rule!(TENANTS, "size-given-twice", Error, FIXED, "0.1.0"),
    rule!(TENANTS, "no-worker-image", Error, FIXED, "0.1.0"),
    rule!(TENANTS, "unpinned-image", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "tenant-removed-at-once", Error, FIXED, "0.1.0"),
    rule!(TENANTS, "machine-too-small", Error, OPEN, "0.1.0"),
    rule!(TENANTS, "machine-too-large", Error, OPEN, "0.1.0"),
    rule!(TENANTS, "unknown-machine-size", Error, OPEN, "0.1.0"),
    rule!(TENANTS, "reserved-label", Error, FIXED, "0.1.0"),
    rule!(TENANTS, "pool-exhausted", Error, FIXED, "0.1.0"),
    rule!(TENANTS, "api-address-moves", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "no-tenant-cni", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "autoscaler-without-groups", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "add-ons-without-machine", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "same-tunnel-port", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "impatient-health-check", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "never-replaced", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "no-default-class", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "unknown-instance-type", Warning, OPEN, "0.1.0", Unsafe),
    rule!(TENANTS, "more-than-the-nodes", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "quota-too-small", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "pool-too-small", Warning, OPEN, "0.1.0"),
    rule!(TENANTS, "no-credentials-for-workers", Warning, OPEN, "0.1.0"),
    // Levels and exceptions.
    rule!(LEVELS, "unknown-rule", Error, FIXED, "0.1.0", Unsafe),
    rule!(LEVELS, "fixed-level", Error, FIXED, "0.1.0", Safe),
    rule!(LEVELS, "incomplete-ignore", Error, FIXED, "0.1.0"),
    rule!(LEVELS, "unused-ignore", Warning, OPEN, "0.1.0", Safe),
    rule!(LEVELS, "expired-exception", Warning, OPEN, "0.1.0", Unsafe),
];
