package tape

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Object is an object as its JSON says it.
type Object = map[string]any

// Request is what matters of an admission request.
type Request struct {
	// Path is that of the webhook.
	Path        string `json:"path"`
	Kind        string `json:"kind"`
	Operation   string `json:"operation"`
	Subresource string `json:"subResource"`
	User        string `json:"user"`
	DryRun      bool   `json:"dryRun"`
	Name        string `json:"name"`
	Object      Object `json:"object"`
	Old         Object `json:"oldObject"`
}

// Namespace is that of all requests.
const Namespace = "team"

// Resource is a kind's API version and resource.
type Resource struct{ APIVersion, Plural string }

// Resources are those that webhooks are called for, by kind.
var Resources = map[string]Resource{
	"Pod":             {"v1", "pods"},
	"Sandbox":         {"agents.x-k8s.io/v1beta1", "sandboxes"},
	"SandboxClaim":    {"extensions.agents.x-k8s.io/v1beta1", "sandboxclaims"},
	"SandboxTemplate": {"extensions.agents.x-k8s.io/v1beta1", "sandboxtemplates"},
	"SandboxWarmPool": {"extensions.agents.x-k8s.io/v1beta1", "sandboxwarmpools"},
}

// GroupVersion splits the API version.
func (r Resource) GroupVersion() (group, version string) {
	if group, version, ok := strings.Cut(r.APIVersion, "/"); ok {
		return group, version
	}
	return "", r.APIVersion
}

// Clone returns a deep copy.
func Clone(o Object) Object {
	copied, _ := clone(o).(Object)
	return copied
}

func clone(value any) any {
	switch value := value.(type) {
	case Object:
		if value == nil {
			return nil
		}
		copied := maps.Clone(value)
		for key := range copied {
			copied[key] = clone(copied[key])
		}
		return copied
	case []any:
		copied := slices.Clone(value)
		for i := range copied {
			copied[i] = clone(copied[i])
		}
		return copied
	}
	return value
}

// Clone returns a request that shares nothing with r.
func (r *Request) Clone() *Request {
	copied := *r
	copied.Object, copied.Old = Clone(r.Object), Clone(r.Old)
	return &copied
}

// Raw returns an object as JSON, and null for none.
func Raw(o Object) []byte {
	if o == nil {
		return []byte("null")
	}
	raw, err := json.Marshal(o)
	if err != nil {
		return []byte("null") // A number that JSON does not have.
	}
	return raw
}

// Body returns the AdmissionReview that asks about r, as the API server sends it.
func (r *Request) Body() []byte { return r.BodyOf(Raw(r.Object), Raw(r.Old)) }

// BodyOf is Body with other objects.
func (r *Request) BodyOf(object, old []byte) []byte {
	resource := Resources[r.Kind]
	group, version := resource.GroupVersion()
	body, err := json.Marshal(map[string]any{
		"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
		"request": map[string]any{
			"uid": "00000000-0000-4000-8000-000000000000", "operation": r.Operation, "subResource": r.Subresource,
			"kind":     map[string]any{"group": group, "version": version, "kind": r.Kind},
			"resource": map[string]any{"group": group, "version": version, "resource": resource.Plural},
			"name":     r.Name, "namespace": Namespace, "dryRun": r.DryRun, "userInfo": map[string]any{"username": r.User},
			"object": json.RawMessage(object), "oldObject": json.RawMessage(old),
		},
	})
	if err != nil {
		return nil // object or old is no JSON.
	}
	return body
}
