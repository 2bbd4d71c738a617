package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	filippo "filippo.io/age"
	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"
	"github.com/getsops/sops/v3/age"
	"github.com/getsops/sops/v3/cmd/sops/common"
	"github.com/getsops/sops/v3/config"
	"github.com/getsops/sops/v3/decrypt"
	"github.com/getsops/sops/v3/stores/yaml"
	"github.com/getsops/sops/v3/version"
)

func keygen(arguments []string) error {
	identity, err := filippo.GenerateX25519Identity()
	if err != nil {
		return err
	}

	fmt.Println(identity.Recipient())

	return os.WriteFile(arguments[0], fmt.Appendf(nil, "# a comment\n\n%s\n", identity), 0o600)
}

// encrypt does what `sops --encrypt --age RECIPIENT FILE` does.
func encrypt(arguments []string) error {
	keys, err := age.MasterKeysFromRecipients(arguments[0])
	if err != nil {
		return err
	}

	var group sops.KeyGroup
	for _, key := range keys {
		group = append(group, key)
	}

	text, err := os.ReadFile(arguments[1])
	if err != nil {
		return err
	}

	store := yaml.NewStore(&config.YAMLStoreConfig{})

	branches, err := store.LoadPlainFile(text)
	if err != nil {
		return err
	}

	metadata := sops.Metadata{KeyGroups: []sops.KeyGroup{group}, Version: version.Version, LastModified: time.Now()}

	if len(arguments) > 2 {
		name, value, _ := strings.Cut(arguments[2], "=")
		switch name {
		case "unencrypted_suffix":
			metadata.UnencryptedSuffix = value
		case "encrypted_suffix":
			metadata.EncryptedSuffix = value
		case "unencrypted_regex":
			metadata.UnencryptedRegex = value
		case "encrypted_regex":
			metadata.EncryptedRegex = value
		case "unencrypted_comment_regex":
			metadata.UnencryptedCommentRegex = value
		case "mac_only_encrypted":
			metadata.MACOnlyEncrypted = true
			metadata.EncryptedRegex = value
		default:
			return fmt.Errorf("unknown rule %q", name)
		}
	} else {
		metadata.UnencryptedSuffix = sops.DefaultUnencryptedSuffix
	}

	tree := sops.Tree{Branches: branches, Metadata: metadata}

	dataKey, errs := tree.GenerateDataKey()
	if len(errs) > 0 {
		return fmt.Errorf("data key: %v", errs)
	}

	if err = common.EncryptTree(common.EncryptTreeOpts{Tree: &tree, Cipher: aes.NewCipher(), DataKey: dataKey}); err != nil {
		return err
	}

	encrypted, err := store.EmitEncryptedFile(tree)
	if err != nil {
		return err
	}

	_, err = os.Stdout.Write(encrypted)

	return err
}

// decryptFile does what `sops --decrypt FILE` does, the check of the MAC included.
func decryptFile(arguments []string) error {
	plain, err := decrypt.File(arguments[0], "yaml")
	if err != nil {
		return err
	}

	_, err = os.Stdout.Write(plain)

	return err
}
