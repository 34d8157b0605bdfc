package rules_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// worded returns obj with that message in its first condition, and another resourceVersion.
func worded[T metav1.Object](obj T, conditions *[]metav1.Condition, message string) T {
	(*conditions)[0].Message = message
	(*conditions)[0].ObservedGeneration = obj.GetGeneration()
	obj.SetResourceVersion(message)
	return obj
}

func TestIsReworded(t *testing.T) {
	claim := func(reason string) *builder.ClaimWrapper {
		return builder.MakeClaim("c").Pool("p").Condition("Ready", metav1.ConditionFalse, reason)
	}
	claimSays := func(reason, message string) *extensionsv1.SandboxClaim {
		claim := claim(reason).Obj()
		return worded(claim, &claim.Status.Conditions, message)
	}
	sandbox := func(reason string) *builder.SandboxWrapper {
		return builder.MakeSandbox("s").Condition("Ready", metav1.ConditionFalse, reason)
	}
	sandboxSays := func(reason, message string) *sandboxv1.Sandbox {
		sandbox := sandbox(reason).Obj()
		return worded(sandbox, &sandbox.Status.Conditions, message)
	}
	poolSays := func(reason, message string) *extensionsv1.SandboxWarmPool {
		pool := builder.MakePool("p").Condition("Progressing", metav1.ConditionFalse, reason).Obj()
		return worded(pool, &pool.Status.Conditions, message)
	}
	const unkept = "Sandbox has expired; its volumes are not yet what it says of them in agents.x-k8s.io/volumes-when-deleted: "
	counted := poolSays("SandboxRefused", "b")
	counted.Status.ReadyReplicas = 7
	moved := sandboxSays("ReconcilerError", "b")
	moved.Status.PodIPs = []string{"10.0.0.9"}
	finalized := sandboxSays("ReconcilerError", "b")
	finalized.Finalizers = []string{"example.com/a"}
	for name, tc := range map[string]struct {
		before, after metav1.Object
		want          bool
	}{
		"a Sandbox is refused in other words":             {sandboxSays("ReconcilerError", "a"), sandboxSays("ReconcilerError", "b"), true},
		"a Sandbox is invalid in other words":             {sandboxSays("InvalidConfiguration", "a"), sandboxSays("InvalidConfiguration", "b"), true},
		"a Sandbox is invalid, and its spec changes":      {sandboxSays("InvalidConfiguration", "a"), sandbox("InvalidConfiguration").Generation(2).Obj(), false},
		"a Sandbox is invalid":                            {sandboxSays("DependenciesNotReady", "a"), sandboxSays("InvalidConfiguration", "b"), false},
		"a Sandbox is invalid no more":                    {sandboxSays("InvalidConfiguration", "a"), sandboxSays("DependenciesReady", "b"), false},
		"a Sandbox is refused, and moves":                 {sandboxSays("ReconcilerError", "a"), moved, false},
		"a Sandbox is refused, and gets a finalizer":      {sandboxSays("ReconcilerError", "a"), finalized, false},
		"a Sandbox is refused, and its spec changes":      {sandboxSays("ReconcilerError", "a"), sandbox("ReconcilerError").Generation(2).Obj(), false},
		"a Sandbox is refused, and is deleted":            {sandboxSays("ReconcilerError", "a"), sandbox("ReconcilerError").Deleting().Obj(), false},
		"a Sandbox is refused":                            {sandboxSays("DependenciesNotReady", "a"), sandboxSays("ReconcilerError", "b"), false},
		"a Sandbox is refused no more":                    {sandboxSays("ReconcilerError", "a"), sandboxSays("DependenciesNotReady", "b"), false},
		"a Sandbox waits, in other words":                 {sandboxSays("DependenciesNotReady", "a"), sandboxSays("DependenciesNotReady", "b"), false},
		"a Sandbox is seen again as it was":               {sandboxSays("ReconcilerError", "a"), sandboxSays("ReconcilerError", "a"), false},
		"an expired Sandbox's volumes, in other words":    {sandboxSays("SandboxExpired", unkept+"a"), sandboxSays("SandboxExpired", unkept+"b"), true},
		"an expired Sandbox's volumes, and then nothing":  {sandboxSays("SandboxExpired", unkept+"a"), sandboxSays("SandboxExpired", "Sandbox has expired"), false},
		"a Sandbox expires in other words":                {sandboxSays("SandboxExpired", "a"), sandboxSays("SandboxExpired", "b"), false},
		"a claim is refused in other words":               {claimSays("ReconcilerError", "a"), claimSays("ReconcilerError", "b"), true},
		"a claim is refused, after lost races":            {claimSays("AdoptionConflict", "a"), claimSays("ReconcilerError", "b"), true},
		"a claim is refused, and changes":                 {claimSays("ReconcilerError", "a"), claim("ReconcilerError").Generation(2).Obj(), false},
		"a claim is refused, and is bound":                {claimSays("ReconcilerError", "a"), claim("ReconcilerError").BoundTo("a").Obj(), false},
		"a claim is refused, and is labelled":             {claimSays("ReconcilerError", "a"), claim("ReconcilerError").Label("a", "b").Obj(), false},
		"a claim's status changes":                        {builder.MakeClaim("c").Obj(), claimSays("TemplateNotFound", "a"), false},
		"a claim says something else of its Sandbox":      {claimSays("SandboxNotReady", "a"), claimSays("DependenciesNotReady", "b"), false},
		"a pool is refused in other words":                {poolSays("SandboxRefused", "a"), poolSays("SandboxRefused", "b"), true},
		"a pool is refused, and a member turns Ready":     {poolSays("SandboxRefused", "a"), counted, false},
		"a pool is stuck, in other words":                 {poolSays("SandboxesNotReady", "a"), poolSays("SandboxesNotReady", "b"), false},
		"a claim of another kind than what it was before": {poolSays("SandboxRefused", "a"), claimSays("ReconcilerError", "b"), false},
		"a template": {builder.MakeTemplate("t").Obj(), builder.MakeTemplate("t").Obj(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsReworded(tc.before, tc.after); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}

func TestOnlyTellsRefusal(t *testing.T) {
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p") }
	claimSays := func(reason string) *builder.ClaimWrapper {
		return claim().Condition("Ready", metav1.ConditionFalse, reason)
	}
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("s") }
	sandboxSays := func(reason string) *builder.SandboxWrapper {
		return sandbox().Condition("Ready", metav1.ConditionFalse, reason)
	}
	for name, tc := range map[string]struct {
		before, after metav1.Object
		want          bool
	}{
		"a claim is refused":                           {claim().Obj(), claimSays("ReconcilerError").Obj(), true},
		"a claim has lost races":                       {claimSays("TemplateNotFound").Obj(), claimSays("AdoptionConflict").Obj(), true},
		"a claim is refused, and is labelled":          {claim().Obj(), claimSays("ReconcilerError").Label("a", "b").Obj(), false},
		"a claim is refused, and is bound":             {claim().Obj(), claimSays("ReconcilerError").BoundTo("a").Obj(), false},
		"a claim is refused, and wants another pool":   {claim().Obj(), claimSays("ReconcilerError").Pool("q").Obj(), false},
		"a claim is refused, and is deleted":           {claim().Obj(), claimSays("ReconcilerError").Deleting().Obj(), false},
		"a claim waits":                                {claim().Obj(), claimSays("TemplateNotFound").Obj(), false},
		"a claim is refused no more":                   {claimSays("ReconcilerError").Obj(), claimSays("TemplateNotFound").Obj(), false},
		"a Sandbox is refused":                         {sandbox().Obj(), sandboxSays("ReconcilerError").Obj(), true},
		"a Sandbox is invalid":                         {sandbox().Obj(), sandboxSays("InvalidConfiguration").Obj(), true},
		"a Sandbox is refused, and its spec changes":   {sandbox().Obj(), sandboxSays("ReconcilerError").Generation(2).Obj(), false},
		"a Sandbox is refused, and is deleted":         {sandbox().Obj(), sandboxSays("ReconcilerError").Deleting().Obj(), false},
		"a Sandbox waits":                              {sandbox().Obj(), sandboxSays("DependenciesNotReady").Obj(), false},
		"a Sandbox is another kind than it was before": {claim().Obj(), sandboxSays("ReconcilerError").Obj(), false},
		"a template":                                   {builder.MakeTemplate("t").Obj(), builder.MakeTemplate("t").Obj(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.OnlyTellsRefusal(tc.before, tc.after); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}
