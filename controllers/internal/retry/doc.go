// Package retry decides when a reconciler tries again. It is the only place for that decision:
//
//   - A stale write (IsStale) is decided again on a fresh read, after StaleDelay. Nothing is reported.
//   - A refusal (rules.IsRefusal: a policy, a quota, validation) is reported in the object's status. It is retried with the
//     backoff of Options, because it may end without an event.
//   - Any other error, such as that of a request that timed out, is retried with the same backoff.
//   - A deadline of the object, such as its expiry, is never delayed by the backoff (WithDeadline).
//
// An object that waits for something that is watched (a template, a pool, a Sandbox) has no timer: the event wakes it.
package retry
