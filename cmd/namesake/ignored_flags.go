package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"time"
)

// ignoredFlag is a flag of agent-sandbox that changes nothing here. It is accepted so that its users' manifests start.
type ignoredFlag struct {
	name string
	// defaultValue is its default in agent-sandbox, in the form in which a flag prints it.
	defaultValue string
	// check returns what is wrong with a value. It defines the kind of the flag.
	check func(value string) error
	// why says why nothing depends on the flag.
	why string
}

// ignoredFlags returns those flags, in the order of their names.
func ignoredFlags() []ignoredFlag {
	return []ignoredFlag{
		{"api-connections", "1", isCount, "claims have a connection to the API server of their own, and share it with nobody"},
		{"cache-label-selectors", "false", isBool, "the cache always holds the Pods and Services of Sandboxes and no others"},
		{"enable-webhook", "true", isTrue, "admission is always served"},
		{"extensions", "false", isBool, "pools, claims and templates are always served"},
		{"manage-webhook-certs", "true", isBool, "the certificate comes from cert-manager, or whoever fills --webhook-cert-dir"},
		{"sandbox-write-behind-window", "0s", isWindow, "a Sandbox is written when a condition of it moves, so there is nothing to gather"},
		{"separate-watch-connection", "false", isBool, "claims have a connection of their own, which no watch slows down"},
		{"webhook-namespace", "agent-sandbox-system", isText, "the webhook configurations are installed with the manager, and say where it is"},
		{"webhook-service-name", "agent-sandbox-webhook-service", isText, "the webhook configurations are installed with the manager, and say where it is"},
	}
}

// ignoredFlagValues holds the values of the ignoredFlags, by their names.
type ignoredFlagValues map[string]*ignoredFlagValue

func newIgnoredFlags() ignoredFlagValues {
	values := ignoredFlagValues{}
	for _, f := range ignoredFlags() {
		values[f.name] = &ignoredFlagValue{text: f.defaultValue, isBool: f.defaultValue == "true" || f.defaultValue == "false"}
	}
	return values
}

func (f ignoredFlagValues) addFlags(flags *flag.FlagSet) {
	for _, former := range ignoredFlags() {
		flags.Var(f[former.name], former.name, "Of agent-sandbox; has no effect: "+former.why+".")
	}
}

// validate returns what is wrong with the values.
func (f ignoredFlagValues) validate() error {
	var errs []error
	for _, former := range ignoredFlags() {
		if err := former.check(f[former.name].text); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", former.name, err))
		}
	}
	return errors.Join(errs...)
}

// given returns the ignored flags that were given.
func (f ignoredFlagValues) given() []ignoredFlag {
	var found []ignoredFlag
	for _, former := range ignoredFlags() {
		if f[former.name].given {
			found = append(found, former)
		}
	}
	return found
}

// ignoredFlagValue is the value of an ignoredFlag. It accepts any text, because validate reports all problems at once.
type ignoredFlagValue struct {
	text string
	// isBool says whether the flag may stand without a value. given says whether the flag was given.
	isBool, given bool
}

// String implements flag.Value.
func (v *ignoredFlagValue) String() string { return v.text }

// Set implements flag.Value.
func (v *ignoredFlagValue) Set(text string) error {
	v.text, v.given = text, true
	return nil
}

// IsBoolFlag reports whether the flag may stand without a value, which is then true.
func (v *ignoredFlagValue) IsBoolFlag() bool { return v.isBool }

func isBool(value string) error {
	if _, err := strconv.ParseBool(value); err != nil {
		return fmt.Errorf("found %q, must be true or false", value)
	}
	return nil
}

func isTrue(value string) error {
	on, err := strconv.ParseBool(value)
	if err == nil && !on {
		return errors.New("admission is what keeps a Sandbox from serving two claims: leave this out")
	}
	return isBool(value)
}

func isCount(value string) error {
	if n, err := strconv.Atoi(value); err != nil || n < 1 {
		return fmt.Errorf("found %q, must be at least 1", value)
	}
	return nil
}

func isWindow(value string) error {
	if d, err := time.ParseDuration(value); err != nil || d < 0 {
		return fmt.Errorf("found %q, must be a duration such as 200ms, and not negative", value)
	}
	return nil
}

func isText(string) error { return nil }
