// Command kube-check asks upstream's own code what it thinks of emitted Kubernetes objects. For tests only; README.md says which.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

const usage = `usage:
  kube-check trees [--upstream FOLDER] [--crds FOLDER]... TREE...
  kube-check files [--upstream FOLDER] [--crds FOLDER]...          < lines of FILE
  kube-check edits [--upstream FOLDER] [--crds FOLDER]... TREE     < lines of PLACE-IN-TREE<TAB>FILE
  kube-check same [--upstream FOLDER] [--crds FOLDER]...           < lines of FILE<TAB>FILE
  kube-check machines                                             < lines of FILE
  kube-check kustomize FOLDER

Exit status: 0 all good, 1 something was rejected, 2 wrong usage.
`

type folders []string

func (f *folders) String() string         { return strings.Join(*f, ",") }
func (f *folders) Set(value string) error { *f = append(*f, value); return nil }

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}

	var definitions folders

	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	upstream := flags.String("upstream", "", "upstream's data")
	flags.Var(&definitions, "crds", "more CustomResourceDefinitions")
	flags.Parse(os.Args[2:]) //nolint:errcheck // ExitOnError

	if os.Args[1] == "kustomize" && flags.NArg() == 1 {
		built, err := kustomizeBuild(flags.Arg(0))
		os.Stdout.Write(built) //nolint:errcheck // a test reads it
		exit(err)
	}

	var (
		all *schemas
		err error
	)

	if *upstream != "" {
		if all, err = loadSchemas(*upstream, definitions); err != nil {
			exit(err)
		}
	}

	switch {
	case os.Args[1] == "trees" && flags.NArg() > 0:
		exit(trees(all, flags.Args()))
	case os.Args[1] == "files" && flags.NArg() == 0 && all != nil:
		exit(each(os.Stdin, func(file string) error { return errors.Join(documents(all, file)...) }))
	case os.Args[1] == "same" && flags.NArg() == 0 && all != nil:
		exit(each(os.Stdin, all.same))
	case os.Args[1] == "machines" && flags.NArg() == 0:
		exit(each(os.Stdin, machine))
	case os.Args[1] == "edits" && flags.NArg() == 1:
		exit(edits(flags.Arg(0)))
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	os.Exit(0)
}

// each says of every line whether it is good: `LINE: ok`, or `LINE: error: ...`.
func each(lines io.Reader, check func(line string) error) error {
	scanner := bufio.NewScanner(lines)
	for scanner.Scan() {
		if err := check(scanner.Text()); err != nil {
			fmt.Printf("%s: error: %s\n", scanner.Text(), strings.ReplaceAll(err.Error(), "\n", "; "))
		} else {
			fmt.Printf("%s: ok\n", scanner.Text())
		}
	}

	return scanner.Err()
}

func documents(all *schemas, file string) (faults []error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return []error{err}
	}

	for _, document := range split(text) {
		_, _, said := all.check(document)
		for _, fault := range said {
			faults = append(faults, errors.New(fault))
		}
	}

	return faults
}

// edits says of a tree with one file in another form whether Flux still builds every layer that the file has to do with.
func edits(emitted string) error {
	work, err := os.MkdirTemp("", "kube-check")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary folder

	tree, err := openTree(emitted, work)
	if err != nil {
		return err
	}

	return each(os.Stdin, func(line string) error {
		place, file, _ := strings.Cut(line, "\t")
		target := filepath.Join(tree.root, place)

		before, err := os.ReadFile(target)
		if err != nil {
			return err
		}

		after, err := os.ReadFile(file)
		if err != nil {
			return err
		}

		if err := os.WriteFile(target, after, 0o600); err != nil {
			return err
		}
		defer os.WriteFile(target, before, 0o600) //nolint:errcheck // the next line would fail

		return tree.affected(place, after)
	})
}

// affected builds the layers above a file, and those that the file itself declares.
func (t *tree) affected(place string, text []byte) error {
	var faults []error

	own, err := layersOf(place, text)
	if err != nil {
		return err
	}

	for _, layer := range own {
		if _, err := os.Stat(filepath.Join(t.repository, layer.path)); err != nil && layer.object.GetName() != "apps" {
			return err
		}

		_, err := t.build(layer)
		faults = append(faults, err)
	}

	file := filepath.Join(t.root, place)
	for _, layer := range t.layers {
		if below, err := filepath.Rel(filepath.Join(t.repository, layer.path), file); err == nil && filepath.IsLocal(below) {
			_, err := t.build(layer)
			faults = append(faults, err)
		}
	}

	folder := filepath.Dir(file)
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "kustomization.yaml")); err == nil || folder == t.root {
			break
		}
	}

	if folder != t.root {
		_, err := kustomizeBuild(folder)
		faults = append(faults, err)
	}

	return errors.Join(faults...)
}

// count is what was looked at.
type count struct {
	objects, built, kustomizations, layers int
	kinds, without                         map[kind]int
}

// trees checks every object as it is written and as Flux would apply it, every kustomization, and every Flux Kustomization.
func trees(all *schemas, roots []string) error {
	total := count{kinds: map[kind]int{}, without: map[kind]int{}}
	// Trees have much in common.
	seen := map[string][]string{}
	failed := false
	complain := func(place string, faults ...string) {
		for _, fault := range faults {
			failed = true
			fmt.Printf("%s: %s\n", place, fault)
		}
	}
	look := func(place string, document []byte) {
		if all == nil {
			return
		}

		said, known := seen[string(document)]
		if !known {
			id, has, faults := all.check(document)
			said = faults
			seen[string(document)] = said

			total.kinds[id]++
			if !has {
				total.without[id]++
			}
		}

		complain(place, said...)
	}

	// A folder with these contents was built before, for this Kustomization or none.
	built := map[string]bool{}
	again := func(folder, settings string) bool {
		text, err := contents(folder)
		if err != nil {
			complain(folder, err.Error())
		}

		key := settings + text
		before := built[key]
		built[key] = true

		return before
	}

	for _, root := range roots {
		for _, part := range []string{"flux", "tenants", "bootstrap"} {
			if _, err := os.Stat(filepath.Join(root, part)); err != nil {
				continue
			}

			err := files(filepath.Join(root, part), ".yaml", func(path string, text []byte) error {
				place, err := filepath.Rel(root, path)
				if err != nil || ofTheUser(place) || strings.HasSuffix(path, ".values.yaml") {
					return err
				}

				for _, document := range split(text) {
					total.objects++
					look(path, document)
				}

				if filepath.Base(path) == "kustomization.yaml" {
					total.kustomizations++
					if again(filepath.Dir(path), "") {
						return nil
					}

					if _, err := kustomizeBuild(filepath.Dir(path)); err != nil {
						complain(path, err.Error())
					}
				}

				return nil
			})
			if err != nil {
				return err
			}
		}

		if err := layers(root, &total, again, look, complain); err != nil {
			return err
		}
	}

	total.print(all != nil)

	if failed {
		return errors.New("upstream refuses what is said above")
	}

	return nil
}

func layers(root string, total *count, again func(string, string) bool, look func(string, []byte), complain func(string, ...string)) error {
	work, err := os.MkdirTemp("", "kube-check")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary folder

	tree, err := openTree(root, work)
	if err != nil {
		complain(root, err.Error())

		return nil
	}

	for _, layer := range tree.layers {
		total.layers++

		spec, err := yaml.Marshal(layer.object.Object["spec"])
		if err != nil {
			return err
		}

		if again(filepath.Join(tree.repository, layer.path), string(spec)) {
			continue
		}

		objects, err := tree.build(layer)
		if err != nil {
			complain(layer.file, fmt.Sprintf("%s: %s", layer.object.GetName(), err))
		}

		if strings.HasSuffix(layer.path, "flux/manifests") {
			continue
		}

		for _, object := range objects {
			total.built++
			look(fmt.Sprintf("%s: built by %s", layer.file, layer.object.GetName()), object)
		}
	}

	return nil
}

// ofTheUser are the files of `extraManifests`, which are written as they were given.
func ofTheUser(place string) bool {
	return strings.HasPrefix(place, "flux/manifests/") && place != "flux/manifests/kustomization.yaml"
}

func (c count) print(judged bool) {
	fmt.Printf("kube-check: %d kustomizations and %d Flux Kustomizations built\n", c.kustomizations, c.layers)

	if !judged {
		fmt.Println("kube-check: no object was judged, there are no schemas")

		return
	}

	fmt.Printf("kube-check: %d objects as written and %d as built accepted, of %d kinds\n", c.objects, c.built, len(c.kinds))

	var ids []kind
	for id := range c.without {
		ids = append(ids, id)
	}

	sort.Slice(ids, func(a, b int) bool { return ids[a].apiVersion+ids[a].kind < ids[b].apiVersion+ids[b].kind })

	for _, id := range ids {
		fmt.Printf("kube-check: %d of %s %s without a schema: %s\n", c.without[id], id.apiVersion, id.kind, without[id])
	}
}
