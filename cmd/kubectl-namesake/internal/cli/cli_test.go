package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
)

func TestEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		err     error
		code    int
		printed string
	}{
		"no error":                {nil, OK, ""},
		"an error":                {errors.New("no such pool"), Failed, "error: no such pool\n"},
		"a code alone":            {Exit(Found), Found, ""},
		"a code with an error":    {&ExitError{Code: 7, Err: errors.New("it ended")}, 7, "error: it ended\n"},
		"a wrapped code":          {fmt.Errorf("running: %w", Exit(3)), 3, ""},
		"what a terminal obeys":   {errors.New("\x1b[2Jgone"), Failed, "error: ^[[2Jgone\n"},
		"nobody listens":          {fmt.Errorf("asking: %w", syscall.ECONNREFUSED), Failed, "error: asking: connection refused\nDid you specify the right cluster? See --context, --kubeconfig and the variable KUBECONFIG.\n"},
		"who are you":             {apierrors.NewUnauthorized("Unauthorized"), Failed, "error: Unauthorized\nThe cluster does not know who you are: see the user in \"kubectl config view --minify\".\n"},
		"a kind that is not here": {&meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "a", Kind: "B"}, SearchedVersions: []string{"v1"}}, Failed, "error: no matches for kind \"B\" in version \"a/v1\"\nThe cluster does not serve this kind. Install Namesake, or name another cluster by --context or --kubeconfig.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if code := End(&out, tc.err); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if diff := cmp.Diff(tc.printed, out.String()); diff != "" {
				t.Errorf("printed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutput(t *testing.T) {
	result := Result{
		Value: struct {
			Name string `json:"name"`
		}{"a<b"},
		Names: []string{"sandbox.agents.x-k8s.io/a"},
		Text: func(out io.Writer, wide bool) error {
			_, err := fmt.Fprintln(out, "wide", wide)
			return err
		},
	}
	for format, want := range map[string]string{
		"": "wide false\n", "wide": "wide true\n", "json": "{\n    \"name\": \"a<b\"\n}\n", "yaml": "name: a<b\n", "name": "sandbox.agents.x-k8s.io/a\n",
	} {
		output := NewOutput(FormatWide, FormatJSON, FormatYAML, FormatName)
		if format != "" {
			if err := output.Set(format); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := output.Print(&out, result); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("-o %s (-want +got):\n%s", format, diff)
		}
	}
	if err := NewOutput(FormatJSON).Set("yaml"); err == nil || err.Error() != "use one of json" {
		t.Errorf("a format that the command does not have: %v", err)
	}
}

func TestTable(t *testing.T) {
	table := Table{
		Columns: []Column{{Name: "name"}, {Name: "node", Wide: true}, {Name: "ready"}},
		Rows: [][]Cell{
			{{Text: "python-1"}, {Text: "n1"}, {Text: "True", Colour: colour.Green}},
			{{Text: "p"}, {Text: "n2"}, {Text: "a\nb\x1b[2J\u0085c"}},
		},
	}
	for name, tc := range map[string]struct {
		when colour.When
		wide bool
		want string
	}{
		"plain": {colour.Never, false, "NAME       READY\npython-1   True\np          a b^[[2J c\n"},
		"wide":  {colour.Never, true, "NAME       NODE   READY\npython-1   n1     True\np          n2     a b^[[2J c\n"},
		"in colours": {colour.Always, false, "\x1b[39mNAME\x1b[0m       \x1b[39mREADY\x1b[0m\n" +
			"\x1b[39mpython-1\x1b[0m   \x1b[32mTrue\x1b[0m\n" +
			"\x1b[39mp\x1b[0m          \x1b[39ma b^[[2J c\x1b[0m\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := table.Print(&out, tc.when.For(&out), tc.wide); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
