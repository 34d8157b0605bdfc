package report

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"time"
)

// archive is a tar.gz that holds so many bytes at most, its README aside.
type archive struct {
	gzip  *gzip.Writer
	tar   *tar.Writer
	now   time.Time
	left  int64
	files []string
	// missing says what is not in the archive, and why.
	missing []string
}

// folder is that in which all files of the archive are.
const folder = "namesake-report/"

func newArchive(out io.Writer, limit int64, now time.Time) *archive {
	zipped := gzip.NewWriter(out)
	return &archive{gzip: zipped, tar: tar.NewWriter(zipped), now: now, left: limit}
}

// add writes a file, or notes that there is no room for it.
func (a *archive) add(name string, content []byte) error {
	if int64(len(content)) > a.left {
		a.lacks(name, "the archive would become too large: give it more by --max-size, or name one namespace by -n")
		return nil
	}
	a.left -= int64(len(content))
	a.files = append(a.files, fmt.Sprintf("%9d  %s", len(content), name))
	return a.write(name, content)
}

func (a *archive) write(name string, content []byte) error {
	header := &tar.Header{Name: folder + name, Mode: 0o600, Size: int64(len(content)), ModTime: a.now, Format: tar.FormatPAX}
	if err := a.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := a.tar.Write(content)
	return err
}

func (a *archive) lacks(what, why string) { a.missing = append(a.missing, what+": "+why) }

// close writes the README and ends the archive.
func (a *archive) close(about string) error {
	var text strings.Builder
	text.WriteString(about + "\n" + redactions + "\nWhat is in it, with sizes in bytes:\n" + strings.Join(a.files, "\n") + "\n")
	if len(a.missing) == 0 {
		text.WriteString("\nNothing is missing.\n")
	} else {
		text.WriteString("\nWhat is missing, and why:\n" + strings.Join(a.missing, "\n") + "\n")
	}
	if err := a.write("README.txt", []byte(text.String())); err != nil {
		return err
	}
	if err := a.tar.Close(); err != nil {
		return err
	}
	return a.gzip.Close()
}
