package main

import "strconv"

// site says where the control plane is.
type site struct {
	// host is the address at which this machine and the nodes reach the API server.
	host string
	// bind is the address at which the API server listens.
	bind string

	etcdClient, etcdPeer, apiServer, controllerManager, scheduler int
}

// chooseSite finds free ports on this machine. A real node has its own network, and the usual ports.
func (c *cluster) chooseSite() error {
	if c.isReal() {
		c.site = site{
			host: c.state.Node.Link.Node.String(), bind: "0.0.0.0",
			etcdClient: 2379, etcdPeer: 2380, apiServer: 6443, controllerManager: 10257, scheduler: 10259,
		}
		return nil
	}
	ports, err := freePorts(5)
	if err != nil {
		return err
	}
	c.site = site{
		host: "127.0.0.1", bind: "127.0.0.1",
		etcdClient: ports[0], etcdPeer: ports[1], apiServer: ports[2], controllerManager: ports[3], scheduler: ports[4],
	}
	return nil
}

// server returns the API server's URL.
func (s site) server() string {
	return "https://" + s.host + ":" + strconv.Itoa(s.apiServer)
}
