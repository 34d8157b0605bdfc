package faults

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// run is one passage of a path, in a namespace of its own.
type run struct {
	t      *testing.T
	n      *suite.Namespace
	world  *world
	faults *injector
	clock  fastClock

	mu sync.Mutex
	// now is the manager at work, and dead is closed when it is killed. before are those that were killed.
	now    *suite.Process
	dead   chan struct{}
	before []*suite.Process
	// restarts are the starts of other managers that are under way.
	restarts sync.WaitGroup
}

// begin returns a run in a new namespace. No manager is at work yet.
func (s *stage) begin(t *testing.T, f fault) *run {
	t.Helper()
	r := &run{t: t, n: suite.NewPlain(t), faults: newInjector(f), clock: newFastClock()}
	namespace := &corev1.Namespace{}
	if err := r.n.Admin.Get(t.Context(), client.ObjectKey{Name: r.n.Name}, namespace); err != nil {
		t.Fatal(err)
	}
	r.world = s.eye.world(namespace)
	r.faults.kill = r.kill
	t.Cleanup(func() {
		r.leave()
		s.eye.forget(r.n.Name)
	})
	return r
}

// start starts a manager.
func (r *run) start() {
	dead := make(chan struct{})
	process, err := r.n.Start(suite.ProcessOptions{
		Wrap: func(next http.RoundTripper) http.RoundTripper {
			return &wire{injector: r.faults, next: next, dead: dead}
		},
		Clock: r.clock,
		Change: func(o *controllers.Options) {
			o.SandboxController, o.ClaimController, o.PoolController, o.TemplateController = workers(8), workers(8), workers(2), workers(2)
			o.PoolSettings.Evictable = true
		},
	})
	if err != nil {
		r.t.Error(err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now, r.dead = process, dead
}

// kill ends the manager as SIGKILL does: what it has sent may be carried out, and nothing else of it ever is. Another one starts.
func (r *run) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.dead)
	killed := r.now
	r.before = append(r.before, killed)
	r.restarts.Go(func() {
		killed.Kill()
		r.start()
	})
}

// stop ends the manager that is at work. Nobody serves the namespace's webhooks in its place but those of the package.
func (r *run) stop() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.now.Leave(); err != nil {
		r.t.Error(err)
	}
	r.now = nil
}

// goodbye is how long a run waits for the goroutines of managers that were killed.
const goodbye = 2 * time.Second

// leave ends the manager, and waits for all that were ever started.
func (r *run) leave() {
	r.faults.arm(false)
	r.restarts.Wait()
	if r.now == nil {
		return
	}
	// A program that is killed is gone at once. Here its goroutines remain for a while, and those of one that was killed while it started
	// may wait for what never comes.
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	for _, killed := range r.before {
		if err := killed.Wait(ctx); err != nil {
			r.t.Log("a manager that was killed: ", err)
		}
	}
	if err := r.now.Leave(); err != nil {
		r.t.Error(err)
	}
}

// attempts is how often a user sends a request that failed because the manager did not serve its webhooks.
const attempts = 10

// do lets a user send a request until it is answered by more than that admission is not there.
func (r *run) do(what string, send func(ctx context.Context) error) {
	r.t.Helper()
	var err error
	for range attempts {
		if err = send(r.t.Context()); !apierrors.IsInternalError(err) && !apierrors.IsTimeout(err) && !apierrors.IsServerTimeout(err) {
			break
		}
	}
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

// create creates an object as a user.
func (r *run) create(obj client.Object) {
	r.t.Helper()
	obj.SetNamespace(r.n.Name)
	sent := false
	r.do("creating "+obj.GetName(), func(ctx context.Context) error {
		made, _ := obj.DeepCopyObject().(client.Object)
		err := r.n.Admin.Create(ctx, made)
		if sent && apierrors.IsAlreadyExists(err) {
			return nil
		}
		sent = true
		return err
	})
}

// remove deletes an object as a user. It may be gone.
func (r *run) remove(obj client.Object) {
	r.t.Helper()
	r.do("deleting "+obj.GetName(), func(ctx context.Context) error {
		return client.IgnoreNotFound(r.n.Admin.Delete(ctx, obj, client.PropagationPolicy("Background")))
	})
}

// change changes the object of that name as a user.
func change[T any, P interface {
	*T
	client.Object
}](r *run, name string, edit func(P),
) {
	r.t.Helper()
	r.do("changing "+name, func(ctx context.Context) error {
		obj := P(new(T))
		if err := r.n.Admin.Get(ctx, client.ObjectKey{Namespace: r.n.Name, Name: name}, obj); err != nil {
			return err
		}
		base, _ := obj.DeepCopyObject().(client.Object)
		edit(obj)
		return r.n.Admin.Patch(ctx, obj, client.MergeFrom(base))
	})
}

// await waits until missing says that nothing is missing.
func (r *run) await(what string, missing func(*world) string) {
	r.t.Helper()
	r.world.await(r.t, what, missing)
}

// offered waits until the webhooks of the manager have that many Sandboxes of pool to give.
func (r *run) offered(pool string) {
	r.t.Helper()
	claim := builder.MakeClaim("peek").Namespace(r.n.Name).Pool(pool).Obj()
	err := wait.PollUntilContextTimeout(r.t.Context(), time.Millisecond, patience, true, func(context.Context) (bool, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.now.Index.Peek(claim, r.clock.Now()) != "", nil
	})
	if err != nil {
		r.t.Fatalf("the webhooks do not come to offer a Sandbox of pool %s: %v", pool, err)
	}
}

// rest is for how long nothing happens any more when a run without faults has come to its end.
const rest = 500 * time.Millisecond

// settle waits until nothing has happened for a while, at the longest for patience. at, if it is not nil, ends it early.
func (r *run) settle(at func() bool) {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	timer := time.NewTimer(rest)
	defer timer.Stop()
	for {
		r.world.mu.Lock()
		changed := r.world.changed
		r.world.mu.Unlock()
		called := r.faults.nextCall()
		if at != nil && at() {
			return
		}
		select {
		case <-changed:
		case <-called:
		case <-timer.C:
			return
		case <-ctx.Done():
			r.t.Fatal("it does not come to rest")
		}
		timer.Reset(rest)
	}
}

// snapshot returns the state of the world.
func (r *run) snapshot() []string {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	return r.world.state()
}

// arrive waits until the world is in that state.
func (r *run) arrive(what string, want []string) {
	r.t.Helper()
	arrived := false
	defer func() {
		if !arrived { // Await has given up.
			r.t.Log(difference(want, r.snapshot()))
		}
	}()
	r.await(what, func(w *world) string {
		if !slices.Equal(w.state(), want) {
			return "the state is another"
		}
		return ""
	})
	arrived = true
}

// release deletes all that users have made, and waits until nothing is left of what follows from that.
func (r *run) release() {
	r.t.Helper()
	for _, obj := range r.roots() {
		r.remove(obj)
	}
	r.await("all is released", func(w *world) string {
		for k, obj := range w.objects {
			if !left(obj) {
				return "there still is " + k.kind + " " + k.name
			}
		}
		return ""
	})
}

// roots returns what users have made: all that nothing controls.
func (r *run) roots() []client.Object {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	var roots []client.Object
	for _, obj := range r.world.objects {
		if rules.ControllerOf(obj) == nil {
			roots = append(roots, obj)
		}
	}
	return roots
}
