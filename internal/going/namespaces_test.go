package going

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

var (
	began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	pods  = schema.GroupResource{Resource: "pods"}
)

// creating is a client whose creations are counted, and answered with err.
type creating struct {
	client.Client

	asked int
	err   error
}

func (c *creating) Create(context.Context, client.Object, ...client.CreateOption) error {
	c.asked++
	return c.err
}

// errGoing is the API server's answer in a namespace that is being deleted.
func errGoing() error {
	err := apierrors.NewForbidden(pods, "a", errors.New("it is being terminated"))
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	return err
}

// story is a namespace that is going, as a client finds out.
type story struct {
	*Namespaces

	api  *creating
	c    client.Client
	time time.Time
}

func newStory() *story {
	s := &story{api: &creating{err: errGoing()}, time: began}
	s.Namespaces = New(func() time.Time { return s.time })
	s.c = s.Client(s.api)
	return s
}

// in returns an object of a namespace that was created that long after the story began.
func in(namespace string, after time.Duration) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, CreationTimestamp: metav1.NewTime(began.Add(after))}}
}

func (s *story) create(t *testing.T, namespace string) error {
	t.Helper()
	return s.c.Create(t.Context(), in(namespace, 0))
}

func (s *story) expect(t *testing.T, what string, asked int, holds bool) {
	t.Helper()
	wait := s.Wait(in("mine", -time.Hour))
	if s.api.asked != asked || (wait > 0) != holds || wait > hold+spread {
		t.Errorf("%s: %d requests, and a wait of %s; want %d, and a wait %t", what, s.api.asked, wait, asked, holds)
	}
}

// One creation is refused, and no other is sent, until the hold is over. Then one more is.
func TestANamespaceThatIsGoing(t *testing.T) {
	s := newStory()
	s.expect(t, "at first", 0, false)
	for range 100 {
		if err := s.create(t, "mine"); !rules.IsNamespaceGoing(err) {
			t.Fatalf("a creation ends with %v", err)
		}
	}
	s.expect(t, "after a hundred", 1, true)
	s.time = s.time.Add(hold)
	s.expect(t, "when the hold is over", 1, false)
	for range 100 {
		_ = s.create(t, "mine")
	}
	s.expect(t, "after a hundred more", 2, true)
}

// Only that namespace is held, and no other refusal holds any.
func TestNamespacesThatStay(t *testing.T) {
	s := newStory()
	_ = s.create(t, "mine")
	for _, err := range []error{
		nil, errors.New("connection lost"), apierrors.NewForbidden(pods, "a", errors.New("over quota")), apierrors.NewAlreadyExists(pods, "a"),
	} {
		s.api.err = err
		for range 2 {
			if got := s.create(t, "other"); !errors.Is(got, err) {
				t.Errorf("a creation elsewhere ends with %v, want %v", got, err)
			}
		}
		if wait := s.Wait(in("other", -time.Hour)); wait != 0 {
			t.Errorf("after %v another namespace waits for %s", err, wait)
		}
	}
	s.expect(t, "meanwhile", 9, true)
}

// A namespace that is created anew under its name is served at once, by what is in it.
func TestANamespaceThatComesAnew(t *testing.T) {
	s := newStory()
	_ = s.create(t, "mine")
	if wait := s.Wait(in("mine", time.Second)); wait != 0 {
		t.Errorf("what was created since waits for %s", wait)
	}
	s.api.err = nil
	if err := s.create(t, "mine"); err != nil {
		t.Errorf("it is refused: %v", err)
	}
	s.expect(t, "then", 2, false)
}

// With a clock that is behind the API server's, objects seem to be new. The first costs a request, and so does each that is newer
// than all before it since: of many in any order, a few.
func TestAClockThatIsBehind(t *testing.T) {
	s := newStory()
	for _, after := range []int{5, 3, 1, 9, 4, 8, 7} {
		if s.Wait(in("mine", time.Duration(after)*time.Minute)) == 0 {
			_ = s.create(t, "mine")
		}
	}
	s.expect(t, "after seven objects", 3, true)
	if wait := s.Wait(in("mine", 9*time.Minute)); wait == 0 {
		t.Error("the newest of them does not wait")
	}
}

// What is known of namespaces that are gone for good is dropped.
func TestNamespacesAreForgotten(t *testing.T) {
	s := newStory()
	_ = s.create(t, "gone")
	s.time = s.time.Add(time.Hour)
	_ = s.create(t, "mine")
	if len(s.known) != 1 {
		t.Errorf("%d namespaces are known", len(s.known))
	}
	if wait := (*Namespaces)(nil).Wait(in("mine", 0)); wait != 0 {
		t.Errorf("Namespaces that are nil know of one: %s", wait)
	}
}
