// Command small is a program with one module in it.
package main

import (
	"context"

	"golang.org/x/sync/semaphore"
)

func main() {
	_ = semaphore.NewWeighted(1).Acquire(context.Background(), 1)
}
