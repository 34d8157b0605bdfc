package fuzz

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/fuzz/oracle"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

func asObject(w oracle.World) object {
	o := object{}
	for key, value := range w {
		o[key] = value
	}
	return o
}

// handled is written for a request that only one webhook has seen. Each kind is the path's, and so is the subresource of a claim.
func handled(w *world, r *tape.Request) oracle.Write {
	r = r.Clone()
	if r.Kind == "SandboxClaim" {
		r.Subresource = ""
		if r.Path == "/validate-sandboxclaim-status" {
			r.Subresource = "status"
		}
	}
	return written(w, r, r.Object)
}

// checkPatch checks what a mutating webhook makes of an object: the patch applies, changes nothing that is not the webhook's to
// change, and is not needed a second time.
func (c schemas) checkPatch(t *testing.T, s server, r *tape.Request, patch []byte) {
	t.Helper()
	before := c.stored(r.Kind, r.Object)
	if before == nil || r.Object["metadata"] == nil || r.Operation != "CREATE" && r.Operation != "UPDATE" {
		return // The API server does not send such an object.
	}
	sent := r.Clone()
	sent.Object = before
	if r.Old != nil {
		if sent.Old = c.stored(r.Kind, r.Old); sent.Old == nil {
			return
		}
	}
	response := s.ask(t, r.Path, sent.Body())
	if !response.Allowed {
		return
	}
	after := patched(t, r.Path, before, response.Patch)
	if wrong := unasked(r, before, after); wrong != "" {
		t.Errorf("%s by %q: %s: %s\n%s", r.Path, r.User, wrong, response.Patch, tape.Raw(before))
	}
	if wrong := left(r, sent.Old, after); wrong != "" {
		t.Errorf("%s by %q: %s: %s\n%s", r.Path, r.User, wrong, response.Patch, tape.Raw(before))
	}
	sent.Object = after
	again := s.ask(t, r.Path, sent.Body())
	if !again.Allowed {
		t.Fatalf("%s refuses what it has made: %s", r.Path, again.Result.Message)
	}
	twice := patched(t, r.Path, after, again.Patch)
	if r.Path == "/mutate-sandboxclaim" && r.Operation == "CREATE" && !r.DryRun {
		return // Another claim may get another Sandbox.
	}
	if diff := cmp.Diff(after, twice); diff != "" {
		t.Errorf("%s by %q changes what it has made (-once +twice):\n%s\npatch %s\nagain %s", r.Path, r.User, diff, patch, again.Patch)
	}
}

// mine are the keys that each mutating webhook may write or remove, as the end of their names; "" is the name and generateName.
var mine = map[string][]string{
	"/mutate-pod": {"", "sandbox-name-hash", "sandbox-uid", "warm-pool-sandbox", "sandbox-template-ref-hash", "claim-uid", "created-by"},
	"/mutate-sandbox": {
		"", "pod-name", "claim-uid", "launch-type", "sandbox-pod-template-hash", "sandbox-template-hash", "sandbox-template-ref-hash",
		"warm-pool-sandbox", "claim-annotations", "claim-labels", "network-policy-management", "protect-claimed-pods", "sandbox-template-ref",
	},
	"/mutate-sandboxclaim": {"sandbox-name", "controller-first-observed-at", "claim-first-ready-at"},
}

// unasked returns what a webhook changed that is not its own, or "".
func unasked(r *tape.Request, before, after object) string {
	before, after = tape.Clone(before), tape.Clone(after)
	for _, o := range []object{before, after} {
		meta, _ := o["metadata"].(object)
		for _, field := range []string{"labels", "annotations"} {
			keys, _ := meta[field].(object)
			for key := range keys {
				short, found := strings.CutPrefix(key, "agents.x-k8s.io/")
				if found && slices.Contains(mine[r.Path], short) {
					delete(keys, key)
				}
			}
			if len(keys) == 0 {
				delete(meta, field)
			}
		}
		if slices.Contains(mine[r.Path], "") {
			delete(meta, "generateName")
			if text(before, "metadata", "name") == "" {
				delete(meta, "name")
			}
		}
	}
	return cmp.Diff(before, after)
}

// left returns what a mutating webhook has left that it is there to end, or "". old is nil on create.
func left(r *tape.Request, old, after object) string {
	who := actor(r.User)
	annotations, _ := at(after, "metadata", "annotations").(object)
	switch {
	case r.Path == "/mutate-sandboxclaim" && r.Operation == "CREATE":
		bound := text(annotations, bindingKey)
		if bound != "" && bound != "warm-1" && bound != "warm-2" {
			return "the claim is bound to " + bound
		}
		if text(annotations, "agents.x-k8s.io/claim-first-ready-at") != "" || at(after, "metadata", "labels", bindingKey) != nil {
			return "the sender's stamps are left"
		}
	case r.Path == "/mutate-sandboxclaim" && who == oracle.User:
		for _, key := range []string{bindingKey, "agents.x-k8s.io/controller-first-observed-at", "agents.x-k8s.io/claim-first-ready-at"} {
			if at(old, "metadata", "annotations", key) != nil && annotations[key] == nil {
				return key + " was lost"
			}
		}
	case r.Path == "/mutate-sandbox" && who == oracle.User:
		for _, key := range []string{
			"claim-uid", "launch-type", "sandbox-pod-template-hash", "sandbox-template-hash", "sandbox-template-ref-hash", "warm-pool-sandbox",
		} {
			if at(after, "metadata", "labels", "agents.x-k8s.io/"+key) != nil {
				return "a user's " + key + " is left"
			}
		}
	}
	return ""
}
