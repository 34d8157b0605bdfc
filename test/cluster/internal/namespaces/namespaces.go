// Package namespaces runs programs in a network, mounts and processes of their own, apart from the machine's.
package namespaces

import (
	"os/exec"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// Of are the namespaces of a process. The first process of a set of them holds them: when it ends, the kernel ends
// all others, and mounts and links go with them.
type Of struct{ Holder process.Identity }

// Start starts a command in the namespaces. It is a child of this process nevertheless, seen by its id out here: it is
// recorded, waited for and ended like any other.
func (n Of) Start(cmd *exec.Cmd) error {
	return n.Do(cmd.Start)
}
