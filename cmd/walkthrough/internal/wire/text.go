package wire

import "fmt"

// key names a sentence.
type key string

const (
	help        key = "help"
	flagPath    key = "flag.path"
	flagSize    key = "flag.size"
	flagPcap    key = "flag.pcap"
	flagTshark  key = "flag.tshark"
	flagVerbose key = "flag.verbose"
	flagTimeout key = "flag.timeout"

	badPath     key = "bad.path"
	badSize     key = "bad.size"
	badTimeout  key = "bad.timeout"
	timedOut    key = "timed.out"
	ended       key = "ended"
	interrupted key = "interrupted"

	notLinux     key = "not.linux"
	bySetting    key = "by.setting"
	orRoot       key = "or.root"
	byLimit      key = "by.limit"
	byFilter     key = "by.filter"
	byUnknown    key = "by.unknown"
	noNamespaces key = "no.namespaces"
	noModule     key = "no.module"

	headEnds    key = "head.ends"
	endOurs     key = "end.ours"
	endKernel   key = "end.kernel"
	headDown    key = "head.down"
	headUp      key = "head.up"
	arrived     key = "arrived"
	curlArrived key = "curl.arrived"
	curlMissing key = "curl.missing"
	changed     key = "changed"
	left        key = "left"

	headBoth   key = "head.both"
	headAsked  key = "head.asked"
	headLists  key = "head.lists"
	us         key = "us"
	them       key = "them"
	rowOut     key = "row.out"
	rowOptions key = "row.options"
	rowIn      key = "row.in"
	asOfClose  key = "as.of.close"
	oneMore    key = "one.more"
	inOrder    key = "in.order"
	outOrder   key = "out.order"
	weClosed   key = "we.closed"
	theyDid    key = "they.closed"

	atAccept  key = "at.accept"
	atServed  key = "at.served"
	atConnect key = "at.connect"
	atFetched key = "at.fetched"
	atClose   key = "at.close"

	listBefore key = "list.before"
	listDuring key = "list.during"
	listAfter  key = "list.after"
	listNone   key = "list.none"
	listOurs   key = "list.ours"

	captured      key = "captured"
	tsharkFine    key = "tshark.fine"
	tsharkFound   key = "tshark.found"
	tsharkMissing key = "tshark.missing"
)

// texts are the sentences of one language.
type texts map[key]string

// textsFor returns the sentences of a language, the English ones where there are none of its own.
func textsFor(lang string) texts {
	switch lang {
	case "ja":
		return japanese
	case "ko":
		return korean
	}
	return english
}

// of returns a sentence with args put in as by [fmt.Sprintf].
func (t texts) of(k key, args ...any) string {
	if len(args) == 0 {
		return t[k]
	}
	return fmt.Sprintf(t[k], args...)
}
