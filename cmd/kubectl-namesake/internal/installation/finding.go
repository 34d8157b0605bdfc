// Package installation says whether an installation of Namesake is healthy. Judge is a pure function of Facts, and Read gets these
// from a cluster.
package installation

import "slices"

// Level says how well a part of the installation is.
type Level string

// The levels, from good to bad. Unknown is for what could not be seen.
const (
	OK      Level = "ok"
	Unknown Level = "unknown"
	Warn    Level = "warn"
	Fail    Level = "fail"
)

// The parts of an installation, in the order in which Judge names them. A part that fails is more often the cause of a later one's
// failure than the other way round.
const (
	PartInstalled    = "installed"
	PartVersions     = "versions"
	PartReplicas     = "replicas"
	PartCertificate  = "certificate"
	PartWebhooks     = "webhooks"
	PartPolicies     = "policies"
	PartEnforcement  = "enforcement"
	PartLeader       = "leader"
	PartNamespaces   = "namespaces"
	PartVisibility   = "visibility"
	defaultNamespace = "namesake-system"
)

// Stops says what a failure keeps from going on.
type Stops string

const (
	// StopsWrites is for a failure that makes the API server refuse what needs a webhook.
	StopsWrites Stops = "writes"
	// StopsReconciling is for a failure that keeps claims, Sandboxes and pools as they are.
	StopsReconciling Stops = "reconciling"
)

// Finding is what is said of one part.
type Finding struct {
	Part  string `json:"part"`
	Level Level  `json:"level"`
	Says  string `json:"says"`
	// Command is what ends the problem, or shows more of it, as it can be pasted into a shell. Advice says the rest in words.
	Command string `json:"command,omitempty"`
	Advice  string `json:"advice,omitempty"`
	Stops   Stops  `json:"stops,omitempty"`
}

// Failed reports whether one of findings fails.
func Failed(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Level == Fail })
}

// InDoubt reports whether nothing is known of any part.
func InDoubt(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.Level != Unknown })
}

// Blocking returns the first of findings that keeps Sandboxes from getting on, or nil.
func Blocking(findings []Finding) *Finding {
	at := slices.IndexFunc(findings, func(f Finding) bool { return f.Level == Fail && f.Stops != "" })
	if at < 0 {
		return nil
	}
	return &findings[at]
}
