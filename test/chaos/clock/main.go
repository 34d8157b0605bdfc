// Command clock builds the manager with a wall clock that jumps, as the clock of a machine does that is set. The program is the
// manager itself, compiled with a changed copy of Go's package time. Nothing else could do that without root: a static program loads
// no library, and a time namespace leaves the wall clock alone (time_namespaces(7)).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	out := flag.String("out", "", "the file for the manager")
	flag.Parse()
	if err := build(context.Background(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "clock:", err)
		os.Exit(1)
	}
}

// build builds cmd/namesake of the current folder into out.
func build(ctx context.Context, out string) error {
	if out == "" {
		return errors.New("-out names the file for the manager")
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("asking go for its folder: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	jumping, err := Jump(string(source))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "clock-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	changed, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(changed, []byte(jumping), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-overlay", overlay, "-o", out, "./cmd/namesake")
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	return command.Run()
}

// call is where Now asks the runtime, for the wall clock and the monotonic one.
const call = "\tsec, nsec, mono := runtimeNow()\n"

// jumps is appended to the package. The wall clock goes right at first, and then jumps every other second: ahead, back behind what
// it was, and to where it should be. The monotonic clock goes on, as it does in a real jump.
const jumps = `
// jump returns how many seconds the wall clock is ahead.
func jump(mono int64) int64 {
	offsets := [...]int64{0, 600, 600, -600, 5, -1800, 1800, 0}
	return offsets[uint64(mono-startNano)/2e9%uint64(len(offsets))]
}
`

// Jump returns Go's time/time.go, changed so that its wall clock jumps. It returns an error if this Go tells the time in another way.
func Jump(source string) (string, error) {
	if n := strings.Count(source, call); n != 1 {
		return "", fmt.Errorf("this version of Go has %q %d times in time/time.go, want once: change how the clock is made to jump", strings.TrimSpace(call), n)
	}
	return strings.Replace(source, call, call+"\tsec += jump(mono)\n", 1) + jumps, nil
}
