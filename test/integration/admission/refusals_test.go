package admission

import (
	"slices"
	"testing"
)

// What users read when they try what cannot be: the whole of it is in one file, to be read as they would.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	transcript(t, w.Namespace, "refusals", slices.Concat(
		secondAdoptions(t, w), reserved(w), sandboxNames(), pods(w), references(), bindings(), templates(), pools()))
}
