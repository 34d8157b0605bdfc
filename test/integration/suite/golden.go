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
	GoldenBut(t, file, got, changed, nil)
}

// GoldenBut is Golden for a text of which the file may have a part in other words. same brings both into the same words. Such a text
// is not written. If same is nil, there is none.
func GoldenBut(t *testing.T, file, got, changed string, same func(string) string) {
	t.Helper()
	file = filepath.Join("testdata", file+".golden")
	if *update && same != nil {
		t.Fatalf("%s is written with the newest Kubernetes only", file)
	}
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
	if same == nil {
		same = func(text string) string { return text }
	}
	if diff := cmp.Diff(same(string(want)), same(got)); diff != "" {
		t.Errorf("%s; see that it is better, and run the test with -update (-want +got):\n%s", changed, diff)
	}
}
