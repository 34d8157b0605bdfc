package hostile

import (
	"context"
	"encoding/json"
	"net/http"

	"k8s.io/apimachinery/pkg/types"
)

const kindStored = "patch of a quantity"

// stored are patches of what was stored with a plain quantity.
func stored() []input {
	of := func(name string, r apiResource, first []byte, contentType types.PatchType, second []byte) input {
		return input{kind: kindStored, name: name, want: refused, send: func(ctx context.Context, w *world) answer {
			stored, failure := w.store(ctx, r, first)
			if stored == "" {
				return failure
			}
			return w.hostile.patch(ctx, r, stored, string(contentType), second)
		}}
	}
	spec := func(o object) []byte { return body(object{"spec": o}) }
	replace := func(path, quantity string) []byte {
		content, err := json.Marshal([]object{{"op": "replace", "path": path, "value": quantity}})
		if err != nil {
			panic(err) // It consists of maps, lists and texts.
		}
		return content
	}
	const storage = "/spec/volumeClaimTemplates/0/spec/resources/requests/storage"
	return []input{
		of("unbound claim's storage, 1e1 to 1e900000000", claims, claim(volumes("requests", "1e1")), types.MergePatchType,
			spec(volumes("requests", "1e900000000"))),
		of("the same by JSON patch, to 1e-900000000", claims, claim(volumes("requests", "1e1")), types.JSONPatchType,
			replace(storage, "1e-900000000")),
		of("limits of a claim's volume, to 1e1000000", claims, claim(volumes("limits", "1e1")), types.MergePatchType,
			spec(volumes("limits", "1e1000000"))),
		of("suspended Sandbox's limits.cpu, 1 to 1e900000000", sandboxes,
			sandbox(ofContainer(resources("limits", "cpu", "1")), object{"operatingMode": "Suspended"}), types.JSONPatchType,
			replace("/spec/podTemplate/spec/containers/0/resources/limits/cpu", "1e900000000")),
		of("template's volume, to 1e-900000000", templates, template(nil, volumes("requests", "1e1")), types.JSONPatchType,
			replace(storage, "1e-900000000")),
	}
}

// store creates an object as the editor and returns its name, or else the answer.
func (w *world) store(ctx context.Context, r apiResource, content []byte) (string, answer) {
	name := ""
	path := w.hostile.host + r.path(w.namespace)
	failure := w.hostile.exchange(ctx, http.MethodPost, path, content, func(code int, body []byte) (int, string) {
		created := struct{ Metadata struct{ Name string } }{}
		if code == http.StatusCreated && json.Unmarshal(body, &created) == nil {
			name = created.Metadata.Name
		}
		return messageOfStatus(code, body)
	})
	return name, failure
}
