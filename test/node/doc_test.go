// Package node has the tests of what users do: cert-manager and the chart are installed by helm on a real node, whose Pods
// run. "make test-node" starts one for them.
package node
