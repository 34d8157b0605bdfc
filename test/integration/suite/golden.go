package suite

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files in testdata instead of comparing with them")

// Golden compares got with testdata/<file>.golden, or writes that file when the test runs with -update. changed says what a
// difference means.
func Golden(t *testing.T, file, got, changed string) {
	t.Helper()
	file = filepath.Join("testdata", file+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s; see that it is better, and run the test with -update (-want +got):\n%s", changed, diff)
	}
}
