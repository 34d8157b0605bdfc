package check

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
)

func TestWrite(t *testing.T) {
	h := Health{Findings: []installation.Finding{
		{Part: "leader", Level: installation.Fail, Says: "nobody\nleads", Command: "kubectl get lease", Advice: "bring one back"},
		{Part: "webhooks", Level: installation.OK, Says: "all answer"},
		{Part: "visibility", Level: installation.Unknown, Says: "not seen", Advice: "ask somebody"},
	}}
	var out bytes.Buffer
	if err := h.write(&out, colour.Never.For(&out)); err != nil {
		t.Fatal(err)
	}
	want := `PART         LEVEL     SAYS
leader       fail      nobody leads
webhooks     ok        all answer
visibility   unknown   not seen

leader, fail:
  kubectl get lease
  # bring one back.

visibility, unknown:
  # ask somebody.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExitCode(t *testing.T) {
	installed := func(level installation.Level) installation.Finding {
		return installation.Finding{Part: installation.PartInstalled, Level: level}
	}
	for name, tc := range map[string]struct {
		findings []installation.Finding
		want     int
	}{
		"all is well":           {[]installation.Finding{installed(installation.OK)}, cli.OK},
		"something is not seen": {[]installation.Finding{installed(installation.OK), {Part: installation.PartVisibility, Level: installation.Unknown}}, cli.OK},
		"something fails":       {[]installation.Finding{installed(installation.OK), {Part: "leader", Level: installation.Fail}}, cli.Found},
		"a user sees a refusal": {[]installation.Finding{installed(installation.Unknown), {Part: installation.PartEnforcement, Level: installation.OK}}, cli.OK},
		"nothing is seen":       {[]installation.Finding{installed(installation.Unknown)}, cli.Failed},
		"a user sees a failure": {
			[]installation.Finding{installed(installation.Unknown), {Part: "leader", Level: installation.Fail}}, cli.Found,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newHealth(tc.findings).code(); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}
