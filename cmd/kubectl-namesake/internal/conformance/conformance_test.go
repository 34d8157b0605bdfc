package conformance

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	auditcommand "github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/conformance"
)

func TestRefusal(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	forbidden := apierrors.NewForbidden(pods, "a", errors.New("no"))
	for name, tc := range map[string]struct {
		harmless, harmful error
		want              conformance.Outcome
	}{
		"accepted":  {nil, nil, conformance.Broken("the API server accepts it")},
		"forbidden": {nil, forbidden, conformance.Held()},
		"invalid":   {nil, apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", nil), conformance.Held()},
		"the webhook does not answer": {nil, apierrors.NewInternalError(errors.New("no answer")),
			conformance.Untried("the API server neither accepts nor refuses it: Internal error occurred: no answer")},
		"everything is refused": {forbidden, forbidden,
			conformance.Untried(`a write without it is not accepted either: pods "a" is forbidden: no`)},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, refusal(tc.harmless, tc.harmful)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	finding := audit.Finding{
		Check: audit.CheckTwoPods, Object: audit.Object{Kind: "Sandbox", Namespace: "a", Name: "b"}, Message: "it has two.",
	}
	for name, tc := range map[string]struct {
		found auditcommand.Result
		// want is what came of the check that has a finding, and others of each other.
		want, others conformance.Outcome
	}{
		"nothing is found": {auditcommand.Result{}, conformance.Held(), conformance.Held()},
		"a finding": {auditcommand.Result{Findings: []audit.Finding{finding}},
			conformance.Broken(`Sandbox "b" in namespace a: it has two`), conformance.Held()},
		"a finding, and Pods cannot be read": {auditcommand.Result{Findings: []audit.Finding{finding}, Notes: []string{"no Pods"}},
			conformance.Broken(`Sandbox "b" in namespace a: it has two`), conformance.Untried("no Pods")},
	} {
		t.Run(name, func(t *testing.T) {
			results := judge(&tc.found)
			if len(results) != len(audit.IDs(audit.Violation)) {
				t.Errorf("%d results, want one for each violation that is looked for", len(results))
			}
			for _, result := range results {
				want := tc.others
				if result.ID == "AuditTwoPods" {
					want = tc.want
				}
				if diff := cmp.Diff(want, result.Outcome); diff != "" {
					t.Errorf("%s (-want +got):\n%s", result.ID, diff)
				}
			}
		})
	}
}

// A behaviour is not tried if what it needs is missing.
func TestWhatNeedsAnotherIsNotTried(t *testing.T) {
	got := map[string]string{}
	for _, b := range behaviours {
		if lacks := b.lacks(&scene{}); lacks != "" {
			got[b.ID] = lacks
		}
	}
	want := map[string]string{
		"ClaimIsServed": "the pool has no Sandboxes", "ClaimedPodName": "the claim has no Sandbox",
		"RefusesSecondAdoption": "the claim has no Sandbox", "RefusesPlantedLabel": "the claim's Sandbox has no Pod of its name",
		"RefusesSecondOwner": "the claim's Sandbox has no Pod of its name", "ClaimEndsSandbox": "the claim has no Sandbox",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lacks (-want +got):\n%s", diff)
	}
}

func TestEveryCheckHasAnIDOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, result := range list() {
		if seen[result.ID] || result.Says == "" || !strings.HasSuffix(result.Says, ".") {
			t.Errorf("check %q: another has this ID, or it says no sentence: %q", result.ID, result.Says)
		}
		seen[result.ID] = true
	}
}

func TestWrite(t *testing.T) {
	report := Report{Verdict: conformance.DoesNotHold, Results: []conformance.Result{
		{Check: conformance.Check{ID: "One", Says: "One is one."}, Outcome: conformance.Held()},
		{Check: conformance.Check{ID: "Two", Says: "Two is one."}, Outcome: conformance.Broken("two\x1b[31m is\ntwo")},
		{Check: conformance.Check{ID: "Three", Says: "Three is one."}, Outcome: conformance.Untried("nobody counts")},
		{Check: conformance.Check{ID: "Four", Says: "Four is one."}, Outcome: conformance.Untried("nobody counts")},
	}}
	var out bytes.Buffer
	if err := report.write(&out, colour.Palette{}); err != nil {
		t.Fatal(err)
	}
	want := `CHECK   VERDICT         SAYS
One     holds           One is one.
Two     does not hold   Two is one.
Three   not tried       Three is one.
Four    not tried       Four is one.

Two, does not hold:
  two^[[31m is two.

Three, Four, not tried:
  nobody counts.

4 checks: 1 hold, 1 do not hold, 2 were not tried.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestMistakesInTheCall(t *testing.T) {
	for flag, want := range map[string]string{
		"--timeout=0s": "--timeout must be positive, found 0s", "--settle=-1s": "--settle must not be negative, found -1s",
		"--image=": "--image must name an image",
	} {
		streams, _, _, _ := genericiooptions.NewTestIOStreams()
		command := New(cli.NewOptions(streams, "1.2.3"))
		command.SilenceErrors, command.SilenceUsage = true, true
		command.SetArgs([]string{flag})
		if err := command.Execute(); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", flag, err, want)
		}
	}
}
