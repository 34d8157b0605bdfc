package fuzz

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// apiserver does with a request what the API server does: it decodes, asks the webhooks whose rules and conditions match, and
// validates. The decoding, the conditions and the validation are the API server's own code.
type apiserver struct {
	schemas

	hooks []hook
}

// hook is a webhook as it is configured.
type hook struct {
	path     string
	mutating bool
	rule     admissionregistrationv1.RuleWithOperations
	selector labels.Selector
	matcher  matchconditions.Matcher
}

// loadAPIServer reads the configuration of the webhooks and the CRDs.
func loadAPIServer(tb testing.TB) *apiserver {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "config", "webhook", "manifests.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	a := &apiserver{schemas: loadSchemas(tb)}
	compiler := plugincel.NewConditionCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var mutators admissionregistrationv1.MutatingWebhookConfiguration
		var validators admissionregistrationv1.ValidatingWebhookConfiguration
		if err := yaml.Unmarshal([]byte(document), &mutators); err != nil {
			tb.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(document), &validators); err != nil {
			tb.Fatal(err)
		}
		mutating := mutators.Kind == "MutatingWebhookConfiguration"
		for i := range validators.Webhooks {
			v := &validators.Webhooks[i]
			selector, err := metav1.LabelSelectorAsSelector(v.ObjectSelector)
			if err != nil {
				tb.Fatal(err)
			}
			if v.ObjectSelector == nil {
				selector = labels.Everything()
			}
			matcher := webhook.NewValidatingWebhookAccessor(v.Name, "namesake", v).GetCompiledMatcher(compiler)
			a.hooks = append(a.hooks, hook{*v.ClientConfig.Service.Path, mutating, v.Rules[0], selector, matcher})
		}
	}
	if len(a.hooks) != 10 {
		tb.Fatalf("%d webhooks are configured, and 10 were here: see whether this test knows what is new", len(a.hooks))
	}
	return a
}

// outcome is what became of a request.
type outcome struct {
	accepted bool
	// by is who refused it, and why.
	by, why string
	// stored is the object as the webhooks left it.
	stored object
}

// arrive returns a request as the API server understands it, or nil if it refuses it itself. It fills in what the API server does.
func (a *apiserver) arrive(r *tape.Request) *tape.Request {
	r = r.Clone()
	if r.Operation == "CREATE" {
		r.Old, r.Subresource = nil, ""
	}
	if r.User == "" || r.Object == nil || (r.Operation == "UPDATE") != (r.Old != nil) || (r.Operation != "CREATE" && r.Operation != "UPDATE") {
		return nil
	}
	r.Object, r.Old = a.stored(r.Kind, r.Object), a.stored(r.Kind, r.Old)
	if r.Object == nil || (r.Operation == "UPDATE" && r.Old == nil) {
		return nil
	}
	meta, _ := r.Object["metadata"].(object)
	if meta == nil {
		return nil
	}
	meta["namespace"] = tape.Namespace
	for _, key := range []string{"uid", "deletionTimestamp", "creationTimestamp", "generation"} {
		delete(meta, key)
		if value := at(r.Old, "metadata", key); value != nil {
			meta[key] = value
		}
	}
	if r.Old == nil {
		meta["uid"] = "00000000-0000-4000-8000-000000000001"
		delete(r.Object, "status")
	} else if r.Object = prepared(r); r.Object == nil {
		return nil
	}
	r.Object, r.Old = tape.Clone(r.Object), tape.Clone(r.Old)
	r.Name = text(r.Object, "metadata", "name")
	return r
}

// prepared returns the object of an update with what only another subresource changes as it was before, or nil if there is no such
// subresource. That of a Pod is as in pkg/registry/core/pod/strategy.go of Kubernetes.
func prepared(r *tape.Request) object {
	after, from := tape.Clone(r.Old), r.Object
	switch custom := r.Kind != "Pod"; {
	case r.Subresource == "":
		after, from = tape.Clone(r.Object), r.Old
		after["status"] = from["status"]
	case r.Subresource == "status" && custom:
		after["status"] = from["status"]
	case r.Subresource == "status":
		after["metadata"], after["status"] = from["metadata"], from["status"]
		meta, _ := after["metadata"].(object)
		meta["ownerReferences"] = at(r.Old, "metadata", "ownerReferences")
	case custom:
		return nil
	case r.Subresource == "ephemeralcontainers":
		under(after, "spec")["ephemeralContainers"] = at(from, "spec", "ephemeralContainers")
	case r.Subresource == "resize":
		olds, _ := at(after, "spec", "containers").([]any)
		news, _ := at(from, "spec", "containers").([]any)
		for i := range min(len(olds), len(news)) {
			if old, ok := olds[i].(object); ok {
				old["resources"] = at(news[i].(object), "resources")
			}
		}
	default:
		return nil
	}
	return after
}

// admit sends a request, which has arrived, through the webhooks. except is the path of one that is not asked.
func (a *apiserver) admit(t *testing.T, s server, r *tape.Request, except string) outcome {
	t.Helper()
	if r.Old != nil && !a.valid(t, r.Kind, nil, r.Old) {
		return outcome{by: "nobody stores such an object"}
	}
	for i := range a.hooks {
		h := &a.hooks[i]
		if !h.mutating && h == a.firstValidator() && !a.valid(t, r.Kind, r.Old, r.Object) {
			return outcome{by: "the API server"}
		}
		if h.path == except || !a.matches(t, h, r) {
			continue
		}
		response := s.ask(t, h.path, r.Body())
		if !response.Allowed {
			return outcome{by: h.path, why: response.Result.Message}
		}
		if h.mutating {
			r.Object = patched(t, h.path, r.Object, response.Patch)
			r.Name = text(r.Object, "metadata", "name")
		}
	}
	return outcome{accepted: true, stored: r.Object}
}

func (a *apiserver) firstValidator() *hook {
	return &a.hooks[slices.IndexFunc(a.hooks, func(h hook) bool { return !h.mutating })]
}

// matches reports whether a webhook is asked about a request.
func (a *apiserver) matches(t *testing.T, h *hook, r *tape.Request) bool {
	t.Helper()
	resource := tape.Resources[r.Kind]
	group, version := resource.GroupVersion()
	named := resource.Plural
	if r.Subresource != "" {
		named += "/" + r.Subresource
	}
	if !slices.Contains(h.rule.APIGroups, group) || !slices.Contains(h.rule.Resources, named) ||
		!slices.Contains(h.rule.Operations, admissionregistrationv1.OperationType(r.Operation)) {
		return false
	}
	labelled := labels.Set{}
	fields, _ := at(r.Object, "metadata", "labels").(object)
	for key := range fields {
		labelled[key] = text(fields, key)
	}
	if !h.selector.Matches(labelled) {
		return false
	}
	gvk := schema.GroupVersionKind{Group: group, Version: version, Kind: r.Kind}
	obj, old := typed(t, r.Kind, gvk, r.Object), typed(t, r.Kind, gvk, r.Old)
	attributes := admission.NewAttributesRecord(obj, old, gvk, tape.Namespace, r.Name, gvk.GroupVersion().WithResource(resource.Plural),
		r.Subresource, admission.Operation(r.Operation), nil, r.DryRun, &user.DefaultInfo{Name: r.User})
	result := h.matcher.Match(t.Context(), &admission.VersionedAttributes{
		Attributes: attributes, VersionedKind: gvk, VersionedObject: admission.NewLazyObject(obj), VersionedOldObject: admission.NewLazyObject(old),
	}, nil, nil)
	if result.Error != nil {
		t.Fatalf("%s: the conditions fail: %v\n%s\n%s", h.path, result.Error, tape.Raw(r.Old), tape.Raw(r.Object))
	}
	return result.Matches
}

// typed returns an object as expressions see it, or nil.
func typed(t *testing.T, kind string, gvk schema.GroupVersionKind, o object) runtime.Object {
	t.Helper()
	switch {
	case o == nil:
		return nil
	case kind == "Pod":
		pod := &corev1.Pod{}
		if err := kubejson.Unmarshal(tape.Raw(o), pod); err != nil {
			t.Fatalf("a Pod that was decoded before: %v", err)
		}
		return pod
	}
	// Numbers of the right type, as the API server's decoder makes them.
	content := object{}
	if err := kubejson.Unmarshal(tape.Raw(o), &content); err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{Object: content}
	u.SetGroupVersionKind(gvk)
	return u
}

// patched returns an object with a patch applied.
func patched(t *testing.T, path string, o object, patch []byte) object {
	t.Helper()
	if len(patch) == 0 {
		return o
	}
	ops, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatalf("%s answers with no patch: %v: %s", path, err, patch)
	}
	raw, err := ops.Apply(tape.Raw(o))
	if err != nil {
		t.Fatalf("%s: the patch does not apply: %v: %s\n%s", path, err, patch, tape.Raw(o))
	}
	var after object
	if err := kubejson.Unmarshal(raw, &after); err != nil {
		t.Fatal(err)
	}
	return after
}
