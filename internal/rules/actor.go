package rules

import "slices"

// Actor is who sent a write, as far as the rules distinguish senders.
type Actor int

const (
	// User is anyone else: people, their tools, and other controllers.
	User Actor = iota
	// Controller is Namesake's own service account.
	Controller
	// GarbageCollector is the garbage collector of kube-controller-manager. It removes owner references, when it
	// orphans objects or when owners are gone. It also unsets blockOwnerDeletion. It never adds an owner.
	GarbageCollector
)

// ActorFor returns the Actor of username. controllerUser is the user name of Namesake's own service account.
func ActorFor(username, controllerUser string) Actor {
	switch {
	case username == controllerUser:
		return Controller
	case slices.Contains(GarbageCollectors(), username):
		return GarbageCollector
	default:
		return User
	}
}

// GarbageCollectors returns the user names that the garbage collector may have: with --use-service-account-credentials=true, and without.
func GarbageCollectors() []string {
	return []string{"system:serviceaccount:kube-system:generic-garbage-collector", "system:kube-controller-manager"}
}
