// Package neighbours pins the versions of what the chart works together with. Nobody imports it: its module's versions are
// used to find folders.
package neighbours

import (
	// deploy/crds holds the definitions of Certificate and Issuer.
	_ "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	// example/prometheus-operator-crd holds those of ServiceMonitor and PrometheusRule.
	_ "github.com/prometheus-operator/prometheus-operator/pkg/versionutil"
)
