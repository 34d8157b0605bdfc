package main

// platform is what a program runs on, in Go's words.
type platform struct {
	os, arch string
}

func (p platform) String() string { return p.os + "/" + p.arch }

// executable returns the name of a program's file.
func (p platform) executable(name string) string {
	if p.os == "windows" {
		return name + ".exe"
	}
	return name
}

// archive returns the name of the archive with a program: name_v1.2.3_os_arch.tar.gz, and .zip for Windows.
func (p platform) archive(name, number string) string {
	suffix := ".tar.gz"
	if p.os == "windows" {
		suffix = ".zip"
	}
	return name + "_v" + number + "_" + p.os + "_" + p.arch + suffix
}

const (
	// manager is the program in the image.
	manager = "namesake"
	// plugin is the program that kubectl finds as "kubectl namesake".
	plugin = "kubectl-namesake"
)

var (
	// managerPlatforms are those of the image.
	managerPlatforms = []platform{{"linux", "amd64"}, {"linux", "arm64"}}
	// pluginPlatforms are those that people work on.
	pluginPlatforms = []platform{
		{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
	}
)
