package faults

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestCalls(t *testing.T) {
	const group = "/apis/agents.x-k8s.io/v1beta1/namespaces/n/"
	for request, want := range map[string]call{
		"POST " + group + "sandboxes":                     {what: "create sandboxes", counts: true},
		"PATCH " + group + "sandboxes/a/status":           {what: "patch sandboxes/status", name: "a", counts: true},
		"GET " + group + "sandboxes/a":                    {what: "get sandboxes", name: "a", counts: true},
		"GET " + group + "sandboxes?labelSelector=a":      {what: "list sandboxes", counts: true},
		"GET " + group + "sandboxes?watch=true":           {what: "watch sandboxes", watch: true, counts: true},
		"DELETE /api/v1/namespaces/n/pods/a":              {what: "delete pods", name: "a", counts: true},
		"GET /api/v1/namespaces/n":                        {what: "get namespaces", name: "n", counts: true},
		"POST /apis/events.k8s.io/v1/namespaces/n/events": {what: "create events"},
		"GET /apis": {what: "get "},
	} {
		method, url, _ := strings.Cut(request, " ")
		got, err := callOf(httptest.NewRequestWithContext(t.Context(), method, url, http.NoBody))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", request, got, err, want)
		}
	}
}

// What the manager gets is what client-go takes for the fault, and the API server carries out what it is to carry out.
func TestWhatBecomesOfACall(t *testing.T) {
	says := func(is func(error) bool) func(*http.Response, error) bool {
		return func(response *http.Response, err error) bool {
			return err == nil && is(&apierrors.StatusError{ErrStatus: metav1.Status{
				Code: int32(response.StatusCode), Reason: reasonIn(t, response), // a status of HTTP
			}})
		}
	}
	fails := func(is error) func(*http.Response, error) bool {
		return func(_ *http.Response, err error) bool { return errors.Is(err, is) }
	}
	for kind, tc := range map[kind]struct {
		answered func(*http.Response, error) bool
		sent     bool
	}{
		refused:          {answered: fails(syscall.ECONNREFUSED)},
		lost:             {answered: fails(syscall.ECONNRESET), sent: true},
		conflict:         {answered: says(apierrors.IsConflict)},
		gone:             {answered: says(apierrors.IsResourceExpired)},
		throttled:        {answered: says(apierrors.IsTooManyRequests)},
		throttledAfter:   {answered: says(apierrors.IsTooManyRequests)},
		broken:           {answered: says(apierrors.IsInternalError)},
		unavailable:      {answered: says(apierrors.IsServiceUnavailable)},
		unavailableAfter: {answered: says(apierrors.IsServiceUnavailable)},
		killed:           {answered: fails(errKilled)},
		killedAfter:      {answered: fails(errKilled), sent: true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			server := &answering{}
			dead := make(chan struct{})
			faults := newInjector(fault{point{"get pods", 2}, kind})
			faults.kill = func() { close(dead) }
			faults.arm(true)
			w := &wire{injector: faults, next: server, dead: dead}
			get := func() (*http.Response, error) {
				return w.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/namespaces/n/pods/a", http.NoBody))
			}
			if _, err := get(); err != nil || server.calls != 1 {
				t.Fatalf("the first call: %v, %d calls", err, server.calls)
			}
			response, err := get()
			if !tc.answered(response, err) || (server.calls == 2) != tc.sent {
				t.Errorf("%v, %v, carried out: %t", response, err, server.calls == 2)
			}
			if _, err := get(); (err != nil) != kind.kills() {
				t.Errorf("the third call: %v", err)
			}
		})
	}
}

// answering is an API server that counts calls.
type answering struct{ calls int }

func (a *answering) RoundTrip(*http.Request) (*http.Response, error) {
	a.calls++
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func reasonIn(t *testing.T, response *http.Response) metav1.StatusReason {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, reason, _ := strings.Cut(string(body), `"reason":"`)
	reason, _, _ = strings.Cut(reason, `"`)
	return metav1.StatusReason(reason)
}

func TestWhatBecomesOfAnEvent(t *testing.T) {
	const one, mark, two = "{\"type\":\"ADDED\",1}\n", "{\"type\":\"BOOKMARK\"}\n", "{\"type\":\"ADDED\",2}\n"
	for kind, want := range map[kind]string{
		"":      one + mark + two,
		delayed: one + mark + two,
		doubled: one + mark + two + two,
		cut:     one + mark,
		expired: one + mark + expiry,
	} {
		faults := newInjector(fault{point{"event pods", 2}, kind})
		faults.arm(true)
		s := newStream(io.NopCloser(strings.NewReader(one+mark+two)), "event pods", faults)
		got, err := io.ReadAll(s)
		if string(got) != want || (err != nil) != (kind == cut) {
			t.Errorf("%s: %q, %v, want %q", kind, got, err, want)
		}
	}
}

// Two runs have the same state if they differ in random names, UIDs, versions and times alone.
func TestState(t *testing.T) {
	made := func(suffix, uid string) *world {
		w := newWorld(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "n" + uid, UID: types.UID("namespace" + uid)}})
		pool := builder.MakePool("pool").UID(types.UID("pool" + uid)).ResourceVersion(uid).Obj()
		sandbox := builder.MakeSandbox("pool-" + suffix).UID(types.UID("sandbox" + uid)).Pool(pool).Obj()
		for _, obj := range []client.Object{pool, sandbox, builder.MakePod(sandbox.Name).ControlledBy(sandbox).UID(types.UID("pod" + uid)).Obj()} {
			w.observe(obj, false)
		}
		return w
	}
	if diff := cmp.Diff(made("abcde", "1").state(), made("vwxyz", "2").state()); diff != "" {
		t.Error(diff)
	}
	other := made("vwxyz", "2")
	other.observe(builder.MakePod("pool-vwxyz").Obj(), false)
	if cmp.Equal(made("abcde", "1").state(), other.state()) {
		t.Error("a Pod without an owner is the same as one with an owner")
	}
}
