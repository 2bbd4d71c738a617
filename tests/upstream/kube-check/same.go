package main

import (
	"errors"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"sigs.k8s.io/yaml"
)

// same says whether two files are the same objects once an API server has put in its defaults.
func (s *schemas) same(line string) error {
	one, other, _ := strings.Cut(line, "\t")

	before, err := s.meaning(one)
	if err != nil {
		return err
	}

	after, err := s.meaning(other)
	if err != nil {
		return err
	}

	if !equality.Semantic.DeepEqual(before, after) {
		return errors.New("not the same")
	}

	return nil
}

func (s *schemas) meaning(file string) (objects []any, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}

	for _, document := range split(text) {
		object := &unstructured.Unstructured{Object: map[string]any{}}
		if err := yaml.UnmarshalStrict(document, &object.Object); err != nil {
			return nil, err
		}

		if legacyscheme.Scheme.Recognizes(object.GroupVersionKind()) {
			inJSON, err := yaml.YAMLToJSON(document)
			if err != nil {
				return nil, err
			}

			typed, err := runtime.Decode(legacyscheme.Codecs.UniversalDecoder(), inJSON)
			if err != nil {
				return nil, err
			}

			objects = append(objects, typed)

			continue
		}

		found, err := s.of(kind{object.GetAPIVersion(), strings.ToLower(object.GetKind())})
		if err != nil {
			return nil, err
		}

		normal := runtime.DeepCopyJSON(numbers(object.Object).(map[string]any))
		if found != nil {
			found.complete(normal)
		}

		objects = append(objects, normal)
	}

	return objects, nil
}
