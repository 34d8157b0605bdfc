package policy

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// tries is how many random writes of each kind are tried.
const tries = 4000

// users are those who write.
var users = []string{"editor", ControllerUser, rules.GarbageCollectors()[0], rules.GarbageCollectors()[1]}

// kinds are what owner references name, also in another version, of another group, or not quite.
var kinds = []metav1.OwnerReference{
	{APIVersion: "agents.x-k8s.io/v1beta1", Kind: "Sandbox"}, {APIVersion: "agents.x-k8s.io/v1alpha1", Kind: "Sandbox"},
	{APIVersion: "extensions.agents.x-k8s.io/v1beta1", Kind: "SandboxWarmPool"}, {APIVersion: "extensions.agents.x-k8s.io/v1beta1", Kind: "SandboxClaim"},
	{APIVersion: "extensions.agents.x-k8s.io/v1alpha1", Kind: "SandboxWarmPool"}, {APIVersion: "extensions.agents.x-k8s.io/v1beta1", Kind: "Sandbox"},
	{APIVersion: "example.com/v1", Kind: "SandboxClaim"}, {APIVersion: "apps/v1", Kind: "ReplicaSet"},
}

// dice draws from few values, so that old and new are often alike.
type dice struct{ *rand.Rand }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// owners draws owner references, of which one controls at the most.
func (d dice) owners() []metav1.OwnerReference {
	var refs []metav1.OwnerReference
	for range pick(d, 0, 1, 1, 1, 2) {
		ref := pick(d, kinds...)
		ref.Name, ref.UID, ref.BlockOwnerDeletion = pick(d, "a", "a", "b"), pick[types.UID](d, "1", "1", "2"), pick(d, nil, nil, new(true))
		refs = append(refs, ref)
	}
	if len(refs) > 0 {
		refs[0].Controller = pick(d, new(true), new(true), new(true), new(false), nil)
	}
	return refs
}

// keys draws some of keys, with values.
func (d dice) keys(keys []string, values ...string) map[string]string {
	drawn := map[string]string{}
	for _, key := range keys {
		if d.IntN(4) == 0 {
			drawn[key] = pick(d, values...)
		}
	}
	return drawn
}

// change returns old or, a third of the time, what draw draws.
func change[T any](d dice, old T, draw func() T) T {
	if d.IntN(3) > 0 {
		return old
	}
	return draw()
}

// write returns the old object, or nil of a new one, and the new one, drawn by draw out of the old one.
func write[T interface {
	runtime.Object
	comparable
}](d dice, none T, draw func(dice, T) T) (old, obj T) {
	if d.IntN(4) > 0 {
		old = draw(d, none)
		return old, draw(d, old)
	}
	return none, draw(d, none)
}

func meta(d dice, old metav1.Object, keys rules.Keys, words ...string) metav1.ObjectMeta {
	before := metav1.ObjectMeta{}
	if old != nil {
		before = metav1.ObjectMeta{Labels: old.GetLabels(), Annotations: old.GetAnnotations(), OwnerReferences: old.GetOwnerReferences()}
	}
	return metav1.ObjectMeta{
		Name:   "a",
		Labels: change(d, before.Labels, func() map[string]string { return d.keys(append(keys.Labels, "mine"), "1", "2", "") }),
		Annotations: change(d, before.Annotations, func() map[string]string {
			drawn := d.keys(keys.Annotations, "1", "2", "a", "b", "")
			maps.Copy(drawn, d.keys(words, "true", "false", "Retain", "Own", "no", ""))
			return drawn
		}),
		OwnerReferences: change(d, before.OwnerReferences, d.owners),
	}
}

// agree fails the test unless the policy refuses what the rules refuse, and says one of the things that they say.
func agree(t *testing.T, e engine, r request, errs field.ErrorList) bool {
	t.Helper()
	got := e.ask(t.Context(), t, r)
	if (got == nil) != (len(errs) == 0) {
		t.Errorf("by %s: the policy says %v, the rules %v:\nold: %s\nnew: %s", r.user, got, errs, shown(r.old), shown(r.obj))
		return false
	}
	if got != nil && !slices.ContainsFunc(errs, func(err *field.Error) bool { return says(got.message, err) }) {
		t.Errorf("the policy says %q, the rules %v", got.message, errs)
		return false
	}
	return true
}

// says reports whether message has the words of err. Those of unsupported values and of too many owners are the API server's own.
func says(message string, err *field.Error) bool {
	switch err.Type {
	case field.ErrorTypeNotSupported:
		return strings.Contains(message, "unsupported value")
	case field.ErrorTypeTooMany:
		return strings.Contains(message, string(rules.WordsOneAdopter))
	default:
		return strings.Contains(message, err.Detail)
	}
}

func shown(obj runtime.Object) string { return strings.TrimSpace(cmp.Diff(nil, obj)) }

// actor returns who user is to the rules.
func actor(user string) rules.Actor { return rules.ActorFor(user, ControllerUser) }

func TestThePolicyOfSandboxes(t *testing.T) {
	e, d, refused := newEngine(t, sandboxes()), dice{rand.New(rand.NewPCG(1, 1))}, map[string]int{}
	keys := rules.SandboxKeys()
	keys.Annotations = append(keys.Annotations, sandboxv1.AnnotationPodName)
	draw := func(d dice, old *sandboxv1.Sandbox) *sandboxv1.Sandbox {
		s := &sandboxv1.Sandbox{}
		if old == nil {
			s.ObjectMeta = meta(d, nil, keys, sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.AnnotationPodIdentity, sandboxv1.AnnotationKeepEndedPod)
			s.DeletionTimestamp = pick(d, nil, nil, nil, &metav1.Time{})
			return s
		}
		s.ObjectMeta = meta(d, old, keys, sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.AnnotationPodIdentity, sandboxv1.AnnotationKeepEndedPod)
		s.DeletionTimestamp, s.Spec = old.DeletionTimestamp, old.Spec
		s.Spec.Service = change(d, s.Spec.Service, func() *bool { return pick(d, nil, new(true)) })
		return s
	}
	for range tries {
		old, obj := write(d, nil, draw)
		user := pick(d, users...)
		who := actor(user)
		errs := append(rules.CheckPodName(old, obj, who).WithOrigin(rules.RulePodName), rules.CheckController(old, obj, who)...)
		if who == rules.User {
			var before metav1.Object
			if old != nil {
				before = old
			}
			errs = slices.Concat(errs, rules.CheckUserOwners(old, obj), rules.CheckVolumesWhenDeleted(before, obj),
				rules.CheckPodIdentityWord(before, obj), rules.CheckKeepEndedPod(before, obj))
		}
		if who != rules.Controller {
			errs = slices.Concat(errs, rules.CheckAddedOwners(old, obj), rules.CheckSandboxReserved(old, obj), rules.CheckPoolMember(old, obj))
		}
		if !agree(t, e, request{sandboxv1.GroupVersion.WithKind("Sandbox"), "sandboxes", "", user, object(old), obj}, errs) {
			return
		}
		count(refused, errs)
	}
	enough(t, refused, 4)
}

func TestThePolicyOfPods(t *testing.T) {
	e, d, refused := newEngine(t, pods()), dice{rand.New(rand.NewPCG(2, 2))}, map[string]int{}
	draw := func(d dice, old *corev1.Pod) *corev1.Pod {
		p := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}
		if old == nil {
			p.ObjectMeta = meta(d, nil, rules.PodKeys())
			if d.IntN(2) > 0 { // A Sandbox's.
				p.OwnerReferences = []metav1.OwnerReference{kinds[0]}
				p.OwnerReferences[0].Name, p.OwnerReferences[0].UID, p.OwnerReferences[0].Controller = "a", "1", new(true)
			}
			return p
		}
		p.ObjectMeta, p.Spec = meta(d, old, rules.PodKeys()), *old.Spec.DeepCopy()
		if d.IntN(2) > 0 { // The same metadata: what is in the Pod is what counts then.
			p.ObjectMeta = *old.ObjectMeta.DeepCopy()
		}
		p.Spec.Containers[0].Image = change(d, "i", func() string { return pick(d, "i", "j") })
		p.Spec.ActiveDeadlineSeconds = change(d, nil, func() *int64 { return new(int64(1)) })
		p.Spec.Tolerations = change(d, nil, func() []corev1.Toleration { return []corev1.Toleration{{Key: "k"}} })
		p.Spec.EphemeralContainers = change(d, nil, func() []corev1.EphemeralContainer {
			return []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "e"}}}
		})
		return p
	}
	for range tries {
		old, obj := write(d, nil, draw)
		user := pick(d, users...)
		errs := podErrors(old, obj, actor(user))
		if !agree(t, e, request{corev1.SchemeGroupVersion.WithKind("Pod"), "pods", pick(d, "", "", "status"), user, object(old), obj}, errs) {
			return
		}
		count(refused, errs)
	}
	enough(t, refused, 7)
}

// podErrors is what the webhook of Pods finds without the Pod's Sandbox, and what the labels of a new Pod tell about it.
func podErrors(old, pod *corev1.Pod, who rules.Actor) field.ErrorList {
	errs := rules.CheckPodOwner(old, pod, who)
	owner := rules.ControllerOf(pod)
	if !rules.IsSandbox(owner) {
		errs = append(errs, rules.CheckForeignPod(old, pod, who)...)
	} else if who != rules.Controller && old != nil {
		errs = append(errs, rules.CheckPodReserved(old, pod)...)
	}
	if who == rules.User && old != nil && rules.IsSandbox(rules.ControllerOf(old)) && rules.IsPoolPod(old, nil) {
		errs = append(errs, rules.CheckPodContent(content(old), content(pod))...)
	}
	if old == nil && rules.IsSandbox(owner) {
		if uid, ok := pod.Labels[sandboxv1.LabelSandboxUID]; ok && uid != string(owner.UID) {
			errs = append(errs, field.Invalid(field.NewPath("uid"), uid, rules.WordsPodUID.With(owner.UID)))
		}
		for _, key := range []string{sandboxv1.LabelWarmPool, sandboxv1.LabelClaimUID, sandboxv1.LabelTemplateRefHash} {
			if _, ok := pod.Labels[key]; ok && who != rules.Controller {
				errs = append(errs, field.Forbidden(field.NewPath("ours"), string(rules.WordsOurPod)))
			}
		}
	}
	return errs
}

// content is a Pod's spec as JSON.
func content(pod *corev1.Pod) map[string]any {
	spec, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&pod.Spec)
	if err != nil {
		panic(err)
	}
	return spec
}

func TestThePolicyOfClaims(t *testing.T) {
	e, d, refused := newEngine(t, claims()), dice{rand.New(rand.NewPCG(3, 3))}, map[string]int{}
	draw := func(d dice, old *extensionsv1.SandboxClaim) *extensionsv1.SandboxClaim {
		c := &extensionsv1.SandboxClaim{}
		if old != nil {
			c = old.DeepCopy()
		}
		var before metav1.Object
		if old != nil {
			before = old
		}
		c.ObjectMeta = meta(d, before, rules.ClaimKeys(), sandboxv1.AnnotationVolumesWhenDeleted)
		c.OwnerReferences = nil
		c.Spec.Env = change(d, c.Spec.Env, func() []extensionsv1.EnvVar { return pick(d, nil, []extensionsv1.EnvVar{{Name: "A", Value: "b"}}) })
		return c
	}
	for range tries {
		old, obj := write(d, nil, draw)
		var before metav1.Object
		if old != nil {
			old.Status.Sandbox.Name = pick(d, "", "1", "a")
			obj.Status = old.Status
			before = old
		}
		user := pick(d, users...)
		errs := rules.CheckVolumesWhenDeleted(before, obj)
		switch {
		case old != nil && actor(user) != rules.Controller:
			errs = append(errs, rules.CheckClaimReserved(old, obj)...)
		case old != nil:
			errs = append(errs, rules.CheckBinding(old, obj, nil)...)
		}
		if old != nil {
			errs = append(errs, rules.CheckOverrides(old, obj, nil, nil, rules.DefaultLabelDomains)...)
		}
		if !agree(t, e, request{extensionsv1.GroupVersion.WithKind("SandboxClaim"), "sandboxclaims", "", user, object(old), obj}, errs) {
			return
		}
		count(refused, errs)
	}
	enough(t, refused, 2)
}

func TestThePolicyOfClaimsStatus(t *testing.T) {
	e, d, refused := newEngine(t, claims()), dice{rand.New(rand.NewPCG(4, 4))}, map[string]int{}
	for range tries {
		old := &extensionsv1.SandboxClaim{}
		old.Name, old.Annotations = "a", d.keys([]string{sandboxv1.AnnotationBinding, sandboxv1.AnnotationBinding}, "1", "2")
		old.Status.Sandbox.Name = pick(d, "", "1", "2")
		old.Spec.Lifecycle = pick(d, nil, &extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{}},
			&extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{}, ShutdownPolicy: extensionsv1.ShutdownPolicyDelete})
		obj := old.DeepCopy()
		obj.Status.Sandbox.Name = pick(d, "", "1", "2")
		if old.Spec.Lifecycle != nil {
			obj.Status.Conditions = []metav1.Condition{{Type: sandboxv1.ConditionReady, Reason: pick(d, extensionsv1.ReasonClaimExpired, "Other")}}
		}
		user := pick(d, users...)
		errs := rules.CheckClaimStatus(old, obj, actor(user))
		if !agree(t, e, request{extensionsv1.GroupVersion.WithKind("SandboxClaim"), "sandboxclaims", "status", user, old, obj}, errs) {
			return
		}
		count(refused, errs)
	}
	enough(t, refused, 1)
}

// object returns old as an object, and no object for a nil one.
func object[T interface {
	runtime.Object
	comparable
}](old T) runtime.Object {
	var none T
	if old == none {
		return nil
	}
	return old
}

// count counts what was refused, by field.
func count(refused map[string]int, errs field.ErrorList) {
	for _, err := range errs {
		name, _, _ := strings.Cut(err.Field, "[")
		refused[name]++
	}
	if len(errs) == 0 {
		refused["nothing"]++
	}
}

// enough fails the test if the random writes did not try much: they have to be refused for that many fields, and to be allowed.
func enough(t *testing.T, refused map[string]int, fields int) {
	t.Helper()
	t.Log(refused)
	if len(refused) < fields+1 || refused["nothing"] < tries/20 {
		t.Errorf("refused: %v", refused)
	}
}
