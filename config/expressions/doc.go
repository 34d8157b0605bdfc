// Package expressions compiles the CEL expressions of config as the oldest Kubernetes does that the chart installs on.
package expressions
