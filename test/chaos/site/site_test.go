package site_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/chaos/site"
)

// newSite makes a site whose program is a script.
func newSite(t *testing.T, script string) *site.Site {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "cluster")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return &site.Site{Dir: dir, Program: program}
}

func TestPrograms(t *testing.T) {
	s := newSite(t, `echo '{"name":"etcd","pid":7,"alive":true}'; echo '{"name":"kwok","pid":8,"killed":true}'`)
	got, err := s.Programs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []site.Status{{Name: "etcd", PID: 7, Alive: true}, {Name: "kwok", PID: 8, Killed: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("programs differ (-want +got):\n%s", diff)
	}
	if err := s.Signal(t.Context(), "kwok", syscall.SIGCONT); err == nil {
		t.Error("a program that does not run got a signal")
	}
}

func TestAFailureSaysWhatTheProgramSaid(t *testing.T) {
	s := newSite(t, `echo "$@" >&2; exit 1`)
	for name, do := range map[string]func() error{
		"kill --dir=" + s.Dir + " --grace=2s etcd":             func() error { return s.Kill(t.Context(), "etcd", 2*time.Second) },
		"start --dir=" + s.Dir + " --program=/bin/x manager-0": func() error { return s.Start(t.Context(), "manager-0", "/bin/x") },
		"certificate --dir=" + s.Dir + " --install":            func() error { return s.InstallCertificate(t.Context()) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want what the program said: %s", err, name)
		}
	}
}

func TestManagers(t *testing.T) {
	s := newSite(t, "")
	content := `{"managers": [{"pid": 7, "health": "127.0.0.1:1", "command": ["namesake"]}, {"pid": 8}]}`
	if err := os.WriteFile(filepath.Join(s.Dir, "endpoints.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := s.Managers()
	if err != nil {
		t.Fatal(err)
	}
	want := []site.Manager{{Name: "manager-0", PID: 7, Health: "127.0.0.1:1", Command: []string{"namesake"}}, {Name: "manager-1", PID: 8}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("managers differ (-want +got):\n%s", diff)
	}
}
