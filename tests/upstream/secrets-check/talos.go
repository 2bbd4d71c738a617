package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	talosx509 "github.com/siderolabs/crypto/x509"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"go.yaml.in/yaml/v4"
)

func make(version string) (*secrets.Bundle, *config.VersionContract, error) {
	contract, err := config.ParseContractFromVersion(version)
	if err != nil {
		return nil, nil, err
	}

	bundle, err := secrets.NewBundle(secrets.NewClock(), contract)

	return bundle, contract, err
}

func newBundle(arguments []string) error {
	bundle, _, err := make(arguments[0])
	if err != nil {
		return err
	}

	return yaml.NewEncoder(os.Stdout).Encode(bundle)
}

// checkBundle describes both bundles, value by value, and wants the descriptions equal.
func checkBundle(arguments []string) error {
	theirs, contract, err := make(arguments[0])
	if err != nil {
		return err
	}

	ours, err := secrets.LoadBundle(arguments[1])
	if err != nil {
		return err
	}

	if err = ours.Validate(contract); err != nil {
		return err
	}

	var problems []error

	want, have := describe(theirs), describe(ours)
	for name, expected := range want {
		if have[name] != expected {
			problems = append(problems, fmt.Errorf("%s: Talos has\n  %s\nand this file\n  %s", name, expected, have[name]))
		}
	}

	// Newer Talos writes another alphabet for every contract; what counts is that the bytes are there.
	if id, err := base64.URLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(ours.Cluster.ID)); err != nil || len(id) != 32 {
		problems = append(problems, errors.New("cluster.id is not 32 bytes in base64"))
	}

	return errors.Join(problems...)
}

func describe(bundle *secrets.Bundle) map[string]string {
	return map[string]string{
		"certs.etcd":              authority(bundle.Certs.Etcd),
		"certs.k8s":               authority(bundle.Certs.K8s),
		"certs.k8saggregator":     authority(bundle.Certs.K8sAggregator),
		"certs.os":                authority(bundle.Certs.OS),
		"certs.k8sserviceaccount": key(bundle.Certs.K8sServiceAccount.Key),
		"cluster.secret":          symmetric(bundle.Cluster.Secret),
		"secrets.secretbox":       symmetric(bundle.Secrets.SecretboxEncryptionSecret),
		"secrets.aescbc":          bundle.Secrets.AESCBCEncryptionSecret,
		"secrets.bootstraptoken":  shape(bundle.Secrets.BootstrapToken),
		"trustdinfo.token":        shape(bundle.TrustdInfo.Token),
	}
}

func symmetric(text string) string {
	bytes, err := base64.StdEncoding.DecodeString(text)

	return fmt.Sprint(len(bytes), " bytes ", err)
}

func shape(token string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz", r) {
			return 'x'
		}

		return r
	}, token)
}

func authority(pair *talosx509.PEMEncodedCertificateAndKey) string {
	certificate, err := pair.GetCert()
	if err != nil {
		return err.Error()
	}

	if err = certificate.CheckSignatureFrom(certificate); err != nil {
		return err.Error()
	}

	return describePair(pair)
}

// describePair says everything of a certificate and its key but what is random, and that they belong together.
func describePair(pair *talosx509.PEMEncodedCertificateAndKey) string {
	certificate, err := pair.GetCert()
	if err != nil {
		return err.Error()
	}

	if _, err = tls.X509KeyPair(pair.Crt, pair.Key); err != nil {
		return err.Error()
	}

	var extensions []string
	for _, extension := range certificate.Extensions {
		extensions = append(extensions, fmt.Sprint(extension.Id, extension.Critical, len(extension.Value)))
	}

	return fmt.Sprintf(
		"v%d subject %q issuer %q %x %s life %s CA %t path %d usage %b extended %v id %d of authority %d extensions %v fresh %t key %s",
		certificate.Version, certificate.Subject, certificate.Issuer, certificate.RawSubject, certificate.SignatureAlgorithm,
		certificate.NotAfter.Sub(certificate.NotBefore), certificate.IsCA, certificate.MaxPathLen, certificate.KeyUsage,
		certificate.ExtKeyUsage, len(certificate.SubjectKeyId), len(certificate.AuthorityKeyId), extensions,
		time.Since(certificate.NotBefore) < time.Hour, key(pair.Key),
	)
}

func key(text []byte) string {
	block, rest := pem.Decode(text)
	if block == nil || len(rest) > 0 {
		return "not one PEM block"
	}

	parsed, err := (&talosx509.PEMEncodedCertificateAndKey{Key: text}).GetKey()
	if err != nil {
		return err.Error()
	}

	size := 0

	switch parsed := parsed.(type) {
	case *rsa.PrivateKey:
		if err = parsed.Validate(); err != nil {
			return err.Error()
		}

		size = parsed.N.BitLen()
	case *ecdsa.PrivateKey:
		size = parsed.Params().BitSize
	case ed25519.PrivateKey:
		size = len(parsed)
	}

	return fmt.Sprint(block.Type, " ", reflect.TypeOf(parsed), " ", size)
}

// checkTalosconfig wants a certificate like Talos's own, signed by the bundle's authority, in a file that Talos's client reads.
func checkTalosconfig(arguments []string) error {
	path, bundlePath, name, wanted := arguments[0], arguments[1], arguments[2], arguments[3]

	file, err := clientconfig.Open(path)
	if err != nil {
		return err
	}

	context := file.Contexts[name]
	if file.Context != name || context == nil {
		return fmt.Errorf("the context is %q", file.Context)
	}

	if len(context.Endpoints) == 0 || len(context.Nodes) < len(context.Endpoints) {
		return errors.New("endpoints or nodes are missing")
	}

	decoded := map[string][]byte{}

	for part, text := range map[string]string{"ca": context.CA, "crt": context.Crt, "key": context.Key} {
		if decoded[part], err = base64.StdEncoding.DecodeString(text); err != nil {
			return err
		}
	}

	bundle, err := secrets.LoadBundle(bundlePath)
	if err != nil {
		return err
	}

	ours := &talosx509.PEMEncodedCertificateAndKey{Crt: decoded["crt"], Key: decoded["key"]}

	certificate, err := ours.GetCert()
	if err != nil {
		return err
	}

	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(decoded["ca"]) || string(decoded["ca"]) != string(bundle.Certs.OS.Crt) {
		return errors.New("the CA is not the bundle's")
	}

	usages := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if _, err = certificate.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: usages}); err != nil {
		return err
	}

	theirs, err := bundle.GenerateTalosAPIClientCertificate(role.MakeSet(role.Role(wanted)))
	if err != nil {
		return err
	}

	if want, have := describePair(theirs), describePair(ours); want != have {
		return fmt.Errorf("Talos has\n  %s\nand this file\n  %s", want, have)
	}

	return nil
}
