package main

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/audit/policy"
	kubelet "k8s.io/kubelet/config/v1beta1"
	"k8s.io/pod-security-admission/admission/api/load"
	podsecurity "k8s.io/pod-security-admission/admission/api/v1"
	"k8s.io/pod-security-admission/admission/api/validation"
	"sigs.k8s.io/yaml"
)

// machine says what Kubernetes would refuse of what a Talos machine config only passes on: the audit policy and the admission of its API
// server, and settings of its kubelet. Talos 1.14 has a document for each of them.
func machine(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}

	var faults []error

	for _, document := range split(text) {
		var config map[string]any
		if err := yaml.Unmarshal(document, &config); err != nil {
			return err
		}

		at := func(path ...string) any {
			value, _, _ := unstructured.NestedFieldNoCopy(config, path...)

			return value
		}

		switch config["kind"] {
		case nil:
			faults = append(faults, audit(at("cluster", "apiServer", "auditPolicy")), settings(at("machine", "kubelet", "extraConfig")))

			plugins, _ := at("cluster", "apiServer", "admissionControl").([]any)
			for _, plugin := range plugins {
				plugin, _ := plugin.(map[string]any)
				faults = append(faults, admission(plugin))
			}
		case "KubeAuditPolicyConfig":
			faults = append(faults, audit(config["configuration"]))
		case "KubeAdmissionControlConfig":
			faults = append(faults, admission(config))
		case "KubeletConfig":
			faults = append(faults, settings(config["config"]))
		}
	}

	return errors.Join(faults...)
}

func audit(value any) error {
	if value == nil {
		return nil
	}

	// Loading only complains of what it does not know.
	text, err := known(value, new(auditv1.Policy))
	if err != nil {
		return err
	}

	_, err = policy.LoadPolicyFromBytes(text)

	return err
}

// admission judges the plugin that has a configuration; Talos knows no name of them.
func admission(plugin map[string]any) error {
	if plugin["name"] != "PodSecurity" {
		return fmt.Errorf("admission plugin %v is not known here", plugin["name"])
	}

	// Loading ignores what it does not know, and what is written means nothing then.
	text, err := known(plugin["configuration"], new(podsecurity.PodSecurityConfiguration))
	if err != nil {
		return err
	}

	loaded, err := load.LoadFromData(text)
	if err != nil {
		return err
	}

	return field.ErrorList(validation.ValidatePodSecurityConfiguration(loaded)).ToAggregate()
}

// settings may name only what a kubelet knows.
func settings(value any) error {
	if value == nil {
		return nil
	}

	_, err := known(value, new(kubelet.KubeletConfiguration))

	return err
}

// known is the text of a value that has no field unknown to a type.
func known(value, of any) ([]byte, error) {
	text, err := yaml.Marshal(value)
	if err != nil {
		return nil, err
	}

	return text, yaml.UnmarshalStrict(text, of)
}
