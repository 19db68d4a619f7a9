//go:build !before9

package script

// toldMore has things happen to an end that there are from chapter 9 on.
func toldMore(p *pair) {
	p.a.SetTOS(p.now, 0x28)
	for i := len(p.a.events) - 1; i >= 0; i-- {
		if e := &p.a.events[i]; e.arrow == '>' && e.length > 1160 { // the newest large packet
			p.a.TooBig(p.now, e.segment.Header.Seq, 1200)
			break
		}
	}
	p.flush(p.a, 'b')
}
