package claims

// World is a Size that is searched as a whole, with what is special in it.
type World struct {
	Name string
	Size Size
}

// Worlds are those that are searched as a whole: small ones, and larger ones if long is true.
func Worlds(long bool) []World {
	lag := func(s Size, lag int) Size {
		s.Lag = lag
		return s
	}
	worlds := []World{
		{"a claim, two members, one of which is deleted", lag(small(1, 2, Budget{Create: 1, Drop: 1}), 1)},
		{"two claims, one member", lag(small(2, 1, Budget{Create: 2}), 1)},
		{"a claim that expires and gets more time", lag(small(1, 1, Budget{Create: 1, Expire: 1, Extend: 1}), 1)},
		{"a claim that is created again", lag(small(1, 1, Budget{Create: 2, Remove: 1}), 1)},
		{"two pools, and a pick that does not fit", lag(small(1, 2, Budget{Create: 1}).of(2), 2)},
		{"users who edit", lag(small(1, 1, Budget{Create: 1, Squat: 1, Seize: 1, Rebind: 1}), 1)},
		{"a pool that is refilled and scaled down", lag(small(1, 1, Budget{Create: 1, Refill: 1, ScaleDown: 1}), 1)},
		{"a pool that is replaced by another of its name", lag(small(1, 1, Budget{Create: 1, ReplacePool: 1, Orphan: 1}), 1)},
		{"a crash", lag(small(1, 1, Budget{Create: 1, Crash: 1, Drop: 1}), 1)},
		{"what is terminating", lag(small(1, 1, Budget{Create: 1, Drop: 1, Remove: 1, Finalizers: true}), 1)},
		{"without webhooks: a claim, two members", lag(small(1, 2, Budget{Create: 1, Drop: 1}).withoutWebhooks(), 1)},
		{"without webhooks: two claims, one member", lag(small(2, 1, Budget{Create: 2}).withoutWebhooks(), 1)},
		{"without webhooks, and with bindings that users make up", lag(small(2, 1, Budget{Create: 2}).withoutWebhooks().madeUp(), 1)},
	}
	if !long {
		return worlds
	}
	return append(worlds,
		World{"longer delays: a claim, two members", lag(small(1, 2, Budget{Create: 1, Drop: 1, Crash: 1}), 3)},
		World{"longer delays: two claims, one member", lag(small(2, 1, Budget{Create: 2}), 2)},
		World{"longer delays: without webhooks, two claims", lag(small(2, 1, Budget{Create: 2}).withoutWebhooks(), 2)},
		World{"two claims, two members, deletions", lag(small(2, 2, Budget{Create: 2, Drop: 1, Remove: 1}), 1)},
		World{"three workers", lag(small(1, 1, Budget{Create: 1, Drop: 1}), 1).by(3)},
		World{"expiry and deletion", lag(small(1, 1, Budget{Create: 1, Expire: 2, Extend: 1, Drop: 1}), 1)},
	)
}

func (s Size) madeUp() Size {
	s.MadeUp = true
	return s
}

func (s Size) by(workers int) Size {
	s.Workers = workers
	return s
}

// Large are worlds that are too large to be searched as a whole.
func Large() []World {
	whole := Size{
		Claims: maxClaims, Pools: maxPools, Members: 4, Workers: maxWorkers, Replicas: 1, Webhooks: true,
		Budget: Budget{
			Crash: 6, Create: 8, Remove: 4, Expire: 4, Extend: 3, Drop: 5, Unready: 6, Refill: 6, ScaleDown: 3, ReplacePool: 2, Orphan: 2,
			Squat: 2, Seize: 3, Rebind: 3, Finalizers: true,
		},
	}
	lives := Size{
		Claims: 1, Pools: 1, Members: 3, Workers: 2, Replicas: 1, Webhooks: true,
		Budget: Budget{Crash: 3, Create: 2, Remove: 1, Expire: 6, Extend: 6, Drop: 3, Refill: 3, Finalizers: true},
	}
	return []World{
		{"with webhooks", whole}, {"without webhooks", whole.withoutWebhooks()},
		{"after the webhooks were taken away", whole.withoutWebhooks().madeUp()}, {"claims that end and get more time", lives},
		{"claims that end and get more time, without webhooks", lives.withoutWebhooks()},
	}
}
