package main

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// parseVersion returns the number of the version of a release, such as 1.2.3 of v1.2.3. What is built from changes that are not
// committed is marked as a version before that release: 1.2.3-dirty. krew and git name a version with the v, and charts and
// images without it.
func parseVersion(version string, dirty bool) (string, error) {
	switch {
	case !semver.IsValid(version) || strings.Count(strings.SplitN(version, "-", 2)[0], ".") != 2:
		return "", fmt.Errorf("version %q: must be a semantic version with a v before it, such as v1.2.3 or v1.2.3-rc.1", version)
	case semver.Build(version) != "":
		return "", fmt.Errorf("version %q: must have no +, which the tag of an image cannot have", version)
	}
	number := strings.TrimPrefix(version, "v")
	switch {
	case dirty && semver.Prerelease(version) != "":
		return number + ".dirty", nil
	case dirty:
		return number + "-dirty", nil
	}
	return number, nil
}

// isPrerelease reports whether a version's number is one of a version before a release.
func isPrerelease(number string) bool {
	return semver.Prerelease("v"+number) != ""
}
