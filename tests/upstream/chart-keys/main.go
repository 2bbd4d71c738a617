// Command chart-keys prints the keys that the values of a Helm chart take.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

func main() {
	source := flag.String("source", "", "where the chart was read: owner/repo:path@ref")
	version := flag.String("version", "", "its version, where Chart.yaml has only a placeholder")
	flag.Parse()
	if flag.NArg() != 1 || *source == "" {
		fmt.Fprintln(os.Stderr, "usage: chart-keys -source OWNER/REPO:PATH@REF [-version VERSION] CHART")
		os.Exit(2)
	}
	files, err := load(flag.Arg(0))
	var meta chartYAML
	if err == nil {
		err = yaml.Unmarshal(files["Chart.yaml"], &meta)
	}
	if err == nil && *version == "" {
		*version = meta.Version
	}
	var root *node
	if err == nil {
		root, err = chartKeys(files)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "chart-keys: %s: %v\n", flag.Arg(0), err)
		os.Exit(1)
	}
	fmt.Println("# Keys that the values of the chart take. Made by tests/upstream/chart-keys; see its README.")
	fmt.Printf("source: %s\nversion: %s\n", *source, *version)
	if len(root.keys) == 0 {
		fmt.Println("keys: {}")
		return
	}
	fmt.Println("keys:")
	root.print(os.Stdout, 1)
}

// files of a chart by their path in it. A packed subchart is unpacked at its place.
type files map[string][]byte

func load(path string) (files, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.IsDir() {
		packed, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return unpack(packed)
	}
	out := files{}
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(path, file)
		return out.add(filepath.ToSlash(name), content)
	})
	return out, err
}

func unpack(packed []byte) (files, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	out := files{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		if _, name, inChart := strings.Cut(header.Name, "/"); inChart && header.Typeflag == tar.TypeReg {
			if err := out.add(name, content); err != nil {
				return nil, err
			}
		}
	}
}

func (f files) add(name string, content []byte) error {
	if strings.Count(name, "/") != 1 || !strings.HasPrefix(name, "charts/") || !strings.HasSuffix(name, ".tgz") {
		f[name] = content
		return nil
	}
	subchart, err := unpack(content)
	for below, content := range subchart {
		f[strings.TrimSuffix(name, ".tgz")+"/"+below] = content
	}
	return err
}

// below is what stands in a folder.
func (f files) below(folder string) files {
	out := files{}
	for name, content := range f {
		if rest, is := strings.CutPrefix(name, folder+"/"); is {
			out[rest] = content
		}
	}
	return out
}

const width = 120

// print writes what is below a key: each key on a line of its own above, in lines filled up below.
func (n *node) print(out io.Writer, depth int) {
	indent := strings.Repeat("  ", depth)
	for _, key := range sorted(n.keys) {
		line, child := indent+quoted(key)+":", n.keys[key]
		if len(child.keys) == 0 {
			fmt.Fprintln(out, line)
			continue
		}
		words := strings.SplitAfter(child.flow(), ", ")
		if length := len(line) + len(strings.Join(words, "")); depth < 2 && length >= width {
			fmt.Fprintln(out, line)
			child.print(out, depth+1)
			continue
		}
		line += " "
		for _, word := range words {
			if len(line)+len(strings.TrimRight(word, " ")) > width {
				fmt.Fprintln(out, strings.TrimRight(line, " "))
				line = indent + "  "
			}
			line += word
		}
		fmt.Fprintln(out, line)
	}
}

func (n *node) flow() string {
	var parts []string
	for _, key := range sorted(n.keys) {
		part := quoted(key)
		if child := n.keys[key]; len(child.keys) > 0 {
			part += ": " + child.flow()
		}
		parts = append(parts, part)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var (
	plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
	word  = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)
)

func quoted(key string) string {
	if plain.MatchString(key) && !word.MatchString(key) {
		return key
	}
	return fmt.Sprintf("%q", key)
}
