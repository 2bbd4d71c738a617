package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/yaml"
)

// kind is an API version and a kind in lower case: the file names of Cilium's schemas know no other.
type kind struct{ apiVersion, kind string }

// custom is what an API server makes of one version of a CustomResourceDefinition.
type custom struct {
	scope      apiextensionsv1.ResourceScope
	structural *structuralschema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
}

// schemas are of the kinds whose upstream ships one; each is compiled when it is first asked for.
type schemas struct {
	definitions map[kind]definition
	compiled    map[kind]*custom
	core        map[kind]*spec.Schema
}

type definition struct {
	scope  apiextensionsv1.ResourceScope
	schema *apiextensionsv1.JSONSchemaProps
}

// loadSchemas reads CustomResourceDefinitions below each folder, and below the folder of upstream's data the schemas of
// Kubernetes's own kinds and of Cilium's.
func loadSchemas(upstream string, folders []string) (*schemas, error) {
	all := &schemas{map[kind]definition{}, map[kind]*custom{}, map[kind]*spec.Schema{}}

	for _, folder := range append(folders, filepath.Join(upstream, "crds")) {
		if err := files(folder, ".yaml", all.addDefinitions); err != nil {
			return nil, err
		}
	}

	if err := files(filepath.Join(upstream, "core"), ".json", all.addCore); err != nil {
		return nil, err
	}

	return all, files(filepath.Join(upstream, "json", "cilium.io"), ".json", all.addCilium)
}

func files(folder, suffix string, each func(path string, text []byte) error) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != suffix {
			return err
		}

		text, err := os.ReadFile(path)
		if err == nil {
			err = each(path, text)
		}

		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}

		return nil
	})
}

func (s *schemas) addDefinitions(_ string, text []byte) error {
	for _, document := range split(text) {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(document, &crd); err != nil {
			return err
		}

		if crd.Kind != "CustomResourceDefinition" {
			continue
		}

		for _, version := range crd.Spec.Versions {
			if !version.Served || version.Schema == nil {
				continue
			}

			id := kind{crd.Spec.Group + "/" + version.Name, strings.ToLower(crd.Spec.Names.Kind)}
			if _, twice := s.definitions[id]; twice {
				return fmt.Errorf("%s %s is in another file, too", id.apiVersion, id.kind)
			}

			s.definitions[id] = definition{crd.Spec.Scope, version.Schema.OpenAPIV3Schema}
		}
	}

	return nil
}

func (s *schemas) addCore(_ string, text []byte) error {
	var ids struct {
		Kinds []struct{ Group, Version, Kind string } `json:"x-kubernetes-group-version-kind"`
	}

	schema := new(spec.Schema)
	if err := json.Unmarshal(text, &ids); err != nil {
		return err
	}

	if err := json.Unmarshal(text, schema); err != nil {
		return err
	}

	for _, id := range ids.Kinds {
		version := strings.TrimPrefix(id.Group+"/"+id.Version, "/")
		s.core[kind{version, strings.ToLower(id.Kind)}] = schema
	}

	return nil
}

func (s *schemas) addCilium(path string, text []byte) error {
	name, version, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".json"), "_")

	schema := new(apiextensionsv1.JSONSchemaProps)
	if err := json.Unmarshal(text, schema); err != nil {
		return err
	}

	// The files do not say what has a namespace.
	s.definitions[kind{"cilium.io/" + version, name}] = definition{"", schema}

	return nil
}

// of compiles the schema of a custom resource; nil where there is none.
func (s *schemas) of(id kind) (*custom, error) {
	if found := s.compiled[id]; found != nil {
		return found, nil
	}

	definition, exists := s.definitions[id]
	if !exists {
		return nil, nil
	}

	internal := new(apiextensions.JSONSchemaProps)
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(definition.schema, internal, nil); err != nil {
		return nil, err
	}

	structural, err := structuralschema.NewStructural(internal)
	if err != nil {
		return nil, err
	}

	validator, _, err := validation.NewSchemaValidator(internal)
	if err != nil {
		return nil, err
	}

	found := &custom{
		definition.scope, structural, validator,
		cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}
	s.compiled[id] = found

	return found, nil
}
