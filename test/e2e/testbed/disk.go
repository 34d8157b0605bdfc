package testbed

import (
	"os"
	"testing"
	"time"
)

// syncVariable names the file with how long each sync of etcd's log takes more. test/slowdisk builds an etcd that reads it.
const syncVariable = "NAMESAKE_ETCD_SYNC"

// SlowDisk lets each sync of etcd's log take so much longer, until the test ends.
func (b *Bed) SlowDisk(t *testing.T, sync time.Duration) {
	t.Helper()
	path := os.Getenv(syncVariable)
	if path == "" {
		t.Fatalf("%s is not set: this test needs an etcd that test/slowdisk built, see the target test-bounds of the Makefile", syncVariable)
	}
	t.Cleanup(func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(path, []byte(sync.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
