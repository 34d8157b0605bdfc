package pods

// The names of Pods. A Sandbox's Pod has the name of its Sandbox; the last is that of a Pod from a pool of Pods.
const (
	maxSandboxes = 2
	maxPods      = maxSandboxes + 1
	legacy       = maxSandboxes
	maxWorkers   = 2
)

// sandbox is a Sandbox. Its name is its place in a list. Without a UID it does not exist.
type sandbox struct {
	uid       uint8
	ofPool    bool  // a pool controls it
	podName   uint8 // the annotation with the name of its Pod: a place in the list of Pods
	suspended bool
	task      bool
	done      bool // its status says that it has finished
	rv        uint16
}

// pod is a Pod. Its name is its place in a list. Without a UID it does not exist.
type pod struct {
	uid       uint16
	ofUID, of uint8 // the Sandbox that controls it: its UID, or 0, and its place
	adoptable bool  // it is labelled so
	ended     bool  // it has finished by itself
	deleting  bool
	rv        uint16

	// The model alone remembers these: that a user made it, that it was there while its Sandbox was suspended, and that it was there at first.
	byUser, sawSuspended, old bool
}

// cache is what a worker knows by its watches, of which each may be behind.
type cache struct {
	sandboxes [maxSandboxes]sandbox
	pods      [maxPods]pod
	// behind says that something changed since.
	sandboxesBehind, podsBehind bool
}
