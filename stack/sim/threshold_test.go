//go:build !before7

package sim

import (
	"encoding/binary"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// asked returns when a host has asked who has a neighbour's address.
func asked(w *World, host *stack.Stack) (list []time.Duration) {
	for _, e := range w.Trace().Events() {
		if e.Kind == trace.Send && e.Host == host.Name() && binary.BigEndian.Uint16(e.Frame[12:]) == header.EtherTypeARP {
			list = append(list, e.At)
		}
	}
	return list
}

// sentAt returns when a host has sent TCP packets, from a time on.
func sentAt(w *World, host *stack.Stack, from time.Duration) (list []time.Duration) {
	for _, e := range w.Trace().Events() {
		if e.At >= from && e.Kind == trace.Send && e.Host == host.Name() && e.Frame[header.EthernetLen+9] == header.ProtocolTCP {
			list = append(list, e.At)
		}
	}
	return list
}

// TestThresholds: at R1 the neighbour is asked whether it is still there, although it is known, and at R2 the application
// learns that the connection is over. RFC 9293 3.8.3.
func TestThresholds(t *testing.T) {
	dead := func(p nic.Passing) nic.Fate {
		return nic.Fate{Lost: binary.BigEndian.Uint16(p.Frame[12:]) == header.EtherTypeIPv4}
	}
	check := func(t *testing.T, w *World, client *stack.Stack, from, since, r2 time.Duration, err error) {
		t.Helper()
		sent, questions := sentAt(w, client, from), asked(w, client)
		// From chapter 9 on a tail loss probe may come before the timer's three.
		if len(sent) < 5 || len(questions) < 2 || questions[1] != sent[3] && questions[1] != sent[4] {
			t.Errorf("the neighbour was asked at %v, and the third retransmission was at %v", questions, sent)
		}
		if took := w.Now() - since; !errors.Is(err, syscall.ETIMEDOUT) || took < r2 || took > r2+time.Minute {
			t.Errorf("%v after %v", err, took)
		}
	}
	t.Run("SYN", func(t *testing.T) { // MUST-22, MUST-23
		w := New(1)
		client, server := w.Host("client"), w.Host("server")
		w.Connect(client, server).Fate = dead
		err := client.Connect(stream(t, client), server.Addr(80))
		check(t, w, client, 0, 0, 3*time.Minute, err)
	})
	t.Run("data", func(t *testing.T) { // MUST-20
		w := New(1)
		client, server := w.Host("client"), w.Host("server")
		cable := w.Connect(client, server)
		listener(t, server, 80, 1)
		c := stream(t, client)
		if err := client.Connect(c, server.Addr(80)); err != nil {
			t.Fatal(err)
		}
		w.Sleep(time.Second)
		cable.Fate = dead
		from := w.Now()
		if _, err := client.Write(c, []byte("is anybody there?")); err != nil {
			t.Fatal(err)
		}
		_, err := client.Read(c, make([]byte, 1))
		check(t, w, client, from, from, 10*time.Minute, err)
	})
}
