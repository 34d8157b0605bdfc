package claims

// Off says which protections are switched off: each is true for one that is.
type Off struct {
	Binding         bool // a claim adopts what it finds, whatever it is bound to
	BindingVersion  bool // the binding is written on whatever version the claim has
	FinalBinding    bool // I3: nobody checks the change of a binding
	FinalReasons    bool // a binding is also rewritten while its Sandbox is not Ready
	FinalCold       bool // a cold binding is also rewritten while its Sandbox is not there
	Record          bool // a claim that had a Sandbox may get another
	LiveReads       bool // steps that rest on an absence are taken on a cache
	OwnerTest       bool // the adoption's patch does not test the owner
	UIDTest         bool // the adoption's patch does not test the Sandbox's UID
	Controller      bool // I2: nobody checks the change of a Sandbox's controller
	Adopter         bool // I4: nobody compares a claim with the Sandbox that it adopts
	AdopterLive     bool // the webhook takes its cache's word for the claim of a new Sandbox
	Misfit          bool // a claim also adopts what does not fit it
	DeletionVersion bool // a pool deletes a member in whatever version it is
	ExpiryLook      bool // the Sandbox of an expired claim is deleted without another look at the claim
	ExpiryUID       bool // the Sandbox of an expired claim is deleted by its name alone
	UserOwners      bool // users may make a claim the owner of a Sandbox
	UserKeys        bool // users may write a binding
	NewNames        bool // a pool gives a name again
}
