// Package yield puts claims first: what nobody waits for yields to claims that are on their way.
//
// A Traffic knows which claims are on their way. While there are any, the requests of a Lot wait: they begin when none is left,
// or after a bound, a few at a time. So a burst of claims is served before what it sets off, a pool's refill gets on under a
// steady stream of claims, too, and where no claim is on its way nothing waits.
//
// The package orders work and decides nothing else. Whatever waits here is lost with the process, and found again by the
// reconcilers of the next.
package yield
