package main

import (
	"fmt"
	"time"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// stopNode ends all that runs on a real node at once, by ending the holder of its namespaces, and removes what the
// machine has of it. What runs in Pods is of no use to anyone afterwards, and so is not asked first.
func (s *state) stopNode() error {
	for _, record := range s.Processes {
		if record.Name != holderName {
			continue
		}
		if err := process.Stop(10*time.Second, record); err != nil {
			return err
		}
	}
	if err := s.Node.Link.Remove(); err != nil {
		return fmt.Errorf("removing the node's link (try again): %w", err)
	}
	return machine.RemoveCgroup(s.Node.Link.Name)
}
