package main

import (
	"encoding/csv"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/pki"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

func self(t *testing.T) process.Identity {
	t.Helper()
	own, err := process.Self()
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func newState(t *testing.T, dir string) *state {
	t.Helper()
	s, err := createState(dir, "test", self(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCreateState(t *testing.T) {
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := newState(t, t.TempDir()).dir
	cases := map[string]struct {
		dir  string
		fine bool
	}{
		"a folder that does not exist":    {dir: filepath.Join(t.TempDir(), "a", "b"), fine: true},
		"an empty folder":                 {dir: t.TempDir(), fine: true},
		"a cluster's folder":              {dir: taken},
		"a folder with something else in": {dir: foreign},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := createState(c.dir, "test", self(t)); (err == nil) != c.fine {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStopRemovesWhatAClusterLeft(t *testing.T) {
	t.Setenv("NAMESAKE_CACHE", t.TempDir())
	s := newState(t, filepath.Join(t.TempDir(), "state"))
	s.Data = t.TempDir()
	running, err := process.Start("thing", s.dir, s.path("logs", "thing.log"), nil, "sleep", "60")
	if err != nil {
		t.Fatal(err)
	}
	s.Processes = append(s.Processes, running.Record)
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	loaded, err := loadState(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := loaded.stop(); err != nil {
		t.Fatal(err)
	}
	if running.Alive() {
		t.Error("the process still runs")
	}
	for _, dir := range []string{s.dir, s.Data} {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is still there", dir)
		}
	}
}

func TestSweepStopsWhatTheDeadLeft(t *testing.T) {
	t.Setenv("NAMESAKE_CACHE", t.TempDir())
	clusters, err := clustersDir()
	if err != nil {
		t.Fatal(err)
	}
	owned := newState(t, filepath.Join(clusters, "owned"))
	free := newState(t, filepath.Join(clusters, "free"))
	free.Owner = nil
	left := newState(t, filepath.Join(clusters, "left"))
	left.Owner.Started = "long ago"
	for _, s := range []*state{free, left} {
		if err := s.save(); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweep(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*state{owned, free} {
		if _, err := loadState(s.dir); err != nil {
			t.Errorf("%s: %v", s.dir, err)
		}
	}
	if _, err := os.Stat(left.dir); !os.IsNotExist(err) {
		t.Error("what the dead left is still there")
	}
}

func TestWriteClients(t *testing.T) {
	s := newState(t, t.TempDir())
	ca, err := pki.NewCA("ca")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.writeClients(ca, "https://127.0.0.1:1", identities...); err != nil {
		t.Fatal(err)
	}
	for _, who := range identities {
		content, err := os.ReadFile(s.kubeconfig(who.name))
		if err != nil {
			t.Fatal(err)
		}
		var config struct {
			CurrentContext string `json:"current-context"`
			Users          []struct{ User map[string]string }
		}
		if err := yaml.Unmarshal(content, &config); err != nil {
			t.Fatal(err)
		}
		if user := config.Users[0].User; (user["token"] != "") != who.token || (user["client-key-data"] != "") == who.token {
			t.Errorf("%s has the wrong kind of credentials: %v", who.name, user)
		}
	}
	tokens, err := os.Open(s.path("tokens.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer tokens.Close()
	reader := csv.NewReader(tokens)
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 2 || len(records[0]) != 4 || len(records[1]) != 3 {
		t.Fatalf("the tokens are %v", records)
	}
	if want := "system:serviceaccounts,system:serviceaccounts:namesake-system"; records[0][3] != want {
		t.Errorf("the controller's groups are %s", records[0][3])
	}
}

func TestFreePorts(t *testing.T) {
	ports, err := freePorts(30)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ports)
	if len(slices.Compact(slices.Clone(ports))) != 30 {
		t.Errorf("a port is there twice: %v", ports)
	}
	for _, port := range ports {
		listener, err := net.Listen("tcp", loopback(port))
		if err != nil {
			t.Error(err)
			continue
		}
		listener.Close()
	}
}

func TestOptions(t *testing.T) {
	valid := options{name: "default", node: nodeKwok, nodes: 20, store: "tmpfs", install: "all", managers: 1, leaderElect: true}
	cases := map[string]struct {
		change func(*options)
		flag   string
	}{
		"the defaults":          {change: func(*options) {}},
		"a name that is a path": {change: func(o *options) { o.name = "../a" }, flag: "--name"},
		"too few nodes":         {change: func(o *options) { o.nodes = -1 }, flag: "--nodes"},
		"an unknown store":      {change: func(o *options) { o.store = "nvme" }, flag: "--store"},
		"an unknown thing":      {change: func(o *options) { o.install = "half" }, flag: "--install"},
		"a real node":           {change: func(o *options) { o.node, o.install = nodeReal, "" }},
		"an unknown node":       {change: func(o *options) { o.node = "virtual" }, flag: "--node"},
		"the product beside it": {change: func(o *options) { o.node = nodeReal }, flag: "--install"},
		"no manager":            {change: func(o *options) { o.managers = 0 }, flag: "--managers"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := valid
			c.change(&o)
			err := o.check()
			if (err != nil) != (c.flag != "") || err != nil && !strings.Contains(err.Error(), c.flag) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A real node needs a kubelet, which is there with the newest Kubernetes only.
func TestAnOlderKubernetesHasNoRealNode(t *testing.T) {
	t.Setenv(kubernetesVariable, "1.30")
	o := options{name: "a", node: nodeReal, store: "tmpfs", managers: 1}
	if err := o.check(); err == nil || !strings.Contains(err.Error(), kubernetesVariable) {
		t.Errorf("a real node: %v", err)
	}
	if o.node = nodeKwok; o.check() != nil {
		t.Errorf("fake nodes: %v", o.check())
	}
}
