package refusals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	jsonmerge "gopkg.in/evanphx/json-patch.v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// These are the kinds of requests.
const (
	howCreate    = "create"    // POST
	howReplace   = "replace"   // PUT
	howMerge     = "merge"     // PATCH, a merge patch
	howJSON      = "json"      // PATCH, a JSON patch
	howStrategic = "strategic" // PATCH, a strategic merge patch, which only Kubernetes' own kinds have
	howApply     = "apply"     // PATCH, server-side apply, with force
)

var hows = []string{howCreate, howReplace, howMerge, howJSON, howStrategic, howApply}

// manager is the field manager of server-side apply.
const fieldManager = "refusals"

// request is what is sent to the API server for a case.
type request struct {
	resource    dynamic.ResourceInterface
	how         string
	name        string
	subresource []string
	dryRun      []string
	// body is the object or the patch. For a change it is a merge patch that says what is to be different.
	body []byte
	// before is the object that is changed.
	before *unstructured.Unstructured
}

// send sends the request, and returns the API server's answer.
func (r request) send(ctx context.Context) (*unstructured.Unstructured, error) {
	switch r.how {
	case howCreate:
		obj := &unstructured.Unstructured{}
		if err := json.Unmarshal(r.body, &obj.Object); err != nil {
			return nil, err
		}
		return r.resource.Create(ctx, obj, metav1.CreateOptions{DryRun: r.dryRun}, r.subresource...)
	case howReplace:
		obj := &unstructured.Unstructured{}
		changed, err := r.changed()
		if err == nil {
			err = json.Unmarshal(changed, &obj.Object)
		}
		if err != nil {
			return nil, err
		}
		return r.resource.Update(ctx, obj, metav1.UpdateOptions{DryRun: r.dryRun}, r.subresource...)
	}
	kind, body, err := r.patch()
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{DryRun: r.dryRun}
	if r.how == howApply {
		options.FieldManager, options.Force = fieldManager, new(true)
	}
	return r.resource.Patch(ctx, r.name, kind, body, options, r.subresource...)
}

// patch returns the patch and its type.
func (r request) patch() (types.PatchType, []byte, error) {
	switch r.how {
	case howMerge:
		return types.MergePatchType, r.body, nil
	case howStrategic:
		return types.StrategicMergePatchType, r.body, nil
	case howApply:
		body, err := r.applied()
		return types.ApplyPatchType, body, err
	case howJSON:
		if strings.HasPrefix(string(r.body), "[") {
			return types.JSONPatchType, r.body, nil
		}
		changed, err := r.changed()
		if err != nil {
			return "", nil, err
		}
		body, err := difference(r.before, changed)
		return types.JSONPatchType, body, err
	}
	return "", nil, fmt.Errorf("%q is no kind of request", r.how)
}

// changed returns the object with the change.
func (r request) changed() ([]byte, error) {
	if r.before == nil {
		return nil, errors.New("a new object cannot be replaced")
	}
	is, err := r.before.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return jsonmerge.MergePatch(is, r.body)
}

// difference returns the JSON patch that makes changed of obj.
func difference(obj *unstructured.Unstructured, changed []byte) ([]byte, error) {
	is, err := obj.MarshalJSON()
	if err != nil {
		return nil, err
	}
	ops, err := jsonpatch.CreatePatch(is, changed)
	if err != nil {
		return nil, err
	}
	return json.Marshal(ops)
}

// applied returns the change as somebody applies it who wants this of the object, and nothing else.
func (r request) applied() ([]byte, error) {
	var obj unstructured.Unstructured
	if err := json.Unmarshal(r.body, &obj.Object); err != nil {
		return nil, err
	}
	if r.before != nil {
		obj.SetGroupVersionKind(r.before.GroupVersionKind())
		obj.SetName(r.before.GetName())
	}
	return obj.MarshalJSON()
}

// reference finds what entries leave to the run: the UID of an object, $(Kind/name), and the hash of a name, $(hash/name).
var reference = regexp.MustCompile(`\$\((\w+)/([a-z0-9.-]+)\)`)

// resolve replaces the references in text. uids has the UIDs, by Kind/name.
func resolve(text []byte, uids map[string]types.UID) ([]byte, error) {
	var missing []error
	resolved := reference.ReplaceAllFunc(text, func(found []byte) []byte {
		kind, name, _ := strings.Cut(string(found[2:len(found)-1]), "/")
		if kind == "hash" {
			return []byte(rules.Hash(name))
		}
		uid, known := uids[kind+"/"+name]
		if !known {
			missing = append(missing, fmt.Errorf("no situation of the case has %s: say it in given", found))
		}
		return []byte(uid)
	})
	return resolved, errors.Join(missing...)
}
