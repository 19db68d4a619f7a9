//go:build !before3

package nic

import (
	"testing"
	"time"
)

// TestQueue: a busy cable has room for so much, and drops the rest; later there is room again.
func TestQueue(t *testing.T) {
	x := newBench(t)
	x.Rate, x.Queue = 8000, 20 // a byte a millisecond
	x.send(x.a, "ten bytes1", "ten bytes2", "ten bytes3")
	x.want("0s a: ten bytes3 queue full", "10ms b: ten bytes1", "20ms b: ten bytes2")
	x.now += time.Second
	x.log = nil
	x.send(x.a, "ten bytes4")
	x.want("1.03s b: ten bytes4")
}
