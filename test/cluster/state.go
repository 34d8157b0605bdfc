package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// state is the record of a cluster, with which another run of this program can end it.
type state struct {
	// Owner is the process that starts the cluster, or that the cluster must not outlive. When that process is gone, the
	// cluster is a leftover.
	Owner *process.Identity `json:"owner,omitempty"`
	// Data is etcd's folder if it is outside the state's folder.
	Data string `json:"data,omitempty"`
	// Node holds what a real node has outside the state's folder.
	Node *nodeTraces `json:"node,omitempty"`
	// Cgroups are the names of the cgroups that limit managers.
	Cgroups []string `json:"cgroups,omitempty"`
	// Processes are the cluster's processes in the order of their start.
	Processes []process.Record `json:"processes"`

	dir string
}

// stateFile also marks a folder that down may remove.
const stateFile = "cluster.json"

// path returns a path in the folder of the state.
func (s *state) path(elements ...string) string {
	return filepath.Join(append([]string{s.dir}, elements...)...)
}

// createState makes the folder of a cluster, which must be new or empty. If two start at once, one of them fails here.
func createState(dir, name string, owner process.Identity) (*state, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &state{dir: dir, Owner: &owner}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(s.path(stateFile)); len(entries) > 0 && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not empty and no cluster's folder: name one with --dir that is empty or does not exist", dir)
	}
	claim, err := os.OpenFile(s.path(stateFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("there is a cluster %q in %s already: run down first (with the same --name or --dir), or give another --name", name, dir)
	}
	if err != nil {
		return nil, err
	}
	return s, errors.Join(claim.Close(), s.save())
}

// save writes the state completely or not at all.
func (s *state) save() error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(s.path(stateFile), append(content, '\n'))
}

// writeWhole replaces a file's content atomically.
func writeWhole(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// errNoCluster says that a folder contains no cluster.
var errNoCluster = errors.New("there is no such cluster")

// loadState reads the state in dir.
func loadState(dir string) (*state, error) {
	content, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoCluster
	}
	if err != nil {
		return nil, err
	}
	s := &state{dir: dir}
	if err := json.Unmarshal(content, s); err != nil {
		return nil, fmt.Errorf("reading %s: %w", s.path(stateFile), err)
	}
	return s, nil
}
