package main

import (
	"fmt"
	"time"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// stopNode ends everything that runs on a real node at once, by ending the holder of its namespaces, and removes what the node
// has on the machine. It does not ask the Pods first, since nobody needs them afterwards.
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
