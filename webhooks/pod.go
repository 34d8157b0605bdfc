package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// The match conditions pass only Pods that a Sandbox controls, or controlled. For validation they also pass Pods that get an
// identity label. So this webhook delays no other Pod, and no other Pod is refused while the webhook is down. A Pod that has
// its name and labels needs no stamping. A write that leaves owners, spec and reserved keys alone needs no checking. Examples
// are the kubelet's status updates and a network plugin's annotations. A binding to a node writes its labels on the Pod, so validation
// also gets one that has an identity label.
//
// +kubebuilder:webhook:path=/mutate-pod,mutating=true,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups="",resources=pods,verbs=create,versions=v1,name=pod.mutate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"sandbox-pod","expression":"has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(r, r.kind == 'Sandbox' && r.apiVersion.startsWith('agents.x-k8s.io/') && has(r.controller) && r.controller)"},{"name":"not-stamped","expression":"!has(object.metadata.name) || object.metadata.name == '' || !has(object.metadata.labels) || !('agents.x-k8s.io/sandbox-name-hash' in object.metadata.labels) || !('agents.x-k8s.io/sandbox-uid' in object.metadata.labels) && object.metadata.labels['agents.x-k8s.io/sandbox-name-hash'] != 'shared'"}]}`
// +kubebuilder:webhook:path=/validate-pod,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups="",resources=pods;pods/status;pods/ephemeralcontainers;pods/resize;pods/binding;bindings,verbs=create;update,versions=v1,name=pod.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"sandbox-pod-or-labelled","expression":"[object, oldObject].exists(o, o != null && has(o.metadata.ownerReferences) && o.metadata.ownerReferences.exists(r, r.kind == 'Sandbox' && r.apiVersion.startsWith('agents.x-k8s.io/') && has(r.controller) && r.controller)) || (has(object.metadata.labels) && ['agents.x-k8s.io/sandbox-name-hash', 'agents.x-k8s.io/sandbox-uid', 'agents.x-k8s.io/warm-pool-sandbox', 'agents.x-k8s.io/sandbox-template-ref-hash', 'agents.x-k8s.io/claim-uid'].exists(k, k in object.metadata.labels && (oldObject == null || !has(oldObject.metadata.labels) || !(k in oldObject.metadata.labels) || oldObject.metadata.labels[k] != object.metadata.labels[k])))"},{"name":"identity-or-content-changed","expression":"oldObject == null || object.spec != oldObject.spec || (has(object.metadata.ownerReferences) ? object.metadata.ownerReferences : []) != (has(oldObject.metadata.ownerReferences) ? oldObject.metadata.ownerReferences : []) || ['agents.x-k8s.io/sandbox-name-hash', 'agents.x-k8s.io/sandbox-uid', 'agents.x-k8s.io/warm-pool-sandbox', 'agents.x-k8s.io/sandbox-template-ref-hash', 'agents.x-k8s.io/claim-uid', 'agents.x-k8s.io/created-by'].exists(k, (has(object.metadata.labels) && k in object.metadata.labels ? object.metadata.labels[k] : '') != (has(oldObject.metadata.labels) && k in oldObject.metadata.labels ? oldObject.metadata.labels[k] : '')) || ['agents.x-k8s.io/propagated-labels', 'agents.x-k8s.io/propagated-annotations'].exists(k, (has(object.metadata.annotations) && k in object.metadata.annotations ? object.metadata.annotations[k] : '') != (has(oldObject.metadata.annotations) && k in oldObject.metadata.annotations ? oldObject.metadata.annotations[k] : ''))"},{"name":"not-the-managers-own","expression":"request.userInfo.username != 'system:serviceaccount:namesake-system:namesake' || !has(object.metadata.ownerReferences) || object.metadata.ownerReferences.size() != 1 || !object.metadata.ownerReferences.all(r, r.kind == 'Sandbox' && r.apiVersion.startsWith('agents.x-k8s.io/') && has(r.controller) && r.controller && r.name == object.metadata.name && r.uid == object.metadata.?labels[?'agents.x-k8s.io/sandbox-uid'].orValue('')) || (oldObject != null && (!has(oldObject.metadata.ownerReferences) || oldObject.metadata.ownerReferences != object.metadata.ownerReferences))"}]}`

var podKind = kind{kind: "Pod", resource: "pods"}

// podMutator gives a Sandbox's Pod its identity labels and, if it has no name, the Sandbox's name.
type podMutator struct {
	sandboxes lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]
}

// Handle implements admission.Handler.
func (m *podMutator) Handle(ctx context.Context, req admission.Request) admission.Response {
	pod, err := podMeta(req.Object.Raw, req.Namespace)
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	owner := rules.ControllerOf(pod)
	if !rules.IsSandbox(owner) {
		return admission.Allowed("not a Sandbox's Pod")
	}
	sandbox, err := m.sandboxes.get(ctx, pod.Namespace, owner.Name, hasUID(owner.UID))
	if err != nil {
		return respond(ctx, err)
	}
	if sandbox != nil && sandbox.UID != owner.UID { // A later one of that name. Its labels are not this Pod's.
		sandbox = nil
	}
	return admission.Patched("", podPatch(pod, sandbox)...)
}

// podValidator refuses a Pod that is not its Sandbox's namesake, and any other Pod that is labelled like one.
type podValidator struct {
	sandboxes lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]
	actor     func(admission.Request) rules.Actor
}

// Handle implements admission.Handler.
func (v *podValidator) Handle(ctx context.Context, req admission.Request) admission.Response {
	pod, err := podMeta(req.Object.Raw, req.Namespace)
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	var old *corev1.Pod
	if req.Operation == admissionv1.Update {
		if old, err = podMeta(req.OldObject.Raw, req.Namespace); err != nil {
			return admission.Errored(http.StatusBadRequest, err)
		}
	}
	return respond(ctx, v.check(ctx, req, old, pod))
}

func (v *podValidator) check(ctx context.Context, req admission.Request, old, pod *corev1.Pod) error {
	if req.Kind.Kind == "Binding" {
		return podKind.forbidden(pod, rules.CheckPodBinding(pod).WithOrigin(rules.RulePodIdentity))
	}
	actor := v.actor(req)
	if errs := rules.CheckPodOwner(old, pod, actor).WithOrigin(rules.RulePodOwner); len(errs) > 0 {
		return podKind.invalid(pod, errs)
	}
	if !rules.IsSandbox(rules.ControllerOf(pod)) {
		return podKind.forbidden(pod, rules.CheckForeignPod(old, pod, actor).WithOrigin(rules.RulePodIdentity))
	}
	var errs field.ErrorList
	if actor != rules.Controller && old != nil {
		errs = rules.CheckPodReserved(old, pod).WithOrigin(rules.RulePodIdentity)
	}
	if actor == rules.User && old != nil {
		content, err := v.content(ctx, req, old)
		if err != nil {
			return err
		}
		errs = append(errs, content.WithOrigin(rules.RulePodContent)...)
	}
	if rules.NeedsSandbox(old, pod) && !isTrial(req, actor) {
		sandbox, err := v.sandbox(ctx, pod)
		if err != nil {
			return err
		}
		if errs := rules.CheckPodSandbox(old, pod, sandbox, actor).WithOrigin(rules.RulePodOwner); len(errs) > 0 {
			return podKind.invalid(pod, errs)
		}
		if actor != rules.Controller && old == nil {
			errs = rules.CheckPodIdentity(pod, sandbox).WithOrigin(rules.RulePodIdentity)
		}
	}
	return podKind.forbidden(pod, errs)
}

// content refuses what a user changes in a Pod whose Sandbox is in a pool. A Sandbox leaves its pool once and for good, so a cached
// Sandbox that is in none is enough to allow a change. One that is in a pool may just have been adopted, and is read live.
func (v *podValidator) content(ctx context.Context, req admission.Request, old *corev1.Pod) (field.ErrorList, error) {
	errs := rules.CheckPodContent(spec(req.OldObject.Raw), spec(req.Object.Raw))
	owner := rules.ControllerOf(old)
	if len(errs) == 0 || !rules.IsSandbox(owner) {
		return nil, nil
	}
	sandbox, err := v.sandboxes.get(ctx, old.Namespace, owner.Name, func(cached *sandboxv1.Sandbox) bool {
		return cached.UID == owner.UID && !rules.IsPoolPod(old, cached)
	})
	if err != nil || !rules.IsPoolPod(old, sandbox) {
		return nil, err
	}
	return errs, nil
}

// isTrial reports whether the manager only asks what the API server says of a template's Pod. That Pod has a Sandbox which
// does not exist (rules.SampleSandbox), and nothing is stored.
func isTrial(req admission.Request, actor rules.Actor) bool {
	return actor == rules.Controller && ptr.Deref(req.DryRun, false)
}

// sandbox returns the Sandbox that is to control pod, or nil. If the cached Sandbox has a Pod of another name, it reads the
// Sandbox live, because that Pod may be gone.
func (v *podValidator) sandbox(ctx context.Context, pod *corev1.Pod) (*sandboxv1.Sandbox, error) {
	owner := rules.ControllerOf(pod)
	return v.sandboxes.get(ctx, pod.Namespace, owner.Name, func(cached *sandboxv1.Sandbox) bool {
		return cached.UID == owner.UID && rules.PodName(cached) == cached.Name
	})
}

// podMeta decodes only the metadata of a Pod.
func podMeta(raw []byte, namespace string) (*corev1.Pod, error) {
	var meta metav1.PartialObjectMetadata
	if err := json.Unmarshal(raw, &meta); err != nil {
		return nil, err
	}
	meta.Namespace = namespace
	return &corev1.Pod{ObjectMeta: meta.ObjectMeta}, nil
}

// spec returns the spec of a Pod as it is written in raw, with fields that this program does not know.
func spec(raw []byte) map[string]any {
	var pod struct {
		Spec map[string]any `json:"spec"`
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // As float64, two large numbers may be the same.
	if err := decoder.Decode(&pod); err != nil {
		return nil
	}
	return pod.Spec
}
