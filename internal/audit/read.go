package audit

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// kind is a kind that an audit reads.
type kind struct {
	name string
	// versions are those in which it may be served, the newest first. agent-sandbox once served v1alpha1 alone.
	versions []schema.GroupVersion
	// keep are the paths of the fields, besides the metadata, that checks look at.
	keep [][]string
	// fresh returns an object to decode into.
	fresh func() client.Object
}

// kinds are read in this order: what refers to others before the others, so that what a list shows of an object is not older than the
// reference to it.
var kinds = []kind{
	{
		name: KindPod, versions: one(corev1.SchemeGroupVersion), keep: [][]string{{"status", "phase"}},
		fresh: func() client.Object { return &corev1.Pod{} },
	},
	{
		name: extensionsv1.KindSandboxClaim, versions: served(extensionsv1.GroupVersion),
		keep: [][]string{
			{"status", "sandbox"}, {"status", "conditions"}, {"spec", "warmPoolRef"}, {"spec", "sandboxTemplateRef"},
			{"spec", "env"}, {"spec", "volumeClaimTemplates"},
		},
		fresh: func() client.Object { return &extensionsv1.SandboxClaim{} },
	},
	{
		name: sandboxv1.KindSandbox, versions: served(sandboxv1.GroupVersion),
		fresh: func() client.Object { return &sandboxv1.Sandbox{} },
	},
	{
		name: extensionsv1.KindSandboxWarmPool, versions: served(extensionsv1.GroupVersion),
		fresh: func() client.Object { return &extensionsv1.SandboxWarmPool{} },
	},
	{
		name: extensionsv1.KindSandboxTemplate, versions: served(extensionsv1.GroupVersion),
		keep:  [][]string{{"spec", "networkPolicyManagement"}},
		fresh: func() client.Object { return &extensionsv1.SandboxTemplate{} },
	},
	{
		name: KindNetworkPolicy, versions: one(networkingv1.SchemeGroupVersion),
		keep:  [][]string{{"spec", "podSelector"}, {"spec", "policyTypes"}},
		fresh: func() client.Object { return &networkingv1.NetworkPolicy{} },
	},
}

func one(version schema.GroupVersion) []schema.GroupVersion { return []schema.GroupVersion{version} }

func served(version schema.GroupVersion) []schema.GroupVersion {
	return []schema.GroupVersion{version, {Group: version.Group, Version: "v1alpha1"}}
}

func kindNamed(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// decode returns what checks look at in raw, an object of the kind, and nothing else: an audit of a whole cluster keeps little of each
// object. A field of which nothing is kept may have any form.
func (k kind) decode(raw *unstructured.Unstructured) (client.Object, error) {
	trimmed := map[string]any{"apiVersion": raw.GetAPIVersion(), "kind": k.name, "metadata": raw.Object["metadata"]}
	for _, path := range k.keep {
		value, found, err := unstructured.NestedFieldNoCopy(raw.Object, path...)
		if err != nil || !found {
			continue // A field that is no object has nothing below it.
		}
		parent, ok := trimmed[path[0]].(map[string]any)
		if !ok {
			parent = map[string]any{}
			trimmed[path[0]] = parent
		}
		parent[path[1]] = value
	}
	// By way of JSON, and not of a converter: agent-sandbox once wrote status.sandbox.Name, which JSON reads as name.
	text, err := json.Marshal(trimmed)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", k.name, raw.GetNamespace(), raw.GetName(), err)
	}
	obj := k.fresh()
	if err := json.Unmarshal(text, obj); err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", k.name, raw.GetNamespace(), raw.GetName(), err)
	}
	trimMetadata(obj)
	return obj, nil
}

// podOf returns a Pod of which nothing but the metadata is known.
func podOf(meta *metav1.PartialObjectMetadata) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: meta.ObjectMeta}
	trimMetadata(pod)
	return pod
}

// trimMetadata drops from obj's metadata what no check looks at.
func trimMetadata(obj client.Object) {
	obj.SetManagedFields(nil)
	annotations := map[string]string{}
	for key, value := range obj.GetAnnotations() {
		if len(value) <= longestAnnotation && rules.IsReserved(key) {
			annotations[key] = value
		}
	}
	obj.SetAnnotations(annotations)
}

// longestAnnotation is the length of the longest annotation that is kept, in bytes. Those that checks look at hold names.
const longestAnnotation = 1024
