package terminal

import (
	"bufio"
	"context"
	"io"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell"
)

// lineReader reads the reader's lines where there is no terminal to edit them on: from a pipe, a file, a dumb terminal.
type lineReader struct {
	s          *screen
	lines      <-chan string
	interrupts <-chan struct{}
	echo       bool // the lines are not seen as they are typed: show them behind the prompt
}

func newLineReader(in io.Reader, s *screen, interrupts <-chan struct{}) *lineReader {
	lines := make(chan string)
	r := &lineReader{s: s, lines: lines, interrupts: interrupts, echo: !isTerminal(in)}
	go func() { // ends with the program: a read can't be called back
		defer close(lines)
		b := bufio.NewReader(in)
		for {
			l, err := b.ReadString('\n')
			if l != "" {
				lines <- strings.TrimRight(l, "\r\n")
			}
			if err != nil {
				return
			}
		}
	}()
	return r
}

func (r *lineReader) close() {}

// read takes lines until they make something whole.
func (r *lineReader) read(ctx context.Context, prompt, _ string) (string, error) {
	var all []string
	for {
		r.show(prompt)
		select {
		case l, ok := <-r.lines:
			if !ok {
				if len(all) > 0 {
					return strings.Join(all, "\n"), nil
				}
				r.show("\n")
				return "", io.EOF
			}
			if r.echo {
				r.show(l + "\n")
			}
			all = append(all, l)
			if src := strings.Join(all, "\n"); strings.HasPrefix(src, ":") || !cell.Incomplete(src) {
				return src, nil
			}
			prompt = strings.Repeat(" ", max(0, width(prompt)-2)) + "· "
		case <-r.interrupts:
			if r.echo {
				return "", io.EOF // nobody is there to be asked again
			}
			r.show("\n")
			return "", errInterrupt
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// show writes text as it is.
func (r *lineReader) show(text string) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.err == nil {
		_, r.s.err = io.WriteString(r.s.w, text)
	}
}
