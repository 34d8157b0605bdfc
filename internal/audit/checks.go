package audit

import (
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// IDs of the checks. They are wire interface: label values of a metric, and in the output of kubectl namesake audit.
const (
	CheckTwoPods         = "TwoPods"
	CheckPodName         = "PodName"
	CheckPodUID          = "PodUID"
	CheckPlantedLabels   = "PlantedLabels"
	CheckTwoSandboxes    = "TwoSandboxes"
	CheckSharedSandbox   = "SharedSandbox"
	CheckTwoHolders      = "TwoHolders"
	CheckUnboundSandbox  = "UnboundSandbox"
	CheckBindingMismatch = "BindingMismatch"
	CheckNoNetworkPolicy = "NoNetworkPolicy"

	CheckPodOwnerGone     = "PodOwnerGone"
	CheckPodOrphan        = "PodOrphan"
	CheckPodSecondOwner   = "PodSecondOwner"
	CheckPodStaleLabels   = "PodStaleLabels"
	CheckPodBeforePolicy  = "PodBeforePolicy"
	CheckSandboxOrphan    = "SandboxOrphan"
	CheckSandboxOwnerGone = "SandboxOwnerGone"
	CheckTemplateMismatch = "TemplateMismatch"
	CheckBindingLost      = "BindingLost"
	CheckRecordLost       = "RecordLost"
)

const (
	// briefly is for how long a violation lasts at least until it is told: no write that resolves one on its way takes longer.
	briefly = 5 * time.Second
	// aWhile is the same for what a reconciler resolves, which may have much to do.
	aWhile = 20 * time.Second
	// late is the same for what the garbage collector deletes, and for claims that are bound again. Among hundreds of others, and on a
	// control plane that is short of processors, either is minutes behind.
	late = 5 * time.Minute
)

// Check is one kind of thing that should not be.
type Check struct {
	ID       string
	Severity Severity
	// Finds says what the check finds.
	Finds string
	// Lasts is for how long something has to be found until it is told.
	Lasts time.Duration

	// needs are the kinds that the check needs to know in full.
	needs []string
	run   func(*view)
}

// Checks returns every check, in the order of the documentation.
func Checks() []Check {
	const (
		sandbox, claim, pool = sandboxv1.KindSandbox, extensionsv1.KindSandboxClaim, extensionsv1.KindSandboxWarmPool
		pod, template        = KindPod, extensionsv1.KindSandboxTemplate
	)
	kinds := func(kinds ...string) []string { return kinds }
	return []Check{
		{CheckTwoPods, Violation, "Two Pods that one Sandbox controls.", briefly, kinds(sandbox, pod), (*view).twoPods},
		{CheckPodName, Violation, "A Pod that has not the name of the Sandbox that controls it, and that the Sandbox's annotation " +
			"`agents.x-k8s.io/pod-name` does not name.", briefly, kinds(sandbox, pod), (*view).podName},
		{CheckPodUID, Violation, "A Pod whose label `agents.x-k8s.io/sandbox-uid` is not the UID of the Sandbox that controls it.",
			briefly, kinds(sandbox, pod), (*view).podUID},
		{CheckPlantedLabels, Violation, "A Pod or Sandbox with an identity label that is another's: it joins that one's Service, pool, claim or " +
			"NetworkPolicy.", briefly, kinds(sandbox, pod), (*view).plantedLabels},
		{CheckTwoSandboxes, Violation, "Two Sandboxes that one claim owns.", briefly, kinds(sandbox, claim), (*view).twoSandboxes},
		{CheckSharedSandbox, Violation, "A Sandbox that has served two claims, or has served one and is in a pool: by its owner, its label " +
			"`agents.x-k8s.io/claim-uid`, and the claims' `status.sandbox`.", briefly, kinds(sandbox, claim), (*view).sharedSandbox},
		{CheckTwoHolders, Violation, "A Sandbox with two owners that are pools or claims.", briefly, kinds(sandbox), (*view).twoHolders},
		{CheckUnboundSandbox, Violation, "A Sandbox that a claim controls which is bound to another one, or to none.",
			briefly, kinds(sandbox, claim), (*view).unboundSandbox},
		{CheckBindingMismatch, Violation, "A claim whose binding names another Sandbox than its status.", briefly, kinds(claim),
			(*view).bindingMismatch},
		{CheckNoNetworkPolicy, Violation, "A running Pod that its template's NetworkPolicy does not cover, although the template's policy is managed: " +
			"the policy is not there, or does not select the Pod.", briefly, kinds(sandbox, pod, template, KindNetworkPolicy), (*view).noNetworkPolicy},

		{CheckPodOwnerGone, Warning, "A Pod whose Sandbox is gone, whether or not there is a later one of its name. The garbage collector deletes it.",
			late, kinds(sandbox, pod), (*view).podOwnerGone},
		{CheckPodOrphan, Warning, "A Pod with identity labels that no Sandbox controls.", aWhile, kinds(sandbox, pod), (*view).podOrphan},
		{CheckPodSecondOwner, Warning, "A Pod of a Sandbox that has another owner, too, and outlives the Sandbox.", aWhile, kinds(pod),
			(*view).podSecondOwner},
		{CheckPodStaleLabels, Warning, "A Pod with the label of the pool or the claim that its Sandbox has left.", aWhile, kinds(sandbox, pod),
			(*view).podStaleLabels},
		{CheckPodBeforePolicy, Warning, "A Pod that is older than its template's NetworkPolicy: it ran without.", aWhile,
			kinds(sandbox, pod, template, KindNetworkPolicy), (*view).podBeforePolicy},
		{CheckSandboxOrphan, Warning, "A Sandbox with the marks of a pool or a claim that neither controls.", aWhile, kinds(sandbox),
			(*view).sandboxOrphan},
		{CheckSandboxOwnerGone, Warning, "A Sandbox whose pool or claim is gone. The garbage collector deletes it.", late,
			kinds(sandbox, claim, pool), (*view).sandboxOwnerGone},
		{CheckTemplateMismatch, Warning, "A Sandbox whose label selects it for the NetworkPolicy of another template than its annotation names.",
			aWhile, kinds(sandbox), (*view).templateMismatch},
		{CheckBindingLost, Warning, "A claim that is bound to a Sandbox which it can never get, and is not bound again.", late,
			kinds(sandbox, claim), (*view).bindingLost},
		{CheckRecordLost, Warning, "A claim whose status names a Sandbox that is gone or not the claim's.", aWhile,
			kinds(sandbox, claim), (*view).recordLost},
	}
}

// Lasts returns for how long what a check finds has to be there until it is told.
func Lasts(id string) time.Duration { return byID[id].Lasts }

// byID has every check by its ID.
var byID = func() map[string]Check {
	all := map[string]Check{}
	for _, check := range Checks() {
		all[check.ID] = check
	}
	return all
}()

// Run returns what every check finds in snapshot, sorted. It takes time in proportion to the number of objects.
func Run(snapshot *Snapshot) []Finding {
	v := newView(snapshot)
	for _, check := range Checks() {
		if !snapshot.Unread.HasAny(check.needs...) {
			check.run(v)
		}
	}
	findings := make([]Finding, 0, len(v.findings))
	for _, finding := range v.findings {
		finding.Severity = byID[finding.Check].Severity
		findings = append(findings, *finding)
	}
	Sort(findings)
	return findings
}

// IDs returns the IDs of the checks of a severity.
func IDs(severity Severity) []string {
	var ids []string
	for _, check := range Checks() {
		if check.Severity == severity {
			ids = append(ids, check.ID)
		}
	}
	return ids
}
