package rules

import extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"

// AliveSeries returns whether a series with these values of its labels is about something that still exists. A value is empty where
// the series does not have the label. A namespace exists as long as it has a template, a pool or a claim. A template exists in
// its namespace, or, where the series names none, in any. TemplateUnknown, NoTemplate and NoPool always exist.
func AliveSeries(
	templates []extensionsv1.SandboxTemplate, pools []extensionsv1.SandboxWarmPool, claims []extensionsv1.SandboxClaim,
) func(namespace, template, pool string) bool {
	type name struct{ namespace, name string }
	namespaces := map[string]bool{"": true}
	knownTemplates := map[name]bool{}
	knownPools := map[name]bool{}
	for i := range templates {
		t := &templates[i]
		namespaces[t.Namespace], knownTemplates[name{t.Namespace, t.Name}], knownTemplates[name{"", t.Name}] = true, true, true
	}
	for i := range pools {
		p := &pools[i]
		namespaces[p.Namespace], knownPools[name{p.Namespace, p.Name}] = true, true
	}
	for i := range claims {
		namespaces[claims[i].Namespace] = true
	}
	return func(namespace, template, pool string) bool {
		noTemplate := template == "" || template == TemplateUnknown || template == NoTemplate
		noPool := pool == "" || pool == NoPool
		return namespaces[namespace] && (noTemplate || knownTemplates[name{namespace, template}]) && (noPool || knownPools[name{namespace, pool}])
	}
}
