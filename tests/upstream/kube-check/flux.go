package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// tree is an emitted directory, at the place in a repository that its Flux Kustomizations say.
type tree struct {
	repository, root string
	layers           []layer
}

// layer is a Flux Kustomization whose folder is in the tree.
type layer struct {
	file, path string
	object     unstructured.Unstructured
}

// openTree copies an emitted directory into a repository of its own, since building writes into it.
func openTree(emitted, repository string) (*tree, error) {
	layers, prefix, err := readLayers(emitted)
	if err != nil {
		return nil, err
	}

	root := filepath.Join(repository, prefix)
	if err := os.CopyFS(root, os.DirFS(emitted)); err != nil {
		return nil, err
	}

	return &tree{repository, root, layers}, nil
}

// readLayers finds every Flux Kustomization of a tree, and the folder of the repository that the tree is: all of them must have
// their folders under it.
func readLayers(emitted string) (layers []layer, prefix string, err error) {
	err = files(filepath.Join(emitted, "flux"), ".yaml", func(file string, text []byte) error {
		more, err := layersOf(file, text)
		layers = append(layers, more...)

		return err
	})
	if err != nil || len(layers) == 0 {
		return nil, "", err
	}

	for _, layer := range layers {
		for _, candidate := range prefixes(layer.path) {
			if there(emitted, candidate, layer.path) {
				prefix = candidate
			}
		}
	}

	var found []layer

	for _, layer := range layers {
		switch {
		case there(emitted, prefix, layer.path):
			found = append(found, layer)
		// The user's own folder, beside the tree.
		case layer.object.GetName() == "apps":
		default:
			err = errors.Join(err, fmt.Errorf("%s: %s points at %s, which is not there", layer.file, layer.object.GetName(), layer.path))
		}
	}

	return found, prefix, err
}

func layersOf(file string, text []byte) (layers []layer, err error) {
	for _, document := range split(text) {
		var object unstructured.Unstructured
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}

		source, _, _ := unstructured.NestedString(object.Object, "spec", "sourceRef", "name")
		path, _, _ := unstructured.NestedString(object.Object, "spec", "path")

		if strings.HasPrefix(object.GetAPIVersion(), "kustomize.toolkit.fluxcd.io/") && source == "flux-system" {
			layers = append(layers, layer{file, filepath.Clean(path), object})
		}
	}

	return layers, nil
}

// prefixes are the folders above a path, and none.
func prefixes(path string) []string {
	found := []string{"."}
	for parent := filepath.Dir(path); parent != "."; parent = filepath.Dir(parent) {
		found = append(found, parent)
	}

	sort.Strings(found)

	return found
}

func there(emitted, prefix, path string) bool {
	below, err := filepath.Rel(prefix, path)
	if err != nil || !filepath.IsLocal(below) {
		return false
	}

	_, err = os.Stat(filepath.Join(emitted, below, "kustomization.yaml"))

	return err == nil
}

// build makes of a layer what Flux makes of it before it applies: as kustomize-controller does, and `flux build kustomization
// --dry-run`. Values from Secrets are not there, so what waits for them stays as it is.
func (t *tree) build(l layer) (objects [][]byte, err error) {
	path := filepath.Join(t.repository, l.path)

	action, err := kustomize.NewGenerator(t.repository, l.object).WriteFile(path, kustomize.WithSaveOriginalKustomization())
	if err != nil {
		return nil, err
	}

	defer func() { err = errors.Join(err, kustomize.CleanDirectory(path, action)) }()

	built, err := kustomize.SecureBuild(t.repository, path, false)
	if err != nil {
		return nil, err
	}

	_, later, _ := unstructured.NestedSlice(l.object.Object, "spec", "postBuild", "substituteFrom")
	if later && len(built.Resources()) == 0 {
		return nil, errors.New("values for nothing")
	}

	for _, resource := range built.Resources() {
		with, err := kustomize.SubstituteVariables(context.Background(), nil, l.object, resource,
			kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(!later))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", resource.CurId(), err)
		}

		if with == nil {
			with = resource
		}

		text, err := with.AsYAML()
		if err != nil {
			return nil, err
		}

		objects = append(objects, text)
	}

	return objects, nil
}

// contents are all files of a folder, as one text: trees have much in common, and a build takes long.
func contents(folder string) (string, error) {
	var all strings.Builder

	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}

		text, err := os.ReadFile(path)
		below, _ := filepath.Rel(folder, path)
		fmt.Fprintf(&all, "%s\n%s\n", below, text)

		return err
	})

	return all.String(), err
}

// kustomizeBuild is `kustomize build FOLDER`.
func kustomizeBuild(folder string) ([]byte, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}

	return built.AsYaml()
}
