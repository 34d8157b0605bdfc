package contract

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func numbered(n int) []string {
	var all []string
	for i := range n {
		all = append(all, "data-"+strconv.Itoa(i))
	}
	return all
}

func TestUpdate(t *testing.T) {
	c := server(t)
	volumes := []refusal{{invalid, "spec.volumeClaimTemplates"}}
	reference := []refusal{{invalid, "spec"}}
	for name, tc := range map[string]struct {
		kind, name, old, new string
		want                 []refusal
	}{
		"a Sandbox is suspended":                   {kind: "Sandbox", old: pod + claims("data"), new: pod + claims("data") + "operatingMode: Suspended"},
		"a volume is added":                        {kind: "Sandbox", old: pod, new: pod + claims("data"), want: volumes},
		"another volume is added":                  {kind: "Sandbox", old: pod + claims("data"), new: pod + claims("data", "cache"), want: volumes},
		"the last volume is removed":               {kind: "Sandbox", old: pod + claims("data"), new: pod, want: volumes},
		"a volume is renamed":                      {kind: "Sandbox", old: pod + claims("data"), new: pod + claims("cache"), want: volumes},
		"a volume grows":                           {kind: "Sandbox", old: pod + claims("data"), new: pod + strings.ReplaceAll(claims("data"), "1Gi", "2Gi"), want: volumes},
		"a volume is added to a template":          {kind: "SandboxTemplate", old: pod, new: pod + claims("data")},
		"a Service is added":                       {kind: "Sandbox", old: pod, new: pod + service},
		"a Service is added under too long a name": {kind: "Sandbox", name: long(64), old: pod, new: pod + service, want: []refusal{{invalid, "spec.service"}}},
		"a NetworkPolicy is added under too long a name": {
			kind: "SandboxTemplate", name: long(239), old: pod + "networkPolicyManagement: Unmanaged", new: pod,
			want: []refusal{{invalid, "spec.networkPolicyManagement"}},
		},
		"a pool takes another template":          {kind: "SandboxWarmPool", old: "sandboxTemplateRef: {name: a}", new: "sandboxTemplateRef: {name: b}"},
		"a claim gets an end":                    {kind: "SandboxClaim", old: pool, new: pool + "lifecycle: {shutdownTime: '2030-01-01T00:00:00Z'}"},
		"a claim changes its pool":               {kind: "SandboxClaim", old: pool, new: "warmPoolRef: {name: ruby}", want: reference},
		"a claim changes its template":           {kind: "SandboxClaim", old: "sandboxTemplateRef: {name: a}", new: "sandboxTemplateRef: {name: b}", want: reference},
		"a claim goes from a pool to a template": {kind: "SandboxClaim", old: pool, new: "sandboxTemplateRef: {name: python}", want: reference},
		"a claim goes from a template to a pool": {kind: "SandboxClaim", old: "sandboxTemplateRef: {name: python}", new: pool, want: reference},
		"a claim adds a template to its pool":    {kind: "SandboxClaim", old: pool, new: pool + "sandboxTemplateRef: {name: python}", want: []refusal{{invalid, "spec"}, {invalid, "spec"}}},
		"a claim drops its reference":            {kind: "SandboxClaim", old: pool, new: "{}", want: []refusal{{invalid, "spec"}, {invalid, "spec"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.name == "" {
				tc.name = "runner"
			}
			stored := object(t, tc.kind, tc.name, tc.old)
			create(t, c, stored)
			changed := stored.DeepCopy()
			setSpec(t, changed, tc.new)
			err := c.Update(t.Context(), changed, client.DryRunAll)
			if diff := cmp.Diff(tc.want, refusals(t, err)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

// Clients rely on this message.
func TestVolumeClaimTemplatesMessage(t *testing.T) {
	c := server(t)
	stored := object(t, "Sandbox", "runner", pod)
	create(t, c, stored)
	setSpec(t, stored, pod+claims("data"))
	err := c.Update(t.Context(), stored)
	if err == nil || !strings.HasSuffix(err.Error(), ": volumeClaimTemplates is immutable") {
		t.Errorf("want the message \"volumeClaimTemplates is immutable\", got: %v", err)
	}
}
