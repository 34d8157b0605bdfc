package conformance

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/conformance"
)

// Names of what is made.
const (
	alone = "alone"
	pool  = "pool"
	first = "first"
	other = "other"
)

// size is how many Sandboxes the pool has.
const size = 2

var resources = corev1.ResourceList{
	corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("32Mi"),
}

// behaviour is something that an installation has to do, or to refuse.
type behaviour struct {
	conformance.Check
	// lacks says what is not there that it is tried on, or "".
	lacks func(*scene) string
	try   func(context.Context, *scene) conformance.Outcome
}

func nothing(*scene) string { return "" }

func noPool(s *scene) string {
	if len(s.members) == 0 {
		return "the pool has no Sandboxes"
	}
	return ""
}

func notServed(s *scene) string {
	if s.sandbox == nil {
		return "the claim has no Sandbox"
	}
	return ""
}

func noPod(s *scene) string {
	if s.pod == nil {
		return "the claim's Sandbox has no Pod of its name"
	}
	return ""
}

// behaviours are tried in this order. What the first make, the later ones use.
var behaviours = []behaviour{
	{conformance.Check{ID: "SandboxGetsPod", Says: "A Sandbox gets one Pod, of its name, which it controls."}, nothing, sandboxGetsPod},
	{conformance.Check{ID: "PoolFills", Says: "A pool fills with Sandboxes that are Ready."}, nothing, poolFills},
	{conformance.Check{ID: "ClaimIsServed", Says: "A claim gets a Sandbox out of its pool, and status.sandbox.name names it."}, noPool, claimIsServed},
	{conformance.Check{ID: "ClaimedPodName", Says: "The Sandbox of a claim has one Pod, of its name."}, notServed, claimedPodName},
	{conformance.Check{ID: "RefusesSecondAdoption", Says: "A claimed Sandbox cannot be given to another claim."}, notServed, refusesAdoption},
	{conformance.Check{ID: "RefusesPlantedLabel", Says: "A foreign Pod cannot bear the label by which a Sandbox's Service selects."}, noPod, refusesPlantedLabel},
	{conformance.Check{ID: "RefusesSecondOwner", Says: "A Sandbox's Pod cannot get a second Sandbox as owner."}, noPod, refusesSecondOwner},
	{conformance.Check{ID: "ClaimEndsSandbox", Says: "The deletion of a claim ends its Sandbox."}, notServed, claimEndsSandbox},
}

func sandboxGetsPod(ctx context.Context, s *scene) conformance.Outcome {
	sandbox := &sandboxv1.Sandbox{
		ObjectMeta: s.meta(alone), Spec: sandboxv1.SandboxSpec{SandboxBlueprint: sandboxv1.SandboxBlueprint{PodTemplate: s.podTemplate()}},
	}
	if err := s.Create(ctx, sandbox); err != nil {
		return conformance.Untried("creating a Sandbox: %v", err)
	}
	s.alone = sandbox
	_, outcome := s.podOf(ctx, sandbox)
	return outcome
}

// podOf waits until sandbox controls a Pod of its name, and says whether it is the only one.
func (s *scene) podOf(ctx context.Context, sandbox *sandboxv1.Sandbox) (*corev1.Pod, conformance.Outcome) {
	pod, err := await(ctx, s, &corev1.PodList{}, sandbox.Name, func(pod *corev1.Pod) bool { return metav1.IsControlledBy(pod, sandbox) })
	if err != nil {
		return nil, s.failed(err, "Sandbox "+sandbox.Name+" controls no Pod of its name")
	}
	var pods corev1.PodList
	if err := s.List(ctx, &pods, client.InNamespace(s.namespace)); err != nil {
		return nil, conformance.Untried("listing Pods: %v", err)
	}
	for i := range pods.Items {
		if another := &pods.Items[i]; another.UID != pod.UID && metav1.IsControlledBy(another, sandbox) {
			return nil, conformance.Broken("Sandbox %s controls Pod %s, too", sandbox.Name, another.Name)
		}
	}
	return pod, conformance.Held()
}

// failed is the outcome of what was waited for. what says how it is without it.
func (s *scene) failed(err error, what string) conformance.Outcome {
	if errors.Is(err, errNotInTime) {
		return conformance.Broken("%s after %s", what, s.timeout)
	}
	return conformance.Untried("%v", err)
}

func poolFills(ctx context.Context, s *scene) conformance.Outcome {
	template := &extensionsv1.SandboxTemplate{
		ObjectMeta: s.meta(pool),
		Spec:       extensionsv1.SandboxTemplateSpec{SandboxBlueprint: sandboxv1.SandboxBlueprint{PodTemplate: s.podTemplate()}},
	}
	made := &extensionsv1.SandboxWarmPool{ObjectMeta: s.meta(pool), Spec: extensionsv1.SandboxWarmPoolSpec{
		Replicas: new(int32(size)), SandboxTemplateRef: extensionsv1.SandboxTemplateReference{Name: pool},
	}}
	for _, object := range []client.Object{template, made} {
		if err := s.Create(ctx, object); err != nil {
			return conformance.Untried("creating a template and a pool: %v", err)
		}
	}
	_, err := await(ctx, s, &extensionsv1.SandboxWarmPoolList{}, pool, func(seen *extensionsv1.SandboxWarmPool) bool {
		return seen.Status.ReadyReplicas == size
	})
	if err != nil {
		return s.failed(err, "status.readyReplicas of a pool of two is not 2")
	}
	var sandboxes sandboxv1.SandboxList
	if err := s.List(ctx, &sandboxes, client.InNamespace(s.namespace)); err != nil {
		return conformance.Untried("listing Sandboxes: %v", err)
	}
	members := map[types.UID]bool{}
	for i := range sandboxes.Items {
		if metav1.IsControlledBy(&sandboxes.Items[i], made) {
			members[sandboxes.Items[i].UID] = true
		}
	}
	if len(members) != size {
		return conformance.Broken("the pool says that two are Ready, and controls %d Sandboxes", len(members))
	}
	s.members = members
	return conformance.Held()
}

func (s *scene) newClaim(name string) *extensionsv1.SandboxClaim {
	return &extensionsv1.SandboxClaim{ObjectMeta: s.meta(name), Spec: extensionsv1.SandboxClaimSpec{
		WarmPoolRef: &extensionsv1.SandboxWarmPoolReference{Name: pool},
	}}
}

func claimIsServed(ctx context.Context, s *scene) conformance.Outcome {
	claim := s.newClaim(first)
	if err := s.Create(ctx, claim); err != nil {
		return conformance.Untried("creating a claim: %v", err)
	}
	served, err := await(ctx, s, &extensionsv1.SandboxClaimList{}, first, func(seen *extensionsv1.SandboxClaim) bool {
		return seen.Status.Sandbox.Name != ""
	})
	if err != nil {
		return s.failed(err, "status.sandbox.name of the claim is empty")
	}
	sandbox := &sandboxv1.Sandbox{}
	key := client.ObjectKey{Namespace: s.namespace, Name: served.Status.Sandbox.Name}
	if err := s.Get(ctx, key, sandbox); err != nil {
		return conformance.Broken("status.sandbox.name is %s: %v", key.Name, err)
	}
	if !metav1.IsControlledBy(sandbox, served) {
		return conformance.Broken("status.sandbox.name is %s, which the claim does not control", sandbox.Name)
	}
	s.claim, s.sandbox = served, sandbox
	if !s.members[sandbox.UID] {
		return conformance.Broken("Sandbox %s was none of the pool's, of which two were Ready", sandbox.Name)
	}
	return conformance.Held()
}

func claimedPodName(ctx context.Context, s *scene) conformance.Outcome {
	pod, outcome := s.podOf(ctx, s.sandbox)
	s.pod = pod
	return outcome
}

func claimEndsSandbox(ctx context.Context, s *scene) conformance.Outcome {
	if err := s.Delete(ctx, s.claim); client.IgnoreNotFound(err) != nil {
		return conformance.Untried("deleting the claim: %v", err)
	}
	if err := awaitGone[*sandboxv1.Sandbox](ctx, s, &sandboxv1.SandboxList{}, s.sandbox.Name); err != nil {
		return s.failed(err, "Sandbox "+s.sandbox.Name+" is still there")
	}
	return conformance.Held()
}
