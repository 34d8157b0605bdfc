package diagnosis

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// What somebody asked for, and what is missing.
func TestCausesAbove(t *testing.T) {
	waiting := func(reason string, claim *extensionsv1.SandboxClaim) *Snapshot {
		claim.Status.Conditions = []metav1.Condition{{Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, Message: "why"}}
		return &Snapshot{Now: now, Target: Ref{kindClaim, "agent"}, InNamespace: "demo", Claim: claim, TemplateName: "python"}
	}
	expiring := builder.MakeClaim("agent").Template("python").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: now.Add(-time.Hour)}}).Obj()
	hadOne := builder.MakeClaim("agent").Template("python").StatusSandbox("agent").Obj()
	taken := builder.MakeClaim("agent").Template("python").BoundTo("agent").Obj()
	from := builder.MakeClaim("agent").Pool("python").Obj()
	for name, tc := range map[string]struct {
		snapshot    *Snapshot
		id, command string
	}{
		"the template is missing": {waiting("TemplateNotFound", builder.MakeClaim("agent").Template("python").Obj()),
			"template-missing", "kubectl --namespace demo get sandboxtemplates"},
		"the pool is missing": {with(waiting("WarmPoolNotFound", from), func(s *Snapshot) { s.PoolName, s.TemplateName = "python", "" }),
			"pool-missing", "kubectl --namespace demo get sandboxwarmpools"},
		"a label": {with(waiting(extensionsv1.ReasonInvalidMetadata, builder.MakeClaim("agent").Obj()), existingTemplate),
			"label-not-allowed", "kubectl --namespace demo edit sandboxclaim agent"},
		"variables": {with(waiting(extensionsv1.ReasonEnvVarsInjectionRejected, builder.MakeClaim("agent").Obj()), existingTemplate),
			"claim-rejected", "kubectl --namespace demo edit sandboxtemplate python"},
		"volumes": {with(waiting(extensionsv1.ReasonVolumeClaimTemplatesError, builder.MakeClaim("agent").Obj()), existingTemplate),
			"claim-rejected", "kubectl --namespace demo edit sandboxtemplate python"},
		"the claim expired": {waiting(extensionsv1.ReasonClaimExpired, expiring), "expired", "kubectl --namespace demo delete sandboxclaim agent"},
		"the Sandbox is gone": {with(waiting(extensionsv1.ReasonSandboxMissing, hadOne), existingTemplate),
			"sandbox-missing", "kubectl --namespace demo delete sandboxclaim agent"},
		"the name is taken": {with(waiting(failed, taken), func(s *Snapshot) { s.Sandbox = builder.MakeSandbox("agent").Obj() }),
			"name-taken", "kubectl --namespace demo delete sandbox agent"},
		"the namespace goes": {with(waiting("", builder.MakeClaim("agent").Obj()), func(s *Snapshot) {
			s.Namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "demo", DeletionTimestamp: &metav1.Time{Time: now}}}
		}), "namespace-terminating", "kubectl describe namespace demo"},
		"nobody leads": {with(waiting("", builder.MakeClaim("agent").Obj()), existingTemplate, failing(installation.PartLeader, installation.StopsReconciling)),
			installation.PartLeader, "repair"},
		"nobody leads, and a template is missing": {with(waiting("", builder.MakeClaim("agent").Obj()), failing(installation.PartLeader, installation.StopsReconciling)),
			installation.PartLeader, "repair"},
		"nobody leads, and a claim expired": {with(waiting(extensionsv1.ReasonClaimExpired, expiring), failing(installation.PartLeader, installation.StopsReconciling)),
			"expired", "kubectl --namespace demo delete sandboxclaim agent"},
		"no webhook answers, and the claim says so": {with(waiting(failed, builder.MakeClaim("agent").Obj()), existingTemplate, ownWebhookDown,
			failing(installation.PartCertificate, installation.StopsWrites)), installation.PartCertificate, "repair"},
		"no webhook answers, and a template is missing": {with(waiting("TemplateNotFound", builder.MakeClaim("agent").Obj()),
			failing(installation.PartWebhooks, installation.StopsWrites)), "template-missing", "kubectl --namespace demo get sandboxtemplates"},
		"no webhook answers, and the claim has no Sandbox": {with(waiting("Pending", builder.MakeClaim("agent").Obj()), existingTemplate,
			failing(installation.PartWebhooks, installation.StopsWrites)), installation.PartWebhooks, "repair"},
		"no webhook answers, and a Sandbox is suspended": {with(ofSandbox(builder.MakeSandbox("agent").OperatingMode(sandboxv1.OperatingModeSuspended).Obj()),
			failing(installation.PartWebhooks, installation.StopsWrites)), "suspended",
			`kubectl --namespace demo patch sandbox agent --type=merge --patch '{"spec":{"operatingMode":"Running"}}'`},
		"a suspended Sandbox": {ofSandbox(builder.MakeSandbox("agent").OperatingMode(sandboxv1.OperatingModeSuspended).Obj()),
			"suspended", `kubectl --namespace demo patch sandbox agent --type=merge --patch '{"spec":{"operatingMode":"Running"}}'`},
		"an expired Sandbox": {ofSandbox(builder.MakeSandbox("agent").ShutdownTime(now.Add(-time.Hour)).Obj()),
			"expired", `kubectl --namespace demo patch sandbox agent --type=merge --patch '{"spec":{"shutdownTime":null}}'`},
		"a finished Sandbox": {ofSandbox(builder.MakeSandbox("agent").Condition(sandboxv1.ConditionFinished, metav1.ConditionTrue, sandboxv1.ReasonPodSucceeded).Obj()),
			"finished", "kubectl --namespace demo delete sandbox agent"},
		"another's Pod": {with(ofSandbox(builder.MakeSandbox("agent").Obj()), func(s *Snapshot) { s.Pod = builder.MakePod("agent").Obj() }),
			"pod-name-taken", "kubectl --namespace demo delete pod agent"},
		"another's volume": {with(ofSandbox(withVolume("data")), func(s *Snapshot) {
			s.Volumes = []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data-agent"}}}
		}), "volume-in-the-way", "kubectl --namespace demo delete persistentvolumeclaim data-agent"},
	} {
		t.Run(name, func(t *testing.T) { expectCause(t, tc.snapshot, tc.id, tc.command, false) })
	}
}

func with(s *Snapshot, change ...func(*Snapshot)) *Snapshot {
	for _, f := range change {
		f(s)
	}
	return s
}

// ownWebhookDown lets the claim say that the API server could not call a webhook of Namesake's own.
func ownWebhookDown(s *Snapshot) {
	s.Claim.Status.Conditions[0].Message = `Error seen: Internal error occurred: failed calling webhook "sandbox.validate.namesake.agents.x-k8s.io": refused`
}

func existingTemplate(s *Snapshot) { s.Template = builder.MakeTemplate(s.TemplateName).Obj() }

func ofSandbox(sandbox *sandboxv1.Sandbox) *Snapshot {
	return &Snapshot{Now: now, Target: Ref{kindSandbox, sandbox.Name}, InNamespace: "demo", Sandbox: sandbox}
}

func withVolume(name string) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox("agent").Obj()
	template := sandboxv1.PersistentVolumeClaimTemplate{}
	template.Metadata.Name = name
	sandbox.Spec.VolumeClaimTemplates = append(sandbox.Spec.VolumeClaimTemplates, template)
	return sandbox
}

// What concerns pools.
func TestCausesOfPools(t *testing.T) {
	filling := func(replicas int32) *Snapshot {
		pool := builder.MakePool("python").Template("python").Replicas(replicas).
			Condition(extensionsv1.ConditionReady, metav1.ConditionFalse, extensionsv1.ReasonPoolNotReady).Obj()
		s := &Snapshot{Now: now, Target: Ref{kindPool, "python"}, InNamespace: "demo", Pool: pool, PoolName: "python", TemplateName: "python"}
		existingTemplate(s)
		return s
	}
	cold := func(s *Snapshot) {
		s.Target = Ref{kindClaim, "agent"}
		s.Claim = builder.MakeClaim("agent").Pool("python").BoundTo("agent").Obj()
		s.Sandbox = builder.MakeSandbox("agent").ClaimedBy(s.Claim).Obj()
		s.Sandbox.Labels = map[string]string{sandboxv1.LabelLaunchType: sandboxv1.LaunchTypeCold}
	}
	cordonedMember := func(s *Snapshot) {
		s.Members = []sandboxv1.Sandbox{*builder.MakeSandbox("python-abcde").Pool(s.Pool).Ready().Node("node-1").Obj()}
		s.Nodes = []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Spec: corev1.NodeSpec{Unschedulable: true}}}
	}
	for name, tc := range map[string]struct {
		snapshot    *Snapshot
		id, command string
		passing     bool
	}{
		"it fills":                             {filling(2), "pool-filling", "kubectl --namespace demo wait sandboxwarmpool python --for=condition=Ready --timeout=2m", true},
		"it asks for none":                     {filling(0), "pool-of-none", "kubectl --namespace demo scale sandboxwarmpool python --replicas=1", false},
		"a claim of an empty pool":             {with(filling(2), cold), "pool-empty", "kubectl --namespace demo scale sandboxwarmpool python --replicas=4", true},
		"a claim of a pool that asks for none": {with(filling(0), cold), "pool-of-none", "kubectl --namespace demo scale sandboxwarmpool python --replicas=1", false},
		"all on a cordoned node":               {with(filling(1), cordonedMember), "cordoned", "kubectl uncordon node-1", false},
		"a claim, and all on a cordoned node":  {with(filling(1), cordonedMember, cold), "cordoned", "kubectl uncordon node-1", false},
	} {
		t.Run(name, func(t *testing.T) { expectCause(t, tc.snapshot, tc.id, tc.command, tc.passing) })
	}
}
