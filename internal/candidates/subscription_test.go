package candidates

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A subscription tells once of each pool where a Sandbox has become a candidate, for whatever reason, and of nothing else.
func TestWhatAppears(t *testing.T) {
	i := New(1)
	pool := builder.MakePool("p").Template("t").Obj()
	sandbox := func(name string) *builder.SandboxWrapper {
		return builder.MakeSandbox(name).Pool(pool).Node("n").Ready()
	}
	kept := pool.DeepCopy()
	kept.Annotations = map[string]string{sandboxv1.AnnotationNamedClaimsOnly: "true"}
	i.ObservePool(pool)
	i.ObserveNode(builder.MakeNode("n").Obj())
	early := i.Subscribe()
	early.Cancel()
	s := i.Subscribe()
	here := []Appearance{{Namespace: "default", Pool: "p", Template: sandbox("a").Obj().Annotations[sandboxv1.AnnotationTemplateRef]}}
	claim := builder.MakeClaim("c").Pool("p").Obj()
	var picked string
	for _, step := range []struct {
		what string
		do   func()
		want []Appearance
	}{
		{"one is not Ready", func() { i.Observe(builder.MakeSandbox("a").Pool(pool).Obj()) }, nil},
		{"it turns Ready", func() { i.Observe(sandbox("a").Obj()) }, here},
		{"it is seen again", func() { i.Observe(sandbox("a").Obj()) }, nil},
		{"its node is cordoned", func() { i.ObserveNode(builder.MakeNode("n").Unschedulable().Obj()) }, nil},
		{"its node is uncordoned", func() { i.ObserveNode(builder.MakeNode("n").Obj()) }, here},
		{"its node is gone", func() { i.ForgetNode(types.NamespacedName{Name: "n"}) }, nil},
		{"its node is back", func() { i.ObserveNode(builder.MakeNode("n").Obj()) }, here},
		{"it is picked", func() { picked = i.Pick(claim, builder.Epoch) }, nil},
		{"its reservation holds", func() { i.Release(builder.Epoch.Add(time.Millisecond)) }, nil},
		{"its reservation ends", func() { i.Release(builder.Epoch.Add(time.Hour)) }, here},
		{"two turn Ready", func() { i.Observe(sandbox("b").Obj()); i.Observe(sandbox("d").Obj()) }, here},
		{"its pool is kept", func() { i.ObservePool(kept) }, nil},
		{"its pool is seen again", func() { i.ObservePool(kept) }, nil},
		{"its pool is kept no longer", func() { i.ObservePool(pool) }, here},
		{"it goes", func() { i.Forget(types.NamespacedName{Namespace: "default", Name: "a"}) }, nil},
	} {
		step.do()
		select {
		case <-s.Ready():
			if step.want == nil {
				t.Errorf("%s: it is told", step.what)
			}
		default:
			if step.want != nil {
				t.Errorf("%s: it is not told", step.what)
			}
		}
		if diff := cmp.Diff(step.want, s.Take()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.what, diff)
		}
	}
	if picked != "a" {
		t.Errorf("%q was picked", picked)
	}
	if len(early.Take()) > 0 {
		t.Error("a subscription that was cancelled is told")
	}
}
