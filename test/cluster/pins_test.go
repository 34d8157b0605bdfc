package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The product is built with the API types of the cert-manager version that it is tested with.
func TestCertManagerIsPinnedOnce(t *testing.T) {
	product, node := pinned(t, "../../go.mod"), pinned(t, "certmanager/go.mod")
	if product != node {
		t.Errorf("the product has cert-manager %s, a real node %s: make them the same", product, node)
	}
}

func pinned(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^\s*(?:require )?github\.com/cert-manager/cert-manager (v\S+)`).FindSubmatch(content)
	if match == nil {
		t.Fatalf("%s names no cert-manager", file)
	}
	return string(match[1])
}
