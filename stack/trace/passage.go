package trace

import "slices"

// Passage is one frame's way along the cable: where in the history it was sent, where it arrived, where it was lost.
// The numbers are indices into the history; one that is not known is -1.
type Passage struct {
	Frame    []byte
	Sent     int   // -1: by somebody who is not in the history
	Arrivals []int // several, when several hosts hear it or when the cable doubled it; none, when nobody who is in the history got it
	Lost     int   // -1: it was not lost
	Scale    uint8 // how far the window in it is shifted, as [Event] has it
}

// Passages finds out which frame sent is which frame arrived. Frames carry no mark by which to tell, so it goes by their
// bytes: an arrival belongs to the oldest frame with these bytes that this host has not got yet. The passages stand in
// the order in which they began.
func (es Events) Passages() []Passage {
	var all []Passage
	same := map[string][]int{} // frame → passages that carry it
	begin := func(p Passage) {
		same[string(p.Frame)] = append(same[string(p.Frame)], len(all))
		all = append(all, p)
	}
	for i, e := range es {
		switch e.Kind {
		case Send:
			begin(Passage{Frame: e.Frame, Sent: i, Lost: -1, Scale: e.Scale})
		case Receive:
			p := -1
			for _, n := range same[string(e.Frame)] {
				sent := all[n].Sent
				if sent >= 0 && es[sent].Host == e.Host {
					continue // nobody hears himself
				}
				p = n
				if all[n].Lost < 0 && !es.arrivedAt(all[n], e.Host) {
					break // otherwise it has come twice, which the last one takes the blame for
				}
			}
			if p < 0 {
				begin(Passage{Frame: e.Frame, Sent: -1, Lost: -1, Arrivals: []int{i}, Scale: e.Scale})
				continue
			}
			all[p].Arrivals = append(all[p].Arrivals, i)
		case Lost:
			p := -1
			for _, n := range same[string(e.Frame)] {
				open := all[n].Lost < 0 && len(all[n].Arrivals) == 0
				if open && (p < 0 || all[n].Sent >= 0 && es[all[n].Sent].Host == e.Host && es[all[p].Sent].Host != e.Host) {
					p = n
				}
			}
			if p >= 0 {
				all[p].Lost = i
			}
		}
	}
	return all
}

func (es Events) arrivedAt(p Passage, host string) bool {
	return slices.ContainsFunc(p.Arrivals, func(i int) bool { return es[i].Host == host })
}
