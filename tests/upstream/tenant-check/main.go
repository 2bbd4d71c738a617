// Command tenant-check makes of a tenant's objects what Flux and the Talos bootstrap provider make of them. For tests only.
//
// It reads the Secret that Flux takes values from, and on standard input what `kustomize build` says; it writes the
// configuration of each TalosConfigTemplate into a folder, as the provider hands it to machines.
package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"sigs.k8s.io/yaml"
)

type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	// A value that is no text is refused here, as the API server would.
	Data       map[string]string `json:"data"`
	StringData map[string]string `json:"stringData"`
	Spec       struct {
		Template struct {
			Spec struct {
				Data         string `json:"data"`
				TalosVersion string `json:"talosVersion"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: tenant-check SECRET FOLDER < OBJECTS")
		os.Exit(2)
	}

	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(secretFile, folder string) error {
	text, err := os.ReadFile(secretFile)
	if err != nil {
		return err
	}

	var secret object
	if err := yaml.Unmarshal(text, &secret); err != nil {
		return fmt.Errorf("%s: %w", secretFile, err)
	}

	vars, err := variables(secret)
	if err != nil {
		return fmt.Errorf("%s: %w", secretFile, err)
	}

	objects, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}

	for _, document := range bytes.Split(objects, []byte("\n---\n")) {
		if err := check(string(document), vars, folder); err != nil {
			return err
		}
	}

	return nil
}

// variables are those of fluxcd/pkg kustomize_varsub.go: names that it takes, values without line breaks.
func variables(secret object) (map[string]string, error) {
	name := regexp.MustCompile("^[_[:alpha:]][_[:alpha:][:digit:]]*$")
	vars := map[string]string{}

	for key, value := range secret.StringData {
		if !name.MatchString(key) {
			return nil, fmt.Errorf("%q is no name of a variable", key)
		}

		vars[key] = strings.ReplaceAll(value, "\n", "")
	}

	return vars, nil
}

func check(document string, vars map[string]string, folder string) error {
	// As with StrictPostBuildSubstitutions: a variable without a value is an error.
	text, err := envsubst.Eval(document, func(name string) (string, bool) {
		value, exists := vars[name]

		return value, exists
	})
	if err != nil {
		return fmt.Errorf("%w in %s", err, document)
	}

	var found object
	if err := yaml.Unmarshal([]byte(text), &found); err != nil {
		return fmt.Errorf("%w in %s", err, document)
	}

	switch {
	case found.Kind == "TalosConfigTemplate":
		err = bootstrapData(found, folder)
	case found.Kind == "Secret" && found.Data["tls.key"] != "":
		err = authority(found)
	}

	if err != nil {
		return fmt.Errorf("%s %s: %w", found.Kind, found.Metadata.Name, err)
	}

	return nil
}

// bootstrapData is userConfigs of the provider's talosconfig_controller.go.
func bootstrapData(template object, folder string) error {
	spec := template.Spec.Template.Spec

	config, err := configloader.NewFromBytes([]byte(spec.Data))
	if err != nil {
		return err
	}

	// With the key of an authority the provider would write a Secret that is Kamaji's.
	for what, key := range map[string][]byte{
		"Kubernetes": config.Cluster().IssuingCA().Key,
		"Talos":      config.Machine().Security().IssuingCA().Key,
	} {
		if len(key) != 0 {
			return fmt.Errorf("a worker has the key of the %s authority", what)
		}
	}

	data, err := config.EncodeString(encoder.WithComments(encoder.CommentsDisabled))
	if err != nil {
		return err
	}

	minor := strings.Join(strings.SplitN(strings.TrimPrefix(spec.TalosVersion, "v"), ".", 3)[:2], ".")

	for suffix, content := range map[string]string{"given": spec.Data, "passed-on": data} {
		file := filepath.Join(folder, fmt.Sprintf("%s.%s.%s.yaml", template.Metadata.Name, suffix, minor))
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return err
		}
	}

	return nil
}

// authority checks that a pair belongs together and signs: as Kamaji, cert-manager and the signer of Talos certificates read it.
func authority(secret object) error {
	pems := map[string][]byte{}

	for _, key := range []string{"tls.crt", "tls.key"} {
		decoded, err := base64.StdEncoding.DecodeString(secret.Data[key])
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}

		pems[key] = decoded
	}

	pair, err := tls.X509KeyPair(pems["tls.crt"], pems["tls.key"])
	if err != nil {
		return err
	}

	// Labels that all three read. siderolabs/crypto has one of its own, which cert-manager refuses.
	if block, _ := pem.Decode(pems["tls.key"]); block.Type != "PRIVATE KEY" && block.Type != "EC PRIVATE KEY" {
		return fmt.Errorf("a key with the label %q", block.Type)
	}

	ca := pair.Leaf
	if !ca.IsCA || ca.KeyUsage&x509.KeyUsageCertSign == 0 {
		return errors.New("it signs no certificates")
	}

	public := pair.PrivateKey.(crypto.Signer).Public()
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		DNSNames: []string{"name.example"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}

	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, public, pair.PrivateKey)
	if err != nil {
		return err
	}

	if leaf, err = x509.ParseCertificate(der); err != nil {
		return err
	}

	roots := x509.NewCertPool()
	roots.AddCert(ca)

	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "name.example"})

	return err
}
