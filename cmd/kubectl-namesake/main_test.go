package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
)

// call runs the program without a cluster, and returns what it prints.
func call(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	t.Setenv("HOME", t.TempDir())
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	code = run(streams, args)
	return code, stdout.String(), stderr.String()
}

func TestExitCodesAndStreams(t *testing.T) {
	for name, tc := range map[string]struct {
		args        []string
		code        int
		out, errOut string
	}{
		"help":                {[]string{"--help"}, cli.OK, "Usage:\n  kubectl namesake [command]", ""},
		"without arguments":   {nil, cli.OK, "Usage:\n  kubectl namesake [command]", ""},
		"the client's own":    {[]string{"version", "--client"}, cli.OK, "Client: dev (go", ""},
		"as JSON":             {[]string{"version", "--client", "-o", "json"}, cli.OK, `"version": "dev"`, ""},
		"an unknown command":  {[]string{"verson"}, cli.Failed, "", "error: unknown command \"verson\" for \"kubectl namesake\"\n\nDid you mean this?\n\tversion\n"},
		"an unknown flag":     {[]string{"version", "--clients"}, cli.Failed, "", "error: unknown flag: --clients\n"},
		"an unknown format":   {[]string{"version", "-o", "xml"}, cli.Failed, "", "error: invalid argument \"xml\" for \"-o, --output\" flag: use one of json, yaml\n"},
		"an unknown time":     {[]string{"version", "--color", "never", "--color=some"}, cli.Failed, "", "error: invalid argument \"some\" for \"--color\" flag: use auto, always or never\n"},
		"too many words":      {[]string{"version", "now"}, cli.Failed, "", "error: unknown command \"now\" for \"kubectl namesake version\"\n"},
		"no such kubeconfig":  {[]string{"version", "--kubeconfig", "/nowhere"}, cli.OK, "Managers: unknown: stat /nowhere: no such file or directory", ""},
		"completes a command": {[]string{cobra.ShellCompRequestCmd, "ver"}, cli.OK, "version\t", ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errOut := call(t, append([]string{"kubectl-namesake"}, tc.args...)...)
			if code != tc.code || !strings.Contains(out, tc.out) {
				t.Errorf("exit code %d, want %d; output, want %q in it:\n%s", code, tc.code, tc.out, out)
			}
			if len(tc.args) == 0 || tc.args[0] != cobra.ShellCompRequestCmd { // Which says there how the completion ended.
				if diff := cmp.Diff(tc.errOut, errOut); diff != "" {
					t.Errorf("error stream (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// kubectl runs the program under another name, to complete words.
func TestUnderTheNameOfTheCompleter(t *testing.T) {
	for _, program := range []string{"/usr/local/bin/kubectl_complete-namesake", "kubectl_complete-namesake.exe"} {
		_, out, _ := call(t, program, "version", "--out")
		if !strings.HasPrefix(out, "--output\t") {
			t.Errorf("%s completes --out with %q, want --output", program, out)
		}
	}
	if _, out, _ := call(t, "/opt/kubectl-namesake", "version", "--client"); !strings.HasPrefix(out, "Client:") {
		t.Errorf("under its own name it prints %q", out)
	}
}

// Every command says what it does, and takes its arguments by a rule.
func TestEveryCommandIsWhole(t *testing.T) {
	var out bytes.Buffer
	root, err := newRoot(cli.NewOptions(genericiooptions.IOStreams{In: &out, Out: &out, ErrOut: &out}, "1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, command := range root.Commands() {
		if command.Short == "" || command.RunE == nil || command.Args == nil {
			t.Errorf("%s has no short description, no RunE, or no rule for its arguments", command.Name())
		}
		names[command.Name()] = true
	}
	if !names["version"] || len(names) != len(commands) {
		t.Errorf("commands %v, want one for each of %d constructors", names, len(commands))
	}
}
