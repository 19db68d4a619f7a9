//go:build !before8

// Package dns is the resolver: it asks name servers what they know of a name (RFC 1034, RFC 1035). It is made of plain
// state machines. A [Query] puts one question to one server after the other: it says which message to send to whom, and is
// told what came back, or that nothing did. A [Lookup] finds what an application wants to know: by the hosts table, by what
// is remembered, by as many queries as the search list and the aliases ask for. A [Resolver] is what all lookups share. The
// messages themselves are golang.org/x/net/dns/dnsmessage's.
package dns
