package claim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func TestBuild(t *testing.T) {
	ends := metav1.NewTime(now.Add(time.Hour))
	for name, tc := range map[string]struct {
		request request
		want    func(*extensionsv1.SandboxClaim)
		err     string
	}{
		"of a pool, without a name": {request: request{pool: "python"}, want: func(c *extensionsv1.SandboxClaim) {
			c.GenerateName, c.Spec.WarmPoolRef = "python-", &extensionsv1.SandboxWarmPoolReference{Name: "python"}
		}},
		"of a template, with all": {request: request{name: "a", template: "py", env: []string{"A=1", "B=x=y", "C="}, ttl: time.Hour}, want: func(c *extensionsv1.SandboxClaim) {
			c.Name, c.Spec.SandboxTemplateRef = "a", &extensionsv1.SandboxTemplateReference{Name: "py"}
			c.Spec.Env = []extensionsv1.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: "x=y"}, {Name: "C"}}
			c.Spec.Lifecycle = &extensionsv1.Lifecycle{ShutdownTime: &ends, ShutdownPolicy: extensionsv1.ShutdownPolicyDelete}
		}},
		"of nothing":               {request: request{name: "a"}, err: "name a pool by --pool, or a template by --template; \"kubectl namesake tree\" shows the pools that there are"},
		"of both":                  {request: request{pool: "a", template: "b"}, err: "name a pool by --pool, or a template by --template, and not both"},
		"a variable without value": {request: request{pool: "a", env: []string{"HOME"}}, err: `write a variable as NAME=VALUE; found "HOME"`},
		"a variable without name":  {request: request{pool: "a", env: []string{"=a"}}, err: `write a variable as NAME=VALUE; found "=a"`},
		"no time to live":          {request: request{pool: "a", ttl: -time.Second}, err: "--ttl must be at least 1s; found -1s"},
		"hardly a time to live":    {request: request{pool: "a", ttl: time.Millisecond}, err: "--ttl must be at least 1s; found 1ms"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.request.build("ns", now)
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Errorf("got %v, want %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := &extensionsv1.SandboxClaim{
				TypeMeta: metav1.TypeMeta{APIVersion: "extensions.agents.x-k8s.io/v1beta1", Kind: "SandboxClaim"},
				ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Annotations: map[string]string{
					sandboxv1.AnnotationClientFirstRequestedAt: "2026-01-31T12:00:00Z",
				}},
			}
			tc.want(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReady(t *testing.T) {
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("a").Pool("p") }
	for name, tc := range map[string]struct {
		claim  *extensionsv1.SandboxClaim
		want   bool
		err    string
		awaits string
	}{
		"new":     {claim: claim().Obj(), awaits: "no controller has said anything about it"},
		"waits":   {claim: claim().Condition("Ready", metav1.ConditionFalse, "TemplateNotFound").Obj(), awaits: "TemplateNotFound: "},
		"Ready":   {claim: claim().StatusSandbox("s").Condition("Ready", metav1.ConditionTrue, "DependenciesReady").Obj(), want: true, awaits: "DependenciesReady: "},
		"nothing": {claim: claim().Condition("Ready", metav1.ConditionTrue, "DependenciesReady").Obj(), awaits: "DependenciesReady: "},
		"expired": {claim: claim().Condition("Ready", metav1.ConditionFalse, "ClaimExpired").Obj(), err: "the claim expired while it waited: give it more time by --ttl", awaits: "ClaimExpired: "},
		"deleted": {claim: claim().Deleting().Obj(), err: errGone.Error(), awaits: "no controller has said anything about it"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ready(tc.claim)
			if got != tc.want || (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
				t.Errorf("got %t, %v", got, err)
			}
			if got := awaits(tc.claim); !strings.HasPrefix(got, tc.awaits) {
				t.Errorf("awaits %q, want %q", got, tc.awaits)
			}
		})
	}
}

func TestTake(t *testing.T) {
	for name, tc := range map[string]struct {
		args        []string
		claim, does string
		err         string
	}{
		"nothing":                   {},
		"a name":                    {args: []string{"agent"}, claim: "agent"},
		"a command":                 {args: []string{"--rm", "-it", "-c", "main", "--", "ls", "-l"}, does: "ls -l"},
		"a name and a command":      {args: []string{"agent", "--", "ls"}, claim: "agent", does: "ls"},
		"two names":                 {args: []string{"a", "b"}, err: `name one claim, and write a command behind --; found ["a" "b"]`},
		"--rm alone":                {args: []string{"--rm"}, err: "--rm needs a command that ends: write it behind --"},
		"--rm without a command":    {args: []string{"a", "--rm", "--"}, err: "--rm needs a command that ends: write it behind --"},
		"a terminal for nothing":    {args: []string{"-it"}, err: "-i, -t and -c are for a command: write it behind --"},
		"a command and a format":    {args: []string{"-o", "json", "--", "ls"}, err: "with a command, the output is the command's: leave -o out"},
		"a time that is over":       {args: []string{"--timeout", "-1s"}, err: "--timeout must not be negative; found -1s"},
		"a time that is none":       {args: []string{"--timeout", "soon"}, err: `invalid argument "soon" for "--timeout" flag: time: invalid duration "soon"`},
		"a flag of the command's":   {args: []string{"--", "ls", "--rm"}, does: "ls --rm"},
		"an unknown flag before --": {args: []string{"--remove", "--", "ls"}, err: "unknown flag: --remove"},
	} {
		t.Run(name, func(t *testing.T) {
			c := options{Options: cli.NewOptions(genericiooptions.NewTestIOStreamsDiscard(), ""), output: cli.NewOutput(cli.FormatJSON)}
			command := c.cobra()
			err := command.ParseFlags(tc.args)
			if err == nil {
				err = c.take(command.Flags().Args(), command.ArgsLenAtDash())
			}
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Errorf("got %v, want %s", err, tc.err)
				}
				return
			}
			if err != nil || c.request.name != tc.claim || strings.Join(c.command.words, " ") != tc.does {
				t.Errorf("claim %q does %q, %v", c.request.name, c.command.words, err)
			}
		})
	}
}
