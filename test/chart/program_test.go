package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The program accepts the flags that the chart gives it. With --version it checks them and exits.
func TestTheProgramTakesTheFlags(t *testing.T) {
	t.Parallel()
	program := build(t)
	for name, values := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := append(flagsOf(t, values...), "--version")
			if out, err := exec.CommandContext(t.Context(), program, flags...).CombinedOutput(); err != nil {
				t.Errorf("%q: %v\n%s", flags, err, out)
			}
		})
	}
}

// A user who runs the program by hand gets the same defaults as the chart installs.
func TestTheDefaultsAreTheProgramsOwn(t *testing.T) {
	t.Parallel()
	help, _ := exec.CommandContext(t.Context(), build(t), "-h").CombinedOutput() // It prints the help and fails.
	own := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^ {2}-([\w-]+).*\n.*\(default "?([^")]*)"?\)$`).FindAllStringSubmatch(string(help), -1) {
		own[m[1]] = m[2]
	}
	differ := []string{
		"webhook-cert-dir", // This folder is for certificates outside a Pod.
		"certificate",      // This is cert-manager's, if there is one.
	}
	for _, flag := range flagsOf(t) {
		name, value, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		if strings.HasPrefix(name, "zap-") || slices.Contains(differ, name) {
			continue
		}
		got, ok := own[name]
		if !ok && (value == "0" || value == "0s") && strings.Contains(string(help), "\n  -"+name+" ") {
			continue // The help does not show a default of zero.
		}
		if !ok || got != value {
			t.Errorf("--%s is %q in the chart and %q in the program", name, value, got)
		}
	}
}

// A value that counts as empty in a template must not be replaced by the default.
func TestZerosAreValues(t *testing.T) {
	got := flagsOf(t, variants["zeros"]...)
	for _, want := range []string{
		"--leader-elect=false", "--enable-warm-pool-eviction=false", "--sandbox-warm-pool-replenish-delay=0h",
		"--sandbox-warm-pool-max-refill-rate=0", "--metrics-bind-address=0",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
}

// Helm reads a number from a file of values as a float. A large one would be written as 1e+06.
func TestLargeNumbers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "values.yaml")
	million := "{terminationGracePeriodSeconds: 1000000, controller: {kubeApiBurst: 1000000, sandboxWarmPoolMaxBatchSize: 1000000}}"
	if err := os.WriteFile(file, []byte(million), 0o600); err != nil {
		t.Fatal(err)
	}
	out, problems, err := helm(t, "template", release, chartFolder, "--values", file)
	if err != nil {
		t.Fatalf("%v\n%s", err, problems)
	}
	got := arguments(t, parse(t, out))
	for _, want := range []string{"--termination-grace-period=1000000s", "--kube-api-burst=1000000", "--sandbox-warm-pool-max-batch-size=1000000"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
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

// flagsOf returns the flags with which the chart starts the program.
func flagsOf(t *testing.T, values ...string) []string {
	t.Helper()
	return arguments(t, render(t, values...))
}

// arguments returns the flags with which the Deployment among objects starts the program.
func arguments(t *testing.T, objects []object) []string {
	t.Helper()
	args, _ := at(named(objects, "Deployment", "namesake"), "spec", "template", "spec", "containers", 0, "args").([]any)
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
