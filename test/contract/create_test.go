package contract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	pod     = "podTemplate: {spec: {containers: [{name: main, image: busybox}]}}\n"
	pool    = "warmPoolRef: {name: python}\n"
	service = "service: true\n"
)

// claims returns volumeClaimTemplates of the given names.
func claims(names ...string) string {
	var b strings.Builder
	b.WriteString("volumeClaimTemplates:\n")
	for _, name := range names {
		b.WriteString("- {metadata: {name: \"" + name + "\"}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}\n")
	}
	return b.String()
}

func long(n int) string { return strings.Repeat("a", n) }

func TestCreate(t *testing.T) {
	c := server(t)
	claimName := refusal{invalid, "spec.volumeClaimTemplates[0].metadata.name"}
	for name, tc := range map[string]struct {
		kind, name, spec string
		want             []refusal
	}{
		"a Sandbox":                                     {kind: "Sandbox", spec: pod},
		"a Sandbox with the longest name":               {kind: "Sandbox", name: long(253), spec: pod},
		"a Sandbox with a dot in its name":              {kind: "Sandbox", name: "a.b", spec: pod},
		"a Sandbox without containers":                  {kind: "Sandbox", spec: "podTemplate: {spec: {containers: []}}", want: []refusal{{required, "spec.podTemplate.spec.containers"}}},
		"a Sandbox without the list of containers":      {kind: "Sandbox", spec: "podTemplate: {spec: {}}", want: []refusal{{required, "spec.podTemplate.spec.containers"}}},
		"a Sandbox without a Pod":                       {kind: "Sandbox", spec: "{}", want: []refusal{{required, "spec.podTemplate"}}},
		"a template without containers":                 {kind: "SandboxTemplate", spec: "podTemplate: {spec: {containers: []}}", want: []refusal{{required, "spec.podTemplate.spec.containers"}}},
		"an operating mode that is none":                {kind: "Sandbox", spec: pod + "operatingMode: Paused", want: []refusal{{notSupported, "spec.operatingMode"}}},
		"an end in UTC":                                 {kind: "Sandbox", spec: pod + `shutdownTime: "2030-01-01T00:00:00Z"`},
		"an end to the nanosecond, elsewhere":           {kind: "Sandbox", spec: pod + `shutdownTime: "2030-01-01T23:59:59.123456789+05:30"`},
		"an end in lower case":                          {kind: "Sandbox", spec: pod + `shutdownTime: "2030-01-01t00:00:00z"`, want: []refusal{{invalid, "spec.shutdownTime"}}},
		"a claim's end in lower case":                   {kind: "SandboxClaim", spec: pool + `lifecycle: {shutdownTime: "2030-01-01t00:00:00z"}`, want: []refusal{{invalid, "spec.lifecycle.shutdownTime"}}},
		"a claim's end with a letter among its digits":  {kind: "SandboxClaim", spec: pool + `lifecycle: {shutdownTime: "2030-01-01T00:00:00x5Z"}`, want: []refusal{{invalid, "spec.lifecycle.shutdownTime"}}},
		"a claim's end in no zone that there is":        {kind: "SandboxClaim", spec: pool + `lifecycle: {shutdownTime: "2030-01-01T00:00:00+99:00"}`, want: []refusal{{invalid, "spec.lifecycle.shutdownTime"}}},
		"two volumes":                                   {kind: "Sandbox", spec: pod + claims("data", "cache")},
		"many volumes":                                  {kind: "Sandbox", spec: pod + claims(numbered(256)...)},
		"two volumes of one name":                       {kind: "Sandbox", spec: pod + claims("data", "data"), want: []refusal{{invalid, "spec.volumeClaimTemplates"}}},
		"two volumes of one name in a template":         {kind: "SandboxTemplate", spec: pod + claims("data", "data"), want: []refusal{{invalid, "spec.volumeClaimTemplates"}}},
		"two volumes of one name in a claim":            {kind: "SandboxClaim", spec: pool + claims("data", "data"), want: []refusal{{invalid, "spec.volumeClaimTemplates"}}},
		"a volume with an empty name":                   {kind: "Sandbox", spec: pod + claims(""), want: []refusal{{required, claimName.Field}}},
		"a volume with no name":                         {kind: "Sandbox", spec: pod + "volumeClaimTemplates: [{metadata: {}, spec: {}}]", want: []refusal{{required, claimName.Field}}},
		"a volume without metadata":                     {kind: "SandboxTemplate", spec: pod + "volumeClaimTemplates: [{spec: {}}]", want: []refusal{{required, claimName.Field}}},
		"a volume without metadata in a claim":          {kind: "SandboxClaim", spec: pool + "volumeClaimTemplates: [{spec: {}}]", want: []refusal{{required, claimName.Field}}},
		"a volume with the longest name":                {kind: "Sandbox", spec: pod + claims(long(63))},
		"a volume with too long a name":                 {kind: "Sandbox", spec: pod + claims(long(64)), want: []refusal{claimName}},
		"a volume with a dot in its name":               {kind: "SandboxTemplate", spec: pod + claims("a.b"), want: []refusal{claimName}},
		"a volume with a capital in its name":           {kind: "SandboxClaim", spec: pool + claims("Data"), want: []refusal{claimName}},
		"the longest name with a volume":                {kind: "Sandbox", name: long(248), spec: pod + claims("data")},
		"too long a name with a volume":                 {kind: "Sandbox", name: long(249), spec: pod + claims("data"), want: []refusal{{invalid, "spec.volumeClaimTemplates"}}},
		"the longest claim name with a volume":          {kind: "SandboxClaim", name: long(248), spec: pool + claims("data")},
		"too long a claim name with a volume":           {kind: "SandboxClaim", name: long(249), spec: pool + claims("data"), want: []refusal{{invalid, "spec.volumeClaimTemplates"}}},
		"a Service":                                     {kind: "Sandbox", name: long(63), spec: pod + service},
		"a Service whose name begins with a digit":      {kind: "Sandbox", name: "0a", spec: pod + service},
		"a Service with too long a name":                {kind: "Sandbox", name: long(64), spec: pod + service, want: []refusal{{invalid, "spec.service"}}},
		"a Service with a dot in its name":              {kind: "Sandbox", name: "a.b", spec: pod + service, want: []refusal{{invalid, "spec.service"}}},
		"no Service with too long a name":               {kind: "Sandbox", name: long(64), spec: pod + "service: false"},
		"a template with the longest name":              {kind: "SandboxTemplate", name: long(238), spec: pod},
		"a template with too long a name":               {kind: "SandboxTemplate", name: long(239), spec: pod, want: []refusal{{invalid, "spec.networkPolicyManagement"}}},
		"a long template without a NetworkPolicy":       {kind: "SandboxTemplate", name: long(253), spec: pod + "networkPolicyManagement: Unmanaged"},
		"a template for Services with any name":         {kind: "SandboxTemplate", name: "a.b", spec: pod + service},
		"a pool with the longest name":                  {kind: "SandboxWarmPool", name: long(253), spec: "sandboxTemplateRef: {name: python}"},
		"an empty pool":                                 {kind: "SandboxWarmPool", spec: "{sandboxTemplateRef: {name: python}, replicas: 0}"},
		"a pool of less than nothing":                   {kind: "SandboxWarmPool", spec: "{sandboxTemplateRef: {name: python}, replicas: -1}", want: []refusal{{invalid, ".spec.replicas"}, {invalid, "spec.replicas"}}},
		"a pool without a template":                     {kind: "SandboxWarmPool", spec: "{replicas: 1}", want: []refusal{{required, "spec.sandboxTemplateRef"}}},
		"a pool of a template without a name":           {kind: "SandboxWarmPool", spec: "{sandboxTemplateRef: {name: ''}}", want: []refusal{{invalid, "spec.sandboxTemplateRef.name"}}},
		"a claim on a pool":                             {kind: "SandboxClaim", spec: pool},
		"a claim on a template":                         {kind: "SandboxClaim", spec: "sandboxTemplateRef: {name: python.v3}"},
		"a claim on a pool, the template being null":    {kind: "SandboxClaim", spec: pool + "sandboxTemplateRef: null"},
		"a claim on nothing":                            {kind: "SandboxClaim", spec: "{}", want: []refusal{{invalid, "spec"}}},
		"a claim on a pool and a template":              {kind: "SandboxClaim", spec: pool + "sandboxTemplateRef: {name: python}", want: []refusal{{invalid, "spec"}}},
		"a claim on a pool without a name":              {kind: "SandboxClaim", spec: "warmPoolRef: {name: ''}", want: []refusal{{invalid, "spec.warmPoolRef.name"}}},
		"a claim on a template without a name":          {kind: "SandboxClaim", spec: "sandboxTemplateRef: {name: ''}", want: []refusal{{invalid, "spec.sandboxTemplateRef.name"}}},
		"a claim on a pool that cannot exist":           {kind: "SandboxClaim", spec: "warmPoolRef: {name: My_Pool}", want: []refusal{{invalid, "spec.warmPoolRef.name"}}},
		"a claim with variables":                        {kind: "SandboxClaim", spec: pool + "env: [{name: A, value: ''}, {name: B, value: b, containerName: main}]"},
		"a claim with a variable without a name":        {kind: "SandboxClaim", spec: pool + "env: [{name: '', value: a}]", want: []refusal{{required, "spec.env[0].name"}}},
		"a claim that ends at a negative time":          {kind: "SandboxClaim", spec: pool + "lifecycle: {ttlSecondsAfterFinished: -1}", want: []refusal{{invalid, "spec.lifecycle.ttlSecondsAfterFinished"}}},
		"a claim with the longest name":                 {kind: "SandboxClaim", name: long(253), spec: pool},
		"a claim that deletes in the foreground":        {kind: "SandboxClaim", spec: pool + "lifecycle: {shutdownPolicy: DeleteForeground}"},
		"a Sandbox that would delete in the foreground": {kind: "Sandbox", spec: pod + "shutdownPolicy: DeleteForeground", want: []refusal{{notSupported, "spec.shutdownPolicy"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.name == "" {
				tc.name = "runner"
			}
			err := c.Create(t.Context(), object(t, tc.kind, tc.name, tc.spec), client.DryRunAll)
			if diff := cmp.Diff(tc.want, refusals(t, err)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}
