package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/kubernetes/pkg/apis/storage"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
	storagevalidation "k8s.io/kubernetes/pkg/apis/storage/validation"
	"k8s.io/kubernetes/pkg/capabilities"
)

func init() {
	// `--allow-privileged` of an API server, which Talos and kubeadm set.
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
}

// kubernetes says what an API server's own code finds in an object of Kubernetes's own kinds once it has its defaults: what no schema
// can say, such as that a selector selects its pods, and that a mount has its volume.
func kubernetes(document []byte) []string {
	object, err := runtime.Decode(legacyscheme.Codecs.UniversalDecoder(), document)
	if err != nil {
		return []string{err.Error()}
	}

	errors, err := validateKubernetes(object)
	if err != nil {
		return []string{err.Error()}
	}

	return texts(errors)
}

func validateKubernetes(object runtime.Object) (field.ErrorList, error) {
	pods := func(template *core.PodTemplateSpec) corevalidation.PodValidationOptions {
		return pod.GetValidationOptionsFromPodTemplate(template, nil)
	}

	switch object := object.(type) {
	case *apps.DaemonSet:
		return appsvalidation.ValidateDaemonSet(object, pods(&object.Spec.Template)), nil
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(object, pods(&object.Spec.Template)), nil
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(object, pods(&object.Spec.Template)), nil
	case *batch.CronJob:
		return batchvalidation.ValidateCronJobCreate(object, pods(&object.Spec.JobTemplate.Spec.Template)), nil
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(object), nil
	case *core.LimitRange:
		return corevalidation.ValidateLimitRange(object), nil
	case *core.Namespace:
		return corevalidation.ValidateNamespace(object), nil
	case *core.ResourceQuota:
		return corevalidation.ValidateResourceQuota(object), nil
	case *core.Secret:
		return corevalidation.ValidateSecret(object), nil
	case *core.Service:
		return corevalidation.ValidateServiceCreate(object), nil
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(object), nil
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(object, networkingvalidation.NetworkPolicyValidationOptions{}), nil
	case *rbac.ClusterRole:
		return rbacvalidation.ValidateClusterRole(object, rbacvalidation.ClusterRoleValidationOptions{}), nil
	case *rbac.ClusterRoleBinding:
		return rbacvalidation.ValidateClusterRoleBinding(object), nil
	case *rbac.Role:
		return rbacvalidation.ValidateRole(object), nil
	case *rbac.RoleBinding:
		return rbacvalidation.ValidateRoleBinding(object), nil
	case *storage.CSIDriver:
		return storagevalidation.ValidateCSIDriver(object), nil
	case *storage.StorageClass:
		return storagevalidation.ValidateStorageClass(object), nil
	default:
		return nil, fmt.Errorf("kubernetes.go knows no validation of %T", object)
	}
}
