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

// The tests know the oldest Kubernetes that the chart allows.
func TestTheOldestKubernetesIsTheCharts(t *testing.T) {
	content, err := os.ReadFile("../../charts/namesake/Chart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	allowed := regexp.MustCompile(`(?m)^kubeVersion: ">=(\d+\.\d+)\.0-0"$`).FindSubmatch(content)
	folders, err := filepath.Glob("kubernetes-*")
	if err != nil || allowed == nil {
		t.Fatalf("the chart allows %q, error %v", allowed, err)
	}
	if want := "kubernetes-" + string(allowed[1]); len(folders) == 0 || folders[0] != want {
		t.Errorf("there are %v, and the first should be %s: the chart allows that", folders, want)
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
