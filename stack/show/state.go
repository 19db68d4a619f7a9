package show

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/stack/trace"
)

// StatePicture is the state diagram of TCP and the way that one connection took through it. See [State].
type StatePicture struct {
	host  string
	taken []taken
	clock clock
}

// taken is a change of state that happened.
type taken struct {
	from, to string
	at       trace.Event
	edge     int // in stateEdges; -1: not in the diagram, an abort or a reset
}

// State draws the state diagram of RFC 9293 (3.3.2, figure 5) and in it, numbered, the way that a connection of the host
// really took: its newest one, seen from that side. Where the host has made no connection it is the socket that listens.
func State(s trace.Source, host string) *StatePicture {
	events := s.Events()
	p := &StatePicture{host: host, clock: clockOf(events)}
	type key struct {
		local, remote netip.AddrPort
		fd            int
	}
	var newest key
	var changes []trace.Event
	for _, e := range events {
		if e.Host != host || e.Kind != trace.Record || e.Name != "state" || !strings.Contains(e.Note, " → ") {
			continue
		}
		k := key{local: e.Local, remote: e.Remote}
		if !e.Remote.IsValid() {
			k.fd = e.FD
		}
		begins := !strings.HasPrefix(e.Note, "LISTEN →") || newest != k
		switch {
		case k == newest && !(begins && strings.HasPrefix(e.Note, "CLOSED →")):
			changes = append(changes, e)
		case e.Remote.IsValid() && begins && fresh(e.Note), !newest.remote.IsValid():
			newest, changes = k, []trace.Event{e}
		}
	}
	for _, e := range changes {
		from, to, _ := strings.Cut(e.Note, " → ")
		p.add(from, to, e)
	}
	return p
}

// fresh says whether a change of state is the first of a connection.
func fresh(note string) bool {
	return strings.HasPrefix(note, "CLOSED →") || strings.HasPrefix(note, "LISTEN →")
}

func (p *StatePicture) add(from, to string, e trace.Event) {
	t := taken{from: from, to: to, at: e}
	t.edge = slices.IndexFunc(stateEdges[:], func(d stateEdge) bool { return d.from == from && strings.TrimSpace(d.to) == to })
	p.taken = append(p.taken, t)
}

// States returns the states that the connection has been in, in order.
func (p *StatePicture) States() []string {
	var states []string
	for _, t := range p.taken {
		if len(states) == 0 {
			states = append(states, t.from)
		}
		states = append(states, t.to)
	}
	return states
}

// visited says whether the connection has been in a box of the diagram.
func (p *StatePicture) visited(box string) bool {
	for i, t := range p.taken {
		switch {
		case i == 0 && t.from == box:
			return true
		case t.edge >= 0 && stateEdges[t.edge].to == box:
			return true
		case t.edge < 0 && (t.to == box || t.to == "CLOSED" && box == endState):
			return !(t.to == "CLOSED" && box == "CLOSED" && i > 0)
		}
	}
	return false
}

// numbers returns the numbers of the changes that took an edge: "2", or "2,5".
func (p *StatePicture) numbers(edge int) string {
	var n []string
	for i, t := range p.taken {
		if t.edge == edge {
			n = append(n, fmt.Sprint(i+1))
		}
	}
	return strings.Join(n, ",")
}

// legend has a line for each change.
func (p *StatePicture) legend() *Table {
	t := &Table{
		Columns: []Column{{Right: true}, {Name: "at " + p.clock.unit, Right: true}, {Name: "change of state"}, {Name: "because of / what is sent"}},
		Empty:   p.host + " has no connection",
	}
	for i, c := range p.taken {
		cause := "not in the diagram: the connection was given up"
		if c.edge >= 0 {
			cause = stateEdges[c.edge].cause
		}
		t.Add(fmt.Sprint(i+1), p.clock.text(c.at.At), c.from+" → "+c.to, cause)
	}
	return t
}

// Text draws the diagram with characters: double boxes and heavy lines are the way taken, and below is what happened.
func (p *StatePicture) Text() string {
	var c canvas
	for i, e := range stateEdges {
		edgeText(&c, e.line, p.numbers(i))
	}
	for _, s := range statePlaces {
		h, v, corners := "─", "│", [4]string{"┌", "┐", "└", "┘"}
		if p.visited(s.name) {
			h, v, corners = "═", "║", [4]string{"╔", "╗", "╚", "╝"}
		}
		side := strings.Repeat(h, boxWidth-2)
		c.put(s.x, s.y, corners[0]+side+corners[1])
		c.put(s.x, s.y+1, v+center(strings.TrimSpace(s.name), boxWidth-2)+v)
		c.put(s.x, s.y+2, corners[2]+side+corners[3])
	}
	return c.String() + "\n\n" + p.legend().Text()
}

// edgeText draws a line along its corners, heavy when it has numbers.
func edgeText(c *canvas, line [][2]int, numbers string) {
	heavy := numbers != ""
	h, v := "─", "│"
	if heavy {
		h, v = "━", "┃"
	}
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		if a[1] == b[1] {
			c.fill(min(a[0], b[0]), a[1], abs(a[0]-b[0])+1, h)
		}
		for y := min(a[1], b[1]); a[0] == b[0] && y <= max(a[1], b[1]); y++ {
			c.put(a[0], y, v)
		}
		if i > 1 {
			c.put(a[0], a[1], corner(line[i-2], a, b, heavy))
		}
	}
	last, before := line[len(line)-1], line[len(line)-2]
	head, at := "▼", [2]int{last[0] + 2, last[1]}
	switch {
	case last[1] < before[1]:
		head = "▲"
	case last[0] > before[0]:
		head, at = "►", [2]int{(last[0]+before[0])/2 - 1, last[1] - 1}
	case last[0] < before[0]:
		head, at = "◄", [2]int{(last[0] + before[0]) / 2, last[1] - 1}
	}
	c.put(last[0], last[1], head)
	if heavy {
		c.put(at[0], at[1], numbers)
	}
}

// corner is the character that joins two lines.
func corner(from, at, to [2]int, heavy bool) string {
	up, left := from[1] < at[1] || to[1] < at[1], from[0] < at[0] || to[0] < at[0]
	i := 0
	if up {
		i = 2
	}
	if left {
		i++
	}
	if heavy {
		return [...]string{"┏", "┓", "┗", "┛"}[i]
	}
	return [...]string{"┌", "┐", "└", "┘"}[i]
}

func abs(n int) int { return max(n, -n) }
