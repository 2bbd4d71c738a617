//! Devices of the host in Talos workers: the image has their driver, and the configuration loads it.

use indexmap::IndexMap;

use super::WrittenGroup;
use crate::catalog::{ClusterApi, DeviceDriver};
use crate::diag::Diagnostic;
use crate::resolve::Resolver;
use crate::resolve::context::Context;
use crate::spec::Workers;

/// What the machines of a group need for their devices. A machine with a driver and no device does not boot, so it is asked group
/// by group.
#[derive(Default)]
pub(super) struct Needs {
    pub extensions: Vec<String>,
    pub kernel_modules: Vec<String>,
    pub sysctls: IndexMap<String, String>,
}

pub(super) fn needs(cx: &mut Resolver<'_>, context: &Context, set: &ClusterApi, group: &WrittenGroup<'_>) -> Needs {
    let mut needs = Needs::default();
    // Other workers have what their image has.
    if group.tenant.spec.workers != Workers::Talos {
        return needs;
    }
    let own = group.spec.image.as_ref().map(|image| image.extensions.clone()).unwrap_or_default();
    for (index, device) in group.spec.gpus.iter().enumerate() {
        let Some(driver) = driver(context, set, device) else {
            let at = cx.value(&group.key(&["gpus"]).index(index));
            let message = format!("`{device}` in Talos workers is not compiled yet");
            cx.report(
                Diagnostic::error("not-supported-yet", at, message)
                    .note("no driver for it is known that Talos could load")
                    .help("give it to a tenant with `workers: kubeadm`"),
            );
            continue;
        };
        let known = [own.as_slice(), needs.extensions.as_slice()].concat();
        needs.extensions.extend(driver.lacking(&known));
        for module in &driver.modules {
            if !needs.kernel_modules.contains(module) {
                needs.kernel_modules.push(module.clone());
            }
        }
        needs.sysctls.extend(driver.sysctls.clone());
    }
    needs
}

/// A part of a device that several machines share (`mediatedDevices`) wants another driver, which is not Talos's to give.
fn driver<'s>(context: &Context, set: &'s ClusterApi, device: &str) -> Option<&'s DeviceDriver> {
    let shared = context.parameter("kubevirt", "mediatedDevices").as_object();
    let (vendor, _) = device.split_once('/').filter(|_| !shared.is_some_and(|shared| shared.contains_key(device)))?;
    set.talos_workers.as_ref()?.devices.get(vendor)
}
