// Package candidates holds the warm Sandboxes that claims may adopt, in the order in which to hand them out.
//
// An Index is a view of what a cache shows of Sandboxes, pools, templates and claims; it is told of their changes and
// reads nothing itself. Losing it loses nothing: what it picks is only a proposal, which the API server accepts for one
// claim. Picking takes time that does not depend on the size of the pool.
package candidates
