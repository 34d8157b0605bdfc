package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The changed source is that of the etcd whose version the test cluster pins.
func TestSlowChangesThisEtcd(t *testing.T) {
	to := filepath.Join(t.TempDir(), "server")
	if err := copySource(t.Context(), "../cluster/etcd", to); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(to, "storage", "wal", "wal.go")
	source, err := os.ReadFile(changed)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), "\ttakeTime()\n") != 1 || strings.Count(string(source), "func takeTime()") != 1 {
		t.Error("a sync takes no time")
	}
	file, err := parser.ParseFile(token.NewFileSet(), changed, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	imported := map[string]bool{}
	for _, spec := range file.Imports {
		imported[spec.Path.Value] = true
	}
	for _, needed := range []string{`"os"`, `"strings"`, `"time"`} {
		if !imported[needed] {
			t.Errorf("it does not import %s", needed)
		}
	}
}

func TestSlowNeedsALogThatItKnows(t *testing.T) {
	for name, source := range map[string]string{"no sync": "package wal\n", "two syncs": sync + sync} {
		if _, err := Slow(source); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
}
