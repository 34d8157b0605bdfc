package installation

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// namespaceSelector says in which namespaces a webhook is asked; nil for all.
type namespaceSelector = *metav1.LabelSelector

// judgeNamespaces says which namespaces the managers serve, and whether every webhook is asked there.
func judgeNamespaces(f *Facts) []Finding {
	if !f.Sees(seeManagers) || len(f.Deployments) == 0 {
		return nil
	}
	text, some := f.argument("namespaces")
	if !some {
		return append([]Finding{{Part: PartNamespaces, Level: OK, Says: "all are served"}}, leftOutOfAll(f)...)
	}
	served, err := rules.ParseNamespaces(text)
	if err != nil {
		return []Finding{{Part: PartNamespaces, Level: Fail, Says: fmt.Sprintf("--namespaces: %v", err), Advice: "correct the managers' flag"}}
	}
	findings := []Finding{{Part: PartNamespaces, Level: OK, Says: "served are " + strings.Join(served, ", ") + ", and no others"}}
	for _, hook := range f.webhooks() {
		if left, err := rules.LeftOut(hook.namespaces, served); err == nil && left != "" && !hook.isProbe() {
			findings = append(findings, Finding{
				Part: PartNamespaces, Level: Fail,
				Says:    fmt.Sprintf("webhook %s is not asked in namespace %s, which the managers serve", hook.name, left),
				Command: "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations -o yaml",
				Advice:  "its namespaceSelector has to select that namespace",
			})
			break
		}
	}
	return findings
}

// leftOutOfAll warns of webhooks that are not asked everywhere, although the managers serve all namespaces.
func leftOutOfAll(f *Facts) []Finding {
	for _, hook := range f.webhooks() {
		if s := hook.namespaces; s != nil && len(s.MatchLabels)+len(s.MatchExpressions) > 0 {
			return []Finding{{
				Part: PartNamespaces, Level: Warn,
				Says:    fmt.Sprintf("webhook %s has a namespaceSelector: %s. Elsewhere it refuses nothing", hook.name, metav1.FormatLabelSelector(s)),
				Command: "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations -o yaml",
			}}
		}
	}
	return nil
}
