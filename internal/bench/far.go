package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// slots are how many requests are in flight to a distant API.
const slots = 32

// deliverFar measures the delivery of a first load to an API whose every answer takes a
// while, every outcome durable, beside what slots that are never idle would take.
func (b *bench) deliverFar(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	url, err := startLeastAPI(ctx, b.latency)
	if err != nil {
		return err
	}
	if err := b.configure(url, slots); err != nil {
		return err
	}
	least := float64(b.rows) / slots * b.latency.Seconds()
	bodies := slices.Repeat([][]byte{[]byte(`{"product":{"name":"a product"}}`)}, b.rows)
	var bare, took, cpu sample
	return b.profiled(func() error {
		for range b.rounds {
			t, _, err := timed(func() error { return postAll(ctx, url, bodies, slots) })()
			if err != nil {
				return err
			}
			bare.add(t, 0)
			t, c, err := b.firstDelivery(ctx, url)
			if err != nil {
				return err
			}
			took.add(t, 0)
			cpu.add(c, 0)
		}
		fmt.Printf("%d in flight, answers after %s:\n  slots alone  %6.2f s\n  bare client  %6.2f s, ratio %.3f\n  skubridge    %6.2f s, ratio %.3f, %3.0f µs of its processor time each\n",
			slots, b.latency.Round(time.Millisecond), least, bare.median(), bare.median()/least,
			took.median(), took.median()/least, cpu.median()/float64(b.rows)*1e6)
		return nil
	})
}
