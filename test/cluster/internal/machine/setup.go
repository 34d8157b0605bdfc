package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// Setup installs what a real node needs and is missing here, on Debian and its derivatives.
func Setup(ctx context.Context) error {
	if runtime.GOOS != "linux" {
		return Check(true)
	}
	packages := slices.Compact(Packages())
	if len(packages) == 0 {
		fmt.Fprintln(os.Stderr, "all that a real node needs is installed")
		return nil
	}
	apt, err := LookPath("apt-get")
	if err != nil {
		return fmt.Errorf("there is no apt-get here: install by hand what corresponds to Debian's packages %s", strings.Join(packages, " "))
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("installing packages needs root: run this as root, or have installed: %s", strings.Join(packages, " "))
	}
	fmt.Fprintln(os.Stderr, "installing", strings.Join(packages, " "), "...")
	for _, args := range [][]string{
		{"update", "--quiet"},
		append([]string{"install", "--yes", "--no-install-recommends"}, packages...),
	} {
		cmd := exec.CommandContext(ctx, apt, args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "PATH="+Path())
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w", args[0], err)
		}
	}
	if left := Packages(); len(left) > 0 {
		return fmt.Errorf("these were installed, but what a real node needs of them is not found: %s", strings.Join(left, " "))
	}
	return nil
}
