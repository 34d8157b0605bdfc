// Package why makes broken situations on a real control plane, and holds what "kubectl namesake why" says of each.
package why
