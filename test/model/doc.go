// Package model shows by search that the invariants of docs/design.md hold, and what they rest on. Each of its folders is a model of one
// part, which takes its decisions by the functions of internal/rules. The tests search small worlds as a whole, and large ones by random
// schedules that are the same in every run; they switch off each protection in turn, and look for the shortest schedule that breaks an
// invariant without it.
//
//	go test -v ./test/model/...              a minute
//	go test -v ./test/model/ -args -long     larger worlds and more schedules (make test-model)
//	go test ./test/model/ -args -update      writes the list of protections to docs/guarantees.md
package model
