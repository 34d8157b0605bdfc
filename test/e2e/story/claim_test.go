package story

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// A claim asks for what its template does not allow at first. The template is created later. Only the change of the template
// wakes the claim, with or without a pool.
func TestAClaimGoesOnWhenItMay(t *testing.T) {
	s := scene.Enter(t)
	for name, claim := range map[string]*builder.ClaimWrapper{
		"by-pool":     builder.MakeClaim("by-pool").Pool("by-pool"),
		"by-template": builder.MakeClaim("by-template").Template("by-template"),
	} {
		t.Run(name, func(t *testing.T) {
			s.Create(t, claim.Env("A", "1").Obj())
			template := scene.Template(t)
			template.Name = name
			template.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionDisallowed
			s.Create(t, template, builder.MakePool(name).Template(name).Replicas(0).Obj())
			awaitAnswer(t, s, name, extensionsv1.ReasonEnvVarsInjectionRejected)
			base := template.DeepCopy()
			template.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
			if err := s.Editor.Patch(t.Context(), template, client.MergeFrom(base)); err != nil {
				t.Fatal(err)
			}
			awaitAnswer(t, s, name, "")
		})
	}
}

// Claims end when their time comes, without anyone's action.
func TestClaimsEnd(t *testing.T) {
	s := scene.Enter(t)
	s.Pool(t, "pool", 3)
	for _, policy := range []extensionsv1.ShutdownPolicy{"Retain", "Delete", "DeleteForeground"} {
		t.Run(string(policy), func(t *testing.T) {
			name := map[extensionsv1.ShutdownPolicy]string{"Retain": "retained", "Delete": "deleted", "DeleteForeground": "foreground"}[policy]
			end := metav1.NewTime(time.Now().Add(15 * time.Second).Truncate(time.Second))
			got := ready(t, s, builder.MakeClaim(name).Pool("pool").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &end, ShutdownPolicy: policy}).Obj())
			s.History.Await(t, scene.Soon, func(h *history.History) string {
				claim := h.Claim(name)
				switch {
				case h.Sandbox(got.sandbox) != nil:
					return fmt.Sprintf("Sandbox %q is still there", got.sandbox)
				case !h.Pods[got.podUID].Gone:
					return "its Pod is still there"
				case policy != "Retain" && claim != nil:
					return "the claim is still there"
				case policy == "Retain" && (claim == nil || claim.Reason() != extensionsv1.ReasonClaimExpired || claim.Latest.Status.Sandbox.Name != ""):
					return "the claim is not there any more, or does not say that it expired, or still names its Sandbox"
				}
				return ""
			})
			t.Logf("gone %s after the end", time.Since(end.Time).Round(time.Millisecond))
			if time.Now().Before(end.Time) {
				t.Error("that was before its end")
			}
		})
	}
	s.AwaitFull(t, "pool", 3)
}

// What a claim adds reaches the Pod that it took over, changes with the claim, and is removed with it.
func TestWhatAClaimAddsReachesItsPod(t *testing.T) {
	s := scene.Enter(t)
	s.Pool(t, "pool", 1)
	const key = "podsnapshot.gke.io/ps-name"
	claim := builder.MakeClaim("claim").Pool("pool").PodLabel("sandbox.users.io/team", "blue").Obj()
	got := ready(t, s, claim)
	await := func(label, annotation string) {
		t.Helper()
		s.History.Await(t, scene.Soon, func(h *history.History) string {
			pod := h.Pods[got.podUID].Latest
			if pod.Labels["sandbox.users.io/team"] == label && pod.Annotations[key] == annotation {
				return ""
			}
			return fmt.Sprintf("the Pod has the labels %v and the annotations %v", pod.Labels, pod.Annotations)
		})
	}
	set := func(label, annotation string) {
		t.Helper()
		base := claim.DeepCopy()
		claim.Spec.AdditionalPodMetadata.Labels = map[string]string{"sandbox.users.io/team": label}
		claim.Spec.AdditionalPodMetadata.Annotations = nil
		if annotation != "" {
			claim.Spec.AdditionalPodMetadata.Annotations = map[string]string{key: annotation}
		}
		if err := s.Editor.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
	}
	await("blue", "")
	set("red", "snapshot")
	await("red", "snapshot")
	set("red", "")
	await("red", "")
	if after := awaitReady(t, s, "claim", ""); after.podUID != got.podUID {
		t.Errorf("the claim has Pod %q, and had %q", after.podUID, got.podUID)
	}
}
