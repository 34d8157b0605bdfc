package feed

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// informers returns informers that the test controls, one for each type of object.
type informers struct {
	cache.Informers

	informers map[string]*informer
	err       error
}

func (i *informers) GetInformer(_ context.Context, obj client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	if i.err != nil {
		return nil, i.err
	}
	return i.of(obj), nil
}

func (i *informers) of(obj client.Object) *informer {
	kind := fmt.Sprintf("%T", obj)
	if i.informers[kind] == nil {
		i.informers[kind] = &informer{}
	}
	return i.informers[kind]
}

type informer struct {
	cache.Informer

	handler toolscache.ResourceEventHandler
	synced  bool
	err     error
}

func (i *informer) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	i.handler = handler
	return registration{informer: i}, i.err
}

type registration struct {
	toolscache.ResourceEventHandlerRegistration

	informer *informer
}

func (r registration) HasSynced() bool { return r.informer.synced }

func TestFeed(t *testing.T) {
	template, pool := builder.MakeTemplate(builder.DefaultTemplate).Obj(), builder.MakePool("p").Obj()
	warm := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("a").Pool(pool).Ready().Label(sandboxv1.LabelTemplateHash, rules.BlueprintHash(template))
	}
	claim, node := builder.MakeClaim("c").Pool("p").Obj(), builder.MakeNode(builder.DefaultNode).Obj()
	for name, tc := range map[string]struct {
		then func(*informers)
		want string
	}{
		"all is there":           {func(*informers) {}, "a"},
		"the Sandbox is adopted": {func(i *informers) { i.of(warm().Obj()).handler.OnUpdate(warm().Obj(), warm().ClaimedBy(claim).Obj()) }, ""},
		"the Sandbox is deleted": {func(i *informers) { i.of(warm().Obj()).handler.OnDelete(warm().Obj()) }, ""},
		"its deletion was missed": {func(i *informers) {
			i.of(warm().Obj()).handler.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "default/a", Obj: warm().Obj()})
		}, ""},
		"another is deleted":  {func(i *informers) { i.of(warm().Obj()).handler.OnDelete(builder.MakeSandbox("b").Obj()) }, "a"},
		"the pool is deleted": {func(i *informers) { i.of(pool).handler.OnDelete(pool) }, ""},
		"the pool turns to another template": {
			func(i *informers) {
				i.of(pool).handler.OnUpdate(pool, builder.MakePool("p").Template("u").UpdateStrategy("Recreate").Obj())
			}, "a",
		},
		"the template is deleted": {func(i *informers) { i.of(template).handler.OnDelete(template) }, "a"},
		"another claim is bound to it": {
			func(i *informers) {
				i.of(claim).handler.OnAdd(builder.MakeClaim("d").Pool("p").BoundTo("a").Obj(), false)
			}, "",
		},
		"its node is cordoned": {func(i *informers) {
			i.of(node).handler.OnUpdate(node, builder.MakeNode(builder.DefaultNode).Unschedulable().Obj())
		}, ""},
		"its node is gone":         {func(i *informers) { i.of(node).handler.OnDelete(node) }, ""},
		"another claim is deleted": {func(i *informers) { i.of(claim).handler.OnDelete(claim) }, "a"},
		"what is no object":        {func(i *informers) { i.of(warm().Obj()).handler.OnDelete(7) }, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			index, sources := candidates.New(0), &informers{informers: map[string]*informer{}}
			if _, err := Start(t.Context(), sources, index, nil, func() time.Time { return builder.Epoch }); err != nil {
				t.Fatal(err)
			}
			for _, obj := range []client.Object{template, pool, claim, warm().Obj(), node} {
				sources.of(obj).handler.OnAdd(obj, true)
			}
			tc.then(sources)
			if got := index.Pick(claim, builder.Epoch); got != tc.want {
				t.Errorf("picked %q, want %q", got, tc.want)
			}
		})
	}
}

// A claim is on its way from its first event until one that shows its status, or its end.
func TestTraffic(t *testing.T) {
	clock := testclock.NewFakeClock(builder.Epoch)
	index, traffic, sources := candidates.New(0), yield.NewTraffic(clock), &informers{informers: map[string]*informer{}}
	if _, err := Start(t.Context(), sources, index, traffic, clock.Now); err != nil {
		t.Fatal(err)
	}
	bound := builder.MakeClaim("c").Pool("p").BoundTo("a")
	handler := sources.of(bound.Obj()).handler
	handler.OnAdd(builder.MakeClaim("unbound").Pool("p").Obj(), false)
	if traffic.Busy() {
		t.Error("busy with a claim that is not bound")
	}
	before := bound.Obj()
	handler.OnAdd(before, false)
	if !traffic.Busy() {
		t.Error("not busy with a claim that is bound")
	}
	updated := builder.MakeClaim("u").Pool("p")
	handler.OnUpdate(updated.Obj(), updated.BoundTo("w").Obj())
	if at, _ := traffic.Seen(types.NamespacedName{Namespace: builder.DefaultNamespace, Name: "w"}); !at.Equal(builder.Epoch) {
		t.Errorf("a claim that was bound later is seen at %v", at)
	}
	handler.OnDelete(updated.Obj())
	handler.OnUpdate(before, bound.Condition("Ready", "True", "R").Obj())
	if traffic.Busy() {
		t.Error("busy with a claim that is Ready")
	}
	for _, listed := range []bool{true, false} {
		claim := builder.MakeClaim("l").Pool("p").BoundTo(fmt.Sprintf("listed-%t", listed)).Obj()
		handler.OnAdd(claim, listed)
		if at, _ := traffic.Seen(types.NamespacedName{Namespace: claim.Namespace, Name: rules.Binding(claim)}); !traffic.Busy() || at.IsZero() != listed {
			t.Errorf("listed %t: busy %t, seen %s", listed, traffic.Busy(), at)
		}
		handler.OnDelete(claim)
	}
	for _, missed := range []bool{false, true} {
		claim := builder.MakeClaim("d").Pool("p").BoundTo(fmt.Sprint(missed)).Obj()
		handler.OnAdd(claim, false)
		if !traffic.Busy() {
			t.Error("not busy with another claim")
		}
		if missed {
			handler.OnDelete(toolscache.DeletedFinalStateUnknown{Key: claim.Name, Obj: claim})
		} else {
			handler.OnDelete(claim)
		}
		if traffic.Busy() {
			t.Errorf("busy with a claim that is gone, whose deletion was missed: %t", missed)
		}
	}
}

// A claim that is Ready shows that the replica in whose share its Sandbox is serves claims, unless this replica has served it. One that
// is gone shows nothing.
func TestWhoServes(t *testing.T) {
	const own, other = 1, 2
	claim := func(sandbox string) *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p").BoundTo(sandbox) }
	served := func(sandbox string) client.Object { return claim(sandbox).Condition("Ready", "True", "R").Obj() }
	index := candidates.New(own)
	index.Share([]uint64{other})
	sandbox := "s"
	for index.Sharer(sandbox) != other {
		sandbox += "s"
	}
	for name, tc := range map[string]struct {
		then func(toolscache.ResourceEventHandler, *yield.Traffic)
		want bool
	}{
		"it is Ready": {func(h toolscache.ResourceEventHandler, _ *yield.Traffic) {
			h.OnUpdate(claim(sandbox).Obj(), served(sandbox))
		}, true},
		"it is being deleted": {func(h toolscache.ResourceEventHandler, _ *yield.Traffic) {
			deleted := claim(sandbox).Obj()
			deleted.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
			h.OnUpdate(claim(sandbox).Obj(), deleted)
		}, false},
		"it is gone": {func(h toolscache.ResourceEventHandler, _ *yield.Traffic) { h.OnDelete(claim(sandbox).Obj()) }, false},
		"this replica has served it": {func(h toolscache.ResourceEventHandler, traffic *yield.Traffic) {
			traffic.Help(types.NamespacedName{Namespace: builder.DefaultNamespace, Name: sandbox})
			h.OnUpdate(claim(sandbox).Obj(), served(sandbox))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			clock := testclock.NewFakeClock(builder.Epoch)
			traffic, sources := yield.NewTraffic(clock), &informers{informers: map[string]*informer{}}
			if _, err := Start(t.Context(), sources, index, traffic, clock.Now); err != nil {
				t.Fatal(err)
			}
			handler := sources.of(claim(sandbox).Obj()).handler
			handler.OnAdd(claim(sandbox).Obj(), false)
			tc.then(handler, traffic)
			if got := traffic.LastServed(other); got.IsZero() == tc.want {
				t.Errorf("the other replica last served at %v", got)
			}
			if got := traffic.LastServed(own); !got.IsZero() {
				t.Errorf("this replica last served at %v", got)
			}
		})
	}
}

func TestSynced(t *testing.T) {
	sources := &informers{informers: map[string]*informer{}}
	synced, err := Start(t.Context(), sources, candidates.New(0), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(sources.informers) != 5 {
		t.Errorf("%d informers, want 5", len(sources.informers))
	}
	for kind, source := range sources.informers {
		if synced() {
			t.Errorf("synced before %s", kind)
		}
		source.synced = true
	}
	if !synced() {
		t.Error("never synced")
	}
}

func TestStartFails(t *testing.T) {
	broken := errors.New("broken")
	noHandler := &informers{informers: map[string]*informer{}}
	noHandler.of(&sandboxv1.Sandbox{}).err = broken
	for name, sources := range map[string]*informers{"without an informer": {err: broken}, "without a handler": noHandler} {
		if _, err := Start(t.Context(), sources, candidates.New(0), nil, nil); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNameOf(t *testing.T) {
	want := types.NamespacedName{Namespace: builder.DefaultNamespace, Name: "a"}
	for name, obj := range map[string]any{
		"an object":           builder.MakeSandbox("a").Obj(),
		"one that was missed": toolscache.DeletedFinalStateUnknown{Key: "default/a"},
	} {
		if got := nameOf(obj); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Where nobody may look at nodes, none are watched, and claims get Sandboxes on nodes that nobody knows.
func TestNodesThatAreNotWatched(t *testing.T) {
	template, pool := builder.MakeTemplate(builder.DefaultTemplate).Obj(), builder.MakePool("p").Obj()
	warm := builder.MakeSandbox("a").Pool(pool).Ready().Label(sandboxv1.LabelTemplateHash, rules.BlueprintHash(template)).Obj()
	for name, tc := range map[string]struct {
		ignored bool
		want    string
	}{"watched, and unknown": {false, ""}, "not watched": {true, "a"}} {
		t.Run(name, func(t *testing.T) {
			index, sources := candidates.New(0), &informers{informers: map[string]*informer{}}
			if tc.ignored {
				index.IgnoreNodes()
			}
			if _, err := Start(t.Context(), sources, index, nil, func() time.Time { return builder.Epoch }); err != nil {
				t.Fatal(err)
			}
			if _, watched := sources.informers["*v1.Node"]; watched == tc.ignored {
				t.Errorf("nodes are watched: %t", watched)
			}
			for _, obj := range []client.Object{template, pool, warm} {
				sources.of(obj).handler.OnAdd(obj, true)
			}
			if got := index.Pick(builder.MakeClaim("c").Pool("p").Obj(), builder.Epoch); got != tc.want {
				t.Errorf("picked %q, want %q", got, tc.want)
			}
		})
	}
}
