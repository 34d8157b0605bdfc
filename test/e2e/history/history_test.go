package history

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// History notices a violation even when it lasted only a moment: each case ends in a correct state.
func TestViolations(t *testing.T) {
	pool := builder.MakePool("pool").Obj()
	claim, other := builder.MakeClaim("claim").Pool("pool").Obj(), builder.MakeClaim("other").Pool("pool").Obj()
	warm := builder.MakeSandbox("warm").Pool(pool).Obj()
	adopted := builder.MakeSandbox("warm").Pool(pool).ClaimedBy(claim).Obj()
	stolen := builder.MakeSandbox("warm").Pool(pool).ClaimedBy(other).Obj()
	second := builder.MakeSandbox("second").ClaimedBy(claim).Obj()
	for name, tc := range map[string]struct {
		seen []client.Object
		gone []client.Object
		want []string
	}{
		"an adoption": {seen: []client.Object{warm, adopted, reporting(claim, "warm"), pod("warm", "a", "warm")}},
		"a Pod that is replaced": {
			seen: []client.Object{adopted, pod("warm", "a", "warm")},
			gone: []client.Object{pod("warm", "a", "warm"), pod("warm", "b", "warm")},
		},
		"a Sandbox that goes from one claim to another": {
			seen: []client.Object{warm, adopted, stolen}, want: []string{OneAdoption, OneClaim},
		},
		"a claim with two Sandboxes, of which one is gone": {
			seen: []client.Object{warm, adopted, second}, gone: []client.Object{second}, want: []string{OneSandbox},
		},
		"a claim that reports a Sandbox of another": {
			seen: []client.Object{adopted, reporting(claim, "warm"), reporting(other, "warm")}, want: []string{OneClaim, OwnedByStatus},
		},
		"a Pod of another name": {seen: []client.Object{adopted, pod("cold", "a", "warm")}, want: []string{PodName}},
		"two Pods at a time": {
			seen: []client.Object{adopted, pod("warm", "a", "warm"), pod("second", "b", "warm")},
			gone: []client.Object{pod("second", "b", "warm")}, want: []string{OnePod, PodName},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := New()
			for _, obj := range tc.seen {
				h.Observe(obj, false, time.Time{})
			}
			for _, obj := range tc.gone {
				h.Observe(obj, true, time.Time{})
			}
			got := slices.Sorted(maps.Keys(h.Violations()))
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("broken rules (-want +got):\n%s", diff)
			}
		})
	}
}

// reporting returns the claim with the Sandbox of that name in its status.
func reporting(claim *extensionsv1.SandboxClaim, sandbox string) *extensionsv1.SandboxClaim {
	claim = claim.DeepCopy()
	claim.Status.Sandbox = extensionsv1.ClaimedSandbox{Name: sandbox, UID: builder.UID("sandbox", sandbox)}
	return claim
}

// pod returns the metadata of a Pod that the Sandbox controls.
func pod(name string, uid types.UID, sandbox string) *metav1.PartialObjectMetadata {
	made := builder.MakePod(name).ControlledBy(builder.MakeSandbox(sandbox).Obj()).Obj()
	meta := &metav1.PartialObjectMetadata{ObjectMeta: made.ObjectMeta}
	meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	meta.UID = uid
	return meta
}
