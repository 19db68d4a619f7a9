//go:build !before3

package show

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// StepsPicture is the sixteen steps of one connection being made. See [Steps].
type StepsPicture struct {
	sequence
	found []int
}

// StepCount is how many steps connecting has.
const StepCount = 16

// Steps finds in a history the sixteen steps by which an application's first connection is made, and draws them between
// the application, the Socket library and the protocol stacks of both hosts:
//
//	 1– 2  the application asks for a socket: the Socket library asks the protocol stack
//	 3– 4  the descriptor comes back
//	 5– 6  the application asks to connect
//	 7– 8  the stack makes a TCP header with SYN, and sends the packet
//	 9–10  the server's stack looks for the socket meant, and records in it what it needs
//	11–12  it makes a TCP header with SYN and ACK, and sends the packet back
//	   13  the client's stack records that the connection stands
//	   14  it sends a packet with ACK
//	15–16  "connected" comes back to the application
//
// A step has its number because the event that makes it was found, after that of the step before. What did not happen, or
// not in this order, or out of sight on a host that keeps no trace, has none: see Found. What else passed meanwhile is
// drawn too, without a number. TCP options are left out: [Ladder] and [Header] show them.
func Steps(s trace.Source) *StepsPicture {
	p := new(StepsPicture)
	p.title, p.empty = "the steps of connecting", "no application has asked to connect yet"
	p.left = "step"
	f := finder{events: s.Events(), picture: p, numbers: numbering{plain: true}}
	f.find()
	return p
}

// Found returns the numbers of the steps that were found, in order.
func (p *StepsPicture) Found() []int { return slices.Clone(p.found) }

// Missing returns the numbers of the steps that were not found.
func (p *StepsPicture) Missing() []int {
	var missing []int
	for n := 1; n <= StepCount; n++ {
		if !slices.Contains(p.found, n) {
			missing = append(missing, n)
		}
	}
	return missing
}

// The lanes of the picture.
const (
	laneApplication = iota
	laneLibrary
	laneClient
	laneServer
)

// nobody is no host's name.
const nobody = "\x00"

// finder looks for the steps.
type finder struct {
	events         trace.Events
	picture        *StepsPicture
	passages       []rung
	numbers        numbering
	client, server string // server is nobody when it keeps no trace
	fd             int
	local, remote  netip.AddrPort // the connection, as the client sees it
	at             int            // where in the history the last step was found
	limit          int            // and where the next one is no longer looked for
	numbered       map[int]bool   // frame events that are a step
}

func (f *finder) find() {
	f.numbered = map[int]bool{}
	connect := slices.IndexFunc(f.events, func(e trace.Event) bool { return e.Kind == trace.Call && e.Name == "connect" })
	if connect < 0 {
		return
	}
	call := f.events[connect]
	f.client, f.fd, f.remote = call.Host, call.FD, call.Remote
	f.readPassages(connect)

	f.socket(connect)
	f.at, f.limit = connect, len(f.events)
	f.add(5, laneApplication, laneLibrary, "connect "+call.Note, connect, connect)
	f.event(6, laneLibrary, laneClient, "connect", f.of(f.client, trace.Record, "peer"))
	f.event(7, laneClient, laneClient, "makes a TCP header: SYN", f.build(f.client, "SYN"))
	f.packet(8, laneClient, laneServer, f.client, header.SYN)
	f.event(9, laneServer, laneServer, "", f.lookUp)
	f.event(10, laneServer, laneServer, "", f.state(f.server, "SYN-RECEIVED"))
	f.event(11, laneServer, laneServer, "makes a TCP header: SYN,ACK", f.build(f.server, "SYN,ACK"))
	f.packet(12, laneServer, laneClient, f.server, header.SYN|header.ACK)
	f.event(13, laneClient, laneClient, "", f.state(f.client, "ESTABLISHED"))
	stands := f.at
	f.packet(14, laneClient, laneServer, f.client, header.ACK)
	f.at = stands
	end := f.returned(connect)
	f.unnumbered(connect, end)
	f.headings()
	slices.SortStableFunc(f.picture.rows, func(a, b step) int { return cmp.Compare(a.began, b.began) })
	slices.Sort(f.picture.found)
}

// socket finds how the descriptor that is connected came about: steps 1 to 4.
func (f *finder) socket(connect int) {
	back := f.before(connect, func(e trace.Event) bool { return e.Kind == trace.Return && e.Name == "socket" && e.FD == f.fd })
	call := f.before(max(back, 0), func(e trace.Event) bool { return e.Kind == trace.Call && e.Name == "socket" })
	if call < 0 {
		return
	}
	f.at, f.limit = call, back
	f.add(1, laneApplication, laneLibrary, "socket", call, call)
	f.event(2, laneLibrary, laneClient, "socket", f.of(f.client, trace.Reserve, "socket"))
	answer := "descriptor " + strconv.Itoa(f.fd)
	f.add(3, laneClient, laneLibrary, answer, back, back)
	f.add(4, laneLibrary, laneApplication, answer, back, back)
}

// returned finds the answer to the request to connect: steps 15 and 16, when the answer is that it is connected.
func (f *finder) returned(connect int) (end int) {
	for i := connect; i < len(f.events); i++ {
		e := f.events[i]
		if e.Kind != trace.Return || e.Name != "connect" || e.Host != f.client || e.FD != f.fd {
			continue
		}
		up, out := 15, 16
		if e.Note != "connected" || i < f.at {
			up, out = 0, 0
		}
		f.add(up, laneClient, laneLibrary, e.Note, i, i)
		f.add(out, laneLibrary, laneApplication, e.Note, i, i)
		return i
	}
	return len(f.events)
}

// before returns the last event of the client before a place that is the one meant, or -1.
func (f *finder) before(place int, meant func(trace.Event) bool) int {
	for i := place - 1; i >= 0; i-- {
		if f.events[i].Host == f.client && meant(f.events[i]) {
			return i
		}
	}
	return -1
}

// event adds a step whose event is the first that is meant after the step before, and before the host hears of something
// else. Without a text the event's own is shown.
func (f *finder) event(number, from, to int, text string, meant func(trace.Event) bool) {
	for i := f.at; i < f.limit; i++ {
		if e := f.events[i]; meant(e) {
			f.at = i
			f.add(number, from, to, cmp.Or(text, own(e)), i, i)
			return
		}
	}
}

// own is what an event says about itself.
func own(e trace.Event) string {
	if e.Kind == trace.LookUp {
		return "looks for the socket: " + e.Note
	}
	return "records: " + e.Note
}

// packet adds a step that is a packet of this connection with exactly these control bits, PSH aside.
func (f *finder) packet(number, from, to int, sender string, flags header.Flags) {
	for _, r := range f.passages {
		began, ended, known := f.places(r)
		source, _ := r.ends()
		if r.tcp.Flags&^header.PSH != flags || began < f.at || source != f.end(sender) {
			continue
		}
		f.at, f.limit = began, len(f.events)
		f.numbered[began] = true
		if r.Lost >= 0 || !known {
			ended = began
		}
		for i := ended + 1; i < len(f.events); i++ {
			if e := f.events[i]; e.Kind == trace.Receive && e.Host == f.events[ended].Host {
				f.limit = i
				break
			}
		}
		f.addPacket(number, from, to, r, began, ended)
		return
	}
}

// end is the connection's end at a host.
func (f *finder) end(host string) netip.AddrPort {
	if host == f.client {
		return f.local
	}
	return f.remote // also of a server that keeps no trace: what arrives from there was sent
}

// places returns where in the history a packet was sent and where it arrived. When only one of the two is known, it is
// both.
func (f *finder) places(r rung) (began, ended int, known bool) {
	switch {
	case r.Sent < 0:
		return r.Arrivals[0], r.Arrivals[0], false
	case len(r.Arrivals) == 0:
		return r.Sent, r.Sent, false
	}
	return r.Sent, r.Arrivals[0], true
}

func (f *finder) addPacket(number, from, to int, r rung, began, ended int) {
	f.add(number, from, to, f.numbers.segment(&r.packet), began, ended)
	last := &f.picture.rows[len(f.picture.rows)-1]
	last.lost = r.Lost >= 0
}

// readPassages reads the packets from the request to connect on, and learns from them and from the records who the
// connection is between.
func (f *finder) readPassages(connect int) {
	for _, e := range f.events[connect:] {
		if e.Host == f.client && e.FD == f.fd && e.Local.IsValid() && e.Remote == f.remote {
			f.local = e.Local
			break
		}
	}
	f.server = nobody
	for _, e := range f.events[connect:] {
		if e.Host != f.client && e.Local == f.remote && e.Remote == f.local {
			f.server = e.Host
			break
		}
	}
	for _, p := range f.events.Passages() {
		r := rungOf(p)
		if r.tcp == nil {
			continue
		}
		if from, to := r.ends(); from == f.local && to == f.remote || from == f.remote && to == f.local {
			f.numbers.see(&r.packet)
			f.passages = append(f.passages, r)
		}
	}
}

// unnumbered adds what else passed between the two hosts while the connection was being made.
func (f *finder) unnumbered(connect, end int) {
	for _, p := range f.events.Passages() {
		began, ended := p.Sent, p.Sent
		if began < 0 {
			began, ended = p.Arrivals[0], p.Arrivals[0]
		} else if len(p.Arrivals) > 0 {
			ended = p.Arrivals[0]
		}
		if began < connect || began > end || f.numbered[began] {
			continue
		}
		r := rungOf(p)
		from, to := laneClient, laneServer
		if p.Sent < 0 || f.events[p.Sent].Host == f.server {
			from, to = to, from
		}
		label := r.words()
		if r.tcp != nil {
			label = f.numbers.segment(&r.packet)
		}
		f.add(0, from, to, label, began, ended)
		last := &f.picture.rows[len(f.picture.rows)-1]
		last.lost = p.Lost >= 0
	}
}

// add adds a row; without a number it is no step. A place in the history is shared by what happens there in turn.
func (f *finder) add(number, from, to int, text string, began, ended int) {
	const turns = 4
	row := step{from: from, to: to, label: text, began: began * turns, ended: ended * turns, faint: number == 0}
	if number > 0 {
		row.number = strconv.Itoa(number)
		row.left = row.number
		f.picture.found = append(f.picture.found, number)
	}
	for slices.ContainsFunc(f.picture.rows, func(r step) bool { return r.began == row.began }) {
		if row.ended == row.began {
			row.ended++
		}
		row.began++
	}
	f.picture.rows = append(f.picture.rows, row)
}

func (f *finder) headings() {
	server := f.server
	if server == nobody {
		server = f.remote.Addr().String()
	}
	f.picture.lanes = []lane{
		{"application", f.client}, {"Socket library", f.client}, {"protocol stack", f.client}, {"protocol stack", server},
	}
}

// What an event has to be to be a step.

func (f *finder) of(host string, kind trace.Kind, name string) func(trace.Event) bool {
	return func(e trace.Event) bool { return e.Kind == kind && e.Host == host && e.FD == f.fd && e.Name == name }
}

func (f *finder) build(host, flags string) func(trace.Event) bool {
	return func(e trace.Event) bool {
		return e.Kind == trace.Build && e.Host == host && e.Name == flags && f.concerns(e)
	}
}

func (f *finder) state(host, state string) func(trace.Event) bool {
	return func(e trace.Event) bool {
		return e.Kind == trace.Record && e.Host == host && e.Name == "state" && strings.HasSuffix(e.Note, "→ "+state) && f.concerns(e)
	}
}

func (f *finder) lookUp(e trace.Event) bool {
	return e.Kind == trace.LookUp && e.Host == f.server && f.concerns(e)
}

// concerns says whether an event is about this connection, seen from its host.
func (f *finder) concerns(e trace.Event) bool {
	if e.Host == f.client {
		return e.Local == f.local && e.Remote == f.remote
	}
	return e.Local == f.remote && e.Remote == f.local
}
