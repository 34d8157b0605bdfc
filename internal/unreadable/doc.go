// Package unreadable keeps what the API server stores, and Go cannot read, from stopping a manager.
//
// The schema accepts some values that the Go types do not hold: a port of 3,000,000,000, or the quantity "1e1.5". Other values
// are readable at a price that nobody can pay: the quantity "1e-900000000", or a list of 400,000 items. The schemas and the
// webhooks keep such objects out today. An older schema, or a time without webhooks, may have let one in. By default one such
// object makes every list of its kind fail, so no manager ever becomes ready again.
//
// Here such an object is left out. NewCache makes a cache whose informers skip it and go on. A Register holds what was left
// out, logs it by name and counts it. NewReader reads live, and returns an *Error that names the object.
//
// An object that turns unreadable leaves the cache as a deleted one does, and comes back once it is readable.
package unreadable
