package rules

import (
	"fmt"
	"hash/fnv"
)

const (
	// maxGeneratedBase and SuffixLength describe how the API server makes a name from generateName: a base cut to 58
	// characters, and 5 random ones (k8s.io/apiserver/pkg/storage/names).
	maxGeneratedBase = 58
	// SuffixLength is the number of random characters that GeneratedName expects.
	SuffixLength = 5
)

// GeneratedName returns base, cut as the API server cuts a generateName, followed by suffix.
func GeneratedName(base, suffix string) string {
	return base[:min(len(base), maxGeneratedBase)] + suffix
}

// Hash returns the 32-bit FNV-1a hash of s as eight lowercase hexadecimal digits. Existing clients select by this form
// of the names of Sandboxes, pools and templates. Two names may share a hash. So names and UIDs, and never a hash
// alone, decide who owns an object and which Sandbox a pool or a claim has. These decisions rest on a hash:
//   - Which Pods the NetworkPolicy of a template selects. So a second template whose name has the hash of another's is
//     refused. If two such templates exist from before, the younger one's policy has no rules.
//   - Whether an object without an owner, which has the exact name of one of a Sandbox's own, belonged to a Sandbox of
//     that name before. If so, it is taken over.
//   - Whether a Sandbox in a pool is what its template makes now. Equal hashes mean that it is. Different hashes lead
//     to a comparison of the content.
func Hash(s string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // never fails: hash.Hash
	return fmt.Sprintf("%08x", h.Sum32())
}
