package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The changed package is that of the Go that runs this test: it compiles, with everything that it needs.
func TestJumpChangesThePackageOfThisGo(t *testing.T) {
	root, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go"))
	if err != nil {
		t.Fatal(err)
	}
	jumping, err := Jump(string(source))
	if err != nil {
		t.Fatalf("%s: %v", runtime.Version(), err)
	}
	if strings.Count(jumping, "sec += jump(mono)") != 1 || strings.Count(jumping, "func jump(") != 1 {
		t.Error("the clock does not jump")
	}
}

func TestJumpNeedsAPackageThatItKnows(t *testing.T) {
	for name, source := range map[string]string{"no call": "package time\n", "two calls": call + call} {
		if _, err := Jump(source); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
}
