//! Size of a machine -> what kubelet keeps back, and what is left for pods.
//!
//! Both are told to others: kubelet gets the reservations as flags, the autoscaler the remainder as annotations, by which it
//! decides whether a machine that does not exist yet would fit a pod. They must agree, so they are computed here alone.

use crate::model::{NodeGroup, Tenant};

/// Cores in thousandths and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::capi) struct Amount {
    pub millicores: u64,
    pub bytes: u64,
}

const MI: u64 = 1 << 20;

/// Below this much free memory kubelet evicts pods and so never promises it: its own default of
/// `eviction-hard=memory.available<100Mi` (Kubernetes, `pkg/kubelet/apis/config/v1beta1/defaults_linux.go`).
const EVICTION_BYTES: u64 = 100 * MI;

/// Size of a machine of the group; `None` for an instance type that the catalog does not know.
pub(in crate::backend::capi) fn of_machine(tenant: &Tenant, group: &NodeGroup) -> Option<Amount> {
    let (cores, bytes) = group.cores_and_bytes(&tenant.cluster_api)?;
    Some(Amount { millicores: u64::from(cores) * 1000, bytes })
}

/// What is kept back twice, once for the operating system and once for kubelet and the container runtime: a twentieth each,
/// within bounds that suit machines of 1 to 20 GiB. A machine of unknown size keeps back the least.
pub(in crate::backend::capi) fn reserved(machine: Option<Amount>) -> Amount {
    let machine = machine.unwrap_or(Amount { millicores: 0, bytes: 0 });
    Amount {
        millicores: (machine.millicores / 20).clamp(50, 500),
        bytes: (machine.bytes / 20 / MI * MI).clamp(256 * MI, 1024 * MI),
    }
}

/// What pods can have of a machine.
pub(in crate::backend::capi) fn allocatable(machine: Amount) -> Amount {
    let reserved = reserved(Some(machine));
    Amount {
        millicores: machine.millicores.saturating_sub(2 * reserved.millicores),
        bytes: machine.bytes.saturating_sub(2 * reserved.bytes + EVICTION_BYTES),
    }
}

/// What pods can have of the data disk: the file system takes a sixtieth, and kubelet evicts below a tenth.
pub(super) fn ephemeral_disk(bytes: u64) -> String {
    format!("{}Mi", bytes / 100 * 88 / MI)
}

impl Amount {
    /// As Kubernetes writes it, for example `150m`.
    pub(in crate::backend::capi) fn cpu(self) -> String {
        format!("{}m", self.millicores)
    }

    /// In whole mebibytes, for example `256Mi`.
    pub(in crate::backend::capi) fn memory(self) -> String {
        format!("{}Mi", self.bytes / MI)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_machines_keep_the_least_and_large_ones_the_most() {
        let small = Amount { millicores: 1000, bytes: 1024 * MI };
        assert_eq!((reserved(Some(small)).cpu(), reserved(Some(small)).memory()), ("50m".into(), "256Mi".into()));
        assert_eq!((allocatable(small).cpu(), allocatable(small).memory()), ("900m".into(), "412Mi".into()));
        let large = Amount { millicores: 32_000, bytes: 128 * 1024 * MI };
        assert_eq!((reserved(Some(large)).cpu(), reserved(Some(large)).memory()), ("500m".into(), "1024Mi".into()));
        assert_eq!(reserved(None), reserved(Some(small)));
    }
}
