//go:build !before9

package tcp

import "time"

// Info is how a connection stands at one moment: STATUS of RFC 9293 3.10.6, and what Linux tells by tcp_info. Sizes are in
// bytes of sequence numbers, unless it says packets; times are the connection's clock's.
type Info struct {
	State State
	Err   error // why it ended; nil: it has not, or in order

	// What both SYNs agreed on.
	WindowScale  bool  // RFC 7323 2
	SendShift    uint8 // by how many bits the peer's window fields are shifted (snd_wscale)
	ReceiveShift uint8 // … and ours (rcv_wscale)
	SACK         bool  // RFC 2018
	Timestamps   bool  // RFC 7323 3
	ECN          bool  // RFC 3168: new data is marked as able to bear a mark

	// Time, as RFC 6298 measures it.
	RTO    time.Duration // the timeout now, with what it has been doubled (rto)
	SRTT   time.Duration // the smoothed round trip; 0: none measured (rtt)
	RTTVar time.Duration // how far it varies; 0 with another estimator than ours (rttvar)
	MinRTT time.Duration // the shortest measured; 0: none (min_rtt)

	// Sizes.
	SendMSS       int // the largest payload of a packet to the peer, before options are taken off it (snd_mss)
	PathMTU       int // the largest packet sent, headers and all (pmtu)
	ReceiveMSS    int // the largest that we have said we take (advmss)
	SendWindow    int // what the peer can receive, from its last ACK on (snd_wnd)
	ReceiveWindow int // what we have offered to receive (rcv_wnd)
	Cwnd          int // the congestion window; Linux counts packets (snd_cwnd)
	Ssthresh      int // below it the window grows by slow start; math.MaxInt32: no loss yet (snd_ssthresh)

	// What is under way.
	Unsent        int // written by the application and not sent (notsent_bytes)
	Unread        int // arrived in order and not read
	InFlight      int // sent and not acknowledged (unacked)
	Sacked        int // … of that, known to have arrived (sacked)
	Lost          int // … taken for lost, and to be sent again (lost)
	Retransmitted int // … sent again, and under way (retrans)
	HeldPieces    int // pieces that arrived before what precedes them

	// How packets are carried, see [Conn.SetTOS], [Conn.SetTTL] and [Conn.HeardTOS].
	TOS, TTL, HeardTOS uint8

	// How well it goes.
	Recovering  bool  // a loss is being repaired, or a mark heeded: the congestion window does not grow (ca_state)
	Reordering  bool  // packets have been seen to overtake others (reordering; reord_seen)
	Backoff     int   // how often the timeout has been doubled (backoff)
	Retransmits int   // how often in a row the timer has gone off in vain (retransmits)
	Probes      int   // keepalives sent without an answer (probes)
	SoftError   error // what is wrong, see [Conn.SoftError]

	// How long ago, at the time of the question; a negative number: never.
	SinceSent     time.Duration // data was sent (last_data_sent)
	SinceReceived time.Duration // data arrived in order (last_data_recv)
	SinceACK      time.Duration // an acceptable ACK arrived (last_ack_recv)

	// Counts is how often what has happened: BytesIn (bytes_received), BytesOut (bytes_sent), BytesAcked (bytes_acked),
	// BytesRetransmitted (bytes_retrans), SegmentsIn and SegmentsOut (segs_in, segs_out), Retransmits (total_retrans), and
	// all the others.
	Counts Counts
}

// Info returns how the connection stands at the time now.
func (c *Conn) Info(now time.Duration) Info {
	scale, g := &c.options.scale, &c.congestion
	i := Info{
		State: c.state, Err: c.err,
		WindowScale: scale.agreed, SendShift: scale.snd, ReceiveShift: scale.rcv,
		SACK: c.options.report.agreed, Timestamps: c.options.stamps.agreed,
		ECN:     c.path.ecn.marks,
		MinRTT:  c.stream.minRTT,
		SendMSS: c.mss, PathMTU: c.PathMTU(), ReceiveMSS: c.rcvMSS,
		TOS: c.TOS(), TTL: c.TTL(), HeardTOS: c.HeardTOS(),
		SendWindow: c.snd.wnd, ReceiveWindow: c.rcv.wnd,
		Cwnd: g.window.Cwnd, Ssthresh: g.window.Ssthresh,
		Unread:   c.receive.Len(),
		InFlight: c.snd.nxt.Sub(c.snd.una),
		Sacked:   c.sent.sackedSpace, Lost: c.sent.lostSpace, Retransmitted: c.sent.repeatedSpace,
		HeldPieces: len(c.stream.held),
		Backoff:    c.retry.backoff, Retransmits: c.retry.times, Probes: c.vigil.probes,
		SoftError: c.SoftError(),
		SinceSent: since(now, g.sent), SinceReceived: since(now, c.stream.lastData), SinceACK: since(now, c.heard),
		Recovering: c.recovery.phase != calm, Reordering: c.recovery.rack.reorderingSeen,
		Counts: c.counts,
	}
	if c.state != Closed {
		i.RTO = c.rto()
		i.Unsent = c.send.Len()
		if !c.opening() {
			i.Unsent -= c.inFlight()
		}
	}
	i.SRTT = g.srtt
	if e, ok := c.stream.estimator.(*rtoEstimator); ok {
		i.SRTT, i.RTTVar = e.srtt, e.rttvar
	}
	return i
}

// since is how long ago it happened; what happened at 0 has not.
func since(now, at time.Duration) time.Duration {
	if at == 0 {
		return -1
	}
	return now - at
}
