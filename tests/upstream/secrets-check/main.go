// Command secrets-check asks Talos's and SOPS's own code what it thinks of cloudc's secrets. For tests only.
package main

import (
	"fmt"
	"os"
)

const usage = `usage:
  secrets-check new CONTRACT                 print the bundle that Talos makes
  secrets-check bundle CONTRACT FILE         compare a plain bundle with what Talos makes
  secrets-check talosconfig FILE BUNDLE CONTEXT ROLE
                                             compare a talosconfig with what Talos makes, verify its certificate
  secrets-check keygen FILE                  write an age key, print its recipient
  secrets-check encrypt RECIPIENT FILE [RULE=VALUE]
                                             encrypt with sops; a rule is a key of the sops section
  secrets-check decrypt FILE                 decrypt with sops, with the keys of the environment
`

func main() {
	commands := map[string]struct {
		least, most int
		run         func(arguments []string) error
	}{
		"new":         {1, 1, newBundle},
		"bundle":      {2, 2, checkBundle},
		"talosconfig": {4, 4, checkTalosconfig},
		"keygen":      {1, 1, keygen},
		"encrypt":     {2, 3, encrypt},
		"decrypt":     {1, 1, decryptFile},
	}

	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}

	arguments := os.Args[2:]

	command, known := commands[os.Args[1]]
	if !known || len(arguments) < command.least || len(arguments) > command.most {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}

	if err := command.run(arguments); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", os.Args[1], err)
		os.Exit(1)
	}
}
