package rules

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
	switch username {
	case controllerUser:
		return Controller
	case "system:serviceaccount:kube-system:generic-garbage-collector", // --use-service-account-credentials=true
		"system:kube-controller-manager": // --use-service-account-credentials=false
		return GarbageCollector
	default:
		return User
	}
}
