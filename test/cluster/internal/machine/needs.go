// Package machine knows what a real node needs from the machine that it runs on, and what it leaves there.
package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/namespaces"
)

// need is a part of the system that Go modules do not provide.
type need struct {
	// what is its name, and why is its purpose.
	what, why string
	// pkg is the Debian package that contains it.
	pkg string
	// build says that only a build needs it.
	build bool
	there func() bool
}

var needs = []need{
	{what: "iptables", why: "kube-proxy runs it", pkg: "iptables", there: program("iptables")},
	{what: "ip", why: "it links the node to the machine", pkg: "iproute2", there: program("ip")},
	{what: "mount", why: "kubelet runs it", pkg: "mount", there: program("mount")},
	{what: "gcc", why: "runc is partly C", pkg: "gcc", build: true, there: program("gcc")},
	{what: "a static libc", why: "runc is partly C", pkg: "libc6-dev", build: true, there: library("libc.a")},
	{what: "pkg-config", why: "it finds libseccomp", pkg: "pkg-config", build: true, there: program("pkg-config")},
	{what: "a static libseccomp", why: "runc confines with it", pkg: "libseccomp-dev", build: true, there: library("libseccomp.a")},
}

func program(name string) func() bool {
	return func() bool {
		_, err := LookPath(name)
		return err == nil
	}
}

func library(name string) func() bool {
	return func() bool {
		out, err := exec.Command("gcc", "-print-file-name="+name).Output()
		return err == nil && filepath.IsAbs(strings.TrimSpace(string(out)))
	}
}

// adminFolders are the folders of administrators' programs, which a user's PATH may lack.
var adminFolders = []string{"/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"}

// Path returns PATH with the folders of administrators' programs.
func Path() string {
	folders := filepath.SplitList(os.Getenv("PATH"))
	for _, folder := range adminFolders {
		if !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return strings.Join(folders, string(os.PathListSeparator))
}

// LookPath finds a program in Path.
func LookPath(name string) (string, error) {
	for _, folder := range filepath.SplitList(Path()) {
		if !filepath.IsAbs(folder) {
			continue
		}
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no %s in %s", name, Path())
}

// Check returns what keeps a real node from running here, or nil. With build, it also returns what keeps its programs from
// being built.
func Check(build bool) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("a real node runs on Linux, and this is %s: use --node kwok", runtime.GOOS)
	}
	if os.Geteuid() != 0 {
		return errors.New("a real node needs root, for namespaces and mounts: run this as root, or use --node kwok")
	}
	if missing := missing(build); len(missing) > 0 {
		var text strings.Builder
		for _, n := range missing {
			fmt.Fprintf(&text, "\n  %s (%s): Debian's package %s", n.what, n.why, n.pkg)
		}
		return fmt.Errorf("a real node needs what is not installed here:%s\n"+
			`"go -C test/cluster run . setup" installs it on Debian and Ubuntu; elsewhere install what corresponds`, text.String())
	}
	if err := namespaces.Check(); err != nil {
		return err
	}
	if hierarchies, err := hierarchies(); err != nil || len(hierarchies) == 0 {
		return fmt.Errorf("a real node needs cgroups, mounted so that they can be written: %w", errors.Join(err, errNoCgroups))
	}
	return nil
}

// overlay is the number of overlayfs in statfs.
const overlay = 0x794c7630

// CheckFolder returns an error if containers cannot live in a folder. Their layers are mounted over each other, and overlayfs
// cannot be mounted on itself.
func CheckFolder(dir string) error {
	var system syscall.Statfs_t
	if err := syscall.Statfs(dir, &system); err != nil {
		return fmt.Errorf("looking at %s: %w", dir, err)
	}
	if system.Type == overlay {
		return fmt.Errorf("%s lies on overlayfs, on which containers cannot: name a folder on another file system with --dir", dir)
	}
	return nil
}

var errNoCgroups = errors.New("there are none")

func missing(build bool) []need {
	return slices.DeleteFunc(slices.Clone(needs), func(n need) bool { return n.build && !build || n.there() })
}

// Packages returns Debian's packages of what is not installed here.
func Packages() []string {
	var packages []string
	for _, n := range missing(true) {
		packages = append(packages, n.pkg)
	}
	return packages
}
