package observe

import (
	"context"
	"net/http"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

// script is what a follower is to see of watches that end: a real API server ends them when it likes.
type script struct {
	// watches are served one after the other, each until its last event.
	watches [][]watch.Event
	// versions are those from which the follower watched.
	versions []string
	cancel   context.CancelFunc
}

func (s *script) watch(
	_ context.Context, _ client.WithWatch, _ client.ObjectList, options ...client.ListOption,
) (watch.Interface, error) {
	applied := &client.ListOptions{}
	applied.ApplyOptions(options)
	s.versions = append(s.versions, applied.Raw.ResourceVersion)
	if len(s.watches) == 0 {
		s.cancel()
		return watch.NewEmptyWatch(), nil
	}
	events := s.watches[0]
	s.watches = s.watches[1:]
	served := watch.NewFakeWithChanSize(len(events), false)
	for _, event := range events {
		served.Action(event.Type, event.Object)
	}
	served.Stop()
	return served, nil
}

// follow follows Sandboxes, of which one exists in version 999, through a script. It returns what was seen, and how many lists.
func follow(t *testing.T, s *script) (seen []string, lists int) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := sandboxv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(sandboxOf("there", "")).WithInterceptorFuncs(interceptor.Funcs{Watch: s.watch}).Build()
	f := &follower{
		client: c, kind: judge.Sandbox, refresh: make(chan chan struct{}),
		saw: func(_ judge.Kind, obj client.Object, gone bool) error {
			if gone {
				seen = append(seen, "gone "+obj.GetName())
			} else {
				seen = append(seen, obj.GetName())
			}
			return nil
		},
		listed: func(_ judge.Kind, present map[types.UID]bool) {
			lists++
			if len(present) != 1 {
				t.Errorf("list %d has %d Sandboxes", lists, len(present))
			}
		},
		resume: func(judge.Kind, error) {},
	}
	if err := f.follow(ctx); ctx.Err() == nil {
		t.Fatal(err)
	}
	return seen, lists
}

func sandboxOf(name, version string) *sandboxv1.Sandbox {
	return builder.MakeSandbox(name).Namespace(Prefix + "a").ResourceVersion(version).Obj()
}

func event(kind watch.EventType, name, version string) watch.Event {
	return watch.Event{Type: kind, Object: sandboxOf(name, version)}
}

func TestAFollowerResumesWhereAWatchEnded(t *testing.T) {
	s := &script{watches: [][]watch.Event{
		{event(watch.Added, "one", "1001"), event(watch.Bookmark, "", "1005")},
		{},
		{event(watch.Deleted, "one", "1007")},
	}}
	seen, lists := follow(t, s)
	if want := []string{"there", "one", "gone one"}; !slices.Equal(seen, want) || lists != 1 {
		t.Errorf("saw %v with %d lists, want %v with one", seen, lists, want)
	}
	if want := []string{"1005", "1005", "1007"}; !slices.Equal(s.versions[1:], want) {
		t.Errorf("watched from %v, want %v", s.versions[1:], want)
	}
}

func TestAFollowerListsWhatAnAPIServerHasForgotten(t *testing.T) {
	tooOld := watch.Event{Type: watch.Error, Object: &metav1.Status{Code: http.StatusGone, Reason: metav1.StatusReasonExpired}}
	s := &script{watches: [][]watch.Event{{event(watch.Added, "one", "1001"), tooOld}, {event(watch.Added, "two", "1002")}}}
	seen, lists := follow(t, s)
	if want := []string{"there", "one", "there", "two"}; !slices.Equal(seen, want) || lists != 2 {
		t.Errorf("saw %v with %d lists, want %v with two", seen, lists, want)
	}
}
