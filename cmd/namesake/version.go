package main

import "flag"

// version is the version of the release. A build sets it with -ldflags "-X main.version=1.2.3".
var version = "dev"

func addVersionFlag(flags *flag.FlagSet) *bool {
	return flags.Bool("version", false, "Print the version and end. The other flags are still checked.")
}
