//! What Talos workers and their control plane share, value by value.
//!
//! One Secret holds them, under these keys. The tree names the keys as `${key}` and Flux puts the values in, so the keys
//! are words that Flux takes for names of variables.

/// A value of the Secret that is [`TalosWorkers::secret`](super::TalosWorkers::secret).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantSecret {
    /// Lets machines ask for a certificate of the Talos API.
    MachineToken,
    /// The authority of the Talos API: PEM in base64, the key as PKCS #8.
    MachineCaCertificate,
    MachineCaKey,
    /// The authority of the Kubernetes API: PEM in base64.
    KubernetesCaCertificate,
    KubernetesCaKey,
    /// Lets kubelets join: the two halves of a Kubernetes bootstrap token.
    BootstrapTokenId,
    BootstrapTokenSecret,
}

impl TenantSecret {
    /// In the order in which they are written.
    pub const ALL: [Self; 7] = [
        Self::MachineToken,
        Self::MachineCaCertificate,
        Self::MachineCaKey,
        Self::KubernetesCaCertificate,
        Self::KubernetesCaKey,
        Self::BootstrapTokenId,
        Self::BootstrapTokenSecret,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::MachineToken => "machine_token",
            Self::MachineCaCertificate => "machine_ca_crt",
            Self::MachineCaKey => "machine_ca_key",
            Self::KubernetesCaCertificate => "kubernetes_ca_crt",
            Self::KubernetesCaKey => "kubernetes_ca_key",
            Self::BootstrapTokenId => "bootstrap_token_id",
            Self::BootstrapTokenSecret => "bootstrap_token_secret",
        }
    }
}
