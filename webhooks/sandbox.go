package webhooks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// A Sandbox that already names its Pod, as those of pools and claims do, needs no stamping. If a user sends what only the controller
// writes, as a restored backup has it, that is dropped. A write that changes only the status needs no checking.
//
// +kubebuilder:webhook:path=/mutate-sandbox,mutating=true,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=agents.x-k8s.io,resources=sandboxes,verbs=create,versions=v1beta1,name=sandbox.mutate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"not-stamped","expression":"object.metadata.?annotations[?'agents.x-k8s.io/pod-name'].orValue('') == '' || request.userInfo.username != 'system:serviceaccount:namesake-system:namesake' && (object.metadata.?labels.orValue({}).exists(k, k.startsWith('agents.x-k8s.io/') && k != 'agents.x-k8s.io/admission-probe') || object.metadata.annotations.exists(k, k.startsWith('agents.x-k8s.io/') && k != 'agents.x-k8s.io/pod-name'))"}]}`
// +kubebuilder:webhook:path=/validate-sandbox,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=agents.x-k8s.io,resources=sandboxes;sandboxes/status,verbs=create;update,versions=v1beta1,name=sandbox.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"not-only-status","expression":"oldObject == null || object.spec != oldObject.spec || (has(object.metadata.ownerReferences) ? object.metadata.ownerReferences : []) != (has(oldObject.metadata.ownerReferences) ? oldObject.metadata.ownerReferences : []) || (has(object.metadata.labels) ? object.metadata.labels : {}) != (has(oldObject.metadata.labels) ? oldObject.metadata.labels : {}) || (has(object.metadata.annotations) ? object.metadata.annotations : {}) != (has(oldObject.metadata.annotations) ? oldObject.metadata.annotations : {})"},{"name":"not-the-managers-own","expression":"request.userInfo.username != 'system:serviceaccount:namesake-system:namesake' || object.metadata.?annotations[?'agents.x-k8s.io/pod-name'].orValue('') != object.metadata.name || (oldObject == null ? !has(object.metadata.ownerReferences) || object.metadata.ownerReferences.size() != 1 || !object.metadata.ownerReferences.all(r, r.kind == 'SandboxWarmPool' && r.apiVersion.startsWith('extensions.agents.x-k8s.io/') && has(r.controller) && r.controller) || has(object.spec.volumeClaimTemplates) : object.metadata.?ownerReferences != oldObject.metadata.?ownerReferences || oldObject.metadata.?annotations[?'agents.x-k8s.io/pod-name'].orValue('') != object.metadata.name)"}]}`
//
// A separate webhook, which does the same, also checks a new Sandbox with the probe's label. A replica asks for such a Sandbox to
// learn whether the API server reaches it. The Service of that webhook also reaches replicas that are not ready. Otherwise
// the first replica would wait for itself. It is a mutating webhook that changes nothing, since those are asked before the
// cluster's validating policies: one of them, about images say, would refuse the request first, and no replica would be ready.
//
// +kubebuilder:webhook:path=/validate-sandbox,mutating=true,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=agents.x-k8s.io,resources=sandboxes,verbs=create,versions=v1beta1,name=probe.sandbox.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook-probe,serviceNamespace=namesake-system,patch=`{"objectSelector":{"matchExpressions":[{"key":"agents.x-k8s.io/admission-probe","operator":"Exists"}]}}`

// LabelProbe makes the probe's webhook check a new Sandbox.
const LabelProbe = "agents.x-k8s.io/admission-probe"

var sandboxKind = kind{group: sandboxv1.GroupName, kind: sandboxv1.KindSandbox, resource: sandboxv1.ResourceSandboxes}

// sandboxMutator writes the name of its Pod on a new Sandbox. If the API server would generate the Sandbox's name later,
// sandboxMutator decides that name. It drops what only the controller writes and a user sends, as a backup does that is restored.
type sandboxMutator struct {
	actor func(admission.Request) rules.Actor
}

// Handle implements admission.Handler.
func (m *sandboxMutator) Handle(_ context.Context, req admission.Request) admission.Response {
	var sandbox metav1.PartialObjectMetadata
	if err := json.Unmarshal(req.Object.Raw, &sandbox); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	var ops []jsonpatch.Operation
	name := sandbox.Name
	if name == "" && sandbox.GenerateName != "" {
		name = rules.GeneratedName(sandbox.GenerateName, rand.String(rules.SuffixLength))
		ops = append(ops, jsonpatch.NewOperation("add", "/metadata/name", name))
	}
	labels, annotations := map[string]string{}, map[string]string{}
	var warnings admission.Warnings
	if m.actor(req) == rules.User {
		for _, key := range rules.SandboxReservedLabels(&sandbox) {
			labels[key] = ""
			warnings = append(warnings, droppedFromSandbox("labels", key, sandbox.Labels[key]))
		}
		for _, key := range rules.SandboxReservedAnnotations(&sandbox) {
			annotations[key] = ""
			warnings = append(warnings, droppedFromSandbox("annotations", key, sandbox.Annotations[key]))
		}
	}
	annotations[sandboxv1.AnnotationPodName] = cmp.Or(sandbox.Annotations[sandboxv1.AnnotationPodName], name)
	ops = append(ops, rules.SetKeys("/metadata/annotations", sandbox.Annotations, annotations)...)
	ops = append(ops, rules.SetKeys("/metadata/labels", sandbox.Labels, labels)...)
	return admission.Patched("", ops...).WithWarnings(warnings...)
}

// warnedValue is how much a warning repeats of what was dropped, in bytes.
const warnedValue = 64

func droppedFromSandbox(where, key, value string) string {
	return fmt.Sprintf("metadata.%s[%s]: dropped %q: only Namesake's controller sets this", where, key, rules.Cut(value, warnedValue))
}

// sandboxValidator refuses a second adoption, and any other change of a Sandbox's controller except the one that is allowed.
// It also refuses a Sandbox that would share a volume with another.
type sandboxValidator struct {
	claims    lookup[extensionsv1.SandboxClaim, *extensionsv1.SandboxClaim]
	sandboxes lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]
	actor     func(admission.Request) rules.Actor
}

func (v *sandboxValidator) check(ctx context.Context, req admission.Request, old, sandbox *sandboxv1.Sandbox) (admission.Warnings, error) {
	actor := v.actor(req)
	errs := append(rules.CheckPodName(old, sandbox, actor).WithOrigin(rules.RulePodName),
		rules.CheckController(old, sandbox, actor).WithOrigin(rules.RuleOwnership)...)
	if len(errs) == 0 && actor != rules.User && rules.NeedsClaim(old, sandbox) { // A user is refused below, whatever the claim says.
		claim, err := v.adopter(ctx, old, sandbox)
		if err != nil {
			return nil, err
		}
		errs = rules.CheckAdoption(old, sandbox, claim).WithOrigin(rules.RuleAdopter)
	}
	if actor == rules.User { // The controller copies what was accepted once.
		errs = append(errs, checkSandboxWords(old, sandbox)...)
	}
	if old == nil { // Volume templates never change after creation.
		shared, err := v.sharedVolumes(ctx, sandbox)
		if err != nil {
			return nil, err
		}
		errs = append(errs, shared.WithOrigin(rules.RuleVolumeNames)...)
	}
	if len(errs) > 0 {
		return nil, sandboxKind.invalid(sandbox, errs)
	}
	if actor != rules.Controller {
		checkOwners := rules.CheckUserOwners
		if actor == rules.GarbageCollector {
			checkOwners = rules.CheckAddedOwners
		}
		errs = slices.Concat(checkOwners(old, sandbox).WithOrigin(rules.RuleOwners),
			rules.CheckSandboxReserved(old, sandbox).WithOrigin(rules.RuleReservedKeys),
			rules.CheckPoolMember(old, sandbox).WithOrigin(rules.RulePoolMember))
	}
	return nil, sandboxKind.forbidden(sandbox, errs)
}

// sharedVolumes refuses volumes that another Sandbox has. The cache is enough: what it does not know yet, the reconciler
// finds before it creates a Pod.
func (v *sandboxValidator) sharedVolumes(ctx context.Context, sandbox *sandboxv1.Sandbox) (field.ErrorList, error) {
	var rivals []*sandboxv1.Sandbox
	for _, name := range rules.PossibleVolumeConflicts(sandbox) {
		rival, err := v.sandboxes.getCached(ctx, sandbox.Namespace, name)
		if err != nil {
			return nil, err
		}
		if rival != nil {
			rivals = append(rivals, rival)
		}
	}
	return rules.CheckVolumeNames(sandbox, rivals), nil
}

// adopter returns the claim that is to control sandbox. A binding that names the Sandbox is final while the Sandbox can be
// adopted, so the cache is enough to allow an adoption. It is not enough for a new Sandbox, because the claim may already
// have had and lost that Sandbox.
func (v *sandboxValidator) adopter(ctx context.Context, old, sandbox *sandboxv1.Sandbox) (*extensionsv1.SandboxClaim, error) {
	name := rules.ControllerOf(sandbox).Name
	if old == nil {
		return v.claims.getLive(ctx, sandbox.Namespace, name)
	}
	return v.claims.get(ctx, sandbox.Namespace, name, func(claim *extensionsv1.SandboxClaim) bool {
		return len(rules.CheckAdoption(old, sandbox, claim)) == 0
	})
}
