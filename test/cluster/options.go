package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// options are the flags of up and run.
type options struct {
	name string
	dir  string
	logs string

	node        string
	nodes       int
	store       string
	install     string
	managers    int
	leaderElect bool
	race        bool
	// managerFlags are more flags of each manager, and apiServerFlags of the API server.
	managerFlags, apiServerFlags []string
	// managerMemory and managerCPUs limit each manager. Zero is no limit.
	managerMemory memorySize
	managerCPUs   float64
}

func (o *options) addPlace(flags *flag.FlagSet) {
	flags.StringVar(&o.name, "name", "default", "the cluster's name; clusters of different names run side by side")
	flags.StringVar(&o.dir, "dir", "", "the folder of the cluster's state, which down removes (default: one in the user's cache, by name)")
}

// These are the kinds of nodes: simulated by kwok, or one that really runs containers.
const (
	nodeKwok = "kwok"
	nodeReal = "real"
)

func (o *options) add(flags *flag.FlagSet) {
	o.addPlace(flags)
	flags.StringVar(&o.node, "node", nodeKwok, "kwok (fake nodes) or real (one that runs containers; Linux as root; without the product)")
	flags.IntVar(&o.nodes, "nodes", 20, "how many fake nodes there are, with --node kwok")
	flags.StringVar(&o.store, "store", "tmpfs", "where etcd keeps its data: tmpfs (fast, in memory, without fsync) or disk (durable, with fsync)")
	flags.StringVar(&o.install, "install", "",
		"what is installed: all (the product, from config/default and cmd/namesake; the default) or none (always with --node real)")
	flags.IntVar(&o.managers, "managers", 1, "how many replicas of the product's manager run")
	flags.BoolVar(&o.leaderElect, "leader-elect", true, "whether the managers elect a leader; without, all of them reconcile")
	flags.BoolVar(&o.race, "race", false, "whether the manager is built with the race detector (needs a C compiler)")
	flags.Func("manager-flag", "a flag of each manager besides, as in --claims-first=false; any number", func(text string) error {
		o.managerFlags = append(o.managerFlags, text)
		return nil
	})
	flags.Func("apiserver-flag", "a flag of the API server besides, as in --enable-admission-plugins=AlwaysPullImages; any number", func(text string) error {
		o.apiServerFlags = append(o.apiServerFlags, text)
		return nil
	})
	flags.Var(&o.managerMemory, "manager-memory", "how much memory each manager may use, such as 512Mi (Linux as root; elsewhere only Go's own limit)")
	flags.Float64Var(&o.managerCPUs, "manager-cpus", 0, "how many cores each manager may use, such as 1 (Linux as root)")
}

const installAll = "all"

// installs reports whether the product is installed. It runs beside fake nodes, but on a real one.
func (o *options) installs() bool {
	return o.node != nodeReal && (o.install == "" || o.install == installAll)
}

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$`)

func (o *options) check() error {
	var errs []error
	if o.node != nodeKwok && o.node != nodeReal {
		errs = append(errs, fmt.Errorf("--node=%q: use kwok or real", o.node))
	}
	if o.node == nodeReal && o.install == installAll {
		errs = append(errs, errors.New("--install=all: on a real node the product is installed by its chart: use none"))
	}
	if o.node == nodeReal && os.Getenv(kubernetesVariable) != "" {
		errs = append(errs, fmt.Errorf("--node=real is there with the newest Kubernetes only: unset %s", kubernetesVariable))
	}
	if !validName.MatchString(o.name) {
		errs = append(errs, fmt.Errorf("--name=%q: use at most 42 small letters, digits and inner dashes", o.name))
	}
	if o.nodes < 0 || o.nodes > 10000 {
		errs = append(errs, fmt.Errorf("--nodes=%d: use 0 to 10000", o.nodes))
	}
	if o.store != "tmpfs" && o.store != "disk" {
		errs = append(errs, fmt.Errorf("--store=%q: use tmpfs or disk", o.store))
	}
	if o.install != "" && o.install != installAll && o.install != "none" {
		errs = append(errs, fmt.Errorf("--install=%q: use all or none", o.install))
	}
	if o.managers < 1 || o.managers > 20 {
		errs = append(errs, fmt.Errorf("--managers=%d: use 1 to 20", o.managers))
	}
	if o.managerCPUs < 0 {
		errs = append(errs, fmt.Errorf("--manager-cpus=%g: use a positive number", o.managerCPUs))
	}
	return errors.Join(errs...)
}

// stateDir returns the folder of the cluster's state.
func (o *options) stateDir() (string, error) {
	if o.dir != "" {
		return filepath.Abs(o.dir)
	}
	clusters, err := clustersDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(clusters, o.name), nil
}

// clustersDir returns the folder with the state of the clusters that were given no folder.
func clustersDir() (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "clusters"), nil
}
