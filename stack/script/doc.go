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
// Fields: seq, ack, win, len, mss, urg (the urgent pointer), options (raw, in hexadecimal; none: there are none).
//
//	call open|listen|close|abort|deafen|nodelay|delay
//	call write 100                  # call write 100 = 60: there is room for 60; call write 1 = EPIPE: an error
//	read 100    read nothing        # read EOF: the peer has closed; read ECONNRESET: an error
//	is CLOSE-WAIT                   # the state, as the RFC writes it
//	error ECONNRESET                # why the connection ended; error none
//	deadline +0.2                   # when the connection wants to be woken; deadline none
//
// Before its first line a conversation may say "set iss 4294967290", "set irs 7", "set mtu 576", "set buffer 2000" (how
// much we can receive) or "set sendbuffer 2000", "strict", and chapters of its own.
// Our SYN offers no more options than the MSS, unless it says "set options wscale,sack,ts" or some of these: window scale,
// SACK permitted, timestamps, which come with chapter 9.
//
// Cases make a table: each is a conversation of its own, that begins with the lines above the first case.
//
//	case a SYN in the window | < SYN seq=9 | > ACK seq=1 ack=1 | is ESTABLISHED
//	case a RST at its place  | < RST seq=1 | is CLOSED | error ECONNRESET
package script
