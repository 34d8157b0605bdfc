// Package namespaces runs programs in separate network, mount and process namespaces.
package namespaces

import (
	"os/exec"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// Of identifies the namespaces of a process. The first process of a set of namespaces holds them: when it ends, the kernel
// ends all others, and removes their mounts and links.
type Of struct{ Holder process.Identity }

// Start starts a command in the namespaces. The command is still a child of this process, visible by its id out here, so it is
// recorded, waited for and ended like any other.
func (n Of) Start(cmd *exec.Cmd) error {
	return n.Do(cmd.Start)
}
