package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// file is what goes into an archive.
type file struct {
	name    string
	mode    fs.FileMode
	content []byte
}

// pack returns an archive of the files, in their order, of the kind that name ends in: .tar, .tar.gz or .zip. Each file has the
// time at, and nobody in particular owns it, so that the same files make the same bytes.
func pack(name string, at time.Time, files []file) ([]byte, error) {
	var buffer bytes.Buffer
	switch {
	case strings.HasSuffix(name, ".zip"):
		err := zipFiles(&buffer, at, files)
		return buffer.Bytes(), err
	case filepath.Ext(name) == ".tar":
		err := tarFiles(&buffer, at, files)
		return buffer.Bytes(), err
	}
	compressed, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := tarFiles(compressed, at, files); err != nil {
		return nil, err
	}
	err = compressed.Close()
	return buffer.Bytes(), err
}

func tarFiles(to io.Writer, at time.Time, files []file) error {
	w := tar.NewWriter(to)
	for _, f := range files {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode), Size: int64(len(f.content)), ModTime: at, Format: tar.FormatUSTAR,
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if _, err := w.Write(f.content); err != nil {
			return err
		}
	}
	return w.Close()
}

func zipFiles(to io.Writer, at time.Time, files []file) error {
	w := zip.NewWriter(to)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at.UTC()}
		header.SetMode(f.mode)
		entry, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.content); err != nil {
			return err
		}
	}
	return w.Close()
}
