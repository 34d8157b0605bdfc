package images

import (
	"archive/tar"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// File is one file of an image, a folder with everything in it, or a link.
type File struct {
	// Path is its path in the image.
	Path string
	// Source is its path on this machine.
	Source string
	// Link is the target of a link. A link has no source.
	Link string
}

// layer makes a layer from files. It leaves out times and owners, so that the same files make the same layer.
func layer(files []File) (v1.Layer, error) {
	var buffer bytes.Buffer
	writer := layerWriter{tar: tar.NewWriter(&buffer), folders: map[string]bool{"": true}}
	// Containers may expect a place to write to.
	if err := writer.folder("tmp", 0o1777); err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := writer.add(file); err != nil {
			return nil, err
		}
	}
	if err := writer.tar.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil
	})
}

type layerWriter struct {
	tar     *tar.Writer
	folders map[string]bool
}

func (w layerWriter) add(file File) error {
	at := strings.TrimPrefix(path.Clean("/"+file.Path), "/")
	if file.Link != "" {
		return w.write(&tar.Header{Typeflag: tar.TypeSymlink, Name: at, Linkname: file.Link, Mode: 0o777}, nil)
	}
	return filepath.WalkDir(file.Source, func(source string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(file.Source, source)
		if err != nil {
			return err
		}
		return w.entry(path.Join(at, filepath.ToSlash(below)), source)
	})
}

// entry adds one file or folder. It follows links, since the target may be missing in the image.
func (w layerWriter) entry(at, source string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return w.folder(at, 0o755)
	}
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	mode := int64(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	return w.write(&tar.Header{Typeflag: tar.TypeReg, Name: at, Mode: mode, Size: int64(len(content))}, content)
}

func (w layerWriter) write(header *tar.Header, content []byte) error {
	if err := w.folder(parent(header.Name), 0o755); err != nil {
		return err
	}
	header.ModTime = time.Unix(0, 0)
	if err := w.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := w.tar.Write(content)
	return err
}

// folder adds a folder and its parents, unless it exists.
func (w layerWriter) folder(at string, mode int64) error {
	if w.folders[at] {
		return nil
	}
	w.folders[at] = true
	if err := w.folder(parent(at), 0o755); err != nil {
		return err
	}
	return w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: at + "/", Mode: mode, ModTime: time.Unix(0, 0)})
}

func parent(at string) string {
	return strings.TrimSuffix(path.Dir("/" + at)[1:], "/")
}
