//go:build !before7

package sim

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// Tap is an adapter without a protocol stack: it hears all that its cable brings, whoever that is for, and sends whatever
// frames it is told to, whoever they claim to be from.
type Tap struct {
	// Heard is given each frame that arrives. It is not to be kept or changed. nil: nobody listens.
	Heard func(frame []byte)

	name     string
	adapters []*nic.Adapter
}

// Tap adds a tap.
func (w *World) Tap(name string) *Tap {
	t := &Tap{name: name}
	w.network.parts = append(w.network.parts, t)
	return t
}

// Name returns the tap's name, and String too.
func (t *Tap) Name() string   { return t.name }
func (t *Tap) String() string { return t.name }

// Deadline is part of Node: a tap wants nothing by itself.
func (t *Tap) Deadline() (time.Duration, bool) { return 0, false }

// MAC returns the address of its adapter; it has to be linked before.
func (t *Tap) MAC() header.MAC { return header.MAC(t.adapters[0].Info().Address) }

// Send puts a frame on all its cables.
func (t *Tap) Send(frame []byte) {
	for _, a := range t.adapters {
		a.Send([]*buffer.Packet{buffer.From(frame)})
	}
}

// Poll listens.
func (t *Tap) Poll() {
	receive(t.adapters, func(_ int, pkt *buffer.Packet) {
		if t.Heard != nil {
			t.Heard(pkt.Bytes())
		}
	})
}
