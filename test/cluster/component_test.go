package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// newRunning makes the state of a cluster with a manager-0, which is a sleep.
func newRunning(t *testing.T) *state {
	t.Helper()
	s := newState(t, filepath.Join(t.TempDir(), "state"))
	running, err := process.Start("manager-0", s.dir, s.path("logs", "manager-0.log"), []string{"A=1"}, "sleep", "60")
	if err != nil {
		t.Fatal(err)
	}
	s.Processes = append(s.Processes, running.Record)
	content, err := json.Marshal(endpoints{Managers: []manager{{PID: running.PID}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path("endpoints.json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Stop(0, s.latest().Processes...) })
	return s
}

func TestKillAndStart(t *testing.T) {
	s := newRunning(t)
	first := s.Processes[0]
	if err := killCommand(t.Context(), []string{"--dir", s.dir, "manager-0"}); err != nil {
		t.Fatal(err)
	}
	if first.Alive() {
		t.Error("the killed program still runs")
	}
	if killed := s.latest(); !killed.Processes[0].Killed || !killed.killed(first) {
		t.Error("the state does not say that the program was killed")
	}
	if err := startCommand(t.Context(), []string{"--dir", s.dir, "--program", "/bin/sleep", "manager-0"}); err != nil {
		t.Fatal(err)
	}
	second := s.latest().Processes[0]
	if !second.Alive() || second.Killed || second.Identity == first.Identity {
		t.Errorf("the program was not started again: %+v", second)
	}
	if !slices.Equal(second.Command, first.Command) || !slices.Equal(second.Env, first.Env) {
		t.Errorf("the next start would start %v with %v, want %v with %v", second.Command, second.Env, first.Command, first.Env)
	}
	var known endpoints
	content, err := os.ReadFile(s.path("endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &known); err != nil {
		t.Fatal(err)
	}
	if known.Managers[0].PID != second.PID {
		t.Errorf("endpoints.json has process %d, want %d", known.Managers[0].PID, second.PID)
	}
	if !s.latest().killed(first) {
		t.Error("the end of the first process looks like a failure")
	}
	if err := startCommand(t.Context(), []string{"--dir", s.dir, "manager-0"}); err == nil {
		t.Error("a program that runs was started a second time")
	}
}

func TestKillNeedsAProgramOfTheCluster(t *testing.T) {
	s := newRunning(t)
	for name, args := range map[string][]string{
		"no name":       {"--dir", s.dir},
		"another name":  {"--dir", s.dir, "sshd"},
		"no cluster":    {"--dir", t.TempDir(), "manager-0"},
		"no folder":     {"--dir", filepath.Join(t.TempDir(), "gone"), "manager-0"},
		"a second name": {"--dir", s.dir, "manager-0", "etcd"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := killCommand(t.Context(), args); err == nil {
				t.Error("there is no error")
			}
		})
	}
	if !s.Processes[0].Alive() {
		t.Error("the manager was killed")
	}
}

func TestCertificate(t *testing.T) {
	s := newRunning(t)
	dir := s.path(webhookDir)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	ca, err := pki.NewCA("ca")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.NewServer("webhook.default.svc", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := pair.Write(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")); err != nil {
		t.Fatal(err)
	}
	if err := certificateCommand(t.Context(), []string{"--dir", s.dir, "--install"}); err == nil {
		t.Error("a certificate was installed that was not made")
	}
	if err := certificateCommand(t.Context(), []string{"--dir", s.dir}); err != nil {
		t.Fatal(err)
	}
	before, err := readCertificate(filepath.Join(dir, "tls.crt"))
	if err != nil {
		t.Fatal(err)
	}
	if !before.Equal(pair.Certificate) {
		t.Error("the certificate was replaced before it was installed")
	}
	if err := certificateCommand(t.Context(), []string{"--dir", s.dir, "--install"}); err != nil {
		t.Fatal(err)
	}
	after, err := readCertificate(filepath.Join(dir, "tls.crt"))
	if err != nil {
		t.Fatal(err)
	}
	authority, err := readCertificate(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := after.CheckSignatureFrom(authority); err != nil || after.Equal(before) {
		t.Errorf("the certificate is not a new one of the new authority: %v", err)
	}
	for _, name := range []string{"webhook.default.svc", "127.0.0.1"} {
		if err := after.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
}
