//go:build !before3

package show

import (
	"fmt"
	"strings"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// PathPicture is the way of one request through the parts of the protocol stack. See [Path].
type PathPicture struct {
	title    string
	from, to string // hosts; to is empty when nothing was seen to arrive
	parts    []pathPart
	none     string
}

// pathPart is a part that took part: what it did on the way down, and its counterpart on the way up.
type pathPart struct {
	name, down, up string
	size           int // of what it handed down, in bytes; 0 when that is no packet
}

// Path follows the last request of the given name that an application on the host made: which parts it went through on
// its way down to the cable, what each of them did and how long the packet was then, and which parts the packet went
// through on its way up at the other host. A part that nothing was heard of is not in the picture; of a request that
// caused several packets it follows the first that carries what the request is about.
func Path(s trace.Source, host, request string) *PathPicture {
	f := pathFinder{events: s.Events(), picture: &PathPicture{
		title: "the way of a request: " + request, from: host, none: fmt.Sprintf("no application on %s has asked for %s", host, request),
	}}
	f.find(host, request)
	return f.picture
}

type pathFinder struct {
	events  trace.Events
	picture *PathPicture
}

func (f *pathFinder) find(host, request string) {
	call, answer := -1, len(f.events)
	for i, e := range f.events {
		if e.Host == host && e.Kind == trace.Call && e.Name == request {
			call, answer = i, len(f.events)
		}
		if e.Host == host && e.Kind == trace.Return && e.Name == request && call >= 0 && answer == len(f.events) {
			answer = i
		}
	}
	if call < 0 {
		return
	}
	asked := f.events[call]
	f.part("application", strings.TrimSpace("asks: "+request+" "+asked.Note), 0)
	if asked.FD != 0 {
		f.part("Socket library", fmt.Sprintf("names descriptor %d", asked.FD), 0)
	} else {
		f.part("Socket library", "hands it to the protocol stack", 0)
	}
	f.stack(call, answer, asked)
}

// stack finds what the protocol stack did.
func (f *pathFinder) stack(call, answer int, asked trace.Event) {
	var records []string
	for _, e := range f.events[call:min(answer+1, len(f.events))] {
		if e.Host != asked.Host {
			continue
		}
		switch {
		case e.Kind == trace.Build:
			f.down(call, e, records)
			return
		case e.Kind == trace.Reserve:
			records = append(records, "reserves memory: "+e.Name)
		case e.Kind == trace.Record:
			records = append(records, "records: "+e.Name+" "+e.Note)
		}
	}
	if len(records) > 0 { // it went no further down
		f.part("protocol stack", strings.Join(records, "; "), 0)
	}
}

// down follows the packet whose making e tells of.
func (f *pathFinder) down(call int, e trace.Event, records []string) {
	for _, p := range f.events.Passages() {
		if p.Sent < call || f.events[p.Sent].Host != e.Host {
			continue
		}
		k := readPacket(p.Frame)
		if k.ip == nil || e.Remote.IsValid() && e.Remote.Addr() != k.ip.Dst || k.tcp != nil && k.tcp.Flags.String() != e.Name {
			continue
		}
		f.headers(&k, p)
		return
	}
	maker, made := builds(e)
	f.part(maker, strings.Join(append(records, "makes "+made), "; "), 0)
}

// builds says which part makes a header, and what that header says.
func builds(e trace.Event) (maker, made string) {
	switch e.Name {
	case "UDP":
		return "UDP part", "a UDP header"
	case "ICMP":
		return "ICMP", "an ICMP header: " + e.Note
	}
	return "TCP part", "a TCP header: " + e.Name
}

// headers tells of each part by the header that it put in front.
func (f *pathFinder) headers(k *packet, p trace.Passage) {
	up := f.up(p, len(k.payload) > 0)
	size := len(k.payload)
	switch {
	case k.tcp != nil:
		size += k.tcp.Len()
		f.part("TCP part", fmt.Sprintf("%s + TCP header: %v", bytesOfData(len(k.payload)), k.tcp.Flags), size)
		f.counterpart(up.lookUp)
	case k.ip.Protocol == header.ProtocolUDP && size >= udpLen:
		f.part("UDP part", bytesOfData(size-udpLen)+" + UDP header", size)
		f.counterpart(up.lookUp)
	case k.ip.Protocol == header.ProtocolICMP && size >= icmpLen:
		f.part("ICMP", bytesOfData(size-icmpLen)+" + ICMP header", size)
	}
	size += k.ip.Len() + header.EthernetLen
	f.part("IP part", fmt.Sprintf("+ IP header: to %v + Ethernet header: to %v", k.ip.Dst, k.eth.Dst), size)
	f.counterpart(up.ip)
	f.part("LAN driver", "hands the frame to the adapter", size)
	f.counterpart(up.driver)
	at := clockOf(f.events)
	f.part("LAN adapter", "sends at "+at.text(f.events[p.Sent].At)+" "+at.unit, len(p.Frame))
	f.counterpart(up.adapter)
	f.picture.to = up.host
	if up.application != "" {
		f.picture.parts[0].up = up.application
		f.picture.parts[1].up = up.library
	}
}

func bytesOfData(n int) string {
	if n == 0 {
		return "no data"
	}
	return fmt.Sprintf("%d bytes of data", n)
}

// wayUp is what was heard of a packet at the host where it arrived.
type wayUp struct {
	host, adapter, driver, ip, lookUp, library, application string
}

// up finds how far up a packet got. Only data has an application to go to.
func (f *pathFinder) up(p trace.Passage, data bool) (u wayUp) {
	at := clockOf(f.events)
	if p.Lost >= 0 {
		lost := f.events[p.Lost]
		u.host, u.adapter = "the cable", "lost at "+at.text(lost.At)+" "+at.unit
		return u
	}
	if len(p.Arrivals) == 0 {
		return u
	}
	arrival := p.Arrivals[0]
	host := f.events[arrival].Host
	u.host, u.adapter, u.driver = host, "receives at "+at.text(f.events[arrival].At)+" "+at.unit, "takes the frame"
	fd := 0
	for _, e := range f.events[arrival+1:] {
		if e.Host != host {
			continue
		}
		switch {
		case e.Kind == trace.Receive && u.lookUp == "", e.Kind == trace.Drop:
			return u // it got no further
		case e.Kind == trace.LookUp && u.lookUp == "":
			u.ip, u.lookUp, fd = "hands up what is for it", "looks for the socket: "+e.Note, e.FD
		case data && u.lookUp != "" && e.Kind == trace.Return && (e.Name == "read" || e.Name == "recvfrom") && (fd == 0 || e.FD == fd):
			u.application, u.library = "gets its answer: "+e.Name+" "+e.Note, "hands it up"
			return u
		}
	}
	return u
}

func (f *pathFinder) part(name, down string, size int) {
	f.picture.parts = append(f.picture.parts, pathPart{name: name, down: down, size: size})
}

func (f *pathFinder) counterpart(up string) {
	f.picture.parts[len(f.picture.parts)-1].up = up
}

// Text draws the path as a table, from the top of the stack down.
func (p *PathPicture) Text() string {
	if len(p.parts) == 0 {
		return p.none
	}
	t := Table{Columns: []Column{{Name: "part"}, {Name: p.from + " ▼"}, {Name: "bytes", Right: true}, {Name: p.to + " ▲"}}}
	for _, part := range p.parts {
		size := ""
		if part.size > 0 {
			size = fmt.Sprint(part.size)
		}
		t.Add(part.name, part.down, size, part.up)
	}
	t.Drop()
	return t.Text()
}

// SVG draws the parts as boxes on top of each other: down on one host, along the cable, up on the other.
func (p *PathPicture) SVG() string {
	var s svg
	if len(p.parts) == 0 {
		s.label(0, svgFont, "start", svgFaint, p.none, "")
		return s.document(p.title)
	}
	const height, gap, names = 30.0, 14.0, 130.0
	widest := func(text func(pathPart) string) float64 {
		w := 0
		for _, part := range p.parts {
			w = max(w, textWidth(text(part)))
		}
		return float64(w)*svgColumn + 20
	}
	left := max(widest(func(a pathPart) string { return a.down })+70, 180)
	right := max(widest(func(a pathPart) string { return a.up }), 160)
	x2 := names + left + 60
	y := func(i int) float64 { return svgRow + float64(i)*(height+gap) }
	s.label(names+left/2, svgFont, "middle", svgInk, p.from, `font-weight="600"`)
	s.label(x2+right/2, svgFont, "middle", svgInk, p.to, `font-weight="600"`)
	middle := func(i int) float64 { return y(i) + height/2 + svgFont*0.35 }
	for i, part := range p.parts {
		s.label(0, middle(i), "start", svgFaint, part.name, "")
		s.box(names, y(i), left, height, svgTint, svgLine, `rx="4"`)
		s.label(names+10, middle(i), "start", svgInk, part.down, "")
		if part.size > 0 {
			s.label(names+left-8, middle(i), "end", svgFaint, fmt.Sprint(part.size, " bytes"), `font-size="10.5"`)
		}
		if i > 0 {
			s.arrow(names+left/2, y(i)-gap, names+left/2, y(i), svgBlue, "")
		}
		if part.up != "" {
			s.box(x2, y(i), right, height, svgTint, svgLine, `rx="4"`)
			s.label(x2+10, middle(i), "start", svgInk, part.up, "")
			if i < len(p.parts)-1 && p.parts[i+1].up != "" {
				s.arrow(x2+right/2, y(i)+height+gap, x2+right/2, y(i)+height, svgBlue, "")
			}
		}
	}
	if last := len(p.parts) - 1; p.parts[last].up != "" {
		colour := svgBlue
		if strings.HasPrefix(p.parts[last].up, "lost") {
			colour = svgRed
		}
		s.arrow(names+left, y(last)+height/2, x2, y(last)+height/2, colour, "")
	}
	return s.document(p.title)
}
