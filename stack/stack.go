//go:build !before1

// Package stack is the top of the protocol stack: what applications call.
//
// An application asks for a [Stack.Socket], gets a descriptor, and names the descriptor in every further request. Which
// requests there are depends on how far the book has got: a file of this package belongs to one chapter, and its first
// line says to which.
//
// The stack itself has no clock, no goroutine and no network. It lives by the clock it is configured with, and it sends
// through the adapters it is attached to: simulated ones (package sim), or a real one.
package stack

import (
	crand "crypto/rand"
	"encoding/binary"
	"time"

	"github.com/tsunagu/tsunagu/stack/trace"
)

// Config is what a [Stack] is made from. The zero value works: a stack without a name, in real time.
type Config struct {
	// Name is what the host is called in traces and pictures.
	Name string
	// MaxSockets is how many sockets there can be at a time; one more is refused with EMFILE. 0 means no limit.
	MaxSockets int

	// Now is the clock: the time since it began. nil means real time since [New].
	Now func() time.Duration
	// Epoch is the time of day at which the clock began; deadlines are told by it. Zero means the moment of [New].
	Epoch time.Time
	// Allow is asked before every request; its error is then the request's. nil allows all.
	Allow func() error
	// Block is how a request that has to wait lets time pass: it returns when ready returns true, or with an error when
	// nothing can ever make it so. nil means to wait for real.
	Block func(ready func() bool) error
	// Rand is the source of everything that must not be guessed. nil means the system's.
	Rand func() uint64
	// Trace is told everything that happens. nil means nobody is.
	Trace trace.Sink
}

// Stack is one host's protocol stack: the network control software that an operating system has built in. Its methods
// may be called from several goroutines at once.
type Stack struct {
	config Config
	table  table

	ports     ports     // what connecting chooses from: chapter 2
	network   network   // adapters and the IP part: chapter 3
	transport transport // the TCP part: chapter 4
	loopback  loopback  // the way back to this host: chapter 7
	pings     pings     // echo requests: chapter 7
	claiming  claiming  // our own addresses: chapter 7
	datagrams datagrams // the UDP part: chapter 8
	resolver  resolver  // names: chapter 8
	leases    leases    // addresses that a server gives: chapter 11
	live      live      // the goroutines that run it in real time: chapter 11
}

// New makes a stack that has no socket and is attached to no adapter.
func New(c Config) *Stack {
	began := time.Now()
	if c.Now == nil {
		c.Now = func() time.Duration { return time.Since(began) }
	}
	if c.Epoch.IsZero() {
		c.Epoch = began
	}
	if c.Rand == nil {
		c.Rand = systemRand
	}
	s := &Stack{config: c}
	s.table.limit = c.MaxSockets
	s.setUpPorts()
	s.setUpTransport()
	s.setUpLoopback()
	s.setUpLive()
	return s
}

// Name returns the host's name.
func (s *Stack) Name() string { return s.config.Name }

// String returns the host's name too, so that a stack prints as what it is called.
func (s *Stack) String() string { return s.config.Name }

// systemRand draws from the operating system's generator (RFC 4086).
func systemRand() uint64 {
	var b [8]byte
	crand.Read(b[:]) // never fails: it ends the program instead
	return binary.NativeEndian.Uint64(b[:])
}

// allowed asks whether a request may be made.
func (s *Stack) allowed() error {
	if s.config.Allow == nil {
		return nil
	}
	return s.config.Allow()
}

// emit completes an event with the time and the host, and hands it to the trace.
func (s *Stack) emit(e trace.Event) {
	if s.config.Trace == nil {
		return
	}
	e.At, e.Host = s.config.Now(), s.config.Name
	s.config.Trace(e)
}
