//! A component: what it is, what it installs, what it needs, who needs it, what it asks of the machines, where all that was read.
//!
//! Everything is said from the entry alone, conditions included; what holds in a cloud is for [`here`](super::here).

mod installs;
mod machines;
mod relations;

pub(super) use machines::{Rows as MachineRows, rows as machine_rows, write as write_machines};

use super::page::Page;
use super::parameters;
use crate::catalog::{Catalog, Component};
use crate::resolve;

pub(super) fn write(page: &mut Page, entry: &Component, catalog: &Catalog) {
    header(page, entry, catalog);
    installs::write(page, entry);
    variants(page, entry);
    parameters::write(page, entry);
    relations::brings(page, entry);
    relations::needs(page, entry);
    relations::needed_by(page, entry, catalog);
    machines::write(page, entry);
    secrets(page, entry);
    sources(page, entry);
}

fn header(page: &mut Page, entry: &Component, catalog: &Catalog) {
    page.heading(&format!("{}: {}", entry.name, entry.title));
    page.line(2, &entry.summary);
    page.line(2, &entry.docs);
    page.blank();
    let note = entry.status_note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    let mut rows = vec![("status", entry.status.as_str().to_owned() + &note)];
    rows.extend(entry.replaced_by.clone().map(|other| ("instead", other)));
    let place = match (entry.management, entry.tenant) {
        (true, true) => "the management cluster, and tenants as an add-on",
        (true, false) => "the management cluster",
        _ => "tenants, as an add-on",
    };
    rows.push(("for", place.to_owned()));
    let profiles = catalog.profiles().filter(|profile| profile.components.contains_key(&entry.name));
    let profiles: Vec<&str> = profiles.map(|profile| profile.name.as_str()).collect();
    if !profiles.is_empty() {
        rows.push(("in profiles", profiles.join(", ")));
    }
    if let Some(why) = resolve::implied(&entry.name) {
        rows.push(("comes with", why.to_owned()));
    }
    for (product, window) in [("Talos", &entry.talos), ("Kubernetes", &entry.kubernetes)] {
        rows.extend(window.as_ref().map(|window| (product, window.clone())));
    }
    let failure = if entry.protected {
        "tried again, never uninstalled; the cluster stands on it, so it is never pruned and drift is only reported"
    } else {
        "tried again, never uninstalled; pruned when it leaves the cloud, drift is corrected"
    };
    rows.push(("on failure", failure.to_owned()));
    if entry.notes.is_some() {
        rows.push(("by hand", "steps after it is up, in the README that is written beside cloud.yaml".to_owned()));
    }
    rows.push(("entry", catalog.file(&entry.name)));
    page.rows(2, rows.iter().map(|(name, text)| (*name, text.as_str())));
}

fn variants(page: &mut Page, entry: &Component) {
    if entry.variants.is_empty() {
        return;
    }
    page.heading("Variants (the first whose condition holds)");
    for (name, variant) in &entry.variants {
        page.item(2, &format!("{name}:"), &variant.summary);
        page.when(4, variant.when.as_deref());
    }
}

fn secrets(page: &mut Page, entry: &Component) {
    if entry.secrets.is_empty() {
        return;
    }
    page.heading("Secrets that you create");
    for secret in &entry.secrets {
        page.line(2, &secret.purpose);
        let namespace = secret.namespace.as_deref().unwrap_or(&entry.namespace.name);
        let keys = secret.keys.join(", ");
        page.rows(4, [("name", secret.name.as_str()), ("namespace", namespace), ("keys", &keys)]);
    }
}

fn sources(page: &mut Page, entry: &Component) {
    if entry.sources.is_empty() {
        return;
    }
    page.heading("Sources");
    for source in &entry.sources {
        page.item(2, "-", &source.fact);
        page.line(4, &source.source);
    }
}
