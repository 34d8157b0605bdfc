// Package candidates decides which warm Sandbox a claim is offered. It holds the Sandboxes that claims may adopt, in
// the order in which to hand them out.
//
// An Index is in-memory state behind a mutex. It mirrors what a cache shows of Sandboxes, pools, templates, nodes and
// claims. Its callers tell it about changes, and it reads nothing itself. Losing it loses nothing: a pick is only a
// proposal, and the API server accepts it for one claim only. Package rules decides which Sandboxes are candidates and
// which pools a claim may use. The number of candidates that a pick looks at does not depend on the size of the pool.
package candidates
