package plugin

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestClaim(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").Obj())
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(3).Obj())
	for _, suffix := range []string{"aaaaa", "bbbbb", "ccccc"} {
		running(t, n, n.Offered(t, pool, suffix))
	}
	n.Run(t, func(*controllers.Options) {})
	var text strings.Builder
	for _, args := range [][]string{
		{"claim", "agent", "--pool", "python"},
		{"claim", "typed", "--pool", "python", "-o", "json", "--ttl", "1h"},
		{"claim", "named", "--template", "python", "-o", "name"},
		{"claim", "agent", "--pool", "python"},
		{"claim", "late", "--pool", "rust", "--timeout", "3s"},
		{"claim", "gone", "--template", "rust", "--timeout", "3s", "--rm", "--", "true"},
		{"claim", "Agent", "--pool", "python"},
		{"claim"},
		{"claim", "a", "--pool", "python", "--rm"},
	} {
		text.WriteString("$ kubectl namesake " + strings.Join(args, " ") + "\n" + members.ReplaceAllString(stable(n.Namesake(t, args...).String()), "python-MEMBER") + "\n")
	}
	suite.Golden(t, "claim", text.String(), "what users read has changed")
	var claims extensionsv1.SandboxClaimList
	if err := n.Admin.List(t.Context(), &claims, client.InNamespace(n.Name)); err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range claims.Items {
		names = append(names, claims.Items[i].Name)
	}
	if diff := cmp.Diff([]string{"agent", "late", "named", "typed"}, names); diff != "" {
		t.Errorf("claims that are there (-want +got):\n%s", diff)
	}
}

// members are the Sandboxes of the pool: admission picks any of them.
var members = regexp.MustCompile(`python-[abc]{5}\b`)

// warning is what admission says of a claim whose pool does not exist.
const warning = `Warning: spec.warmPoolRef.name: SandboxWarmPool "nowhere" not found: the claim waits until it is created` + "\n"

// A claim that waits is released when the user interrupts the command, and that ends with the shell's exit code.
func TestAnInterruptedClaimIsReleased(t *testing.T) {
	n := suite.New(t)
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	name := client.ObjectKey{Namespace: n.Name, Name: "waits"}
	go func() {
		defer interrupt()
		for ctx.Err() == nil && n.Admin.Get(ctx, name, &extensionsv1.SandboxClaim{}) != nil {
			continue
		}
	}()
	got := n.NamesakeIn(ctx, t, "claim", name.Name, "--pool", "nowhere", "--timeout", "0", "--rm", "--", "true")
	want := suite.Printed{Code: 130, Err: warning}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := n.Admin.Get(t.Context(), name, &extensionsv1.SandboxClaim{}); !apierrors.IsNotFound(err) {
		t.Errorf("the claim is left behind: %v", err)
	}
}

// Somebody deletes the claim while it waits.
func TestADeletedClaimIsNotWaitedFor(t *testing.T) {
	n := suite.New(t)
	go func() {
		for t.Context().Err() == nil {
			claim := &extensionsv1.SandboxClaim{}
			if n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: "short"}, claim) == nil && n.Admin.Delete(t.Context(), claim) == nil {
				return
			}
		}
	}()
	got := n.Namesake(t, "claim", "short", "--pool", "nowhere", "--timeout", "0")
	want := suite.Printed{Code: 2, Err: warning + "error: waiting for claim short: the claim was deleted while it waited\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
