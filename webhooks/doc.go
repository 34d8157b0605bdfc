// Package webhooks refuses every write that would break a pairing of Sandbox, Pod and claim. It also stamps on an object
// what the object needs, while it is being written anyway.
//
// It decides nothing itself: it reads what a rule of internal/rules needs, and answers with what the rule says. It reads
// from the cache first, and reads live before it refuses for something missing. It holds readers, and a client for dry runs,
// but none that writes. Each kind has files of its own.
package webhooks
