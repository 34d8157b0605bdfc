// Package layout checks the shape of the repository: who imports whom, what the API depends on, and that docs/design.md
// names every package.
package layout
