//go:build !before4

package tcp

import "iter"

// Counter is something that happens to a connection, and is counted.
type Counter uint8

// In brackets stands what nstat calls the same thing on Linux, where there is one.
const (
	// How connections begin and end.
	ActiveOpens       Counter = iota // connections that we began (TcpActiveOpens)
	PassiveOpens                     // … and that a peer began (TcpPassiveOpens)
	SimultaneousOpens                // … and that both did at once
	AttemptsFailed                   // those that never stood (TcpAttemptFails)
	ResetsIn                         // those that a RST of the peer ended
	ResetsOut                        // RSTs sent (TcpOutRsts)
	ConnectionsReset                 // connections that stood, and ended by a RST from either side (TcpEstabResets)
	Aborts                           // those that the application threw away, or closed without reading all (TcpExtTCPAbortOnClose)
	GivenUp                          // those that ended since nobody answered any more (TcpExtTCPAbortOnTimeout)
	TimeWaits                        // those that came to TIME-WAIT (TcpExtTW)

	// What arrives.
	SegmentsIn        // that arrived (TcpInSegs)
	BytesIn           // of data that arrived in order, each counted once
	AfterTheEnd       // segments for a connection that is over
	ForeignAnswers    // an answer to another SYN than ours, answered by a RST
	ResetsIgnored     // RSTs outside the window, or in answer to nothing
	NotASYN           // segments in an opening that open nothing
	OutOfWindow       // segments of which nothing lies in the window
	WithoutACK        // segments without an ACK
	OldACKs           // ACKs of what was known already
	OldData           // segments with nothing new but a FIN
	BeyondWindow      // segments whose end was cut off, the window being full (TcpExtTCPRcvQDrop)
	OutOfOrder        // segments kept for later (TcpExtTCPOFOQueue)
	OutOfOrderKnown   // segments that came too early, all of which was there
	OutOfOrderDropped // segments that came too early, and were too many (TcpExtTCPOFODrop)
	Unread            // data for an application that will read no more: the connection is reset (TcpExtTCPAbortOnData)
	AfterFIN          // data from a peer that had said there was no more
	UrgentHeard       // the end of urgent data has moved on
	ZeroWindowsHeard  // the peer has closed its window

	// What is sent.
	SegmentsOut        // packets sent, as they are on the cable (TcpOutSegs)
	BytesOut           // of data sent, those sent again included
	BytesAcked         // of data that the peer has acknowledged
	Retransmits        // segments sent again (TcpRetransSegs)
	BytesRetransmitted // of data sent again
	Timeouts           // of the retransmission timer (TcpExtTCPTimeouts)
	SYNTimeouts        // … for a SYN (TcpExtTCPSynRetrans)
	UrgentTold         // segments sent with an urgent pointer
	Doubts             // something was sent again R1 times in vain: the next hop is in doubt
	WindowProbes       // of a closed window (TcpExtTCPWinProbe)
	KeepAlives         // sent (TcpExtTCPKeepAlive)
	DelayedACKs        // that no data came to take along (TcpExtDelayedACKs)
	ZeroWindowsTold    // we have closed our window (TcpExtTCPToZeroWindowAdv)
	RTTSamples         // measured round trips

	// What the network tells: chapter 7.
	ReportsIgnored // of segments that are not under way (TcpExtOutOfWindowIcmps)
	ReportsSoft    // that may pass
	ReportsFinal   // that ended an opening

	// Congestion: chapter 9.
	CEReceived    // packets that a router has marked instead of dropping them (IpExtInCEPkts)
	ECEReceived   // ACKs that say that such a mark has arrived
	ECNReductions // of the congestion window, for such ACKs

	// Options: chapter 9.
	ShiftsTooLarge     // window scale options of more than 14 in a SYN, which are taken for 14
	DuplicatesReported // segments that brought what had arrived before, as D-SACK blocks tell
	PAWSDropped        // segments whose timestamp is too old (RFC 7323 5)
	TimestampsMissing  // segments without one, although it was agreed that all have one
	QuickACKs          // ACKs that went out at once because the connection, or its traffic, had just begun
	BufferGrowths      // times the receive buffer's limit was raised

	// Loss and its repair: chapter 9.
	SegmentsLost       // that were found to be lost before the timer went off (TcpExtTCPLostRetransmit and others)
	FastRecoveries     // times that such a loss was repaired (TcpExtTCPSackRecovery, TcpExtTCPRenoRecovery)
	TLPProbes          // packets sent because no ACK came for two round trips (TcpExtTCPLossProbes)
	TLPLosses          // … that turned out to have repaired a loss (TcpExtTCPLossProbeRecovery)
	SpuriousRecoveries // reductions of the congestion window that were undone, nothing having been lost (TcpExtTCPFullUndo)
	SpuriousTimeouts   // … that the retransmission timer had made (TcpExtTCPLossUndo)
	SACKInvalid        // SACK blocks that can't be true (TcpExtTCPSACKDiscard)
	SACKReneged        // timeouts of something that the peer had said it had (TcpExtTCPSACKReneging)
	DSACKs             // reports that something that we sent again has arrived twice (TcpExtTCPDSACKRecv)

	// Those who are no part of it: chapter 10.
	ChallengeACKs     // asked for because a segment may not be the peer's (TcpExtTCPChallengeACK)
	ChallengesSpared  // … and not sent, there having been enough (TcpExtTCPACKSkippedChallenge)
	ResetsDoubted     // a RST in the window, and not at its place
	ResetsOutlived    // a RST in TIME-WAIT
	SYNsDoubted       // a SYN in a connection that has begun (TcpExtTCPSYNChallenge)
	ACKsDoubted       // an ACK of what was never sent, or so old that nobody can mean it
	TimeWaitsReopened // connections begun in place of one in TIME-WAIT
	SYNsDropped       // nobody has accepted what stands already (TcpExtListenOverflows)
	HalfOpenRecycled  // connections that made room for a newer SYN
	CookiesSent       // SYNs answered by a cookie (TcpExtSyncookiesSent)
	CookiesTaken      // connections made from one (TcpExtSyncookiesRecv)
	CookiesLate       // … and segments dropped because the first behind it is missing
	CookiesRefused    // ACKs that answer no cookie of ours (TcpExtSyncookiesFailed)

	// How large a packet the way takes: chapter 9.
	TooBigBelieved    // routers' words that a packet was longer than their cable takes, and that changed its size
	TooBigDoubted     // … that may be false, and wait
	TooBigIgnored     // … about nothing that is under way, or about what is not that long
	BlackHoles        // times that large packets vanished without a word, and their size was brought down
	SizeProbes        // packets larger than the others, sent to see whether they get through
	SizeProbesArrived // … that did
	SizeProbesLost    // … that did not

	counters
)

var counterNames = [...]string{
	ActiveOpens:        "ActiveOpens",
	PassiveOpens:       "PassiveOpens",
	SimultaneousOpens:  "SimultaneousOpens",
	AttemptsFailed:     "AttemptsFailed",
	ResetsIn:           "ResetsIn",
	ResetsOut:          "ResetsOut",
	ConnectionsReset:   "ConnectionsReset",
	Aborts:             "Aborts",
	GivenUp:            "GivenUp",
	TimeWaits:          "TimeWaits",
	SegmentsIn:         "SegmentsIn",
	BytesIn:            "BytesIn",
	AfterTheEnd:        "AfterTheEnd",
	ForeignAnswers:     "ForeignAnswers",
	ResetsIgnored:      "ResetsIgnored",
	NotASYN:            "NotASYN",
	OutOfWindow:        "OutOfWindow",
	WithoutACK:         "WithoutACK",
	OldACKs:            "OldACKs",
	OldData:            "OldData",
	BeyondWindow:       "BeyondWindow",
	OutOfOrder:         "OutOfOrder",
	OutOfOrderKnown:    "OutOfOrderKnown",
	OutOfOrderDropped:  "OutOfOrderDropped",
	Unread:             "Unread",
	AfterFIN:           "AfterFIN",
	UrgentHeard:        "UrgentHeard",
	UrgentTold:         "UrgentTold",
	ZeroWindowsHeard:   "ZeroWindowsHeard",
	SegmentsOut:        "SegmentsOut",
	BytesOut:           "BytesOut",
	BytesAcked:         "BytesAcked",
	Retransmits:        "Retransmits",
	BytesRetransmitted: "BytesRetransmitted",
	Timeouts:           "Timeouts",
	SYNTimeouts:        "SYNTimeouts",
	Doubts:             "Doubts",
	WindowProbes:       "WindowProbes",
	KeepAlives:         "KeepAlives",
	DelayedACKs:        "DelayedACKs",
	ZeroWindowsTold:    "ZeroWindowsTold",
	RTTSamples:         "RTTSamples",
	ReportsIgnored:     "ReportsIgnored",
	ReportsSoft:        "ReportsSoft",
	ReportsFinal:       "ReportsFinal",
	CEReceived:         "CEReceived",
	ECEReceived:        "ECEReceived",
	ECNReductions:      "ECNReductions",
	ShiftsTooLarge:     "ShiftsTooLarge",
	DuplicatesReported: "DuplicatesReported",
	PAWSDropped:        "PAWSDropped",
	TimestampsMissing:  "TimestampsMissing",
	QuickACKs:          "QuickACKs",
	BufferGrowths:      "BufferGrowths",
	SegmentsLost:       "SegmentsLost",
	FastRecoveries:     "FastRecoveries",
	TLPProbes:          "TLPProbes",
	TLPLosses:          "TLPLosses",
	SpuriousRecoveries: "SpuriousRecoveries",
	SpuriousTimeouts:   "SpuriousTimeouts",
	SACKInvalid:        "SACKInvalid",
	SACKReneged:        "SACKReneged",
	DSACKs:             "DSACKs",
	ChallengeACKs:      "ChallengeACKs",
	ChallengesSpared:   "ChallengesSpared",
	ResetsDoubted:      "ResetsDoubted",
	ResetsOutlived:     "ResetsOutlived",
	SYNsDoubted:        "SYNsDoubted",
	ACKsDoubted:        "ACKsDoubted",
	TimeWaitsReopened:  "TimeWaitsReopened",
	SYNsDropped:        "SYNsDropped",
	HalfOpenRecycled:   "HalfOpenRecycled",
	CookiesSent:        "CookiesSent",
	CookiesTaken:       "CookiesTaken",
	CookiesLate:        "CookiesLate",
	CookiesRefused:     "CookiesRefused",
	TooBigBelieved:     "TooBigBelieved",
	TooBigDoubted:      "TooBigDoubted",
	TooBigIgnored:      "TooBigIgnored",
	BlackHoles:         "BlackHoles",
	SizeProbes:         "SizeProbes",
	SizeProbesArrived:  "SizeProbesArrived",
	SizeProbesLost:     "SizeProbesLost",
}

// String returns the counter's name.
func (k Counter) String() string {
	if k < counters {
		return counterNames[k]
	}
	return "?"
}

// Counts is how often each thing has happened.
type Counts [counters]uint64

// Counters yields every counter there is, in a fixed order.
func Counters() iter.Seq[Counter] {
	return func(yield func(Counter) bool) {
		for k := range counters {
			if !yield(k) {
				return
			}
		}
	}
}

// Counts returns what has happened to the connection, indexed by [Counter].
func (c *Conn) Counts() *Counts { return &c.counts }

func (c *Conn) count(k Counter) { c.counts[k]++ }

// tally is count for n at once.
func (c *Conn) tally(k Counter, n int) { c.counts[k] += uint64(n) }

// Add adds what other counts.
func (c *Counts) Add(other *Counts) {
	for k, n := range other {
		c[k] += n
	}
}
