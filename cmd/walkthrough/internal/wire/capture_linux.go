package wire

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"

	"github.com/tsunagu/tsunagu/stack/trace"
)

// capture is the capture file of a run, if one is wanted.
type capture struct {
	o      Options
	file   *os.File // nil: none is wanted
	whole  bool     // it has been written
	frames int
}

// newCapture makes the file, before anything that could be in it happens. For tshark alone it is a temporary one.
func newCapture(o Options) (*capture, error) {
	c := &capture{o: o}
	var err error
	switch {
	case o.Pcap != "":
		c.file, err = os.Create(o.Pcap)
	case o.Tshark:
		c.file, err = os.CreateTemp("", "tsunagu-nic-*.pcapng")
	}
	return c, err
}

// close takes away a file that was temporary, or could not be written whole.
func (c *capture) close() {
	if c.file != nil && (c.o.Pcap == "" || !c.whole) {
		os.Remove(c.file.Name())
	}
}

// write writes what has passed.
func (c *capture) write(ours *ours) error {
	if c.file == nil {
		return nil
	}
	events := ours.log.Events()
	c.frames = len(events.Of(trace.Send, trace.Receive))
	err := errors.Join(trace.WriteCapture(c.file, events, ours.epoch), c.file.Close())
	c.whole = err == nil
	return err
}

// check says where the capture is, and has tshark look at it if that is wanted.
func (c *capture) check(ctx context.Context, p *printer) error {
	if !c.whole {
		return nil
	}
	if c.o.Pcap != "" {
		p.say(captured, c.frames, c.o.Pcap)
	}
	if !c.o.Tshark {
		return nil
	}
	found, err := tshark(ctx, c.file.Name())
	switch {
	case errors.Is(err, exec.ErrNotFound):
		p.say(tsharkMissing)
		return nil
	case err != nil:
		return err
	case len(found) > 0:
		return errors.New(p.t.of(tsharkFound, len(found), bytes.Join(found, []byte("\n"))))
	}
	p.say(tsharkFine, c.frames)
	return nil
}
