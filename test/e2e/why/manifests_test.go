package why

import "fmt"

// template is a SandboxTemplate without a NetworkPolicy. more are further lines of its Pod's spec, indented by six.
func template(name, more string) string {
	return fmt.Sprintf(`apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: %s}
spec:
  podTemplate:
    spec:
      containers: [{name: main, image: registry.example.com/python:3.13}]
%s`, name, more)
}

func pool(name, template string, replicas int) string {
	return fmt.Sprintf(`apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: {name: %s}
spec: {replicas: %d, sandboxTemplateRef: {name: %s}}`, name, replicas, template)
}

// claim is a SandboxClaim; spec is in braces.
func claim(name, spec string) string {
	return fmt.Sprintf(`apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {name: %s}
spec: %s`, name, spec)
}

func claimOf(name, template string) string {
	return claim(name, fmt.Sprintf("{sandboxTemplateRef: {name: %s}}", template))
}

func claimFrom(name, pool string) string {
	return claim(name, fmt.Sprintf("{warmPoolRef: {name: %s}}", pool))
}

// sandbox is a Sandbox that nobody controls. more are further lines of its spec, indented by two.
func sandbox(name, more string) string {
	return fmt.Sprintf(`apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: {name: %s}
spec:
  podTemplate: {spec: {containers: [{name: main, image: registry.example.com/python:3.13}]}}
%s`, name, more)
}

// quota lets the namespace have so many of a resource.
func quota(name, resource string, most int) string {
	return fmt.Sprintf(`apiVersion: v1
kind: ResourceQuota
metadata: {name: %s}
spec: {hard: {%s: "%d"}}`, name, resource, most)
}

// denial is a ValidatingAdmissionPolicy that denies, in the namespace, what does not fulfil expression.
func denial(name, group, version, resource, expression, message string) string {
	return fmt.Sprintf(`apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: %[1]s}
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}
    resourceRules: [{apiGroups: ["%[2]s"], apiVersions: ["%[3]s"], operations: [CREATE], resources: [%[4]s]}]
  validations: [{expression: "%[5]s", message: "%[6]s"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: %[1]s}
spec: {policyName: %[1]s, validationActions: [Deny]}`, name, group, version, resource, expression, message)
}

// node is a Node, whose Pods kwok plays.
func node(name string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Node
metadata: {name: %[1]s, labels: {kubernetes.io/hostname: %[1]s}, annotations: {kwok.x-k8s.io/node: fake}}
status:
  allocatable: {cpu: "8", memory: 64Gi, pods: "100"}
  capacity: {cpu: "8", memory: 64Gi, pods: "100"}`, name)
}
