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

// state is what is recorded of a cluster, so that another run of this program can end it.
type state struct {
	// Owner is the process that starts the cluster, or that the cluster is not to outlive. Without it, the cluster is
	// a leftover.
	Owner *process.Identity `json:"owner,omitempty"`
	// Data is etcd's folder when it lies outside of the state's.
	Data string `json:"data,omitempty"`
	// Node is what a real node has outside of the state's folder.
	Node *nodeTraces `json:"node,omitempty"`
	// Processes are the cluster's, in the order of their start.
	Processes []process.Record `json:"processes"`

	dir string
}

// stateFile also marks a folder as one that down may remove.
const stateFile = "cluster.json"

// path is a path in the folder of the state.
func (s *state) path(elements ...string) string {
	return filepath.Join(append([]string{s.dir}, elements...)...)
}

// createState makes the folder of a cluster, which must be new or empty. Of two that start at once, one fails here.
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

// save writes the state whole or not at all.
func (s *state) save() error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(s.path(stateFile), append(content, '\n'))
}

// writeWhole replaces a file's content at once.
func writeWhole(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// errNoCluster says that a folder holds no cluster.
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
