package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestClaimStartup(t *testing.T) {
	at := builder.Epoch.Add(10 * time.Second)
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p").BoundTo("p-abcde") }
	adopted := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("p-abcde").Pool(builder.MakePool("p").Template("t").Obj()).CreatedAt(builder.Epoch.Add(-3 * time.Second)).
			Ready().ClaimedBy(claim().Obj())
	}
	for name, tc := range map[string]struct {
		claim   *builder.ClaimWrapper
		sandbox *builder.SandboxWrapper
		want    rules.Startup
	}{
		"a warm claim that everybody noted": {
			claim: claim().Annotation(sandboxv1.AnnotationWebhookFirstObservedAt, "2026-01-01T00:00:08Z").
				Annotation(sandboxv1.AnnotationControllerFirstObservedAt, "2026-01-01T00:00:09.999500000Z").
				Annotation(sandboxv1.AnnotationClientFirstRequestedAt, "2026-01-01T01:00:07.500000+01:00"),
			sandbox: adopted(),
			want: rules.Startup{
				Namespace: "default", LaunchType: "warm", Template: "t", Creation: new(3 * time.Second),
				SinceWebhook: new(2 * time.Second), SinceController: new(500 * time.Microsecond), SinceClient: new(2500 * time.Millisecond),
			},
		},
		"a cold claim that nobody noted": {
			claim: claim(), sandbox: builder.MakeSandbox("c").ClaimedBy(builder.MakeClaim("c").Template("t").Obj()).Ready(),
			want: rules.Startup{Namespace: "default", LaunchType: "cold", Template: "t", Creation: new(time.Duration(0))},
		},
		"a cold claim of an older agent-sandbox, which did not say so": {
			claim: claim(), sandbox: builder.MakeSandbox("c").ClaimedBy(builder.MakeClaim("c").Template("t").Obj()).WithoutLabel(sandboxv1.LabelLaunchType).Ready(),
			want: rules.Startup{Namespace: "default", LaunchType: "cold", Template: "t", Creation: new(time.Duration(0))},
		},
		"clocks that differ, and words that are no time": {
			claim: claim().Annotation(sandboxv1.AnnotationClientFirstRequestedAt, "2026-01-01T00:00:11Z").
				Annotation(sandboxv1.AnnotationControllerFirstObservedAt, "yesterday").
				Annotation(sandboxv1.AnnotationWebhookFirstObservedAt, "0001-01-01T00:00:00Z"),
			sandbox: adopted().CreatedAt(builder.Epoch.Add(time.Second)),
			want:    rules.Startup{Namespace: "default", LaunchType: "warm", Template: "t"},
		},
		"a Sandbox that says nothing": {
			claim: claim(), sandbox: builder.MakeSandbox("a").Label(sandboxv1.LabelLaunchType, "hot").Condition("Ready", "False", "R"),
			want: rules.Startup{Namespace: "default", LaunchType: "unknown", Template: "__unknown__"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rules.ClaimStartup(tc.claim.Obj(), tc.sandbox.Obj(), at)); diff != "" {
				t.Errorf("startup (-want +got):\n%s", diff)
			}
		})
	}
	gone := rules.Startup{Namespace: "default", LaunchType: "unknown", Template: "__unknown__"}
	if diff := cmp.Diff(gone, rules.ClaimStartup(claim().Obj(), nil, at)); diff != "" {
		t.Errorf("startup of a claim whose Sandbox has gone (-want +got):\n%s", diff)
	}
}

func TestClaimProvision(t *testing.T) {
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c") }
	warm := builder.MakeSandbox("p-abcde").Pool(builder.MakePool("p").Template("t").Obj()).Ready()
	for name, tc := range map[string]struct {
		claim   *builder.ClaimWrapper
		sandbox *builder.SandboxWrapper
		want    rules.Provision
	}{
		"adopted out of the pool that it names": {
			claim().Pool("p").Label(sandboxv1.LabelCreatedBy, "go-client"), warm,
			rules.Provision{Namespace: "default", Template: "t", LaunchType: "warm", Pool: "p", Ready: true, CreatedBy: "go-client"},
		},
		"adopted out of a pool of its template": {
			claim().Template("t"), warm,
			rules.Provision{Namespace: "default", Template: "t", LaunchType: "warm", Pool: "p", Ready: true, CreatedBy: "unknown"},
		},
		"created, since its pool was empty": {
			claim().Pool("p").Label(sandboxv1.LabelCreatedBy, "curl"), builder.MakeSandbox("c").Annotation(sandboxv1.AnnotationTemplateRef, "t"),
			rules.Provision{Namespace: "default", Template: "t", LaunchType: "cold", Pool: "p", CreatedBy: "unknown"},
		},
		"created, since its template has no pool": {
			claim().Template("t"), builder.MakeSandbox("c"),
			rules.Provision{Namespace: "default", Template: "__unknown__", LaunchType: "cold", Pool: "none", CreatedBy: "unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rules.ClaimProvision(tc.claim.Obj(), tc.sandbox.Obj())); diff != "" {
				t.Errorf("provision (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupOf(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    rules.SandboxSeries
	}{
		"a member that is Ready": {
			builder.MakeSandbox("p-a").Pool(pool).Ready(),
			rules.SandboxSeries{Namespace: "default", LaunchType: "warm", Template: "t", OwnedBy: "SandboxWarmPool", CreatedBy: "controller", OperatingMode: "Running", Ready: true},
		},
		"a member of an older agent-sandbox, which did not say so": {
			builder.MakeSandbox("p-a").Pool(pool).WithoutLabel(sandboxv1.LabelLaunchType),
			rules.SandboxSeries{Namespace: "default", LaunchType: "warm", Template: "t", OwnedBy: "SandboxWarmPool", CreatedBy: "controller", OperatingMode: "Running"},
		},
		"a claim's, cold, and not Ready": {
			builder.MakeSandbox("c").ClaimedBy(builder.MakeClaim("c").Template("t").Label(sandboxv1.LabelCreatedBy, "python-client").Obj()).
				Condition("Ready", "False", "R"),
			rules.SandboxSeries{Namespace: "default", LaunchType: "cold", Template: "t", OwnedBy: "SandboxClaim", CreatedBy: "python-client", OperatingMode: "Running"},
		},
		"nobody's, and expired": {
			builder.MakeSandbox("a").Condition("Ready", "False", sandboxv1.ReasonSandboxExpired),
			rules.SandboxSeries{Namespace: "default", LaunchType: "cold", Template: "unknown", OwnedBy: "None", CreatedBy: "unknown", OperatingMode: "Running", Expired: true},
		},
		"nobody's, and suspended": {
			builder.MakeSandbox("a").OperatingMode(sandboxv1.OperatingModeSuspended),
			rules.SandboxSeries{Namespace: "default", LaunchType: "cold", Template: "unknown", OwnedBy: "None", CreatedBy: "unknown", OperatingMode: "Suspended"},
		},
		"one without a status, under something else": {
			builder.MakeSandbox("a").OwnerReferences(*rules.SandboxOwner(builder.MakeSandbox("b").Obj())),
			rules.SandboxSeries{Namespace: "default", LaunchType: "cold", Template: "unknown", OwnedBy: "None", CreatedBy: "unknown", OperatingMode: "Running"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rules.SandboxSeriesOf(tc.sandbox.Obj())); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}
