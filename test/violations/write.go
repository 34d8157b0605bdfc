package violations

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// twoPods gives a Sandbox a second Pod, which no cache of labelled Pods shows.
func twoPods(a *author) {
	box := a.sandbox("box", nil)
	a.pod("box", ownLabels(box), *rules.SandboxOwner(box))
	a.pod("twin", nil, *rules.SandboxOwner(box))
}

func podName(a *author) {
	box := a.sandbox("box", nil)
	a.pod("twin", nil, *rules.SandboxOwner(box))
}

func podUID(a *author) {
	box, labels := a.sandbox("box", nil), map[string]string{sandboxv1.LabelSandboxUID: "of-another"}
	pod := a.pod("box", labels, *rules.SandboxOwner(box))
	a.patch(pod, func() { pod.Labels = labels })
}

func planted(a *author) {
	box := a.sandbox("box", nil)
	a.pod("box", ownLabels(box), *rules.SandboxOwner(box))
	a.pod("thief", map[string]string{sandboxv1.LabelSandboxUID: string(box.UID)})
}

func plantedClaim(a *author) {
	a.sandbox("box", map[string]string{sandboxv1.LabelClaimUID: string(a.claim("mine", "").UID)})
}

func twoSandboxes(a *author) {
	mine := a.claim("mine", "mine")
	a.record(mine, a.sandboxOf(mine, "mine"))
	a.sandboxOf(mine, "second")
}

// sharedByOwner hands a Sandbox from one claim to another.
func sharedByOwner(a *author) {
	mine, other := a.claim("mine", "box"), a.claim("other", "box")
	box := a.sandboxOf(mine, "box")
	a.record(mine, box)
	a.patch(box, func() { box.OwnerReferences = []metav1.OwnerReference{*rules.ClaimOwner(other)} })
}

func sharedByStatus(a *author) {
	mine, other := a.claim("mine", "mine"), a.claim("other", "mine")
	box := a.sandboxOf(mine, "mine")
	a.record(mine, box)
	a.record(other, box)
}

func twoHolders(a *author) {
	mine, other := a.claim("mine", "mine"), a.claim("other", "")
	second := *rules.ClaimOwner(other)
	second.Controller, second.BlockOwnerDeletion = nil, nil
	a.sandbox("mine", map[string]string{sandboxv1.LabelClaimUID: string(mine.UID)}, *rules.ClaimOwner(mine), second)
}

func unbound(a *author) {
	a.sandboxOf(a.claim("mine", "elsewhere"), "box")
}

func bindingMismatch(a *author) {
	mine := a.claim("mine", "mine")
	a.record(mine, a.sandboxOf(mine, "mine"))
	a.patch(mine, func() { mine.Annotations[sandboxv1.AnnotationBinding] = "elsewhere" })
}

// templated creates a Sandbox of a template, and the Pod that it would have.
func templated(a *author, template *extensionsv1.SandboxTemplate) {
	box := builder.MakeSandbox("box").Label(sandboxv1.LabelTemplateRefHash, rules.Hash(template.Name)).
		Annotation(sandboxv1.AnnotationTemplateRef, template.Name).Obj()
	a.create(box)
	a.pod("box", ownLabels(box), *rules.SandboxOwner(box))
}

// noPolicy has somebody else's NetworkPolicy in the way of a template's.
func noPolicy(a *author) {
	keeper := a.keeper()
	keeper.Controller = new(true)
	template := builder.MakeTemplate("python").Obj()
	a.create(&networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: rules.NetworkPolicyName(template), OwnerReferences: []metav1.OwnerReference{keeper}},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
	})
	a.create(template)
	templated(a, template)
}

// podBeforePolicy has a template manage its NetworkPolicy when its Pod runs already.
func podBeforePolicy(a *author) {
	template := builder.MakeTemplate("python").NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj()
	a.create(template)
	templated(a, template)
	a.awaitNextSecond()
	a.patch(template, func() { template.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyManaged })
	namespace := &corev1.Namespace{}
	if a.err == nil {
		a.err = a.admin.Get(a.ctx, client.ObjectKey{Name: a.namespace}, namespace)
	}
	a.create(rules.NetworkPolicy(template, nil, namespace, rules.DefaultNetwork()))
}

// awaitNextSecond waits until the API server's clock, which writes whole seconds, has moved on.
func (a *author) awaitNextSecond() {
	var first metav1.Time
	tick := func(ctx context.Context) (bool, error) {
		clock := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: a.namespace, GenerateName: "clock-"}}
		if err := a.admin.Create(ctx, clock, client.DryRunAll); err != nil {
			return false, err
		}
		if first.IsZero() {
			first = clock.CreationTimestamp
		}
		return first.Before(&clock.CreationTimestamp), nil
	}
	if a.err == nil {
		a.err = wait.PollUntilContextTimeout(a.ctx, 100*time.Millisecond, time.Minute, true, tick)
	}
}

func podOwnerGone(a *author) {
	a.pod("box", nil, *rules.SandboxOwner(builder.MakeSandbox("box").Obj()))
}

func podOfEarlier(a *author) {
	podOwnerGone(a)
	a.sandbox("box", nil)
}

func podOrphan(a *author) {
	a.pod("left", map[string]string{sandboxv1.LabelClaimUID: "of-a-claim-that-is-gone"})
}

func podSecondOwner(a *author) {
	box := a.sandbox("box", nil)
	pod := a.pod("box", ownLabels(box), *rules.SandboxOwner(box))
	a.patch(pod, func() { pod.OwnerReferences = []metav1.OwnerReference{*rules.SandboxOwner(box), a.keeper()} })
}

func podStaleLabels(a *author) {
	mine := a.claim("mine", "mine")
	box := a.sandboxOf(mine, "mine")
	a.record(mine, box)
	pod := a.pod("mine", ownLabels(box), *rules.SandboxOwner(box))
	a.patch(pod, func() { pod.Labels[sandboxv1.LabelWarmPool] = rules.Hash(noPool) })
}

func sandboxOrphan(a *author) {
	a.sandbox("box", map[string]string{sandboxv1.LabelLaunchType: sandboxv1.LaunchTypeWarm})
}

func sandboxOwnerGone(a *author) {
	a.sandbox("box", nil, *rules.ClaimOwner(builder.MakeClaim("gone").Obj()))
}

func templateMismatch(a *author) {
	a.create(builder.MakeSandbox("box").Label(sandboxv1.LabelTemplateRefHash, rules.Hash("python")).
		Annotation(sandboxv1.AnnotationTemplateRef, "golang").Obj())
}

func bindingLost(a *author) {
	a.claim("mine", "elsewhere")
}

func recordLost(a *author) {
	mine := a.claim("mine", "box")
	a.record(mine, &sandboxv1.Sandbox{ObjectMeta: metav1.ObjectMeta{Name: "box", UID: "gone"}})
}
