package why

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/diagnosis"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestNearest(t *testing.T) {
	for name, tc := range map[string]struct {
		name  string
		names []string
		want  []string
	}{
		"a slip":              {"agnet", []string{"agent", "other"}, []string{"agent"}},
		"a part of the name":  {"agent", []string{"my-agent-1", "x"}, []string{"my-agent-1"}},
		"more than the name":  {"agent-1-pod", []string{"agent-1"}, []string{"agent-1"}},
		"the nearest first":   {"agent-10", []string{"agent-22", "agent-11"}, []string{"agent-11", "agent-22"}},
		"nothing like it":     {"agent", []string{"python", "node"}, nil},
		"no more than enough": {"a", []string{"a1", "a2", "a3", "a4", "a5", "a6"}, []string{"a1", "a2", "a3", "a4", "a5"}},
		"none":                {"agent", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, nearest(tc.name, tc.names)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"kitten", "sitting", 3}, {"agent", "agent", 0}, {"agnet", "agent", 2}} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestWhatThereIsInstead(t *testing.T) {
	r := &reader{namespace: "demo"}
	target := objects.Ref{Kind: objects.Claim, Name: "agent"}
	for _, tc := range []struct {
		names []string
		want  string
	}{
		{nil, "There is no claim in namespace demo."},
		{[]string{"agent-1"}, "In namespace demo there is claim/agent-1."},
		{[]string{"python"}, "There are 1 others in namespace demo, none of a similar name: kubectl --namespace demo get sandboxclaims"},
	} {
		if got := r.others(target, tc.names); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
	cause := errors.New("not found")
	if err := error(&missingError{cause: cause, more: []string{"more"}}); !errors.Is(err, cause) || err.Error() != "not found\nmore" {
		t.Errorf("error %q, want the cause and more", err)
	}
}

// What comes from others cannot forge lines or colours.
func TestPrint(t *testing.T) {
	d := diagnosis.Diagnosis{
		Walk: []diagnosis.Step{{Ref: diagnosis.Ref{Kind: "Pod", Name: "agent"}, State: diagnosis.StateBlocked, Says: "no\x1b[31m\nroom"}},
		Cause: &diagnosis.Cause{
			ID: "x", Says: "no\nroom", Words: "0/1 nodes", Command: "kubectl get nodes", Advice: "add one",
		},
		Notes:  []string{"nobody leads"},
		Unseen: []installation.Unseen{{What: "Node", Why: "you may not read it"}, {What: "Lease", Why: "you may not read it"}, {What: "X", Why: "not there"}},
	}
	var out bytes.Buffer
	if err := write(&out, colour.Never.For(&out), &d); err != nil {
		t.Fatal(err)
	}
	want := `OBJECT      STATE     SAYS
Pod agent   blocked   no^[[31m room

In the way: no room.
  0/1 nodes
To end it:
  kubectl get nodes
  # add one.
Note: nobody leads.
Not seen (you may not read it): Node, Lease.
Not seen (not there): X.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d.Cause.Passing = true
	if lines := strings.Join(conclusion(&d), "\n"); !strings.HasPrefix(lines, "It waits: no room.") || !strings.Contains(lines, "\nMeanwhile:\n") {
		t.Errorf("what passes by itself: %s", lines)
	}
	if lines := conclusion(&diagnosis.Diagnosis{}); lines[0] != "Nothing is in the way." {
		t.Errorf("without a cause: %q", lines)
	}
}

func TestLongestWaiting(t *testing.T) {
	at := func(name string, hour int) *builder.SandboxWrapper {
		return builder.MakeSandbox(name).CreatedAt(builder.Epoch.Add(time.Duration(hour) * time.Hour))
	}
	deleted := at("deleted", 0).Obj()
	deleted.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
	members := []sandboxv1.Sandbox{*at("ready", 1).Ready().Obj(), *at("young", 3).Obj(), *at("old", 2).Obj(), *deleted}
	if got := longestWaiting(members); got == nil || got.Name != "old" {
		t.Errorf("got %v, want old", got)
	}
	if got := longestWaiting(members[:1]); got != nil {
		t.Errorf("got %s, want none", got.Name)
	}
}

func TestLastSeen(t *testing.T) {
	early, late := builder.Epoch, builder.Epoch.Add(time.Hour)
	for name, tc := range map[string]struct {
		event corev1.Event
		want  time.Time
	}{
		"of the old API":  {corev1.Event{LastTimestamp: metav1.NewTime(late), EventTime: metav1.NewMicroTime(early)}, late},
		"of the new API":  {corev1.Event{EventTime: metav1.NewMicroTime(late)}, late},
		"again and again": {corev1.Event{EventTime: metav1.NewMicroTime(early), Series: &corev1.EventSeries{LastObservedTime: metav1.NewMicroTime(late)}}, late},
		"neither":         {corev1.Event{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(late)}}, late},
	} {
		if got := lastSeen(&tc.event); !got.Equal(tc.want) {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
