package rules

import "slices"

// Rules returns the rules that refuse writes, for people. They are those of the webhooks, and of the policies as far as Policy says.
func Rules() []Rule {
	return slices.Concat(podRules(), sandboxRules(), claimRules(), templateRules(), wordRules(), otherRules())
}

// podRules are about Pods.
func podRules() []Rule {
	return []Rule{
		{
			ID: RulePodOwner, Policy: Part,
			Meaning:  "A Sandbox has one Pod, with its name and UID, and no second owner.",
			Protects: "I1: two Pods of one Sandbox, or a Pod that outlives it.",
			Passes: "Nobody, but for the garbage collector, which removes owners that are gone. Only Namesake creates the Pod " +
				"of a Sandbox that is in a pool or that a claim has.",
			Example: "kubectl create of Pod `b` with Sandbox `a` as its controller",
			Remedy:  "Leave the Pod out: the Sandbox makes its own.",
		},
		{ //nolint:gosec // Sentences, and no credential.
			ID: RulePodIdentity, Policy: Part,
			Meaning:  "Identity labels are for Sandboxes' Pods only, and not for users to write.",
			Protects: "Isolation: with such a label a Pod joins a Sandbox's Service, or leaves its template's NetworkPolicy.",
			Passes:   "Namesake. A Pod that has such a label from before keeps it, or loses it.",
			Example:  "kubectl label pod a agents.x-k8s.io/claim-uid=...",
			Remedy:   "Select by a label of your own.",
		},
		{
			ID: RulePodContent, Policy: Part,
			Meaning:  "What is in the Pod of a pool's Sandbox is not for users to change.",
			Protects: "Whoever claims the Sandbox knows what is in it.",
			Passes:   "Namesake. Placement and size are not content.",
			Example:  "kubectl debug of a warm Pod",
			Remedy:   "Change the SandboxTemplate, claim the Sandbox first, or debug a copy.",
		},
	}
}

// sandboxRules are about Sandboxes.
func sandboxRules() []Rule {
	return []Rule{
		{
			ID: RulePodName, Policy: Whole,
			Meaning:  "A Sandbox's Pod is called like the Sandbox.",
			Protects: "I1: clients find the Pod by the Sandbox's name.",
			Passes:   "Namesake, for a Sandbox whose Pod of another name is from a pool of Pods.",
			Example:  "kubectl annotate sandbox a agents.x-k8s.io/pod-name=b",
			Remedy:   "Leave the annotation out.",
		},
		{
			ID: RuleOwnership, Policy: Whole,
			Meaning:  "The controller of a Sandbox changes once at most, from a pool to a claim.",
			Protects: "I2: a Sandbox never serves two claims.",
			Passes:   "Nobody, but for the garbage collector, which removes owners that are gone.",
			Example:  "kubectl patch of the claim in the owners of a Sandbox",
			Remedy:   "Create a SandboxClaim to get a Sandbox of your own.",
		},
		{
			ID: RuleAdopter, Policy: None,
			Meaning:  "A claim adopts, or creates, only the Sandbox that it is bound to.",
			Protects: "I4: a claim never controls two Sandboxes.",
			Passes:   "Nobody: Namesake itself is held to it, whatever it believes.",
			Example:  "an adoption by a manager with a stale cache",
			Remedy:   "None is needed: the manager reads again and decides again.",
		},
		{
			ID: RuleOwners, Policy: Whole,
			Meaning:  "Only Namesake makes a pool or a claim the owner of a Sandbox.",
			Protects: "I2: what is handed out was made from the template.",
			Passes:   "Namesake. Owners of other kinds that do not control are anybody's to add.",
			Example:  "kubectl create of a Sandbox that names a pool as its owner",
			Remedy:   "Leave the owner out, and create a SandboxClaim to get a Sandbox.",
		},
		{
			ID: RuleReservedKeys, Policy: Whole,
			Meaning:  "Labels and annotations of a Sandbox that only Namesake writes.",
			Protects: "They say which pool and template a Sandbox is of: claims and NetworkPolicies go by them.",
			Passes:   "Namesake. What a backup brings along is dropped with a warning by the webhook, and refused without it.",
			Example:  "kubectl label sandbox a agents.x-k8s.io/warm-pool-sandbox=...",
			Remedy:   "Leave it out.",
		},
		{
			ID: RulePoolMember, Policy: Whole,
			Meaning:  "What is in a pool's Sandbox is not for users to change.",
			Protects: "Whoever claims the Sandbox knows what is in it.",
			Passes:   "Namesake.",
			Example:  "kubectl patch of the spec of a pool's Sandbox",
			Remedy:   "Change the pool's SandboxTemplate.",
		},
	}
}

// claimRules are about claims.
func claimRules() []Rule {
	return []Rule{
		{
			ID: RuleBinding, Policy: Part,
			Meaning:  "A claim is bound once.",
			Protects: "I3: a claim never controls two Sandboxes.",
			Passes:   "Namesake, where the Sandbox that the claim is bound to is lost for good.",
			Example:  "a second binding by a manager with a stale cache",
			Remedy:   "None is needed: the manager reads again and decides again.",
		},
		{
			ID: RuleBindingKeys, Policy: Whole,
			Meaning:  "Labels and annotations of a claim that only Namesake writes.",
			Protects: "I3: who has which Sandbox is decided by Namesake.",
			Passes: "Namesake. What a new claim brings along is dropped with a warning by the webhook, and refused where no " +
				"webhooks are served.",
			Example: "kubectl annotate sandboxclaim a agents.x-k8s.io/sandbox-name=b",
			Remedy:  "Leave it out. Name a pool or a template in the spec.",
		},
		{
			ID: RuleClaimRecord, Policy: Whole,
			Meaning:  "A claim's status names the Sandbox that it is bound to, and keeps it.",
			Protects: "I4: a claim that has lost its Sandbox gets no second one unnoticed.",
			Passes:   "Namesake, and away from a claim that expired under Retain.",
			Example:  "kubectl patch --subresource=status of status.sandbox.name",
			Remedy:   "Leave status.sandbox out. Create another claim to get another Sandbox.",
		},
		{
			ID: RuleClaimRequest, Policy: Part,
			Meaning:  "A claim asks for no more than its template and the administrator allow.",
			Protects: "What a template says holds for all of its Sandboxes.",
			Passes: "Nobody. Without webhooks the claim is accepted, gets no Sandbox, and says why. But env and volumes of a claim that " +
				"is bound stay: claims are judged by them.",
			Example: "a claim with env, of a template that allows none",
			Remedy:  "Ask for what the template allows: its `spec.envVarsInjectionPolicy` and `spec.volumeClaimTemplatesPolicy`.",
		},
	}
}

// templateRules are about templates, pools and volumes.
func templateRules() []Rule {
	return []Rule{
		{
			ID: RuleTemplate, Policy: None,
			Meaning:  "The API server would refuse the Pod, a volume or the NetworkPolicy of the template.",
			Protects: "A mistake shows when it is made, and not at the first claim.",
			Passes:   "Nobody. Without webhooks the template is accepted, and its pools and Sandboxes say why they have no Pods.",
			Example:  "a template with two containers of one name",
			Remedy:   "Mend what the message names.",
		},
		{
			ID: RuleTemplateName, Policy: None,
			Meaning:  "NetworkPolicies could not tell the Pods of the template from those of another.",
			Protects: "Isolation: two templates whose names have one hash would share a NetworkPolicy.",
			Passes:   "Nobody.",
			Example:  "a template whose name has the hash of another's",
			Remedy:   "Give the template another name.",
		},
		{
			ID: RuleServiceNames, Policy: None,
			Meaning:  "The pool's Sandboxes could not have the Services that its template asks for.",
			Protects: "A mistake shows when it is made.",
			Passes:   "Nobody. Without webhooks the pool is accepted, and says why it stays empty.",
			Example:  "a pool `python.3`, of a template with a Service",
			Remedy:   "Give the pool a name of small letters, digits and '-'.",
		},
		{
			ID: RuleVolumeNames, Policy: None,
			Meaning:  "No two Sandboxes have a PersistentVolumeClaim of the same name.",
			Protects: "Two Sandboxes never share a volume.",
			Passes:   "Nobody. Without webhooks the second Sandbox is accepted, gets no Pod, and says why.",
			Example:  "Sandbox `a-b` with volume `c` beside Sandbox `b` with volume `c-a`",
			Remedy:   "Give the Sandbox or the volume another name.",
		},
	}
}

// wordRules are about annotations by which users say what they want.
func wordRules() []Rule {
	return []Rule{
		{
			ID: RuleNamedClaims, Policy: Whole,
			Meaning:  "A pool is kept for claims that name it, or not.",
			Protects: "A mistyped word does not open a pool to everybody.",
			Passes:   "Nobody.",
			Example:  "kubectl annotate sandboxwarmpool a agents.x-k8s.io/named-claims-only=yes",
			Remedy:   "Write \"true\" or \"false\".",
		},
		{
			ID: RuleProtectedPods, Policy: Whole,
			Meaning:  "A pool protects the Pods of claimed Sandboxes, or not.",
			Protects: "A mistyped word does not let an autoscaler evict what somebody works in.",
			Passes:   "Nobody.",
			Example:  "kubectl annotate sandboxwarmpool a agents.x-k8s.io/protect-claimed-pods=on",
			Remedy:   "Write \"true\" or \"false\".",
		},
		{
			ID: RuleKeptVolumes, Policy: Whole,
			Meaning:  "A Sandbox's volumes are kept when it is deleted, or deleted with it.",
			Protects: "A mistyped word does not lose data.",
			Passes:   "Nobody.",
			Example:  "kubectl annotate sandboxclaim a agents.x-k8s.io/volumes-when-deleted=keep",
			Remedy:   "Write Retain or Delete.",
		},
		{
			ID: RuleSharedIdentity, Policy: Whole,
			Meaning:  "A Pod has labels of its own, or shares those of its template.",
			Protects: "A mistyped word does not change which Services select a Pod.",
			Passes:   "Nobody.",
			Example:  "kubectl annotate sandbox a agents.x-k8s.io/pod-identity=shared",
			Remedy:   "Write Shared or Own.",
		},
		{
			ID: RuleKeptPod, Policy: Whole,
			Meaning:  "A Pod that failed is kept, or replaced.",
			Protects: "A mistyped word does not lose the log of a Pod that failed.",
			Passes:   "Nobody.",
			Example:  "kubectl annotate sandbox a agents.x-k8s.io/keep-ended-pod=True",
			Remedy:   "Write \"true\" or \"false\".",
		},
	}
}

// otherRules are about all of them.
func otherRules() []Rule {
	return []Rule{
		{ //nolint:gosec // Sentences, and no credential.
			ID: RuleLimits, Policy: None,
			Meaning:  "No object is larger than can be read in time.",
			Protects: "One tenant does not slow the others: what takes long to read is not stored.",
			Passes:   "Nobody. The bounds of lists, maps and texts are in the CRDs, and hold without webhooks.",
			Example:  "a Sandbox with a quantity of a thousand digits",
			Remedy:   "Make it smaller, as the message says.",
		},
		{
			ID: RuleNotServed, Policy: None,
			Meaning:  "Nothing is decided in a namespace that the manager may not look at.",
			Protects: "A decision never rests on what could not be seen.",
			Passes:   "Nobody.",
			Example:  "a claim in a namespace without the managers' RoleBinding",
			Remedy:   "Give the managers their rights there, or take the namespace off `controller.namespaces`.",
		},
		{
			ID: RuleOther, Policy: None,
			Meaning: "Any other.",
		},
	}
}
