// Package retry decides when a reconciler tries again. This is the one place for it, by Reconciler and Options:
//
//   - A stale write (IsStale, Stale) is decided again, on a fresh read. Nothing is reported.
//   - A creation in a namespace that is being deleted (internal/going) is not tried again for a while. Nothing is reported.
//   - A refusal (rules.IsRefusal: a policy, a quota, validation) is reported in the object's status, and tried again: it may end
//     without an event. It is no error of the manager, in the log or the metrics. A namespace has one refusal a second tried
//     again, and no more, until one of them goes well.
//   - Any other error, as of a request that timed out, is logged and tried again.
//
// Each of these waits by one backoff for each object: a random delay whose bound doubles, until a reconcile goes well. An event
// that wakes the object in between does not shorten what follows. A deadline of the object, such as its expiry, is never later
// because of the backoff.
//
// What waits for something that is watched (a template, a pool, a Sandbox) has no timer: the event wakes it. What only words
// a refusal anew wakes nobody (NotReworded), and neither does the first word of a refusal wake who was refused.
package retry
