//! X.509 certificates as Talos makes them: its authorities, and the clients of its API.
//!
//! The fields are those of siderolabs/crypto `x509.NewSelfSignedCertificateAuthority` and `NewCertificateFromCSR`.

use std::fmt;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use rand_core::CryptoRngCore;
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::der::asn1::{Any, GeneralizedTime, OctetString, PrintableStringRef, SetOfVec, UtcTime};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::{rfc4519, rfc5280};
use x509_cert::der::{DateTime, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use super::key::{SigningKey, to_base64_pem};
use super::{Authority, Secret};

/// Why there is no certificate. Nothing of a key is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateError {
    /// X.509 counts years in four digits.
    EndsTooLate,
    /// The authority's certificate cannot be read.
    Certificate,
    /// The authority's key is not an Ed25519 key.
    Key,
    /// The authority's key belongs to another certificate.
    Mismatch,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndsTooLate => "the certificate would end after the year 9999",
            Self::Certificate => "`certs.os.crt` of the secrets bundle is not a certificate",
            Self::Key => "`certs.os.key` of the secrets bundle is not an Ed25519 key",
            Self::Mismatch => "`certs.os.key` of the secrets bundle is not the key of `certs.os.crt`",
        })
    }
}

impl std::error::Error for CertificateError {}

/// A new authority that signs itself. Without an organization its subject is empty.
pub(super) fn authority(
    organization: Option<&str>,
    key: &SigningKey,
    now: Duration,
    life: Duration,
    rng: &mut impl CryptoRngCore,
) -> Result<Authority, CertificateError> {
    let mut subject_key = [0; 20];
    rng.fill_bytes(&mut subject_key);
    let name = organization.map_or_else(Name::default, |organization| name(&[organization]));
    let extensions = vec![
        extension(true, &KeyUsage(KeyUsages::DigitalSignature | KeyUsages::KeyCertSign)),
        extension(false, &ExtendedKeyUsage(vec![rfc5280::ID_KP_SERVER_AUTH, rfc5280::ID_KP_CLIENT_AUTH])),
        extension(true, &BasicConstraints { ca: true, path_len_constraint: None }),
        extension(false, &SubjectKeyIdentifier(octets(&subject_key))),
    ];
    let certificate = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(rng),
        signature: key.signature_algorithm(),
        issuer: name.clone(),
        validity: validity(now, life)?,
        subject: name,
        subject_public_key_info: key.public(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    Ok(Authority { certificate: signed(certificate, key), key: key.to_secret() })
}

/// A new client of the Talos API, whose roles are its organizations.
///
/// `now` counts from the Unix epoch.
pub(super) fn client(
    roles: &[&str],
    ca: &Authority,
    now: Duration,
    life: Duration,
    rng: &mut impl CryptoRngCore,
) -> Result<(String, Secret), CertificateError> {
    let pem = Base64::decode_vec(&ca.certificate).map_err(|_| CertificateError::Certificate)?;
    let chain = Certificate::load_pem_chain(&pem).map_err(|_| CertificateError::Certificate)?;
    let issuer = &chain.first().ok_or(CertificateError::Certificate)?.tbs_certificate;
    let issuer_key = SigningKey::read_ed25519(&ca.key).ok_or(CertificateError::Key)?;
    if issuer_key.public() != issuer.subject_public_key_info {
        return Err(CertificateError::Mismatch);
    }
    let mut extensions = vec![
        extension(true, &KeyUsage(KeyUsages::DigitalSignature.into())),
        extension(false, &ExtendedKeyUsage(vec![rfc5280::ID_KP_CLIENT_AUTH])),
    ];
    if let Ok(Some((_, SubjectKeyIdentifier(id)))) = issuer.get() {
        let of_issuer = AuthorityKeyIdentifier { key_identifier: Some(id), ..AuthorityKeyIdentifier::default() };
        extensions.push(extension(false, &of_issuer));
    }
    let key = SigningKey::new_ed25519(rng);
    let certificate = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(rng),
        signature: issuer_key.signature_algorithm(),
        issuer: issuer.subject.clone(),
        validity: validity(now, life)?,
        subject: name(roles),
        subject_public_key_info: key.public(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    Ok((signed(certificate, &issuer_key), key.to_secret()))
}

fn signed(certificate: TbsCertificate, key: &SigningKey) -> String {
    let signature = key.sign(&certificate.to_der().expect("a certificate of short texts encodes"));
    let certificate =
        Certificate { signature_algorithm: certificate.signature.clone(), tbs_certificate: certificate, signature };
    to_base64_pem("CERTIFICATE", &certificate.to_der().expect("a signed certificate encodes as it did unsigned"))
}

fn extension<E: AssociatedOid + Encode>(critical: bool, value: &E) -> Extension {
    Extension { extn_id: E::OID, critical, extn_value: octets(&value.to_der().expect("an extension encodes")) }
}

fn octets(bytes: &[u8]) -> OctetString {
    OctetString::new(bytes).expect("a few bytes fit")
}

/// All organizations in one part of the name, as Go writes them.
fn name(organizations: &[&str]) -> Name {
    let mut values = SetOfVec::new();
    for organization in organizations {
        let text =
            PrintableStringRef::new(organization).expect("roles and organizations are letters, colons and spaces");
        let value = AttributeTypeAndValue { oid: rfc4519::O, value: Any::from(text) };
        // The same role twice is one role.
        let _ = values.insert(value);
    }
    Name::from(vec![RelativeDistinguishedName::from(values)])
}

/// 128 random bits.
fn serial_number(rng: &mut impl CryptoRngCore) -> SerialNumber {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    SerialNumber::new(&bytes).expect("16 bytes are fewer than 20")
}

fn validity(now: Duration, life: Duration) -> Result<Validity, CertificateError> {
    let end = now.checked_add(life).ok_or(CertificateError::EndsTooLate)?;
    Ok(Validity { not_before: time(now)?, not_after: time(end)? })
}

/// The short form until 2049, as RFC 5280 asks.
fn time(at: Duration) -> Result<Time, CertificateError> {
    let at =
        DateTime::from_unix_duration(Duration::from_secs(at.as_secs())).map_err(|_| CertificateError::EndsTooLate)?;
    Ok(UtcTime::from_date_time(at)
        .map_or_else(|_| Time::GeneralTime(GeneralizedTime::from_date_time(at)), Time::UtcTime))
}
