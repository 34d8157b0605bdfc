package webhooks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// keep answers an update of a claim that leaves out what only the controller writes: the claim keeps it, and the sender is
// warned. It never touches what the controller itself writes. The specs are not decoded: the schema judges them later.
func (m *claimMutator) keep(req admission.Request) admission.Response {
	if m.actor(req) != rules.User {
		return admission.Allowed("")
	}
	old, claim, err := claimsOf(req)
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	annotations, labels, kept := rules.KeptClaimKeys(old, claim)
	if len(kept) == 0 {
		return admission.Allowed("")
	}
	patch := rules.PatchMap("/metadata/annotations", claim.Annotations, annotations)
	patch = append(patch, rules.PatchMap("/metadata/labels", claim.Labels, labels)...)
	return admission.Patched("", patch...).WithWarnings(fmt.Sprintf(
		"kept %s: only Namesake's controller removes what it has written on a claim", strings.Join(kept, ", ")))
}

// claimsOf returns the claims of an update, with nothing but their metadata.
func claimsOf(req admission.Request) (old, claim *extensionsv1.SandboxClaim, err error) {
	decode := func(raw []byte) (*extensionsv1.SandboxClaim, error) {
		var meta metav1.PartialObjectMetadata
		err := json.Unmarshal(raw, &meta)
		return &extensionsv1.SandboxClaim{ObjectMeta: meta.ObjectMeta}, err
	}
	if old, err = decode(req.OldObject.Raw); err != nil {
		return nil, nil, err
	}
	claim, err = decode(req.Object.Raw)
	return old, claim, err
}
