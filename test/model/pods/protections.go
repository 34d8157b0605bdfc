package pods

import "github.com/namesake-sandbox/namesake/test/model/search"

// Protection is something without which an invariant can be broken.
type Protection struct {
	// Name says what it is, Where where it is in the product, and Without what is otherwise.
	Name, Where, Without string
	// Off switches it off, and Size is the world in which that is shown.
	Off  Off
	Size Size
}

// World is a Size that is searched as a whole.
type World struct {
	Name string
	Size Size
}

// Worlds are those that are searched as a whole: small ones, and larger ones if long is true.
func Worlds(long bool) []World {
	worlds := []World{
		{"a Sandbox, and users who create and change Pods", Size{Sandboxes: 1, Create: 1, Seize: 1, Drop: 1}},
		{"a Sandbox in a pool", Size{Sandboxes: 1, OfPool: true, Create: 1, Seize: 1, Drop: 1}},
		{"suspended and resumed", Size{Sandboxes: 1, Toggle: 2, Drop: 1}},
		{"deleted and created again", Size{Sandboxes: 1, Remove: 1, Restore: 1, Drop: 1}},
		{"a task", Size{Sandboxes: 1, Task: true, Atomic: true, End: 1, Drop: 1}},
		{"with a Pod from a pool of Pods", Size{Sandboxes: 1, Legacy: true, Create: 1, Drop: 1}},
	}
	if !long {
		return worlds
	}
	return append(worlds,
		World{"two Sandboxes", Size{Sandboxes: 2, Create: 1, Seize: 1, Drop: 1}},
		World{"a Pod from a pool of Pods, suspended", Size{Sandboxes: 1, Legacy: true, Create: 1, Drop: 1, Toggle: 2}},
		World{"all of it", Size{Sandboxes: 1, Create: 1, Seize: 1, Drop: 1, Toggle: 1, Remove: 1, Restore: 1}},
	)
}

// Protections are those of Sandboxes and their Pods.
func Protections() []Protection {
	return []Protection{
		{
			"A Sandbox's Pod has its name (I1)", "rules.CheckPodOwner", "users give a Sandbox a Pod of another name",
			Off{PodName: true}, Size{Sandboxes: 1, Create: 1},
		},
		{
			"Admission compares a Pod with its Sandbox", "rules.CheckPodSandbox", "users create the Pod of a Sandbox in a pool",
			Off{Sandbox: true}, Size{Sandboxes: 1, OfPool: true, Create: 1},
		},
		{
			"A Sandbox in a pool or of a claim takes no Pod over", "rules.CheckPodTakeover, rules.CheckPodSandbox",
			"it takes over a Pod that a user made", Off{Takeover: true, Sandbox: true}, Size{Sandboxes: 1, OfPool: true, Create: 1},
		},
		{
			"A Sandbox is read live before its Pod is deleted", "controllers/sandbox: drop",
			"a worker whose cache still shows the Sandbox as suspended deletes the Pod that it got when it was resumed",
			Off{LiveStop: true}, Size{Sandboxes: 1, Toggle: 2},
		},
		{
			"A Pod is deleted only in the version that was read", "write.DeleteVersion",
			"a later Pod of the same name is deleted", Off{Version: true}, Size{Sandboxes: 1, Toggle: 2, Drop: 1},
		},
		{
			"A Sandbox gets a Pod of its own name only after a live look for the one of another name", "controllers/sandbox: podLive",
			"it gets one as soon as a cache shows none", Off{LivePod: true}, Size{Sandboxes: 1, Legacy: true},
		},
		{
			"A task is read live before its Pod is created", "controllers/sandbox: checkWanted",
			"it runs again, since a cache does not show that it has finished", Off{LiveTask: true},
			Size{Sandboxes: 1, Task: true, Atomic: true, End: 1, Drop: 1},
		},
	}
}

// Search looks for the shortest schedule that breaks an invariant without p.
func (p Protection) Search(atMost int) search.Found {
	return search.All(New(p.Size, p.Off), atMost, nil)
}

// IsOurs reports whether a step is one of a worker or of a cache, and not something that happens to them.
func IsOurs(step search.Step) bool {
	return step.Kind == begin || step.Kind == goOn || step.Kind == observe
}

// Large is a world that is too large to be searched as a whole.
func Large(ofPool, task bool) Size {
	return Size{
		Sandboxes: maxSandboxes, OfPool: ofPool, Task: task, Atomic: true,
		Create: 6, Seize: 6, Drop: 8, Toggle: 8, Remove: 4, Restore: 4, End: 4,
	}
}
