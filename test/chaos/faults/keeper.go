package faults

import (
	"context"
	"fmt"
	"time"

	"github.com/namesake-sandbox/namesake/test/chaos/site"
)

// Keeper starts again what ended by itself, as the kubelet of a control plane does. What a fault has ended it leaves alone.
type Keeper struct {
	Site *site.Site
	// Restarted is told what was started again.
	Restarted func(name string)
}

// Keep looks every second until ctx ends. It returns an error if a program cannot be started.
func (k *Keeper) Keep(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := k.look(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

func (k *Keeper) look(ctx context.Context) error {
	programs, err := k.Site.Programs(ctx)
	if err != nil {
		return err
	}
	for _, p := range programs {
		if p.Alive || p.Killed {
			continue
		}
		if err := k.Site.Start(ctx, p.Name, ""); err != nil {
			return fmt.Errorf("starting %s again, which ended by itself: %w", p.Name, err)
		}
		k.Restarted(p.Name)
	}
	return nil
}
