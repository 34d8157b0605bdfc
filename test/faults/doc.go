// Package faults lets one thing go wrong at every place where the manager meets the API server, and checks that all ends as it does
// without: make test-faults.
//
// # What is run
//
// Each path (paths_test.go) is something that the manager does: a warm claim, a pool that fills, a Sandbox that expires. A run of it
// has a namespace of its own, and a manager as the program assembles it: informers, index, queues, webhooks, the reconcilers of every
// replica and those of the leader. The API server and the garbage collector are Kubernetes' own. Only the kubelet is played: each Pod
// is bound to a node, is Ready, and ends at once when it is deleted.
//
// The path is first taken twice without a fault. That shows which calls the manager makes and which events its informers get, and the
// state in which all ends. Then the path is taken again for each of these places that both runs had, with each kind of fault there
// (kind_test.go):
//
//   - A call is refused before it is sent, or its answer is lost after it was carried out, or it times out before or after.
//   - The API server answers 409, 410 (to lists and watches), 429, 500 or 503, with Retry-After and without.
//   - The manager is killed before or after the call. Nothing of it reaches the API server any more. Another starts with nothing but
//     what the API server has.
//   - An event is late, comes twice, or is lost with its connection, which the informer takes up again where it was, or by a list.
//
// A place is named by what is alike, as "patch sandboxes/status 2": workers run side by side, so the second of such calls is the same in
// each run more often than the fifth call of all. Events of Kubernetes (events.k8s.io) are left out: the manager sends them when it has
// time, and they are lost if it ends.
//
// # What is right
//
//   - The end is the state of the run without a fault, object by object. UIDs, versions, times and random names are replaced by what
//     they stand for. Where two writers race for the end, the path says what is right.
//   - No rule of test/e2e/history was broken at any time, as an observer saw it who has no faults.
//   - The manager made no more calls than the fault explains: 12 more, and of more than 12 in all thrice as many. More are allowed while an
//     informer waits to watch again.
//   - Nothing is left when all that users made is deleted, except for a template's NetworkPolicy, which stays for five minutes.
//
// # Time
//
// Nothing sleeps: a run waits for what it sees by watches. The manager's clock goes ten times as fast as ours, and so do the delays of
// its queues; a Retry-After is 0 seconds, after which client-go sends the request again by itself. What is not hastened is client-go's
// own backoff of a second after a watch has failed.
package faults
