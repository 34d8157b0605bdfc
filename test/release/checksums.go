package main

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// digest returns the SHA-256 of content, in hexadecimal digits.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// checksums returns the lines that "sha256sum -c" reads, by name.
func checksums(artifacts map[string][]byte) []byte {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(artifacts)) {
		lines.WriteString(digest(artifacts[name]) + "  " + name + "\n")
	}
	return []byte(lines.String())
}
