// Package wire is the command "walkthrough nic": the stack on a real cable. At one end of a pair of virtual Ethernet
// adapters is our stack, behind its raw-socket driver; at the other end is the Linux kernel's own, in a network
// namespace where nothing else lives. Each fetches a page from the other, and both are asked what they saw.
//
// The command needs no root: it starts a copy of the program in a user namespace and a network namespace of its own.
// With the copy everything it made is gone. Where the system forbids that, the error says which setting it is.
package wire

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"time"
)

// ErrForbidden is what errors of [Main] are when the system does not allow, or does not have, what the command needs.
// Their text says what to do.
var ErrForbidden = errors.New("not possible on this system")

// Options is what the command's user can choose. The zero value of each field is a choice, too.
type Options struct {
	Lang    string        // language of the sentences: en, ja or ko
	Path    string        // path of the page that is fetched; "" means /
	Size    int           // size of the page in bytes; 0 means as short as it is
	Pcap    string        // name of the capture file to write; "" means none
	Tshark  bool          // let tshark look for anything malformed in what passed
	Verbose bool          // the ladder whole
	Timeout time.Duration // for all of it; 0 means half a minute

	Stdout io.Writer `json:"-"` // nil means the process's
}

// maxSize is the largest page: what the trace keeps of it is in memory.
const maxSize = 64 << 20

// Register defines the command's flags in fs, with their explanations in the language that is set.
func (o *Options) Register(fs *flag.FlagSet) {
	t := textsFor(o.Lang)
	fs.StringVar(&o.Path, "path", cmp.Or(o.Path, "/"), t.of(flagPath))
	fs.IntVar(&o.Size, "size", o.Size, t.of(flagSize))
	fs.StringVar(&o.Pcap, "pcap", o.Pcap, t.of(flagPcap))
	fs.BoolVar(&o.Tshark, "tshark", o.Tshark, t.of(flagTshark))
	fs.BoolVar(&o.Verbose, "v", o.Verbose, t.of(flagVerbose))
	fs.DurationVar(&o.Timeout, "timeout", cmp.Or(o.Timeout, defaultTimeout), t.of(flagTimeout))
}

const defaultTimeout = 30 * time.Second

// Help explains the command in the given language: what it does, what it needs, how to read what it prints.
func Help(lang string) string { return textsFor(lang).of(help) }

// complete fills in what has been left to us, and refuses what cannot be meant.
func (o *Options) complete() error {
	t := textsFor(o.Lang)
	o.Path = cmp.Or(o.Path, "/")
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	switch {
	case !strings.HasPrefix(o.Path, "/") || strings.ContainsAny(o.Path, " ?#\r\n\t"):
		return errors.New(t.of(badPath, o.Path))
	case o.Size < 0 || o.Size > maxSize:
		return errors.New(t.of(badSize, o.Size, maxSize))
	case o.Timeout < 0:
		return errors.New(t.of(badTimeout, o.Timeout))
	}
	return nil
}

// Main runs the command. In the copy of the program that it starts, Main does the work and ends the process; so a
// program that calls it must get there again when it is started with the same arguments.
func Main(ctx context.Context, o Options) error {
	if inside() {
		workAndExit(ctx)
	}
	if err := o.complete(); err != nil {
		return err
	}
	return enter(ctx, o)
}
