//go:build !before3

package show

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tsunagu/tsunagu/stack/trace"
)

// LadderPicture is the packets that passed between hosts, one below the other as rungs of a ladder. See [Ladder].
type LadderPicture struct {
	sequence
	absolute, bare, timestamps bool
	hosts                      []string
}

// LadderOption changes how a ladder is drawn.
type LadderOption func(*LadderPicture)

// Absolute has sequence numbers and ACK numbers drawn as they stand in the headers. Otherwise the SYN of each direction
// is number 0.
func Absolute(l *LadderPicture) { l.absolute = true }

// Timestamps has the values of the timestamps option drawn (RFC 7323 3). Otherwise only a SYN says that it has them.
func Timestamps(l *LadderPicture) { l.timestamps = true }

// Bare leaves out the changes of state: only packets are drawn.
func Bare(l *LadderPicture) { l.bare = true }

// Hosts says in which order the hosts stand, from the left, and leaves out what passes between others. Without it, who
// sends first stands first.
func Hosts(names ...string) LadderOption {
	return func(l *LadderPicture) { l.hosts = names }
}

// Ladder draws what passed on the cable: each packet as an arrow from who sent it to who got it, with the time at
// either end, and beside it how each side's state changed. A packet that was lost ends in a cross. A host that keeps no
// trace itself is drawn under its address.
func Ladder(s trace.Source, options ...LadderOption) *LadderPicture {
	l := new(LadderPicture)
	for _, o := range options {
		o(l)
	}
	l.title, l.empty = "ladder of the packets that passed", "no packet has passed yet"
	d := ladder{LadderPicture: l, events: s.Events(), numbers: numbering{absolute: l.absolute, timestamps: l.timestamps}}
	d.draw()
	return l
}

// ladder is a picture being drawn.
type ladder struct {
	*LadderPicture
	events  trace.Events
	numbers numbering
	rungs   []rung
	owner   map[netip.Addr]string // address → host
	clock   clock
	several bool // there is more than one connection
}

// rung is a passage whose packet has been read.
type rung struct {
	trace.Passage
	packet
}

func rungOf(p trace.Passage) rung {
	r := rung{p, readPacket(p.Frame)}
	r.scale = p.Scale
	return r
}

func (d *ladder) draw() {
	d.clock = clockOf(d.events)
	d.read()
	d.findHosts()
	lanes := map[string]int{}
	for i, h := range d.hosts {
		lanes[h] = i
		d.lanes = append(d.lanes, lane{h, d.detail(h)})
	}
	type entry struct {
		at  int
		row step
	}
	var entries []entry
	for _, r := range d.rungs {
		for _, row := range d.rows(r, lanes) {
			entries = append(entries, entry{row.began, row})
		}
	}
	for i, e := range d.events {
		at, known := lanes[e.Host]
		if d.bare || !known || e.Kind != trace.Record || e.Name != "state" || !strings.Contains(e.Note, "→") {
			continue
		}
		row := step{from: at, to: at, label: d.port(e.Local) + e.Note, began: i, ended: i}
		d.margins(&row, e.At, e.At)
		entries = append(entries, entry{i, row})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	for _, e := range entries {
		d.LadderPicture.rows = append(d.LadderPicture.rows, e.row)
	}
	d.unit = d.clock.unit
	d.left, d.right = d.unit, d.unit
	if len(d.lanes) != 2 {
		d.left, d.right = "sent "+d.unit, "arrived"
	}
}

// read reads the packets.
func (d *ladder) read() {
	connections := map[[2]netip.AddrPort]bool{}
	d.owner = map[netip.Addr]string{}
	for _, p := range d.events.Passages() {
		r := rungOf(p)
		if r.tcp != nil {
			d.numbers.see(&r.packet)
			from, to := r.ends()
			if !connections[[2]netip.AddrPort{to, from}] {
				connections[[2]netip.AddrPort{from, to}] = true
			}
		}
		if a := r.src(); a.IsValid() && p.Sent >= 0 && (r.arp != nil || r.ip.TTL >= 64) {
			// Who sends from an address has it, unless it only passes on what came from elsewhere.
			if _, known := d.owner[a]; !known {
				d.owner[a] = d.events[p.Sent].Host
			}
		}
		d.rungs = append(d.rungs, r)
	}
	d.several = len(connections) > 1
}

// findHosts decides who stands where.
func (d *ladder) findHosts() {
	if d.hosts != nil {
		return
	}
	add := func(h string) {
		if h != "" && !slices.Contains(d.hosts, h) {
			d.hosts = append(d.hosts, h)
		}
	}
	for _, r := range d.rungs {
		from, to := d.between(r)
		add(from)
		for _, t := range to {
			add(t)
		}
	}
	for _, h := range d.events.Hosts() {
		if slices.ContainsFunc(d.events.By(h), func(e trace.Event) bool { return e.Kind == trace.Record && e.Name == "state" && !d.bare }) {
			add(h)
		}
	}
}

// between returns who sent a packet, and who got it or would have.
func (d *ladder) between(r rung) (from string, to []string) {
	if r.Sent >= 0 {
		from = d.events[r.Sent].Host
	} else {
		from = d.stranger(r.src(), r.eth.Src.String())
	}
	for _, i := range r.Arrivals {
		to = append(to, d.events[i].Host)
	}
	if to == nil {
		to = []string{d.stranger(r.dst(), r.eth.Dst.String())}
	}
	return from, to
}

// stranger is the name of whoever has an address.
func (d *ladder) stranger(a netip.Addr, mac string) string {
	if h, ok := d.owner[a]; ok {
		return h
	}
	if a.IsValid() {
		return a.String()
	}
	return mac
}

// rows draws a packet: an arrow for each host that got it.
func (d *ladder) rows(r rung, lanes map[string]int) []step {
	sender, receivers := d.between(r)
	from, ok := lanes[sender]
	if !ok {
		return nil
	}
	label := r.words()
	if r.tcp != nil {
		a, b := r.ends()
		label = d.numbers.segment(&r.packet)
		if d.several {
			label = fmt.Sprintf("%d → %d: %s", a.Port(), b.Port(), label)
		}
	}
	var rows []step
	got := map[string]bool{}
	for i, h := range receivers {
		to, ok := lanes[h]
		if !ok || to == from {
			continue
		}
		row := step{from: from, to: to, label: label, lost: r.Lost >= 0 && len(r.Arrivals) == 0, began: r.Sent, ended: r.Sent}
		sent, arrived := d.at(r.Sent), time.Duration(-1)
		switch {
		case len(r.Arrivals) > 0:
			row.ended = r.Arrivals[i]
			arrived = d.at(row.ended)
			if r.Sent < 0 {
				row.began = row.ended
			}
		case r.Lost >= 0 && d.events[r.Lost].Name != "" && d.events[r.Lost].Name != "lost":
			row.label += " (" + d.events[r.Lost].Name + ")"
		}
		if got[h] {
			row.label, row.faint = label+" (again)", true
			row.began = row.ended
		}
		got[h] = true
		d.margins(&row, sent, arrived)
		rows = append(rows, row)
	}
	return rows
}

// at is when an event happened; negative when it is not known.
func (d *ladder) at(i int) time.Duration {
	if i < 0 {
		return -1
	}
	return d.events[i].At
}

// margins writes the times beside a row: between two hosts each at its own side.
func (d *ladder) margins(row *step, sent, arrived time.Duration) {
	left, right := d.clock.text(sent), d.clock.text(arrived)
	switch {
	case row.note() && len(d.lanes) == 2 && row.from == 1:
		left = ""
	case row.note():
		right = ""
	case len(d.lanes) == 2 && row.from == 1:
		left, right = right, left
	}
	row.left, row.right = left, right
}

// detail is what stands under a host's name: its end of the connection when there is only one, else its addresses.
func (d *ladder) detail(host string) string {
	var seen []string
	for _, r := range d.rungs {
		name, address := d.stranger(r.src(), ""), r.src()
		if name != host || !address.IsValid() {
			continue
		}
		text := address.String()
		if r.tcp != nil && !d.several {
			from, _ := r.ends()
			text = from.String()
		}
		// An address with its port says more than the address alone.
		if !slices.ContainsFunc(seen, func(s string) bool { return s == text || strings.HasPrefix(s, text+":") }) {
			seen = slices.DeleteFunc(seen, func(s string) bool { return strings.HasPrefix(text, s+":") })
			seen = append(seen, text)
		}
	}
	if len(seen) == 1 && seen[0] == host {
		return "" // a stranger, who is called by his address
	}
	return strings.Join(seen, ", ")
}

// port says which connection a change of state is about, when there are several.
func (d *ladder) port(local netip.AddrPort) string {
	if !d.several || !local.IsValid() {
		return ""
	}
	return strconv.Itoa(int(local.Port())) + ": "
}
