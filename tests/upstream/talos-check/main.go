// Command talos-check asks upstream Talos code what it thinks of our files.
//
// The subcommands gen and bundle live in this binary. The subcommands imager
// and schematic need dependency versions that conflict with it (see README.md),
// so they are separate binaries, talos-check-imager and talos-check-schematic,
// which this one executes from its own directory.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const usage = `usage:
  talos-check imager [--dump] FILE...
  talos-check schematic FILE...
  talos-check gen --secrets FILE --cluster NAME --endpoint URL --type controlplane|worker
                  [--kubernetes V] [--talos-version V] [--install-disk D] [--install-image I]
                  [--placeholder-secrets]
  talos-check bundle [--contract V]

Exit status: 0 all good, 1 some file was rejected, 2 wrong usage.
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}

	command, args := os.Args[1], os.Args[2:]

	switch command {
	case "gen":
		os.Exit(genCommand(args))
	case "bundle":
		os.Exit(bundleCommand(args))
	case "imager", "schematic":
		err := execSibling("talos-check-"+command, args)
		fmt.Fprintln(os.Stderr, "talos-check:", err)
		os.Exit(2)
	case "help", "-h", "--help":
		fmt.Print(usage)
	default:
		fmt.Fprintf(os.Stderr, "talos-check: unknown command %q\n%s", command, usage)
		os.Exit(2)
	}
}

// execSibling replaces this process by a binary next to it; it returns only on failure.
func execSibling(name string, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}

	path := filepath.Join(filepath.Dir(self), name)

	if err := syscall.Exec(path, append([]string{name}, args...), os.Environ()); err != nil {
		return fmt.Errorf("%s: %w (`tests/upstream/build` makes it)", path, err)
	}

	return nil
}
