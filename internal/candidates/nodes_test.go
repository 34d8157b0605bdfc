package candidates

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// Sandboxes on a node that accepts no claims are not handed out. They are again when the node accepts claims.
func TestNodes(t *testing.T) {
	cordoned, open := builder.MakeNode(builder.DefaultNode).Unschedulable().Obj(), builder.MakeNode(builder.DefaultNode).Obj()
	going := builder.MakeNode(builder.DefaultNode).Deleting().Obj()
	name := types.NamespacedName{Name: builder.DefaultNode}
	for title, tc := range map[string]struct {
		turns func(*Index)
		want  string
	}{
		"cordoned":            {func(i *Index) { i.ObserveNode(cordoned) }, "elsewhere"},
		"cordoned twice":      {func(i *Index) { i.ObserveNode(cordoned); i.ObserveNode(cordoned) }, "elsewhere"},
		"uncordoned":          {func(i *Index) { i.ObserveNode(cordoned); i.ObserveNode(open) }, "here"},
		"being deleted":       {func(i *Index) { i.ObserveNode(going) }, "elsewhere"},
		"gone":                {func(i *Index) { i.ForgetNode(name) }, "elsewhere"},
		"gone, and come back": {func(i *Index) { i.ForgetNode(name); i.ObserveNode(open) }, "here"},
		"picked from, and then cordoned": {func(i *Index) {
			i.keep(key("here"), start.Add(-2*ReservationTTL))
			i.ObserveNode(cordoned)
		}, "elsewhere"},
		"cordoned, picked from and uncordoned": {func(i *Index) {
			i.ObserveNode(cordoned)
			i.keep(key("here"), start)
			i.ObserveNode(open)
		}, "elsewhere"},
		"cordoned before the Sandbox is seen again": {func(i *Index) {
			i.ObserveNode(cordoned)
			i.Observe(member("here", template).PodIPs("10.0.0.9").Obj())
		}, "elsewhere"},
		"cordoned before the Sandbox is there": {func(i *Index) {
			i.Forget(key("here"))
			i.ObserveNode(cordoned)
			i.Observe(member("here", template).Obj())
		}, "elsewhere"},
	} {
		t.Run(title, func(t *testing.T) {
			index := empty(0)
			index.ObserveNode(builder.MakeNode("node-2").Obj())
			index.Observe(member("elsewhere", template).CreatedAt(start.Add(time.Hour)).Node("node-2").Obj())
			index.Observe(member("here", template).Obj())
			tc.turns(index)
			if got := index.Pick(byPool, start); got != tc.want {
				t.Errorf("picked %q, want %q", got, tc.want)
			}
		})
	}
}

// The index knows the taints that it was told of, besides those that are known.
func TestFurtherTaints(t *testing.T) {
	for taint, want := range map[string]string{
		"example.com/draining": "elsewhere", "example.com/full": "here", "karpenter.sh/disrupted": "elsewhere",
	} {
		index := New(0, "example.com/draining")
		index.ObserveTemplate(template)
		index.ObservePool(pool)
		index.ObserveNode(builder.MakeNode("node-2").Obj())
		index.ObserveNode(builder.MakeNode(builder.DefaultNode).Taint(taint, corev1.TaintEffectNoSchedule).Obj())
		index.Observe(member("elsewhere", template).CreatedAt(start.Add(time.Hour)).Node("node-2").Obj())
		index.Observe(member("here", template).Obj())
		if got := index.Pick(byPool, start); got != want {
			t.Errorf("%s: picked %q, want %q", taint, got, want)
		}
	}
}
