package webhooks

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
)

type paths map[string]http.Handler

func (p paths) Register(path string, hook http.Handler) { p[path] = hook }

// TestRegister checks that every path that the API server is told of is served, and no other.
func TestRegister(t *testing.T) {
	served := paths{}
	Register(served, Options{
		Scheme: scheme(t), Cache: shelfOf(), Live: shelfOf(), DryRun: &answers{}, Candidates: candidates.New(0), ControllerUser: controllerUser, Metrics: metrics.NewAdmission(), Now: now,
	})
	manifests, err := os.ReadFile("../config/webhook/manifests.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var configured []string
	for _, match := range regexp.MustCompile(`(?m)^\s+path: (\S+)$`).FindAllSubmatch(manifests, -1) {
		configured = append(configured, string(match[1]))
	}
	slices.Sort(configured)
	configured = slices.Compact(configured)
	if diff := cmp.Diff(configured, slices.Sorted(maps.Keys(served))); diff != "" {
		t.Errorf("paths (-configured +served):\n%s", diff)
	}
}
