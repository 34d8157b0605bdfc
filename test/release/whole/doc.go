// Package whole looks at a whole release, as "make test-release" has just built it: what is in it, whether it works, and whether the
// same source makes the same bytes.
package whole
