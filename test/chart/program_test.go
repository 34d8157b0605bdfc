package chart

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// The program takes the flags that the chart gives it: with --version it checks them and ends.
func TestTheProgramTakesTheFlags(t *testing.T) {
	program := filepath.Join(t.TempDir(), "namesake")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, filepath.Join(repository, "cmd", "namesake")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, values := range variants {
		t.Run(name, func(t *testing.T) {
			args, _ := at(named(render(t, values...), "Deployment", "namesake"), "spec", "template", "spec", "containers", 0, "args").([]any)
			flags := []string{"--version"}
			for _, arg := range args {
				text, ok := arg.(string)
				if !ok {
					t.Fatalf("the argument %v is no text", arg)
				}
				flags = append(flags, text)
			}
			if out, err := exec.CommandContext(t.Context(), program, flags...).CombinedOutput(); err != nil {
				t.Errorf("%q: %v\n%s", flags, err, out)
			}
		})
	}
}
