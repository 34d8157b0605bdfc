// Package audit looks for what cannot be: objects that contradict the guarantee that a Sandbox has one Pod of its own name, a claim one
// Sandbox, and a Sandbox one claim.
//
// Run is a pure function over a Snapshot of one namespace. A snapshot is read by several lists, at several moments, and what is in
// progress looks like a fault in it. So a finding counts only once it is confirmed: Source reads the objects that it is about once more,
// live, and Run finds it in these alone. Memory says which findings have to last for some time first.
//
// The package tells, and writes nothing. It depends on no webhook, and on few keys that only Namesake writes, so that it works on a
// cluster that agent-sandbox serves as well.
package audit
