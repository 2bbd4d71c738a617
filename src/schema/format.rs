//! The `format`s of the language: each is the reader of the type that it stands for.

use jsonschema::ValidationOptions;

use crate::spec::scalar::{
    Address, AddressRange, ApiEndpoint, Cidr, DnsLabel, DnsName, GoDuration, InterfaceAddress, LabelKey, LabelValue,
    Mac, Minor, NodeNetwork, PortRange, Scalar, Size, SocketAddress, Version, WireguardKey,
};

macro_rules! with_scalars {
    ($run:ident; $($extra:expr),*) => {
        $run!(
            Address,
            ApiEndpoint,
            AddressRange,
            Cidr,
            DnsLabel,
            DnsName,
            GoDuration,
            InterfaceAddress,
            LabelKey,
            LabelValue,
            Mac,
            Minor,
            NodeNetwork,
            PortRange,
            Size,
            SocketAddress,
            Version,
            WireguardKey
        )
    };
}

/// Teaches the validator every format.
pub(super) fn register(mut options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    macro_rules! formats {
        ($($type:ty),*) => {
            $(options = options.with_format(<$type as Scalar>::FORMAT, |text: &str| text.parse::<$type>().is_ok());)*
        };
    }
    with_scalars!(formats;);
    options.with_format("cpu", is_cpu).should_validate_formats(true)
}

/// What a format asks for and why a text does not have it.
pub(super) fn explain(format: &str, text: &str) -> Option<(&'static str, &'static str)> {
    macro_rules! explanations {
        ($($type:ty),*) => {
            $(if format == <$type as Scalar>::FORMAT {
                return Some((<$type as Scalar>::NOUN, text.parse::<$type>().err().unwrap_or("")));
            })*
        };
    }
    with_scalars!(explanations;);
    match format {
        "cpu" => Some(("cores such as `2` or `500m`", "")),
        "email" => Some(("a mail address such as `me@example.org`", "")),
        "hostname" => Some(("a host name such as `www.example.org`", "")),
        "uri" => Some(("an address with its scheme such as `https://www.example.org`", "")),
        _ => None,
    }
}

/// Whether a text has a format.
pub(super) fn holds(format: &str, text: &str) -> bool {
    explain(format, text).is_none_or(|(_, why)| why.is_empty() && (format != "cpu" || is_cpu(text)))
}

/// The text of a format that another one can only have meant: a network without the bits of one of its hosts, a version with its `v`,
/// a MAC address with colons.
pub(super) fn meant(format: &str, text: &str) -> Option<String> {
    let meant = match format {
        "cidr" | "node-network" => {
            let (not, network) = text.strip_prefix('!').map_or(("", text), |network| ("!", network));
            format!("{not}{}", network.parse::<ipnet::IpNet>().ok()?.trunc())
        }
        "version" | "minor" => format!("v{text}"),
        "mac" => text.replace('-', ":"),
        _ => return None,
    };
    (meant != text && holds(format, &meant)).then_some(meant)
}

/// What a format asks for: `a network such as ...`.
pub fn noun(format: &str) -> Option<&'static str> {
    explain(format, "").map(|(noun, _)| noun)
}

fn is_cpu(text: &str) -> bool {
    let number = text.strip_suffix('m').unwrap_or(text);
    !number.is_empty() && number.parse::<f64>().is_ok_and(|n| n > 0.0)
}
