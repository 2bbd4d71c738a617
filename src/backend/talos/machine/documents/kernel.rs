//! `SysctlConfig`, `SysfsConfig`, `KernelModuleConfig`, `UdevRulesConfig` (1.14): what the kernel is told.

use serde_json::Value;

use super::super::object::{Object, strings, texts};
use super::super::target::Target;

pub fn sysctls(target: &Target) -> Option<Value> {
    Object::new().set_filled("params", strings(&target.machine.sysctls)).into_document("SysctlConfig")
}

pub fn sysfs(target: &Target) -> Option<Value> {
    Object::new().set_filled("params", strings(&target.machine.sysfs)).into_document("SysfsConfig")
}

pub fn modules(target: &Target) -> impl Iterator<Item = Value> {
    target.machine.kernel_modules.iter().map(|(name, parameters)| {
        Object::document("KernelModuleConfig")
            .set("name", name.as_str())
            .set_filled("parameters", texts(parameters))
            .build()
    })
}

pub fn udev_rules(target: &Target) -> Option<Value> {
    Object::new().set_filled("rules", texts(&target.machine.udev_rules)).into_document("UdevRulesConfig")
}
