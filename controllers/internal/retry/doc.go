// Package retry decides when a reconciler tries again. This is the one place for it:
//
//   - A stale write (IsStale) is decided again, on a fresh read, after StaleDelay. Nothing is reported.
//   - A refusal (rules.IsRefusal: a policy, a quota, validation) is reported in the object's status, and tried again with the
//     backoff of Options: it may end without an event.
//   - Any other error, as of a request that timed out, is tried again with the same backoff.
//   - A deadline of the object, such as its expiry, is never later because of the backoff (WithDeadline).
//
// What waits for something that is watched (a template, a pool, a Sandbox) has no timer: the event wakes it.
package retry
