package terminal

import (
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// screen is what the walkthrough writes on. Writing may be done from any goroutine.
type screen struct {
	mu     sync.Mutex
	w      io.Writer
	file   *os.File // the terminal; nil when w is none
	ink    Ink
	err    error  // the first that writing met; from then on nothing is written
	status string // a line that stands below all else for the time being
	shown  int    // lines written since the reader last pressed a key
}

// newScreen writes on f.
func newScreen(f *os.File) *screen {
	s := &screen{w: f}
	if term.IsTerminal(int(f.Fd())) {
		s.file = f
	}
	s.ink = InkFor(s.file != nil)
	return s
}

// size returns columns and lines: those of the terminal, or of the environment's COLUMNS where there is none.
func (s *screen) size() (w, h int) {
	if s.file != nil {
		if w, h, err := term.GetSize(int(s.file.Fd())); err == nil && w > 0 {
			return w, h
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w >= narrowest {
		return w, 0
	}
	return widthOfPipe, 0
}

func (s *screen) layout() layout {
	w, _ := s.size()
	return layout{width: w, ink: s.ink}
}

// print writes lines.
func (s *screen) print(lines ...line) {
	columns, _ := s.size()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eraseStatus()
	for _, l := range lines {
		s.shown += 1 + max(0, l.width()-1)/columns
	}
	if s.err == nil {
		s.err = writeLines(s.w, s.ink, lines)
	}
	s.drawStatus()
}

// setStatus shows text below all else, until the next call; "" removes it. Only a terminal shows it.
func (s *screen) setStatus(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eraseStatus()
	s.status = text
	s.drawStatus()
}

func (s *screen) eraseStatus() {
	if s.status != "" && s.ink != InkNone && s.err == nil {
		_, s.err = io.WriteString(s.w, "\r\x1b[K")
	}
}

func (s *screen) drawStatus() {
	if s.status != "" && s.ink != InkNone && s.err == nil {
		columns, _ := s.size()
		head, _ := cut(s.status, columns-1)
		_, s.err = io.WriteString(s.w, dimmed(head).paint(s.ink))
	}
}

// failed returns what writing met: a closed pipe, as a rule.
func (s *screen) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// while calls f and, as soon as that takes longer than patience, shows a status that is renewed from time to time.
func (s *screen) while(patience time.Duration, status func(time.Duration) string, f func()) {
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		start := time.Now()
		next := time.NewTimer(patience)
		defer next.Stop()
		for {
			select {
			case <-done:
				return
			case <-next.C:
				s.setStatus(status(time.Since(start)))
				next.Reset(200 * time.Millisecond)
			}
		}
	}()
	f()
	close(done)
	<-stopped
	s.setStatus("")
}

func isBlank(l line) bool { return strings.TrimSpace(l.String()) == "" }

// pages splits lines so that no more than h are shown before the reader presses a key, free of which fit on the screen
// that is there. Where it can, a page ends at a blank line.
func pages(lines []line, columns, free, h int) [][]line {
	var list [][]line
	for len(lines) > 0 {
		n, blank, used := 0, 0, 0
		for n < len(lines) {
			used += 1 + max(0, lines[n].width()-1)/columns
			if used > free && n > 0 || used > free && len(list) == 0 && free < h {
				break
			}
			if n++; n == len(lines) || isBlank(lines[n]) {
				blank = n
			}
		}
		if n < len(lines) && blank > n/2 {
			n = blank
		}
		list = append(list, lines[:n])
		lines = lines[n:]
		free = h
	}
	return list
}
