package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/binaries"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// downCommand stops a cluster. It succeeds if there is none.
func downCommand(_ context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("down", flag.ContinueOnError)
	o.addPlace(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	dir, err := o.stateDir()
	if err != nil {
		return err
	}
	start := time.Now()
	s, err := loadState(dir)
	switch {
	case errors.Is(err, errNoCluster):
		fmt.Fprintln(os.Stderr, "no cluster in", dir)
		return sweep()
	case err != nil:
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "stopped in %.1f s\n", time.Since(start).Seconds())
	return sweep()
}

// stop ends the cluster's processes, clients before servers, and removes its files. It ignores interrupts, since each of its
// waits is short.
func (s *state) stop() error {
	if s.Node != nil {
		if err := s.stopNode(); err != nil {
			return err
		}
	}
	var clients, apiServer, etcd []process.Record
	for _, record := range s.Processes {
		switch record.Name {
		case binaries.APIServer:
			apiServer = append(apiServer, record)
		case binaries.Etcd:
			etcd = append(etcd, record)
		default:
			clients = append(clients, record)
		}
	}
	for _, records := range [][]process.Record{clients, apiServer, etcd} {
		if err := process.Stop(10*time.Second, records...); err != nil {
			return err
		}
	}
	for _, name := range s.Cgroups {
		if err := machine.RemoveCgroup(name); err != nil {
			return err
		}
	}
	if s.Data != "" {
		if err := os.RemoveAll(s.Data); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return err
	}
	// The folder of clusters is removed with its last cluster. If there are others, this fails, as it should.
	if clusters, err := clustersDir(); err == nil {
		_ = os.Remove(clusters)
	}
	return nil
}

// sweep stops the clusters whose owner has died without stopping them.
func sweep() error {
	clusters, err := clustersDir()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(clusters)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		s, err := loadState(filepath.Join(clusters, entry.Name()))
		if err != nil || s.Owner == nil || s.Owner.Alive() {
			continue // This is no cluster, or one that we cannot judge.
		}
		fmt.Fprintf(os.Stderr, "stopping the cluster %s, which process %d left behind\n", entry.Name(), s.Owner.PID)
		if err := s.stop(); err != nil {
			return err
		}
	}
	return nil
}
