//! `KubeAPIServerCAConfig`, `KubeAggregatorCAConfig`, `KubeEtcdEncryptionConfig`, `KubeServiceAccountConfig`: keys of the cluster.
//!
//! All of them are secrets, so none of these documents exists without a bundle. PEM stands here as text, not in base64.

use serde_json::{Value, json};

use super::super::object::Object;
use super::super::target::{Target, pem};
use crate::secrets::{Authority, Bundle};

/// A worker trusts the authority, a control-plane node issues with it.
pub fn api_server_ca(target: &Target) -> Option<Value> {
    let authority = &target.secrets?.k8s;
    let document = Object::document("KubeAPIServerCAConfig");
    let document = if target.is_control_plane() {
        document.set("issuingCA", issuing(authority))
    } else {
        document.set("acceptedCAs", json!([pem(&authority.certificate)]))
    };
    Some(document.build())
}

pub fn aggregator_ca(target: &Target) -> Option<Value> {
    let authority = &target.secrets?.k8s_aggregator;
    Some(Object::document("KubeAggregatorCAConfig").set("issuingCA", issuing(authority)).build())
}

fn issuing(authority: &Authority) -> Value {
    json!({"cert": pem(&authority.certificate), "key": pem(authority.key.expose())})
}

/// Names and order of the keys are those of older contracts, so that a cluster that changes its contract reads what it wrote.
pub fn etcd_encryption(target: &Target) -> Option<Value> {
    let Bundle { secretbox_encryption, aescbc_encryption, .. } = target.secrets?;
    let provider = |kind: &str, name: &str, secret: &str| json!({kind: {"keys": [{"name": name, "secret": secret}]}});
    let secretbox = secretbox_encryption.iter().map(|secret| provider("secretbox", "key2", secret.expose()));
    let aescbc = aescbc_encryption.iter().map(|secret| provider("aescbc", "key1", secret.expose()));
    let providers: Value = secretbox.chain(aescbc).collect();
    let config = json!({"resources": [{"providers": providers, "resources": ["secrets"]}]});
    Some(Object::document("KubeEtcdEncryptionConfig").set("config", config).build())
}

pub fn service_account(target: &Target) -> Option<Value> {
    let key = pem(target.secrets?.k8s_service_account.expose());
    let issuer = json!({"privateKey": key, "issuerURL": target.model.control_plane.endpoint.url()});
    Some(Object::document("KubeServiceAccountConfig").set("issuer", issuer).build())
}
