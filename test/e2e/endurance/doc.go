// Package endurance keeps managers busy for long, at one pace, and looks whether anything grows meanwhile. When nobody wants anything any
// more, nothing may be done. It runs with --managers 2: see the target test-endurance of the Makefile.
package endurance
