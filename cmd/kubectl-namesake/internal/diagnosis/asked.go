package diagnosis

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// namespaceTerminates is the cause of all else in a namespace that is being deleted.
func namespaceTerminates(s *Snapshot) *Cause {
	if !isTerminating(s) {
		return nil
	}
	words := ""
	for _, c := range s.Namespace.Status.Conditions {
		if c.Status == corev1.ConditionTrue && (c.Type == corev1.NamespaceFinalizersRemaining || c.Type == corev1.NamespaceContentRemaining) {
			words = brief(c.Message)
		}
	}
	return &Cause{
		ID: "namespace-terminating", Object: Ref{kindSpace, s.InNamespace}, Words: words,
		Says:    fmt.Sprintf("namespace %s is being deleted: the API server creates nothing there any more", s.InNamespace),
		Command: fmt.Sprintf("kubectl describe namespace %s", s.InNamespace),
		Advice:  "use another namespace; if this one does not go away, its conditions say what remains",
	}
}

// expired is for a claim or a Sandbox whose time is up.
func expired(s *Snapshot) *Cause {
	if s.Claim != nil && (rules.IsClaimExpired(s.Claim, s.Now) || rules.IsReportedExpired(s.Claim)) {
		return &Cause{
			ID: "expired", Object: s.claim(), Says: claimExpiry(s), Words: brief(ready(s.Claim.Status.Conditions).Message),
			Command: s.kubectl("delete sandboxclaim %s", s.Claim.Name),
			Advice:  "make another claim if the work is not done: an expired claim gets no Sandbox",
		}
	}
	if s.Sandbox == nil || !rules.Expired(s.Sandbox, s.Now) {
		return nil
	}
	cause := &Cause{
		ID: "expired", Object: s.sandbox(), Words: brief(ready(s.Sandbox.Status.Conditions).Message),
		Says: fmt.Sprintf("the time of %s ended: its shutdownTime was %s", s.sandbox(), clock(s.Sandbox.Spec.ShutdownTime.Time)),
	}
	if s.Claim != nil {
		cause.Command, cause.Advice = s.kubectl("delete sandboxclaim %s", s.Claim.Name), "make another claim if the work is not done"
		return cause
	}
	cause.Command = s.kubectl(`patch sandbox %s --type=merge --patch '{"spec":{"shutdownTime":null}}'`, s.Sandbox.Name)
	cause.Advice = "or give shutdownTime a later time, or delete the Sandbox"
	return cause
}

// claimExpiry says which time of a claim has passed.
func claimExpiry(s *Snapshot) string {
	at, known := rules.ClaimExpiresAt(s.Claim)
	if !known {
		return fmt.Sprintf("the time of %s is up", s.claim())
	}
	which := "shutdownTime"
	if life := s.Claim.Spec.Lifecycle; life == nil || life.ShutdownTime == nil || !life.ShutdownTime.Time.Equal(at) {
		which = "ttlSecondsAfterFinished"
	}
	return fmt.Sprintf("the time of %s is up: by its %s, it ended at %s", s.claim(), which, clock(at))
}

func clock(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// suspended is for a Sandbox that is to have no Pod.
func suspended(s *Snapshot) *Cause {
	if s.Sandbox == nil || !rules.Suspended(s.Sandbox) {
		return nil
	}
	return &Cause{
		ID: "suspended", Object: s.sandbox(), Says: fmt.Sprintf("%s is suspended: somebody set its operatingMode to Suspended", s.sandbox()),
		Command: s.kubectl(`patch sandbox %s --type=merge --patch '{"spec":{"operatingMode":"Running"}}'`, s.Sandbox.Name),
	}
}

// finished is for a Sandbox whose Pod ended by itself and is not replaced.
func finished(s *Snapshot) *Cause {
	if s.Sandbox == nil || !isTrue(s.Sandbox.Status.Conditions, sandboxv1.ConditionFinished) {
		return nil
	}
	r := ready(s.Sandbox.Status.Conditions)
	cause := &Cause{
		ID: "finished", Object: s.sandbox(), Words: brief(r.Message),
		Says: fmt.Sprintf("the Pod of %s ended, and is not started again: %s", s.sandbox(), r.Reason),
	}
	if s.Claim != nil {
		cause.Command, cause.Advice = s.kubectl("delete sandboxclaim %s", s.Claim.Name), "and make another claim to run it again"
	} else {
		cause.Command, cause.Advice = s.kubectl("delete sandbox %s", s.Sandbox.Name), "and make another Sandbox to run it again"
	}
	return cause
}

// rejectedClaim is for a claim that asks for what it may not have.
func rejectedClaim(s *Snapshot) *Cause {
	if s.Claim == nil {
		return nil
	}
	r := ready(s.Claim.Status.Conditions)
	cause := &Cause{ID: "claim-rejected", Object: s.claim(), Words: brief(r.Message)}
	switch r.Reason {
	case extensionsv1.ReasonInvalidMetadata:
		cause.ID = "label-not-allowed"
		cause.Says = fmt.Sprintf("%s asks for labels or annotations of its Pod that it may not have", s.claim())
		cause.Command = s.kubectl("edit sandboxclaim %s", s.Claim.Name)
		cause.Advice = "correct spec.additionalPodMetadata; which label domains are allowed, the administrator decides " +
			"(controller.allowedLabelDomains of the chart)"
	case extensionsv1.ReasonEnvVarsInjectionRejected:
		cause.Says = fmt.Sprintf("%s sets variables that %s does not allow", s.claim(), s.template())
		cause.Command = s.kubectl("edit sandboxtemplate %s", s.TemplateName)
		cause.Advice = "allow them by envVarsInjectionPolicy, or make another claim without them"
	case extensionsv1.ReasonVolumeClaimTemplatesError:
		cause.Says = fmt.Sprintf("%s asks for volumes that %s does not allow", s.claim(), s.template())
		cause.Command = s.kubectl("edit sandboxtemplate %s", s.TemplateName)
		cause.Advice = "allow them by volumeClaimTemplatesPolicy, or make another claim without them"
	default:
		return nil
	}
	return cause
}
