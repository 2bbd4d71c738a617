//! The strings of the language that have a form of their own: addresses, versions, sizes, durations.
//!
//! Each type is one definition of its form: the schema's `format`, the check in an editor and in `cloudc`, and the parsed value.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The host of a URL with its port, such as a registry is known by; the scheme may be missing.
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// A string with a form: how the schema calls it, what it looks like, how it is read.
pub trait Scalar: FromStr<Err = &'static str> + Sized {
    /// Name of the form, as `format` in the schema.
    const FORMAT: &'static str;
    /// What a person would call it, for messages: `expected <noun>`.
    const NOUN: &'static str;
    const EXAMPLE: &'static str;
}

macro_rules! scalar {
    ($type:ident, $format:literal, $noun:literal, $example:literal) => {
        impl Scalar for $type {
            const FORMAT: &'static str = $format;
            const NOUN: &'static str = $noun;
            const EXAMPLE: &'static str = $example;
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "format": $format, "examples": [$example]})
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'_, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// An IP prefix; `192.168.20.0/24` or `fd00::/64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr(pub IpNet);

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Cidr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Cidr {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let net: IpNet = text.parse().map_err(|_| "not an address and a prefix length")?;
        if net.trunc() == net { Ok(Self(net)) } else { Err("has bits set after its prefix") }
    }
}
scalar!(Cidr, "cidr", "a network such as `192.168.20.0/24`", "192.168.20.0/24");

/// An address with the prefix of its network; `10.10.0.11/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceAddress(pub IpNet);

impl FromStr for InterfaceAddress {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "not an address and a prefix length")
    }
}
scalar!(InterfaceAddress, "interface-address", "an address with its prefix such as `10.10.0.11/24`", "10.10.0.11/24");

/// An IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub IpAddr);

impl FromStr for Address {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "not an IP address")
    }
}
impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
scalar!(Address, "address", "an IP address such as `192.168.20.10`", "192.168.20.10");

/// Addresses from-to inclusive, a network, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    pub first: IpAddr,
    pub last: IpAddr,
}

impl FromStr for AddressRange {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((first, last)) = text.split_once('-') {
            let first: IpAddr = first.trim().parse().map_err(|_| "the first address is not an IP address")?;
            let last: IpAddr = last.trim().parse().map_err(|_| "the last address is not an IP address")?;
            if first.is_ipv4() != last.is_ipv4() {
                return Err("mixes IPv4 and IPv6");
            }
            return if first <= last { Ok(Self { first, last }) } else { Err("ends before it begins") };
        }
        if let Ok(one) = text.parse::<IpAddr>() {
            return Ok(Self { first: one, last: one });
        }
        let Cidr(net) = text.parse()?;
        Ok(Self { first: net.network(), last: net.broadcast() })
    }
}

impl AddressRange {
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    /// How many addresses it has; as many as can be counted, where that is one too few.
    pub fn count(&self) -> u128 {
        let number = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => u128::from(v6),
        };
        (number(self.last) - number(self.first)).saturating_add(1)
    }

    /// The address before its first; none before the first of all.
    pub fn before(&self) -> Option<IpAddr> {
        match self.first {
            IpAddr::V4(v4) => u32::from(v4).checked_sub(1).map(|n| IpAddr::V4(n.into())),
            IpAddr::V6(v6) => u128::from(v6).checked_sub(1).map(|n| IpAddr::V6(n.into())),
        }
    }

    /// The address after its last; none after the last of all.
    pub fn after(&self) -> Option<IpAddr> {
        match self.last {
            IpAddr::V4(v4) => u32::from(v4).checked_add(1).map(|n| IpAddr::V4(n.into())),
            IpAddr::V6(v6) => u128::from(v6).checked_add(1).map(|n| IpAddr::V6(n.into())),
        }
    }

    /// The fewest networks that hold exactly these addresses.
    pub fn networks(&self) -> Vec<IpNet> {
        match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => ipnet::Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect(),
            (IpAddr::V6(first), IpAddr::V6(last)) => ipnet::Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect(),
            _ => Vec::new(),
        }
    }

    /// The addresses that are in both.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        if self.first.is_ipv4() != other.first.is_ipv4() {
            return None;
        }
        let first = self.first.max(other.first);
        let last = self.last.min(other.last);
        (first <= last).then_some(Self { first, last })
    }
}

impl From<IpNet> for AddressRange {
    fn from(net: IpNet) -> Self {
        Self { first: net.network(), last: net.broadcast() }
    }
}

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        Self { first: address, last: address }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}
scalar!(
    AddressRange,
    "address-range",
    "an address range such as `192.168.20.64/27` or `192.168.20.120-192.168.20.130`",
    "192.168.20.120-192.168.20.130"
);

/// Where clients reach the Kubernetes API: an address, or `https://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiEndpoint {
    pub host: String,
    /// The port of the Kubernetes API where none is given.
    pub port: u16,
    /// Written as a URL: something outside of the cloud stands behind it.
    pub url: bool,
}

impl FromStr for ApiEndpoint {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const PORT: u16 = 6443;
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self { host: address.to_string(), port: PORT, url: false });
        }
        let rest =
            text.strip_prefix("https://").ok_or("neither an address nor a URL with https")?.trim_end_matches('/');
        let (host, port) = match rest.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(PORT), str::parse).map_err(|_| "the port is not a number up to 65535")?;
        if host.parse::<IpAddr>().is_err() && host.parse::<DnsName>().is_err() {
            return Err("the host is neither an address nor a DNS name");
        }
        Ok(Self { host: host.to_owned(), port, url: true })
    }
}
scalar!(ApiEndpoint, "api-endpoint", "an address such as `192.168.20.10`, or `https://host:port`", "192.168.20.10");

/// A MAC address in lower case with colons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mac(pub String);

impl FromStr for Mac {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split(':').collect();
        let good = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
        if parts.len() == 6 && parts.iter().all(good) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err("not six pairs of hex digits with colons")
        }
    }
}
scalar!(Mac, "mac", "a MAC address such as `dc:a6:32:00:00:11`", "dc:a6:32:00:00:11");

/// An exact version with the leading `v`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub semver::Version);

impl FromStr for Version {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix('v').ok_or("has no leading `v`")?;
        semver::Version::parse(rest).map(Self).map_err(|_| "not three numbers with dots")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}
scalar!(Version, "version", "an exact version such as `v1.13.9`", "v1.13.9");

/// A Talos minor, `v1.13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor {
    pub major: u64,
    pub minor: u64,
}

impl Minor {
    /// `v1.minor`, for comparisons with a contract or a release.
    pub const fn v1(minor: u64) -> Self {
        Self { major: 1, minor }
    }
}

impl FromStr for Minor {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = "not a major and a minor number";
        let (major, minor) = text.strip_prefix('v').and_then(|rest| rest.split_once('.')).ok_or(bad)?;
        Ok(Self { major: major.parse().map_err(|_| bad)?, minor: minor.parse().map_err(|_| bad)? })
    }
}

impl From<&semver::Version> for Minor {
    fn from(version: &semver::Version) -> Self {
        Self { major: version.major, minor: version.minor }
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}
scalar!(Minor, "minor", "a minor version such as `v1.13`", "v1.13");

/// A Go duration; `10m`, `1h30m`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoDuration {
    pub text: String,
    pub seconds: u64,
}

impl FromStr for GoDuration {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = "not numbers with the units `h`, `m` or `s`";
        let mut seconds = 0u64;
        let mut number = String::new();
        for c in text.chars() {
            if c.is_ascii_digit() {
                number.push(c);
                continue;
            }
            let unit = match c {
                'h' => 3600,
                'm' => 60,
                's' => 1,
                _ => return Err(bad),
            };
            let count: u64 = number.parse().map_err(|_| bad)?;
            seconds = count.checked_mul(unit).and_then(|part| seconds.checked_add(part)).ok_or(bad)?;
            number.clear();
        }
        if text.is_empty() || !number.is_empty() { Err(bad) } else { Ok(Self { text: text.to_owned(), seconds }) }
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
scalar!(GoDuration, "duration", "a duration such as `10m` or `1h30m`", "10m");

/// A size in bytes as Kubernetes and Talos write it: `20Gi`, `100GiB`, `1536Mi`, `200GB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    pub text: String,
    pub bytes: u64,
}

impl FromStr for Size {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = "not a number with a unit";
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let factor: u64 = match unit.trim_end_matches('B') {
            "" => 1,
            "k" | "K" => 1000,
            "M" => 1_000_000,
            "G" => 1_000_000_000,
            "T" => 1_000_000_000_000,
            "Ki" => 1 << 10,
            "Mi" => 1 << 20,
            "Gi" => 1 << 30,
            "Ti" => 1 << 40,
            _ => return Err(bad),
        };
        let number: u64 = number.parse().map_err(|_| bad)?;
        let bytes = number.checked_mul(factor).ok_or("too large")?;
        Ok(Self { text: text.to_owned(), bytes })
    }
}

impl Size {
    /// As Kubernetes writes quantities: without the trailing `B`.
    pub fn quantity(&self) -> &str {
        self.text.trim_end_matches('B')
    }

    /// As Talos writes sizes: with the trailing `B`.
    pub fn talos(&self) -> String {
        format!("{}B", self.quantity())
    }
}
scalar!(Size, "size", "a size such as `20Gi` or `100GiB`", "100GiB");

/// A DNS label of at most 63 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsLabel(pub String);

impl FromStr for DnsLabel {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 63 {
            Err("not between 1 and 63 characters long")
        } else if !text.bytes().all(inner) || text.starts_with('-') || text.ends_with('-') {
            Err("may hold lower-case letters, digits and inner hyphens only")
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for DnsLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
scalar!(DnsLabel, "dns-label", "a DNS label such as `rack-a`", "rack-a");

/// A DNS name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsName(pub String);

impl FromStr for DnsName {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() <= 253 && text.split('.').all(|part| part.parse::<DnsLabel>().is_ok()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("not DNS labels with dots")
        }
    }
}
scalar!(DnsName, "dns-name", "a DNS name such as `cluster.local`", "cluster.local");

/// A network that addresses are taken from, or with a leading `!` not taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeNetwork(pub String);

impl FromStr for NodeNetwork {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix('!').unwrap_or(text).parse::<Cidr>().map(|_| Self(text.to_owned()))
    }
}

impl fmt::Display for NodeNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
scalar!(NodeNetwork, "node-network", "a network such as `192.168.20.0/24` or `!192.168.20.128/25`", "192.168.20.0/24");

/// The key of a label, annotation or taint: a name, with a DNS name and a slash before it or not.
///
/// Source: Kubernetes apimachinery, `IsQualifiedName`; Talos checks the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelKey(pub String);

impl FromStr for LabelKey {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
        if prefix.is_some_and(|prefix| prefix.parse::<DnsName>().is_err()) {
            Err("the part before the slash is not a DNS name")
        } else if name.is_empty() || LabelValue::from_str(name).is_err() {
            Err("not 1 to 63 letters, digits and inner `-`, `_` or `.`")
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}
scalar!(LabelKey, "label-key", "a label key such as `node.example/rack`", "node.example/rack");

/// The value of a label; may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelValue(pub String);

impl FromStr for LabelValue {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
        let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let good =
            text.len() <= 63 && text.chars().all(inner) && ends(text.chars().next()) && ends(text.chars().last());
        if good { Ok(Self(text.to_owned())) } else { Err("not up to 63 letters, digits and inner `-`, `_` or `.`") }
    }
}

impl fmt::Display for LabelValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
scalar!(LabelValue, "label-value", "a label value such as `r1`", "r1");

/// Ports from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    pub from: u16,
    pub to: u16,
}

impl FromStr for PortRange {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let port = |text: &str| text.parse().ok().filter(|port| *port > 0).ok_or("a port is between 1 and 65535");
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let range = Self { from: port(from)?, to: port(to)? };
        if range.from > range.to { Err("the first port is above the last") } else { Ok(range) }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to { write!(f, "{}", self.from) } else { write!(f, "{}-{}", self.from, self.to) }
    }
}
scalar!(PortRange, "port-range", "a port or a range such as `2379-2380`", "2379-2380");

/// An address with a port, `203.0.113.7:51820`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketAddress(pub std::net::SocketAddr);

impl FromStr for SocketAddress {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "not an IP address, a colon and a port")
    }
}

impl fmt::Display for SocketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
scalar!(SocketAddress, "socket-address", "an address with a port such as `203.0.113.7:51820`", "203.0.113.7:51820");

/// A WireGuard key: 32 bytes in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireguardKey(pub String);

impl FromStr for WireguardKey {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if Base64::decode_vec(text).is_ok_and(|bytes| bytes.len() == 32) {
            Ok(Self(text.to_owned()))
        } else {
            Err("not 32 bytes in base64")
        }
    }
}
scalar!(
    WireguardKey,
    "wireguard-key",
    "a WireGuard key, 32 bytes in base64",
    "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
);

#[cfg(test)]
mod tests {
    use super::WireguardKey;

    #[test]
    fn a_wireguard_key_is_32_bytes_with_their_padding() {
        let key = |text: &str| text.parse::<WireguardKey>().is_ok();
        let text = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
        assert!(key(text));
        assert!(!key(text.trim_end_matches('=')));
        assert!(!key(&text.replace("HyA=", "HyB=")));
        assert!(!key("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw=="));
    }
}
