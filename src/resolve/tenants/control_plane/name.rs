//! APIs that are reached by name: the Ingress or Gateway in front of them, which routes by the name in the TLS handshake.

use indexmap::IndexMap;

use super::super::Written;
use crate::diag::Diagnostic;
use crate::model::{Gateway, Ingress, Platform};
use crate::resolve::Resolver;
use crate::resolve::cluster_api;
use crate::resolve::components::TENANT_GATEWAY;
use crate::resolve::context::Context;
use crate::spec::Expose;
use crate::syntax::Path;

/// Name of a listener for APIs, as Kamaji's guide has it. The component `tenant-gateway` adds the port when it is another.
const LISTENER: &str = "kube-apiserver";
const LISTENER_PORT: u16 = 6443;

/// The one port of the listener that Kamaji takes for granted.
const KONNECTIVITY_PORT: u16 = 8132;

pub(super) fn proxies(
    cx: &mut Resolver<'_>,
    context: &Context,
    platform: &Platform,
    tenant: &Written<'_>,
) -> (Option<Ingress>, Option<Gateway>) {
    let spec = &tenant.spec.control_plane;
    let routed = matches!(spec.expose, Expose::Ingress | Expose::Gateway);
    if routed && spec.hostname.is_none() {
        let at = cx.value(&tenant.key(&["controlPlane", "expose"]));
        cx.report(
            Diagnostic::error("missing-key", at, "an API exposed this way needs `hostname`")
                .help(format!("add `controlPlane.hostname` to tenant `{}`", tenant.name)),
        );
    }
    for (key, given, used) in [
        ("ingress", spec.ingress.is_some(), spec.expose == Expose::Ingress),
        ("gateway", spec.gateway.is_some(), spec.expose == Expose::Gateway),
    ] {
        if given && !used {
            unused(cx, tenant, key);
        }
    }
    if spec.hostname.is_some() {
        same_name(cx, context, tenant);
    }
    match spec.expose {
        Expose::Ingress => (Some(ingress(cx, platform, tenant)), None),
        Expose::Gateway => (None, Some(gateway(cx, platform, tenant))),
        _ => (None, None),
    }
}

/// The class that the tenant names, else the one that a component serves, else the default: what serves that is not known here.
fn ingress(cx: &mut Resolver<'_>, platform: &Platform, tenant: &Written<'_>) -> Ingress {
    let passthrough =
        || IndexMap::from([("nginx.ingress.kubernetes.io/ssl-passthrough".to_owned(), "true".to_owned())]);
    if let Some(own) = &tenant.spec.control_plane.ingress {
        return Ingress {
            class: Some(own.class.clone()),
            annotations: own.annotations.clone().unwrap_or_else(passthrough),
        };
    }
    if let Some(class) = &platform.ingress_class {
        return Ingress { class: Some(class.name.clone()), annotations: class.passthrough.clone() };
    }
    let at = cx.value(&tenant.key(&["controlPlane", "expose"]));
    cx.report(
        Diagnostic::warning(
            "missing-capability",
            at,
            format!("no component serves the Ingress of tenant `{}`", tenant.name),
        )
        .note("it takes an Ingress controller that hands TLS through")
        .help("name the class of yours, `ingress: {class: ...}`, add `ingress-nginx: {}`, or use `expose: gateway`"),
    );
    Ingress { class: None, annotations: passthrough() }
}

fn gateway(cx: &mut Resolver<'_>, platform: &Platform, tenant: &Written<'_>) -> Gateway {
    let spec = &tenant.spec.control_plane;
    if !cx.pins.set().gateway_listeners.named {
        no_listeners(cx, tenant);
    }
    if let Some(own) = &spec.gateway {
        return Gateway {
            name: own.name.clone(),
            namespace: own.namespace.clone(),
            listener: own.listener.clone().unwrap_or_else(|| LISTENER.to_owned()),
        };
    }
    if spec.konnectivity_port().is_some_and(|port| port != KONNECTIVITY_PORT) {
        let at = cx.value(&tenant.key(&["controlPlane", "konnectivityPort"]));
        cx.report(
            Diagnostic::error("wrong-value", at, "the Gateway of the tenants has one port for Konnectivity")
                .note("Kamaji knows its listener by a name that a Gateway can have once")
                .help(format!("leave `konnectivityPort` out: it is {KONNECTIVITY_PORT}")),
        );
    }
    let port = spec.port();
    Gateway {
        name: "tenants".to_owned(),
        namespace: platform
            .components
            .iter()
            .find(|component| component.name == TENANT_GATEWAY)
            .map_or_else(|| TENANT_GATEWAY.to_owned(), |component| component.namespace.clone()),
        listener: if port == LISTENER_PORT { LISTENER.to_owned() } else { format!("{LISTENER}-{port}") },
    }
}

fn no_listeners(cx: &mut Resolver<'_>, tenant: &Written<'_>) {
    let set = cluster_api::name(cx.spec, cx.catalog);
    let at = cx.value(&tenant.key(&["controlPlane", "expose"]));
    let label = cx.key(&Path::of(["components", cluster_api::COMPONENT]));
    cx.report(
        Diagnostic::error("version-window", at, format!("the versions of `{set}` expose no API by a Gateway"))
            .note("their Kamaji provider cannot name a listener, and a route without takes the traffic of Konnectivity")
            .label(label, "this chooses them")
            .help("use `expose: ingress`, or another `set` of Cluster API"),
    );
}

fn unused(cx: &mut Resolver<'_>, tenant: &Written<'_>, key: &str) {
    let (at, label) = (cx.key(&tenant.key(&["controlPlane", key])), cx.key(&tenant.key(&["controlPlane", "expose"])));
    cx.report(
        Diagnostic::error("wrong-value", at, format!("the API of tenant `{}` is behind no {key}", tenant.name))
            .label(label, "because of how it is exposed")
            .help(format!("remove `{key}`, or use `expose: {key}`")),
    );
}

/// One name leads to one place: a proxy gives the second one's clients to the first.
fn same_name(cx: &mut Resolver<'_>, context: &Context, tenant: &Written<'_>) {
    let Some(hostname) = tenant.spec.control_plane.hostname.as_ref() else { return };
    let is_it = |name: &str| name.eq_ignore_ascii_case(&hostname.0);
    let (label, what) = if let Some((other, _)) = cx
        .spec
        .tenants
        .iter()
        .take_while(|(other, _)| *other != tenant.name)
        .find(|(_, other)| other.control_plane.hostname.as_ref().is_some_and(|name| is_it(&name.0)))
    {
        (cx.value(&Path::of(["tenants", other, "controlPlane", "hostname"])), format!("tenant `{other}`"))
    } else if let Some(index) = cx.spec.control_plane.cert_sans.iter().position(|san| is_it(san)) {
        (cx.value(&Path::of(["controlPlane", "certSANs"]).index(index)), "the management cluster".to_owned())
    } else if is_it(&cx.spec.control_plane.endpoint.host) {
        (cx.value(&Path::of(["controlPlane", "endpoint"])), "the management cluster".to_owned())
    } else if let Some(component) = context.component_with(&is_it) {
        (cx.key(&Path::of(["components", &component])), format!("`{component}`"))
    } else {
        return;
    };
    let at = cx.value(&tenant.key(&["controlPlane", "hostname"]));
    cx.report(
        Diagnostic::error("duplicate-hostname", at, format!("`{}` is the name of {what} already", hostname.0))
            .label(label, format!("of {what}"))
            .help("give each a name of its own"),
    );
}
