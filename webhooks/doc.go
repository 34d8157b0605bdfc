// Package webhooks refuses every write that would break a pairing of Sandbox, Pod and claim, and stamps on an object
// what it needs while the object is being written anyway.
//
// It decides nothing itself: it reads what a rule of internal/rules needs, first from the cache and, before it refuses for
// something missing, live; and answers with what the rule says. It holds readers only. Every webhook has one file.
package webhooks
