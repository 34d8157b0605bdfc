package unreadable

import (
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// container is a PodSpec's beginning. What follows belongs to its container.
const container = `{podTemplate: {spec: {containers: [{name: a, image: a, `

// bad are specs that the API server stores and Go does not read, or not in time.
var bad = map[client.Object]map[string]string{
	&sandboxv1.Sandbox{}: {
		"port":         container + `livenessProbe: {httpGet: {port: 3000000000}}}]}}}`,
		"host-port":    container + `ports: [{containerPort: 80, hostPort: 3000000000}]}]}}}`,
		"quantity":     container + `resources: {requests: {cpu: "1e1.5"}}}]}}}`,
		"exponent":     container + `resources: {limits: {cpu: "1e-900000000"}}}]}}}`,
		"volume":       container + `}]}}, volumeClaimTemplates: [{metadata: {name: v}, spec: {resources: {requests: {storage: "1e-900000000"}}}}]}`,
		"tolerations":  `{podTemplate: {spec: {tolerations: [` + strings.Repeat("{},", 400_000) + `], containers: [{name: a, image: a}]}}}`,
		"another-type": `{podTemplate: {spec: {containers: "none"}}}`,
	},
	&extensionsv1.SandboxClaim{}: {
		"volume": `{warmPoolRef: {name: a}, volumeClaimTemplates: [{metadata: {name: v}, spec: {resources: {requests: {storage: "1e1.5"}}}}]}`,
		"time":   `{warmPoolRef: {name: a}, lifecycle: {shutdownTime: tomorrow}}`,
	},
	&extensionsv1.SandboxTemplate{}: {
		"size-limit": `{podTemplate: {spec: {volumes: [{name: v, emptyDir: {sizeLimit: "1e900000000"}}], containers: [{name: a, image: a}]}}}`,
	},
	&extensionsv1.SandboxWarmPool{}: {
		"replicas": `{replicas: 3000000000, sandboxTemplateRef: {name: a}}`,
	},
}

// good are specs that are fine.
var good = map[client.Object]string{
	&sandboxv1.Sandbox{}:            container + `livenessProbe: {httpGet: {port: 80}}}]}}}`,
	&extensionsv1.SandboxClaim{}:    `{warmPoolRef: {name: a}}`,
	&extensionsv1.SandboxTemplate{}: container + `}]}}}`,
	&extensionsv1.SandboxWarmPool{}: `{replicas: 3, sandboxTemplateRef: {name: a}}`,
}
