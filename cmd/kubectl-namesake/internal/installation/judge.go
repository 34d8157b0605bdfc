package installation

import (
	"fmt"
	"strings"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Judge says of each part of the installation how well it is. Where Namesake is not installed, that is all it says.
func Judge(facts *Facts) []Finding {
	if finding := judgeInstalled(facts); finding.Level == Fail {
		return []Finding{finding}
	}
	var findings []Finding
	for _, judge := range []func(*Facts) []Finding{
		func(f *Facts) []Finding { return []Finding{judgeInstalled(f)} },
		judgeVersions, judgeReplicas, judgeCertificate, judgeWebhooks, judgePolicies, judgeEnforcement, judgeLeader, judgeNamespaces,
	} {
		findings = append(findings, judge(facts)...)
	}
	return append(findings, judgeVisibility(facts)...)
}

// judgeInstalled says whether there is anything of Namesake, or else what there is.
func judgeInstalled(f *Facts) Finding {
	there := len(f.webhooks()) > 0 || len(f.ownPolicies()) > 0 || len(f.Deployments) > 0 || f.Leader.Exists
	switch {
	case there:
		return Finding{Part: PartInstalled, Level: OK, Says: "Namesake is installed in namespace " + f.Namespace}
	case !f.Sees(seeWebhooks) && !f.Sees(seeManagers) && len(f.Others) == 0:
		return Finding{Part: PartInstalled, Level: Unknown,
			Says: "you may see neither webhook configurations nor Deployments, so it is unknown whether Namesake is installed"}
	}
	return notInstalled(f)
}

// notInstalled says what there is instead of Namesake.
func notInstalled(f *Facts) Finding {
	finding := Finding{
		Part: PartInstalled, Level: Fail, Stops: StopsReconciling,
		Advice: "install Namesake, as its README says, or ask who administers the cluster",
	}
	var others []string
	for i := range f.Others {
		others = append(others, fmt.Sprintf("Deployment %s/%s (%s)", f.Others[i].Namespace, f.Others[i].Name, f.Others[i].Image))
	}
	switch {
	case len(others) > 0:
		finding.Says = "Namesake is not installed; agent-sandbox is: " + strings.Join(others, ", ")
		finding.Stops = ""
		finding.Advice = "docs/migrating.md says how to take its objects over"
	case len(f.Definitions) > 0:
		finding.Says = fmt.Sprintf("Namesake is not installed: there are %d of its kinds, and no controller for them", len(f.Definitions))
	default:
		finding.Says = "Namesake is not installed, and the API server does not know its kinds"
	}
	return finding
}

// judgeEnforcement says whether the API server refuses what Namesake refuses.
func judgeEnforcement(f *Facts) []Finding {
	if !f.Probe.Tried || f.Probe.Accepts != nil { // The webhooks' part says it.
		return nil
	}
	if err := f.Probe.Refuses; err != nil {
		return []Finding{{
			Part: PartEnforcement, Level: Fail, Says: fmt.Sprintf("a dry run in namespace %s: %s", f.Probe.Namespace, brief(err.Error())),
			Command: "kubectl get validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings",
			Advice:  "see whether they are there, or whether they leave this namespace out",
		}}
	}
	return []Finding{{
		Part: PartEnforcement, Level: OK, Says: fmt.Sprintf("a misnamed Sandbox is refused in namespace %s (dry run)", f.Probe.Namespace),
	}}
}

// judgeVisibility says what could not be seen.
func judgeVisibility(f *Facts) []Finding {
	if len(f.Unseen) == 0 {
		return nil
	}
	var parts []string
	for _, unseen := range f.Unseen {
		parts = append(parts, fmt.Sprintf("%s (%s)", unseen.What, unseen.Why))
	}
	return []Finding{{
		Part: PartVisibility, Level: Unknown, Says: "not seen: " + strings.Join(parts, "; "),
		Advice: "ask somebody to run this who may read it",
	}}
}

// messageLimit is how much of an error a finding quotes, in bytes.
const messageLimit = 400

func brief(words string) string {
	return rules.Cut(strings.Join(strings.Fields(words), " "), messageLimit)
}
