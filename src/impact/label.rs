//! How much a change interrupts: the words of `cloudc diff`, from nothing to lost data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What applying a change does, by severity: a greater label is never milder than a smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// Nothing that runs sees it.
    Noop,
    /// It holds at once and interrupts nothing.
    Live,
    /// A process, a pod or a service starts again; the machine stays up.
    Restart,
    /// Connections may break, or what was reachable is not.
    Connectivity,
    /// Machines of a group are replaced one after another.
    Rollout,
    /// Nobody knows; people have to look.
    Unknown,
    /// Machines reboot.
    Reboot,
    /// Machines take another image: one reboot each, into another system.
    OsUpgrade,
    /// Something is taken down and made again; what it kept for itself alone is gone.
    Recreate,
    /// etcd or the control plane loses or gains a voter.
    Quorum,
    /// It cannot be changed on what runs: refused, ignored or broken until everything is made anew.
    Frozen,
    /// Data is deleted.
    DataLoss,
}

impl Label {
    /// From the mildest.
    pub const ALL: [Self; 12] = [
        Self::Noop,
        Self::Live,
        Self::Restart,
        Self::Connectivity,
        Self::Rollout,
        Self::Unknown,
        Self::Reboot,
        Self::OsUpgrade,
        Self::Recreate,
        Self::Quorum,
        Self::Frozen,
        Self::DataLoss,
    ];

    /// As people write it: `os-upgrade`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Live => "live",
            Self::Restart => "restart",
            Self::Connectivity => "connectivity",
            Self::Rollout => "rollout",
            Self::Unknown => "unknown",
            Self::Reboot => "reboot",
            Self::OsUpgrade => "os-upgrade",
            Self::Recreate => "recreate",
            Self::Quorum => "quorum",
            Self::Frozen => "frozen",
            Self::DataLoss => "data-loss",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Label {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|label| label.as_str() == text).ok_or("not a label of the impact table")
    }
}
