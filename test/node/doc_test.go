// Package node tests what users do. helm installs cert-manager and the chart on a real node, whose Pods run. "make test-node"
// starts one for the tests.
package node
