package rules

import (
	"fmt"
	"hash/fnv"
)

const (
	// maxGeneratedBase and SuffixLength are how the API server makes a name from generateName: a base cut to 58
	// characters, and 5 random ones (k8s.io/apiserver/pkg/storage/names).
	maxGeneratedBase = 58
	// SuffixLength is the number of random characters that GeneratedName expects.
	SuffixLength = 5
)

// GeneratedName returns base, cut as the API server cuts a generateName, followed by suffix.
func GeneratedName(base, suffix string) string {
	return base[:min(len(base), maxGeneratedBase)] + suffix
}

// Hash returns the 32-bit FNV-1a hash of s as eight lowercase hexadecimal digits: the form in which existing clients
// select by the names of Sandboxes, pools and templates. Two names may share a hash, so whose an object is, and which Sandbox
// a pool or a claim has, is never decided by one, but by names and UIDs. These things rest on a hash:
//   - Which Pods the NetworkPolicy of a template selects. So a second template whose name has the hash of another's is refused,
//     and where there are two from before, the younger's policy has no rules.
//   - That an object without an owner, which has the very name of one of a Sandbox's own, was one of a Sandbox of that name
//     before: then it is taken over.
//   - That a Sandbox in a pool is what its template makes now, where both have one hash of that. Where they differ, it is compared.
func Hash(s string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // never fails: hash.Hash
	return fmt.Sprintf("%08x", h.Sum32())
}
