//go:build !before4

// Package script runs conversations: a TCP connection is told line by line what happens to it, and held to what it must
// do. The script is the application, the peer, the network and the clock; in the spirit of packetdrill.
//
//	# Everything behind # is a comment. A file is a row of conversations, each with a name.
//	chapters 5-8                    # the chapters whose stack they hold for; 5- is: from 5 on
//
//	== the answer takes the ACK along
//	0.000 call open                 # we connect; "call listen" waits for a SYN instead
//	0.000 > SYN seq=0 mss=1460      # what we send must be this
//	0.010 < SYN,ACK seq=0 ack=1 win=10000 mss=1460    # this arrives
//	      > ACK seq=1 ack=1         # no time: the time of the line before
//	      is ESTABLISHED
//	+0.1  < ACK len=100             # 0.1 seconds later
//	      read 100                  # the application reads, and the bytes are the right ones
//	+0~0.5 > ACK ack=101            # at any time from now until half a second later
//	+60   nothing                   # a minute in which nothing is sent
//
// Sequence numbers are relative: seq of '>' and ack of '<' count from our initial sequence number, the other two from the
// peer's. @ makes a number absolute: seq=@0. '-' stands for a segment without flags.
//
// What we send ('>') is compared in its flags, its length (len, 0 unless written), its bytes and those fields that are
// written. Under "strict" all fields have to be written, and options that are not must not be there. A segment for which
// there is no line is a failure. What arrives ('<') has for seq, when it is not written, the place behind all that the
// peer has sent; for ack all that we have sent; for win what the peer said last, at first 65535.
//
// Fields: seq, ack, win, len, urg (the urgent pointer), tos (the packet's type of service: a byte, or notect, ect0, ect1,
// ce), and the options:
//
//	mss=1460 wscale=7 sackok        # of a SYN; mss=none: there must be no such option, and so with all
//	sack=100-200,300-400            # blocks, counted like the ACK numbers of the same segment
//	ts=700/+10                      # a timestamp and its echo; +10: 10 more than the first of the side it comes from; any
//	options=0101080a0000…           # raw, in hexadecimal; none: there are no options
//
// What arrives has them in the order mss, sackok, ts, wscale, sack; an echo that is not written is the newest timestamp
// that we have sent.
//
//	call open|listen|close|abort|deafen|nodelay|delay
//	call cookies                    # as call listen, and every SYN is answered by a cookie: that is then our initial number
//	call write 100                  # call write 100 = 60: there is room for 60; call write 1 = EPIPE: an error
//	call urgent 3                   # write, and what is written is urgent
//	call keepalive 10               # after so many seconds; 0: no more
//	call usertimeout 5
//	call tos 0x10
//	read 100    read nothing        # read EOF: the peer has closed; read ECONNRESET: an error
//	is CLOSE-WAIT                   # the state, as the RFC writes it
//	error ECONNRESET                # why the connection ended; error none
//	deadline +0.2                   # when the connection wants to be woken; deadline none
//	urgent 3                        # the application has 3 bytes to read to the end of urgent data; urgent none
//	count SegmentsOut 3             # how often something has happened to the connection, by the name of its counter
//	info cwnd 14600                 # of Info: cwnd, ssthresh, mss, sndwnd, rcvwnd, inflight, lost, sacked in bytes, srtt,
//	                                # minrtt, rto in seconds, backoff; from chapter 9 on
//	icmp unreachable host seq=1     # the network says that a segment did not arrive: unreachable net, host, protocol or
//	                                # port, time exceeded, parameter problem, toobig 1300
//
// Before its first line a conversation may say "set iss 4294967290", "set irs 7", "set mtu 576", "set segment 64240" (how
// large a segment is cut to size below), "set buffer 2000" (how much we can receive) or "set sendbuffer 2000", "set backlog 0"
// (how many connections may wait to be accepted; a script accepts at once), "set options wscale,sack,ts" (what we offer and
// accept: none of them, unless written; ecn: our SYN asks for it; noecn: a SYN that asks is not answered; quickack: the
// first data is acknowledged at once; grow: buffers whose size is not set grow), "strict", and chapters of its own.
//
// All that a line causes to be sent is sent before the next, except where it ends with &: then the next happens first.
//
//	< ACK seq=1 len=1000 &    # two segments, and one answer to both
//	< ACK seq=1001 len=1000
//
// Timers go off by themselves at their time. After "set wake written" they go off at the lines that say
//
//	0.35  wake
//
// and nowhere else. That is how a [Recorder] writes what has happened to a connection: in the very order.
//
// Cases make a table: each is a conversation of its own, that begins with the lines above the first case.
//
//	case a SYN in the window | < SYN seq=9 | > ACK seq=1 ack=1 | is ESTABLISHED
//	case a RST at its place  | < RST seq=1 | is CLOSED | error ECONNRESET
package script
