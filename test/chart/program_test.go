package chart

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The program takes the flags that the chart gives it: with --version it checks them and ends.
func TestTheProgramTakesTheFlags(t *testing.T) {
	program := build(t)
	for name, values := range variants {
		t.Run(name, func(t *testing.T) {
			flags := append(flagsOf(t, values...), "--version")
			if out, err := exec.CommandContext(t.Context(), program, flags...).CombinedOutput(); err != nil {
				t.Errorf("%q: %v\n%s", flags, err, out)
			}
		})
	}
}

// Who tries the program by hand gets what the chart installs.
func TestTheDefaultsAreTheProgramsOwn(t *testing.T) {
	help, _ := exec.CommandContext(t.Context(), build(t), "-h").CombinedOutput() // It says so and fails.
	own := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^ {2}-([\w-]+).*\n.*\(default "?([^")]*)"?\)$`).FindAllStringSubmatch(string(help), -1) {
		own[m[1]] = m[2]
	}
	differ := []string{
		"webhook-cert-dir", // A folder for certificates of no Pod.
		"certificate",      // cert-manager's, where there is one.
	}
	for _, flag := range flagsOf(t) {
		name, value, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		if strings.HasPrefix(name, "zap-") || slices.Contains(differ, name) {
			continue
		}
		got, ok := own[name]
		if !ok && (value == "0" || value == "0s") && strings.Contains(string(help), "\n  -"+name+" ") {
			continue // Of zero the help does not tell.
		}
		if !ok || got != value {
			t.Errorf("--%s is %q in the chart and %q in the program", name, value, got)
		}
	}
}

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "namesake")
	source := filepath.Join(repository, "cmd", "namesake")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// flagsOf returns the flags that the chart starts the program with.
func flagsOf(t *testing.T, values ...string) []string {
	t.Helper()
	args, _ := at(named(render(t, values...), "Deployment", "namesake"), "spec", "template", "spec", "containers", 0, "args").([]any)
	var flags []string
	for _, arg := range args {
		text, ok := arg.(string)
		if !ok {
			t.Fatalf("the argument %v is no text", arg)
		}
		flags = append(flags, text)
	}
	if len(flags) == 0 {
		t.Fatal("there are no flags")
	}
	return flags
}
