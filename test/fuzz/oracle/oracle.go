// Package oracle says what must not be stored: the invariants of docs/design.md, section 2, written down a second time. It does
// not share a line with internal/rules or with the webhooks. It looks at plain JSON, and judges what a write leads to, and not
// how it is refused: which owner a Sandbox had before and after, who may have done that, and whether the rest of the world
// agrees. Whatever the webhooks accept although the oracle objects is a mistake in one of the two.
package oracle

// Actor is who writes.
type Actor int

const (
	// User is anybody else than the following.
	User Actor = iota
	// Manager is Namesake's own account.
	Manager
	// Collector is the garbage collector, which may remove owners, and nothing else that a user may not.
	Collector
)

// Object is an object as its JSON says it.
type Object = map[string]any

// World is a view of what is stored in the namespace of a write, by "Kind/name".
type World map[string]Object

// Write is a write that was accepted.
type Write struct {
	// Kind is that of the object, such as "Sandbox".
	Kind string
	// Subresource is "" or "status", for instance.
	Subresource string
	Actor       Actor
	// Old is nil on create.
	Old, New Object
	// Live is the world as it is. Cached is what a webhook may have seen instead, as it was a moment ago.
	Live, Cached World
	// Trial is true for a dry run, which stores nothing.
	Trial bool
}

// look is a write as it is judged in one view of the world.
type look struct {
	Write

	view World
}

// Violation returns what is wrong with a write that was accepted, or "". Where a stale view of another object may rightly have
// decided, it objects only if both views do.
func Violation(w Write) string {
	wrong := judge(look{w, w.Live})
	if wrong != "" && w.Cached != nil && judge(look{w, w.Cached}) == "" {
		return ""
	}
	return wrong
}

// judge returns the first objection to a write.
func judge(l look) string {
	for _, objects := range objections[l.Kind] {
		if wrong := objects(l); wrong != "" {
			return l.Kind + ": " + wrong
		}
	}
	return ""
}

// objections are what there can be against a write, by the kind of its object.
var objections = map[string][]func(look) string{
	"Pod":             {podChangesSandbox, podComesUnderSandbox, podGetsOwner, podLabels, podContent},
	"Sandbox":         {sandboxChangesHolder, sandboxNamesHolder, sandboxAdopted, sandboxKeys, sandboxPodName, sandboxContent, sandboxVolumes, words},
	"SandboxClaim":    {claimBinding, claimKeys, claimFrozen, claimLabels, claimEnv, claimRecord, words},
	"SandboxTemplate": {templateName, words},
	"SandboxWarmPool": {words},
}
