package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// release is what is built, and from what.
type release struct {
	// source is the repository's folder, and helm the program.
	source, helm string
	// number is the version, such as 1.2.3. Everything has the time at.
	number string
	at     time.Time
	// url is where the files of this release are to be found.
	url string
	// log is told what comes next.
	log func(format string, args ...any)
}

// sumsFile has the checksum of every other file.
const sumsFile = "SHA256SUMS"

// build returns the files of the release, by name.
func (r release) build(ctx context.Context) (map[string][]byte, error) {
	found, err := findLicences(ctx, r.source)
	if err != nil {
		return nil, err
	}
	b := bill{number: r.number, at: r.at, url: r.url, licenceOf: found.of}
	files, err := manifests(r.source, r.number)
	if err != nil {
		return nil, err
	}
	r.log("packing the chart ...")
	name, chart, err := packChart(ctx, r.source, r.helm, r.number, r.at)
	if err != nil {
		return nil, err
	}
	files[name] = chart
	if err := r.addImage(ctx, b, files); err != nil {
		return nil, err
	}
	if err := r.addPlugin(ctx, b, files); err != nil {
		return nil, err
	}
	files[sumsFile] = checksums(files)
	return files, nil
}

// addImage adds the image, and an archive of the manager for each of its platforms.
func (r release) addImage(ctx context.Context, b bill, files map[string][]byte) error {
	r.log("building the image ...")
	built, err := buildImage(ctx, r.source, r.number)
	if err != nil {
		return err
	}
	var programs [][]byte
	for _, p := range managerPlatforms {
		programs = append(programs, built.programs[p])
		if _, err := r.addProgram(b, files, manager, p, built.programs[p]); err != nil {
			return err
		}
	}
	name := manager + "_v" + r.number + "_image.tar"
	content, err := pack(name, r.at, built.layout)
	if err != nil {
		return err
	}
	files[name] = content
	modules, err := modulesOf(programs...)
	if err != nil {
		return err
	}
	files[name+bomSuffix], err = b.of(subject{name: manager, fileName: name, content: content, digest: built.digest}, modules)
	return err
}

// addPlugin adds an archive of the plugin for each of its platforms, and the manifest by which krew installs them.
func (r release) addPlugin(ctx context.Context, b bill, files map[string][]byte) error {
	archives := map[platform][]byte{}
	for _, p := range pluginPlatforms {
		r.log("building %s for %s ...", plugin, p)
		program, err := compile(ctx, r.source, "./cmd/"+plugin, r.number, p)
		if err != nil {
			return err
		}
		if archives[p], err = r.addProgram(b, files, plugin, p, program); err != nil {
			return err
		}
	}
	manifest, err := pluginManifest(r.number, r.url, archives)
	files[krewManifest] = manifest
	return err
}

// addProgram adds an archive with a program and its licence, and its bill of materials. It returns the archive.
func (r release) addProgram(b bill, files map[string][]byte, name string, p platform, program []byte) ([]byte, error) {
	licence, err := os.ReadFile(filepath.Join(r.source, "LICENSE"))
	if err != nil {
		return nil, err
	}
	fileName := p.archive(name, r.number)
	content, err := pack(fileName, r.at, []file{{"LICENSE", 0o644, licence}, {p.executable(name), 0o755, program}})
	if err != nil {
		return nil, err
	}
	modules, err := modulesOf(program)
	if err != nil {
		return nil, fmt.Errorf("%s for %s: %w", name, p, err)
	}
	files[fileName] = content
	files[fileName+bomSuffix], err = b.of(subject{name: name, fileName: fileName, content: content}, modules)
	return content, err
}

// write writes the files to a folder that is empty, or not there yet: what an earlier release left would look like part of this one.
func write(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := checkEmpty(dir); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// checkEmpty returns an error if a folder has anything in it. A folder that is not there is empty.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: remove it, or choose another folder by OUT=FOLDER", dir)
	}
	return nil
}
