package admission

import (
	"slices"
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// One file holds all messages that users read when they try what is refused, as users would read them.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	transcript(t, w.Namespace, "refusals", slices.Concat(
		secondAdoptions(t, w), otherOwners(w), reserved(w), sandboxNames(), sharedVolumes(), pods(w), references(), bindings(), requests(), templates(), pools()))
	if failed := suite.MatchErrors(t); failed > 0 {
		t.Errorf("%d match conditions could not be evaluated", failed)
	}
}
