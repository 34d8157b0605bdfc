package plugin

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// ownNamespace is what "conformance" makes.
var ownNamespace = regexp.MustCompile(`namesake-conformance-[a-z0-9]{5}`)

// No controller serves the namespace that conformance makes, so nothing comes of what it creates there. The editor of a namespace may
// not create one.
func TestConformance(t *testing.T) {
	n := suite.New(t)
	asAdmin := []string{"conformance", "--timeout", "1s", "--settle", "0s"}
	var text strings.Builder
	add := func(who string, args []string, printed suite.Printed) {
		fmt.Fprintf(&text, "%s$ kubectl namesake %s\n%s\n", who, strings.Join(args, " "), ownNamespace.ReplaceAllString(stable(printed.String()), "OWN"))
	}
	add("administrator", asAdmin, n.NamesakeAsAdmin(t.Context(), t, asAdmin...))
	for _, args := range [][]string{{"conformance"}, {"conformance", "--dry-run"}, {"conformance", "--dry-run", "-o", "yaml"}, {"conformance", "-o", "name"}} {
		add("editor", args, n.Namesake(t, args...))
	}
	suite.Golden(t, "conformance", text.String(), "what users read has changed")
	nothingIsLeft(t, n)
}

// nothingIsLeft fails if there is a namespace of conformance that is not being deleted. No controller ends them here.
func nothingIsLeft(t *testing.T, n *suite.Namespace) {
	t.Helper()
	made := 0
	for _, namespace := range ownNamespaces(t.Context(), t, n) {
		made++
		if namespace.DeletionTimestamp == nil {
			t.Errorf("namespace %s is left behind", namespace.Name)
		}
	}
	if made == 0 {
		t.Error("there was no namespace")
	}
}

func ownNamespaces(ctx context.Context, t *testing.T, n *suite.Namespace) []corev1.Namespace {
	t.Helper()
	var all corev1.NamespaceList
	if err := n.Admin.List(ctx, &all); client.IgnoreNotFound(err) != nil && ctx.Err() == nil {
		t.Error(err)
	}
	var own []corev1.Namespace
	for _, namespace := range all.Items {
		if ownNamespace.MatchString(namespace.Name) {
			own = append(own, namespace)
		}
	}
	return own
}

// Whoever interrupts the command is left without its namespace.
func TestAnInterruptedConformanceCleansUp(t *testing.T) {
	n := suite.New(t)
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	before := len(ownNamespaces(ctx, t, n))
	go func() {
		defer interrupt()
		for ctx.Err() == nil && len(ownNamespaces(ctx, t, n)) == before {
			continue
		}
	}()
	printed := n.NamesakeAsAdmin(ctx, t, "conformance", "--timeout", "10m")
	if diff := cmp.Diff(130, printed.Code); diff != "" {
		t.Errorf("exit code (-want +got):\n%s\n%s", diff, printed)
	}
	nothingIsLeft(t, n)
}
