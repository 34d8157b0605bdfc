package whole

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// layerHas reports whether a blob of an image is a layer whose first file has this content.
func layerHas(t *testing.T, blob, want []byte) bool {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(blob))
	if err != nil {
		return false // A manifest or a configuration.
	}
	layer := tar.NewReader(compressed)
	if _, err := layer.Next(); err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(layer)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(content, want)
}

// The manager of the archives is the one in the image.
func TestTheImageHasTheSameManager(t *testing.T) {
	blobs := unpack(t, "namesake_v"+number(t)+"_image.tar")
	managers := 0
	for _, p := range programs(t) {
		if p.file != "namesake" {
			continue
		}
		managers++
		want, found := unpack(t, p.archive)[p.file], false
		for _, blob := range blobs {
			found = found || layerHas(t, blob, want)
		}
		if !found {
			t.Errorf("no layer has the manager of %s", p.archive)
		}
	}
	if managers != 2 {
		t.Errorf("there are %d managers", managers)
	}
}
