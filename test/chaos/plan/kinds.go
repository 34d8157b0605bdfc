package plan

import "time"

// OperationKind is what a user does.
type OperationKind string

// These are the operations.
const (
	ClaimOfPool      OperationKind = "claim of a pool"
	ClaimOfTemplate  OperationKind = "claim of a template"
	ClaimWithEnv     OperationKind = "claim with env"
	ClaimWithVolume  OperationKind = "claim with a volume"
	ClaimThatExpires OperationKind = "claim that expires"
	Release          OperationKind = "release of a claim"
	ScalePool        OperationKind = "scaling of a pool"
	EditTemplate     OperationKind = "edit of a template"
	DeletePod        OperationKind = "deletion of a Pod"
	KillPod          OperationKind = "deletion of a Pod, grace 0"
	DeleteSandbox    OperationKind = "deletion of a Sandbox"
	KillSandbox      OperationKind = "deletion of a Sandbox, grace 0"
	Cordon           OperationKind = "cordon of a node"
	Uncordon         OperationKind = "uncordon of a node"
	Suspend          OperationKind = "suspension of a Sandbox"
	Resume           OperationKind = "resumption of a Sandbox"
	Standalone       OperationKind = "standalone Sandbox"
	EndStandalone    OperationKind = "end of a standalone Sandbox"
	OpenNamespace    OperationKind = "creation of a namespace"
	CloseNamespace   OperationKind = "deletion of a namespace"
)

// weights are how often each operation comes. As much is released as is claimed.
var weights = []struct {
	kind   OperationKind
	weight int
}{
	{ClaimOfPool, 240},
	{ClaimOfTemplate, 60},
	{ClaimWithEnv, 30},
	{ClaimWithVolume, 15},
	{ClaimThatExpires, 40},
	{Release, 330},
	{ScalePool, 50},
	{EditTemplate, 15},
	{DeletePod, 30},
	{KillPod, 30},
	{DeleteSandbox, 20},
	{KillSandbox, 10},
	{Cordon, 10},
	{Uncordon, 12},
	{Suspend, 30},
	{Resume, 35},
	{Standalone, 25},
	{EndStandalone, 20},
	{OpenNamespace, 8},
	{CloseNamespace, 6},
}

// OperationKinds returns all operations, in the order of a table.
func OperationKinds() []OperationKind {
	var kinds []OperationKind
	for _, w := range weights {
		kinds = append(kinds, w.kind)
	}
	return kinds
}

// FaultKind is what goes wrong.
type FaultKind string

// These are the faults.
const (
	APIServerKilled      FaultKind = "API server killed"
	EtcdKilled           FaultKind = "etcd killed"
	Latency              FaultKind = "latency to the API server"
	KubeletsSilent       FaultKind = "kubelets silent"
	ManagerKilled        FaultKind = "manager killed"
	ManagersKilled       FaultKind = "all managers killed"
	LeaderStopped        FaultKind = "leader stopped, wakes up late"
	ManagerStopped       FaultKind = "manager stopped"
	WebhooksCut          FaultKind = "webhooks cut off"
	WebhooksRemoved      FaultKind = "webhooks removed"
	CertificateRotated   FaultKind = "certificate and CA rotated"
	CertificateExchanged FaultKind = "CA exchanged at once"
	Upgrade              FaultKind = "rolling upgrade and back"
	ClockJump            FaultKind = "clock of a manager jumps"
)

// lanes hold the faults by what they strike: the control plane, or the product. One of each lane may strike at a time.
var lanes = [][]FaultKind{
	{APIServerKilled, EtcdKilled, Latency, KubeletsSilent},
	{
		ManagerKilled, ManagersKilled, LeaderStopped, ManagerStopped, WebhooksCut, WebhooksRemoved, CertificateRotated, CertificateExchanged,
		Upgrade, ClockJump,
	},
}

// FaultKinds returns all faults, in the order of a table.
func FaultKinds() []FaultKind {
	var kinds []FaultKind
	for _, lane := range lanes {
		kinds = append(kinds, lane...)
	}
	return kinds
}

// span is how long a fault may last.
type span struct{ shortest, longest time.Duration }

// lengths are how long faults last. A Lease lasts 3 s; a node whose kubelet is silent is NotReady after 40 to 50 s.
var lengths = map[FaultKind]span{
	APIServerKilled:      {time.Second, 6 * time.Second},
	EtcdKilled:           {time.Second, 6 * time.Second},
	Latency:              {8 * time.Second, 20 * time.Second},
	KubeletsSilent:       {10 * time.Second, 75 * time.Second},
	ManagerKilled:        {0, 5 * time.Second},
	ManagersKilled:       {0, 5 * time.Second},
	LeaderStopped:        {4 * time.Second, 12 * time.Second},
	ManagerStopped:       {time.Second, 12 * time.Second},
	WebhooksCut:          {2 * time.Second, 10 * time.Second},
	WebhooksRemoved:      {3 * time.Second, 15 * time.Second},
	CertificateRotated:   {6 * time.Second, 12 * time.Second},
	CertificateExchanged: {3 * time.Second, 6 * time.Second},
	Upgrade:              {10 * time.Second, 20 * time.Second},
	ClockJump:            {5 * time.Second, 15 * time.Second},
}
