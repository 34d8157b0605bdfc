package main

import (
	"fmt"
	"slices"
	"strings"
)

// clusterRole is the manager's ClusterRole as templates: as it is, and what takes its place in each of some namespaces.
type clusterRole struct{ text, inNamespaces string }

// clusterWide are the resources of the manager's rules that are in no namespace. A role grants the namespace that it is in, so
// namespaces are none of them.
var clusterWide = []string{"nodes", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"}

// newClusterRole returns the templates of o. A rule about nodes depends on whether they are watched, and a rule about what is in
// namespaces on whether the values name any.
func newClusterRole(o object) (*clusterRole, error) {
	rules, _ := o["rules"].([]any)
	var text, inNamespace strings.Builder
	for _, rule := range rules {
		fields, _ := rule.(map[string]any)
		wide, err := isClusterWide(fields)
		if err != nil {
			return nil, err
		}
		if fields["resourceNames"] != nil {
			fields["resourceNames"] = []any{action(`include "namesake.clusterName" $`)}
		}
		one, err := render(object{"rules": []any{fields}})
		if err != nil {
			return nil, err
		}
		one = strings.TrimPrefix(one, "rules:\n")
		switch {
		case !wide:
			inNamespace.WriteString(one)
			one = onlyIf("not .Values.controller.namespaces", one)
		case contains(fields["resources"], "nodes"):
			one = onlyIf(".Values.controller.watchNodes", one)
		}
		text.WriteString(one)
	}
	delete(o, "rules")
	head, err := render(o)
	if err != nil {
		return nil, err
	}
	in, err := renderInNamespace(inNamespace.String())
	return &clusterRole{text: head + "rules:\n" + text.String(), inNamespaces: in}, err
}

// renderInNamespace writes the template of a Role with these rules, and its binding, in $namespace.
func renderInNamespace(rules string) (string, error) {
	metadata := func() map[string]any {
		return map[string]any{
			"labels": block(`include "namesake.labels" $`),
			"name":   action(`include "namesake.clusterName" $`), "namespace": action("$namespace | quote"),
		}
	}
	role, err := render(object{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata()})
	if err != nil {
		return "", err
	}
	binding, err := render(object{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata(),
		"roleRef": map[string]any{
			"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": action(`include "namesake.clusterName" $`),
		},
		"subjects": []any{map[string]any{
			"kind": "ServiceAccount", "name": action(`include "namesake.serviceAccountName" $ | quote`),
			"namespace": action("$.Release.Namespace | quote"),
		}},
	})
	return role + "rules:\n" + rules + "---\n" + binding, err
}

// isClusterWide reports whether a rule is about what is in no namespace.
func isClusterWide(rule map[string]any) (bool, error) {
	resources, _ := rule["resources"].([]any)
	wide := 0
	for _, resource := range resources {
		if name, ok := resource.(string); ok && slices.Contains(clusterWide, name) {
			wide++
		}
	}
	if wide != 0 && wide != len(resources) {
		return false, fmt.Errorf("a rule is about %v, of which some are in a namespace and some in none", resources)
	}
	return wide > 0, nil
}

func contains(list any, item string) bool {
	items, _ := list.([]any)
	return slices.Contains(items, any(item))
}
