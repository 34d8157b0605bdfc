package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// refusals returns what a check refused: the type and the path of each error, without its message.
func refusals(errs field.ErrorList) []string {
	var said []string
	for _, err := range errs {
		said = append(said, string(err.Type)+" "+err.Field)
	}
	return said
}

// wantRefusals compares what a check refused with want, in any order.
func wantRefusals(t *testing.T, errs field.ErrorList, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, refusals(errs), cmpopts.EquateEmpty(), cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}

// wantVerdict compares whether a check passed with whether it should.
func wantVerdict(t *testing.T, errs field.ErrorList, pass bool) {
	t.Helper()
	if got := len(errs) == 0; got != pass {
		t.Errorf("passes: %t, want %t (%v)", got, pass, errs)
	}
}

const owners = "FieldValueInvalid metadata.ownerReferences"
