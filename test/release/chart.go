package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// packChart packs the chart, as of this release, with helm. It returns the archive's name and content.
func packChart(ctx context.Context, source, helm, number string, at time.Time) (string, []byte, error) {
	dir, err := os.MkdirTemp("", "namesake-release-")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(dir)
	staged := filepath.Join(dir, manager)
	if err := os.CopyFS(staged, os.DirFS(filepath.Join(source, "charts", manager))); err != nil {
		return "", nil, err
	}
	metadata := filepath.Join(staged, "Chart.yaml")
	content, err := os.ReadFile(metadata)
	if err != nil {
		return "", nil, err
	}
	if content, err = chartMetadata(content, number); err != nil {
		return "", nil, fmt.Errorf("reading Chart.yaml: %w", err)
	}
	if err := os.WriteFile(metadata, content, 0o600); err != nil {
		return "", nil, err
	}
	// helm gives the files of the archive this time.
	epoch := "SOURCE_DATE_EPOCH=" + strconv.FormatInt(at.Unix(), 10)
	if _, err := output(ctx, dir, []string{epoch}, helm, "package", staged, "--destination", dir); err != nil {
		return "", nil, err
	}
	name := manager + "-" + number + ".tgz"
	content, err = os.ReadFile(filepath.Join(dir, name))
	return name, content, err
}

const (
	// imagesAnnotation names the images of a chart (https://artifacthub.io/docs/topics/annotations/helm/).
	imagesAnnotation = "artifacthub.io/images"
	// prereleaseAnnotation says whether the chart is of a version before a release.
	prereleaseAnnotation = "artifacthub.io/prerelease"
)

// chartMetadata returns a Chart.yaml with the number of this release for that of the source: in the chart's version, in that of
// the product, and in what is said of both for a catalogue.
func chartMetadata(content []byte, number string) ([]byte, error) {
	var chart map[string]any
	if err := yaml.Unmarshal(content, &chart); err != nil {
		return nil, err
	}
	before, _ := chart["appVersion"].(string)
	chart["version"], chart["appVersion"] = number, number
	if annotations, _ := chart["annotations"].(map[string]any); annotations != nil {
		if images, _ := annotations[imagesAnnotation].(string); images != "" {
			annotations[imagesAnnotation] = strings.ReplaceAll(images, manager+":"+before, manager+":"+number)
		}
		annotations[prereleaseAnnotation] = strconv.FormatBool(isPrerelease(number))
	}
	return yaml.Marshal(chart)
}
